-- What only Mainstay keeps of sign-in: not reachable for any role of the API.

create schema if not exists mainstay;

-- One-time tokens have a code for people beside the link's secret, a bound of tries and an end.
create table if not exists mainstay.one_time_codes (
  id uuid primary key,
  code_hash text not null,
  tries integer default 0 not null,
  expires_at timestamptz not null,
  flow_state_id uuid,
  redirect_to text default '' not null,
  purpose text not null,
  data jsonb default '{}' not null,
  constraint one_time_codes_id_fkey foreign key (id) references auth.one_time_tokens(id) on delete cascade
);

-- How often something was done until when: limits that a restart does not forget.
create table if not exists mainstay.counters (
  key text primary key,
  count bigint not null,
  until timestamptz not null
);
create index if not exists counters_until_idx on mainstay.counters (until);

-- Mails and text messages, in the transaction of what they tell; sent afterwards, until they arrive or are given up.
create table if not exists mainstay.messages (
  id uuid primary key,
  channel text not null,
  recipient text not null,
  template text not null,
  data jsonb not null,
  state text default 'waiting' not null,
  tries integer default 0 not null,
  next_at timestamptz not null,
  error text default '' not null,
  created_at timestamptz not null,
  sent_at timestamptz,
  constraint messages_channel_check check (channel in ('email', 'sms', 'whatsapp')),
  constraint messages_state_check check (state in ('waiting', 'sent', 'failed', 'void'))
);
create index if not exists messages_waiting_idx on mainstay.messages (next_at) where state = 'waiting';
create index if not exists messages_created_at_idx on mainstay.messages (created_at);

alter table mainstay.one_time_codes enable row level security;
alter table mainstay.counters enable row level security;
alter table mainstay.messages enable row level security;

grant usage on schema mainstay to supabase_auth_admin;
grant all on mainstay.one_time_codes, mainstay.counters, mainstay.messages to supabase_auth_admin;

-- optional
alter table mainstay.one_time_codes owner to supabase_auth_admin;
-- optional
alter table mainstay.counters owner to supabase_auth_admin;
-- optional
alter table mainstay.messages owner to supabase_auth_admin;
