-- Message queues, as pgmq makes them: a queue is two tables, q_name for what waits and a_name for what was archived.

-- stands in for pgmq

create schema if not exists pgmq;

create table if not exists pgmq.meta (
  queue_name varchar unique not null,
  is_partitioned boolean not null,
  is_unlogged boolean not null,
  created_at timestamptz default now() not null
);

create type pgmq.message_record as (msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb);
create type pgmq.queue_record as (queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz);
create type pgmq.metrics_result as (queue_name text, queue_length bigint, newest_msg_age_sec integer, oldest_msg_age_sec integer, total_messages bigint, scrape_time timestamptz, queue_visible_length bigint);

create function pgmq.format_table_name(queue_name text, prefix text) returns text language plpgsql immutable as $$
begin
  if queue_name ~ '\$|;|--|''' then
    raise exception 'queue name contains invalid characters: $, ;, --, or \''';
  end if;
  return lower(prefix || '_' || queue_name);
end
$$;

create function pgmq.validate_queue_name(queue_name text) returns void language plpgsql immutable as $$
begin
  if length(queue_name) > 47 then
    raise exception 'queue name is too long, maximum length is 47 characters';
  end if;
end
$$;

create function pgmq.mainstay_create(queue_name text, logged boolean) returns void language plpgsql as $$
declare
  waiting text := pgmq.format_table_name(queue_name, 'q');
  archived text := pgmq.format_table_name(queue_name, 'a');
begin
  perform pgmq.validate_queue_name(queue_name);
  execute format('create %s table if not exists pgmq.%I (msg_id bigint primary key generated always as identity, read_ct integer default 0 not null, enqueued_at timestamptz default now() not null, vt timestamptz not null, message jsonb, headers jsonb)', case when logged then '' else 'unlogged' end, waiting);
  execute format('create table if not exists pgmq.%I (msg_id bigint primary key, read_ct integer default 0 not null, enqueued_at timestamptz default now() not null, archived_at timestamptz default now() not null, vt timestamptz not null, message jsonb, headers jsonb)', archived);
  execute format('create index if not exists %I on pgmq.%I (vt)', waiting || '_vt_idx', waiting);
  execute format('create index if not exists %I on pgmq.%I (archived_at)', 'archived_at_idx_' || lower(queue_name), archived);
  insert into pgmq.meta (queue_name, is_partitioned, is_unlogged) values (queue_name, false, not logged) on conflict do nothing;
end
$$;

create function pgmq.create_non_partitioned(queue_name text) returns void language sql as $$
  select pgmq.mainstay_create($1, true)
$$;

create function pgmq.create_unlogged(queue_name text) returns void language sql as $$
  select pgmq.mainstay_create($1, false)
$$;

create function pgmq.create(queue_name text) returns void language sql as $$
  select pgmq.mainstay_create($1, true)
$$;

create function pgmq.create_partitioned(queue_name text, partition_interval text default '10000', retention_interval text default '100000') returns void language plpgsql as $$
begin
  raise exception 'pg_partman is required for partitioned queues' using errcode = '0A000', hint = 'Use pgmq.create.';
end
$$;

create function pgmq.drop_queue(queue_name text) returns boolean language plpgsql as $$
begin
  if not exists (select from pgmq.meta m where m.queue_name = $1) then
    raise notice 'pgmq queue `%` does not exist', queue_name;
    return false;
  end if;
  execute format('drop table if exists pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  execute format('drop table if exists pgmq.%I', pgmq.format_table_name(queue_name, 'a'));
  delete from pgmq.meta m where m.queue_name = $1;
  return true;
end
$$;

create function pgmq.drop_queue(queue_name text, partitioned boolean) returns boolean language sql as $$
  select pgmq.drop_queue($1)
$$;

create function pgmq.purge_queue(queue_name text) returns bigint language plpgsql as $$
declare
  n bigint;
begin
  execute format('delete from pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  get diagnostics n = row_count;
  return n;
end
$$;

create function pgmq.detach_archive(queue_name text) returns void language plpgsql as $$
begin
end
$$;

create function pgmq.list_queues() returns setof pgmq.queue_record language sql stable as $$
  select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz) returns setof bigint language plpgsql as $$
begin
  return query execute format('insert into pgmq.%I (vt, message, headers) select $2, m.message, $3[m.n] from unnest($1) with ordinality as m(message, n) order by m.n returning msg_id', pgmq.format_table_name(queue_name, 'q'))
  using msgs, delay, headers;
end
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer) returns setof bigint language sql as $$
  select * from pgmq.send_batch($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[]) returns setof bigint language sql as $$
  select * from pgmq.send_batch($1, $2, $3, clock_timestamp())
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer) returns setof bigint language sql as $$
  select * from pgmq.send_batch($1, $2, null, clock_timestamp() + make_interval(secs => $3))
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz) returns setof bigint language sql as $$
  select * from pgmq.send_batch($1, $2, null, $3)
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[]) returns setof bigint language sql as $$
  select * from pgmq.send_batch($1, $2, null, clock_timestamp())
