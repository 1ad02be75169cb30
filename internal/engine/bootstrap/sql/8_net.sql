-- Requests that the database asks for, as pg_net queues them, and the trigger of webhooks.

-- stands in for pg_net

create schema if not exists net;

create domain net.http_method as text check (value ilike 'get' or value ilike 'post' or value ilike 'delete');
create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');

create table if not exists net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds integer not null
);

create table if not exists net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz default now() not null
);
create index if not exists _http_response_created_idx on net._http_response (created);

create function net._urlencode_string(string varchar) returns text language sql immutable strict as $$
  select coalesce(string_agg(case when c ~ '^[A-Za-z0-9_.~-]$' then c else regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') end, '' order by n), '')
  from unnest(string_to_array(string, null)) with ordinality as chars(c, n)
$$;

create function net._encode_url_with_params_array(url text, params_array text[]) returns text language sql immutable strict as $$
  select case when cardinality(params_array) = 0 then url else url || case when position('?' in url) > 0 then '&' else '?' end || array_to_string(params_array, '&') end
$$;

-- Puts a request into the queue. The worker takes it out after the commit.
create function net.mainstay_enqueue(method text, url text, params jsonb, headers jsonb, body jsonb, timeout_milliseconds integer) returns bigint language plpgsql as $$
declare
  pairs text[];
  request_id bigint;
begin
  select coalesce(array_agg(net._urlencode_string(key) || '=' || net._urlencode_string(coalesce(value, ''))), '{}') into pairs from jsonb_each_text(coalesce(params, '{}'));
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (method, net._encode_url_with_params_array(url, pairs), headers, convert_to(body::text, 'UTF8'), timeout_milliseconds)
  returning id into request_id;
  return request_id;
end
$$;

create function net.http_get(url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000) returns bigint language sql security definer set search_path = '' as $$
  select net.mainstay_enqueue('GET', $1, $2, $3, null, $4)
$$;

create function net.http_delete(url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000, body jsonb default null) returns bigint language sql security definer set search_path = '' as $$
  select net.mainstay_enqueue('DELETE', $1, $2, $3, $5, $4)
$$;

create function net.http_post(url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000) returns bigint language plpgsql security definer set search_path = '' as $$
declare
  content_type text;
begin
  select h.value into content_type from jsonb_each_text(coalesce(headers, '{}')) h where lower(h.key) = 'content-type' limit 1;
  if content_type is null then
    headers := coalesce(headers, '{}') || '{"Content-Type": "application/json"}';
  elsif content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  return net.mainstay_enqueue('POST', url, params, headers, body, timeout_milliseconds);
end
$$;

revoke all on function net.mainstay_enqueue(text, text, jsonb, jsonb, jsonb, integer) from public;
grant usage on schema net to anon, authenticated, service_role;
