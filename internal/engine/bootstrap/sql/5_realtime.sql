-- Broadcast from the database. Policies on realtime.messages say who may join and send to a private topic.

create table if not exists realtime.messages (
  id uuid default gen_random_uuid() not null,
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  inserted_at timestamp default now() not null,
  updated_at timestamp default now() not null,
  primary key (id, inserted_at)
);
alter table realtime.messages enable row level security;

grant usage on schema realtime to anon, authenticated, service_role;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;

-- The topic whose right is being asked for.
create or replace function realtime.topic() returns text language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;

create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void language sql volatile as $$
  insert into realtime.messages (topic, extension, payload, event, private) values ($3, 'broadcast', $1, $2, $4)
$$;

create or replace function realtime.broadcast_changes(topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record, level text default 'ROW') returns void language plpgsql volatile as $$
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  perform realtime.send(jsonb_build_object('record', new, 'old_record', old, 'operation', operation, 'table', table_name, 'schema', table_schema), event_name, topic_name);
end
$$;
