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
-- Whence a code was asked for, and the tries from anywhere else, which have a bound of their own.
alter table mainstay.one_time_codes add column if not exists asked_from text default '' not null;
alter table mainstay.one_time_codes add column if not exists tries_other integer default 0 not null;

-- Tokens that others have replaced since, each with its code: what a stranger asks for in somebody's name makes none of theirs void. They go on until their own end.
create table if not exists mainstay.earlier_tokens (
  id uuid primary key,
  user_id uuid not null,
  token_type auth.one_time_token_type not null,
  token_hash text not null,
  relates_to text not null,
  code_hash text not null,
  asked_from text not null,
  tries integer not null,
  tries_other integer not null,
  expires_at timestamptz not null,
  flow_state_id uuid,
  redirect_to text not null,
  purpose text not null,
  data jsonb not null,
  constraint earlier_tokens_user_id_fkey foreign key (user_id) references auth.users(id) on delete cascade
);
create index if not exists earlier_tokens_user_id_idx on mainstay.earlier_tokens (user_id, token_type);
create index if not exists earlier_tokens_token_hash_idx on mainstay.earlier_tokens (token_hash);
create index if not exists earlier_tokens_expires_at_idx on mainstay.earlier_tokens (expires_at);

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

-- Codes that stand in for a second factor that is lost; a user has one set, and a code is used by deleting it.
create table if not exists mainstay.recovery_sets (
  id uuid primary key,
  user_id uuid not null,
  friendly_name text not null,
  total integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint recovery_sets_user_id_key unique (user_id),
  constraint recovery_sets_user_id_fkey foreign key (user_id) references auth.users(id) on delete cascade
);
create table if not exists mainstay.recovery_codes (
  id uuid primary key,
  set_id uuid not null,
  code_hash text not null,
  constraint recovery_codes_set_id_code_hash_key unique (set_id, code_hash),
  constraint recovery_codes_set_id_fkey foreign key (set_id) references mainstay.recovery_sets(id) on delete cascade
);

alter table mainstay.one_time_codes enable row level security;
alter table mainstay.earlier_tokens enable row level security;
alter table mainstay.counters enable row level security;
alter table mainstay.messages enable row level security;
alter table mainstay.recovery_sets enable row level security;
alter table mainstay.recovery_codes enable row level security;

grant usage on schema mainstay to supabase_auth_admin;
grant all on mainstay.one_time_codes, mainstay.earlier_tokens, mainstay.counters, mainstay.messages, mainstay.recovery_sets, mainstay.recovery_codes to supabase_auth_admin;

-- optional
alter table mainstay.one_time_codes owner to supabase_auth_admin;
-- optional
alter table mainstay.earlier_tokens owner to supabase_auth_admin;
-- optional
alter table mainstay.counters owner to supabase_auth_admin;
-- optional
alter table mainstay.messages owner to supabase_auth_admin;

-- Every look-up of sign-in, and every key that a deletion follows, has an index. The ecosystem's own tables lack these.
create index if not exists mainstay_users_email_idx on auth.users (email);
create index if not exists mainstay_users_email_change_idx on auth.users (email_change);
create index if not exists mainstay_users_phone_change_idx on auth.users (phone_change);
create index if not exists mainstay_flow_state_client_state_idx on auth.flow_state (oauth_client_state_id);
create index if not exists mainstay_sessions_factor_idx on auth.sessions (factor_id);
create index if not exists mainstay_sessions_created_at_idx on auth.sessions (created_at);
create index if not exists mainstay_sessions_updated_at_idx on auth.sessions (updated_at);
create index if not exists mainstay_mfa_challenges_factor_idx on auth.mfa_challenges (factor_id);
create index if not exists mainstay_oauth_authorizations_client_idx on auth.oauth_authorizations (client_id);
create index if not exists mainstay_oauth_authorizations_user_idx on auth.oauth_authorizations (user_id);
create index if not exists mainstay_oauth_authorizations_expires_idx on auth.oauth_authorizations (expires_at);
create index if not exists mainstay_oauth_consents_client_idx on auth.oauth_consents (client_id);
create index if not exists mainstay_saml_relay_states_flow_idx on auth.saml_relay_states (flow_state_id);
create index if not exists mainstay_sso_domains_domain_idx on auth.sso_domains (domain);
create index if not exists mainstay_saml_providers_updated_at_idx on auth.saml_providers (updated_at);
create index if not exists mainstay_one_time_codes_expires_idx on mainstay.one_time_codes (expires_at);
create index if not exists mainstay_messages_state_idx on mainstay.messages (state, next_at);
-- optional
alter table mainstay.recovery_sets owner to supabase_auth_admin;
-- optional
alter table mainstay.recovery_codes owner to supabase_auth_admin;
