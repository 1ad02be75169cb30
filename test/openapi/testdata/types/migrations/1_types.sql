create type mood as enum ('it''s', 'ok');
create type spot as (x int, label text, m mood);
create domain email as text check (value ~ '@');
create table things (
  id bigint generated always as identity primary key, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision, n numeric, n2 numeric(6, 2), b bool,
  t text, v varchar(5), c char(3), d date, ts timestamp, tz timestamptz, tm time, tmz timetz, iv interval, u uuid, by bytea, j json, jb jsonb, m mood,
  e email, a int[], ta text[], ma mood[], s spot, sa spot[], r int4range, tr tstzrange, ip inet, net cidr, bits bit(3), vb varbit, tsv tsvector,
  g int generated always as (i4 + 1) stored);
create table "Odd-name" ("a b" int, "é" text, k text not null, k2 int not null default 1, primary key (k, k2));
create table parts (id int primary key, thing bigint references things, "order" text, note text not null);
create table secrets (id int primary key);
create view thing_parts with (security_invoker = on) as select p.id, t.t, t.n from parts p join things t on t.id = p.thing;
create view notes with (security_invoker = on) as select id, note from parts;
alter table things enable row level security;
alter table "Odd-name" enable row level security;
alter table parts enable row level security;
alter table secrets enable row level security;
create policy "all" on things using (true) with check (true);
create policy "all" on "Odd-name" using (true) with check (true);
create policy "all" on parts using (true) with check (true);
revoke all on secrets from anon, authenticated;
revoke insert (note), update (note) on parts from anon;
insert into things (i2, i4, i8, f4, f8, n, n2, b, t, v, c, d, ts, tz, tm, tmz, iv, u, by, j, jb, m, e, a, ta, ma, s, sa, r, tr, ip, net, bits, vb, tsv)
values (1, 2, 9007199254740993, 1.5, 'Infinity', 'NaN', 12.50, true, 'text', 'abc', 'ab', '2026-01-31', '2026-01-31 12:00', '2026-01-31 12:00+00', '12:00', '12:00+01', '1 day 02:00',
  '00000000-0000-4000-8000-000000000001', '\xdead', '{"a": [1]}', '{"b": null}', 'ok', 'a@b', '{1,null}', '{a,"b c"}', '{ok}', row(1, 'l', 'ok'), array[row(1, 'l', 'ok')::spot], '[1,5)', '[2026-01-01,)', '10.0.0.1/8', '10.0.0.0/8', '101', '11', 'a b'::tsvector);
insert into things (d, ts, f8) values ('infinity', '-infinity', '-Infinity');
insert into parts values (1, 1, 'x', 'n');
create function echo(i int, t text default 'x', a int[] default '{}') returns jsonb language sql immutable as $$ select jsonb_build_object('i', i, 't', t, 'a', a) $$;
create function find(wanted mood) returns setof things language sql stable as $$ select * from things where m = wanted $$;
create function pairs(n int) returns table (k int, label text) language sql stable as $$ select i, 'l' || i from generate_series(1, least(n, 10)) i $$;
create function spot_of(x int) returns spot language sql immutable as $$ select row(x, 'l', 'ok')::spot $$;
create function two(out a int, out b text) language sql immutable as $$ select 1, 'b' $$;
create function body(json) returns json language sql immutable as $$ select $1 $$;
create function nothing() returns void language sql as $$ select $$;
create function numbers(variadic n numeric[]) returns setof numeric language sql immutable as $$ select unnest(n) $$;
create function fails(code text) returns void language plpgsql as $$ begin raise sqlstate 'PT418' using message = coalesce(code, 'none'); end $$;
create function over(a int) returns int language sql immutable as $$ select a $$;
create function over(b text) returns text language sql immutable as $$ select b $$;
create function changes(p int) returns setof parts language sql as $$ update parts set note = note || 'x' where id = p returning * $$;
create function checked() returns trigger language plpgsql as $$ begin if new.note = 'text' then raise exception 'not text'; end if; return new; end $$;
create trigger checked before insert or update on parts for each row execute function checked();
