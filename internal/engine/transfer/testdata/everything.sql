-- A project with one of everything that a dump has to carry: kinds of objects, odd names and bodies, and values whose text forms are easy to lose.

do $$ begin create role shop_reader; exception when duplicate_object then null; end $$;
grant anon to shop_reader;
alter role shop_reader set statement_timeout = '7s';
do $$ begin execute format('alter database %I set app.motto = %L', current_database(), 'it''s 100% "odd"'); end $$;

create schema "Odd Schema";
comment on schema "Odd Schema" is 'A name that needs quotes; a ; and a -- in a comment, and a backslash \ too.';
create schema lib;
create extension if not exists citext with schema extensions;
create extension if not exists pg_cron;

-- types
create type public.mood as enum ('sad', 'it''s ok', 'Happy "face"');
create type lib.pair as (a integer, b text);
create domain public.positive as integer default 7 check (value > 0);
create domain public.email as extensions.citext not null constraint has_at check (value like '%@%');
comment on type public.mood is 'How it feels';
comment on domain public.positive is 'More than nothing';

-- functions with odd bodies
create function lib.quoted(x text default 'a''b', variadic more text[] default '{}') returns text language sql immutable as
'select x || ''$$'' || $q$ it''s "quoted" \ $q$ || array_to_string(more, '','')';
create function public.dollars() returns text language plpgsql stable security definer set search_path = '' as $body$
begin
  -- $$ and $mainstay$ inside
  return $$one $mainstay$ two$$ || E'\t\\n' || '''';
end
$body$;
create function public.rows_of(n integer) returns table (i integer, label text) language sql stable rows 7 as $$ select g, 'no ' || g from generate_series(1, n) g $$;
create procedure lib.nothing(inout x integer) language plpgsql as $$ begin x := x + 1; end $$;
comment on function lib.quoted(text, text[]) is 'Quotes';
revoke execute on function public.dollars() from public;

-- every type, with the values whose text is easy to lose
create table public.kinds (
  id integer primary key,
  b boolean, i2 smallint, i4 integer, i8 bigint, n numeric, n2 numeric(8,3), f4 real, f8 double precision,
  t text, v varchar(5), c char(4), u uuid, y bytea, j json, jb jsonb, d date, tm time, tmtz timetz, ts timestamp, tz timestamptz, iv interval,
  m public.mood, p public.positive, ta text[], tt text[], na numeric[], ma public.mood[], pr lib.pair, prs lib.pair[],
  r int4range, tr tstzrange, ip inet, ci cidr, mac macaddr, ct extensions.citext, tv tsvector, tq tsquery, bt bit(5), vb bit varying, em public.email,
  "Odd ""column""" text
);
insert into public.kinds (id, em) values (0, 'x@y');
insert into public.kinds values (1, true, -32768, -2147483648, -9223372036854775808, 'NaN', -0.001, 1.5e-45, 1e308,
  E'tab\there\nnew\rline \\ back \\N and \\. "quotes" ''single'' ü 🛍', 'abc', 'ab', '6f1b5a00-0000-4000-8000-00000000ffff', '\x00ff5c0a', ' {"a" :  1, "a":2 } ', '{"b": [1, null, "x\\y"], "a": 1.10}',
  '0001-01-01', '24:00:00', '12:00:00.5+05:30', 'infinity', '0001-01-01 00:00:00+00', '-1 year -2 mons +3 days -04:05:06.789',
  'it''s ok', 1, array['', null, 'NULL', 'a"b', 'c\d', '{}', ' x ', ','], '{}', array[1.10, null, 'NaN'], array['sad', null]::public.mood[], row(1, 'a,"b"'), array[row(null, ''), null]::lib.pair[],
  '[1,10)', '(,2024-01-01 00:00:00+00]', '10.0.0.1/8', '10.0.0.0/8', '08:00:2b:01:02:03', 'MiXed', to_tsvector('english', 'the quick brown foxes'), to_tsquery('english', 'fox & !dog'), B'10101', B'1', 'Me@Home', 'odd');
insert into public.kinds (id, n, f4, f8, t, v, c, d, ts, tz, iv, r, jb, em, y, ta) values
  (2, 'Infinity', 'infinity', '-infinity', '', '', '', 'infinity', '-infinity', 'infinity', '0', 'empty', 'null', 'a@b', '', '{{1,2},{3,4}}'),
  (3, 12345678901234567890.123456789, 0.1, 0.1, '\N', '\.', 'x', '9999-12-31', '2024-02-29 23:59:59.999999', '1970-01-01 00:00:00.000001+00', '100 years 1 mon', '(3,)', '"text"', 'c@d', 'abc', null);

-- tables: identity, serial, generated columns, defaults, keys of every sort, circles
create sequence public.tickets increment by -5 maxvalue 1000 minvalue 10 start 500 cycle;
select nextval('public.tickets'), nextval('public.tickets');
create sequence public.untouched;
create table public.people (
  id bigint generated always as identity (start 100 increment 10) primary key,
  name text not null collate "C", boss bigint references public.people deferrable initially deferred,
  code integer default nextval('public.tickets'), initials text generated always as (upper(left(name, 1))) stored,
  email public.email default 'nobody@here', born date default '2000-01-01', constraint "name is short" check (char_length(name) < 50), unique nulls not distinct (code, born)
);
insert into public.people (name, boss) values ('Ann', null), ('Bob', 100), ('Cid', 110);
delete from public.people where name = 'Cid';
create table "Odd Schema"."Odd Table" (
  "Select" serial primary key, person bigint not null references public.people on delete cascade on update no action,
  home integer, twin integer, foreign key (home) references "Odd Schema"."Odd Table" on delete set null
);
insert into "Odd Schema"."Odd Table" (person, home) values (100, null), (110, 1);
create table public.empty (id uuid primary key default gen_random_uuid(), at timestamptz default now());
create table lib.links (a bigint references public.people, b integer references "Odd Schema"."Odd Table", primary key (a, b), unique (b) include (a));
insert into lib.links values (100, 2);
set constraints all immediate;
alter table public.people add constraint owns foreign key (code) references "Odd Schema"."Odd Table" ("Select") not valid;
alter sequence public.untouched owned by public.empty.id;

create index people_born on public.people (born desc nulls last, lower(name)) where boss is null;
create unique index on "Odd Schema"."Odd Table" (person, (home + 1));
create index kinds_tags on public.kinds using gin (ta);
comment on index public.people_born is 'Newest first';
comment on table "Odd Schema"."Odd Table" is E'two\nlines';
comment on column public.people.initials is 'computed';
comment on constraint "name is short" on public.people is 'A limit';

-- views
create view public.bosses with (security_invoker = true) as select p.id, p.name, (select count(*) from public.people x where x.boss = p.id) as under from public.people p where p.boss is null;
create view lib.recent as select * from public.people where born > '1999-01-01' with local check option;
create view public.mails as select em from public.kinds where em = 'ME@HOME';
create materialized view public.census as select count(*) as people, max(name) as last from public.people;
create unique index on public.census (people);
refresh materialized view public.census;

-- triggers and policies
create function public.stamp() returns trigger language plpgsql as $$ begin new.born := '1999-09-09'; return new; end $$;
create function public.note() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger stamp before insert or update of name on public.people for each row when (new.name <> 'x;y') execute function public.stamp('a''b', '2');
create trigger "all of it" after delete on public.people referencing old table as gone for each statement execute function public.note();
create constraint trigger late after insert on lib.links deferrable initially deferred for each row execute function public.note();
create trigger off before insert on public.empty for each row execute function public.stamp();
alter table public.empty disable trigger off;
comment on trigger stamp on public.people is 'Stamps';
create trigger new_user after insert on auth.users for each row execute function public.note();

alter table public.people enable row level security;
alter table public.people force row level security;
alter table public.kinds enable row level security;
create policy "own; -- rows" on public.people for all to authenticated, shop_reader using (name = coalesce(auth.jwt() ->> 'name', 'a''b')) with check (boss is not null);
create policy strict on public.people as restrictive for select using (exists (select 1 from lib.links l where l.a = people.id) or id > 0);
create policy reads on storage.objects for select using (bucket_id = 'pictures');
comment on policy strict on public.people is 'Strict';

-- rights
grant usage on schema lib to anon;
grant select on lib.links to anon with grant option;
grant update (name, boss), select (id) on public.people to shop_reader;
revoke all on public.empty from anon, authenticated;
grant usage on sequence public.tickets to shop_reader;
alter default privileges in schema lib grant select on tables to authenticated;
alter default privileges for role postgres revoke execute on functions from public;
alter table lib.links owner to supabase_admin;
alter function public.note() owner to shop_reader;
alter table public.empty replica identity full;
create publication half for table public.people, lib.links with (publish = 'insert, update');
alter publication supabase_realtime add table public.kinds;

-- rows of what Mainstay itself makes
insert into auth.users (id, email, raw_user_meta_data, created_at) values ('aaaaaaaa-0000-4000-8000-000000000001', 'ann@example.com', '{"name": "Ann"}', '2024-01-02 03:04:05.678+00');
insert into auth.identities (provider_id, user_id, identity_data, provider) values ('1', 'aaaaaaaa-0000-4000-8000-000000000001', '{"sub": "1"}', 'email');
insert into storage.buckets (id, name, public) values ('pictures', 'pictures', true);
insert into storage.objects (bucket_id, name, owner, metadata) values ('pictures', 'a/b c.png', 'aaaaaaaa-0000-4000-8000-000000000001', '{"size": 3}');
select cron.schedule('nightly', '0 3 * * *', 'delete from public.empty');
select pgmq.create('jobs');
select pgmq.send('jobs', '{"do": "it"}');
select pgmq.send('jobs', '{"do": "more"}');
select net.http_post('http://127.0.0.1/hook', '{"a": 1}');