$$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz) returns setof bigint language plpgsql as $$
begin
  return query execute format('insert into pgmq.%I (vt, message, headers) values ($2, $1, $3) returning msg_id', pgmq.format_table_name(queue_name, 'q')) using msg, delay, headers;
end
$$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer) returns setof bigint language sql as $$
  select * from pgmq.send($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
$$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb) returns setof bigint language sql as $$
  select * from pgmq.send($1, $2, $3, clock_timestamp())
$$;

create function pgmq.send(queue_name text, msg jsonb, delay integer) returns setof bigint language sql as $$
  select * from pgmq.send($1, $2, null, clock_timestamp() + make_interval(secs => $3))
$$;

create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint language sql as $$
  select * from pgmq.send($1, $2, null, $3)
$$;

create function pgmq.send(queue_name text, msg jsonb) returns setof bigint language sql as $$
  select * from pgmq.send($1, $2, null, clock_timestamp())
$$;

create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb default '{}') returns setof pgmq.message_record language plpgsql as $$
declare
  waiting text := pgmq.format_table_name(queue_name, 'q');
begin
  return query execute format('with next as (select q.msg_id from pgmq.%I q where q.vt <= clock_timestamp() and ($3 = ''{}'' or q.message @> $3) order by q.msg_id limit $1 for update skip locked)
    update pgmq.%I m set vt = clock_timestamp() + make_interval(secs => $2), read_ct = m.read_ct + 1 from next where m.msg_id = next.msg_id
    returning m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers', waiting, waiting)
  using qty, vt, coalesce(conditional, '{}');
end
$$;

-- Other than the extension's it does not wait: what is there is read at once.
create function pgmq.read_with_poll(queue_name text, vt integer, qty integer, max_poll_seconds integer default 5, poll_interval_ms integer default 100, conditional jsonb default '{}') returns setof pgmq.message_record language sql as $$
  select * from pgmq.read($1, $2, $3, $6)
$$;

create function pgmq.pop(queue_name text, qty integer default 1) returns setof pgmq.message_record language plpgsql as $$
declare
  waiting text := pgmq.format_table_name(queue_name, 'q');
begin
  return query execute format('with next as (select q.msg_id from pgmq.%I q where q.vt <= clock_timestamp() order by q.msg_id limit $1 for update skip locked)
    delete from pgmq.%I m where m.msg_id in (select next.msg_id from next) returning m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers', waiting, waiting)
  using qty;
end
$$;

create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint language plpgsql as $$
begin
  return query execute format('with gone as (delete from pgmq.%I where msg_id = any($1) returning msg_id, vt, read_ct, enqueued_at, message, headers)
    insert into pgmq.%I (msg_id, vt, read_ct, enqueued_at, message, headers) select msg_id, vt, read_ct, enqueued_at, message, headers from gone returning msg_id',
    pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a'))
  using msg_ids;
end
$$;

create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql as $$
  select count(*) > 0 from pgmq.archive($1, array[$2])
$$;

create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint language plpgsql as $$
begin
  return query execute format('delete from pgmq.%I where msg_id = any($1) returning msg_id', pgmq.format_table_name(queue_name, 'q')) using msg_ids;
end
$$;

create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql as $$
  select count(*) > 0 from pgmq.delete($1, array[$2])
$$;

create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer) returns setof pgmq.message_record language plpgsql as $$
begin
  return query execute format('update pgmq.%I set vt = clock_timestamp() + make_interval(secs => $2) where msg_id = $1 returning msg_id, read_ct, enqueued_at, vt, message, headers', pgmq.format_table_name(queue_name, 'q'))
  using msg_id, vt;
end
$$;

create function pgmq.metrics(queue_name text) returns pgmq.metrics_result language plpgsql as $$
declare
  waiting text := pgmq.format_table_name(queue_name, 'q');
  archived text := pgmq.format_table_name(queue_name, 'a');
  result pgmq.metrics_result;
begin
  execute format('select $1, count(*), extract(epoch from clock_timestamp() - max(enqueued_at))::integer, extract(epoch from clock_timestamp() - min(enqueued_at))::integer,
    coalesce(pg_sequence_last_value(pg_get_serial_sequence($2, ''msg_id'')::regclass), 0), clock_timestamp(), count(*) filter (where vt <= clock_timestamp()) from pgmq.%I', waiting)
  into result using queue_name, format('pgmq.%I', waiting);
  return result;
end
$$;

create function pgmq.metrics_all() returns setof pgmq.metrics_result language plpgsql as $$
declare
  name text;
begin
  for name in select m.queue_name from pgmq.meta m order by m.queue_name loop
    return next pgmq.metrics(name);
  end loop;
end
$$;

grant usage on schema pgmq to service_role;
grant all on all tables in schema pgmq to service_role;
-- optional
alter default privileges in schema pgmq grant all on tables to service_role;
-- optional
alter default privileges in schema pgmq grant all on sequences to service_role;
