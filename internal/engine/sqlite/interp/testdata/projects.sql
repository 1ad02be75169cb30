create table o (id serial primary key, uid uuid, total numeric, status text default 'new', created_at timestamptz default now());
--| = CREATE TABLE
create function place(p_uid uuid, p_items jsonb) returns jsonb language plpgsql security definer set search_path = public as $$ declare v_id int; v_total numeric := 0; it jsonb; begin for it in select * from jsonb_array_elements(p_items) loop v_total := v_total + (it->>'qty')::int * (it->>'price')::numeric; end loop; insert into o (uid, total) values (p_uid, v_total) returning id into v_id; return jsonb_build_object('id', v_id, 'total', v_total); exception when others then return jsonb_build_object('error', sqlerrm); end $$;
--| = CREATE FUNCTION
select place('00000000-0000-0000-0000-000000000001', '[{"qty": 2, "price": 1.5}, {"qty": 1, "price": 3}]');
--| {"id": 1, "total": 6.0}
--| = SELECT 1
select place('00000000-0000-0000-0000-000000000001', '[{"qty": "x", "price": 1.5}]');
--| {"error": "invalid input syntax for type integer: \"x\""}
--| = SELECT 1
create function stats() returns table (status text, n bigint, avg_total numeric) language plpgsql stable as $$ begin return query select o.status, count(*), round(avg(o.total), 2) from o group by o.status order by 1; end $$;
--| = CREATE FUNCTION
select * from stats();
--| new|1|6.00
--| = SELECT 1
create function next_code(prefix text default 'A') returns text language plpgsql as $$ declare c text; begin loop c := prefix || lpad((floor(random() * 10))::text, 3, '0'); exit when not exists (select 1 from o where status = c); end loop; return left(c, 3); end $$;
--| = CREATE FUNCTION
select next_code(), next_code('B');
--| A00|B00
--| = SELECT 1
create function slug(t text) returns text language plpgsql immutable strict as $$ begin return trim(both '-' from regexp_replace(lower(t), '[^a-z0-9]+', '-', 'g')); end $$;
--| = CREATE FUNCTION
select slug(' Hello, World! '), slug(null);
--| hello-world|\N
--| = SELECT 1
create table items (id int, s text generated always as (lower(id::text)) stored, name text, slug text);
--| = CREATE TABLE
create function set_slug() returns trigger language plpgsql as $$ begin if new.slug is null or new.slug = '' then new.slug := slug(new.name); end if; if tg_op = 'UPDATE' and old.name is distinct from new.name then new.slug := slug(new.name); end if; return new; end $$;
--| = CREATE FUNCTION
create trigger set_slug before insert or update on items for each row execute function set_slug();
--| = CREATE TRIGGER
insert into items (id, name) values (1, 'One Two') returning slug;
--| one-two
--| = INSERT 0 1
update items set name = 'Three' returning slug;
--| three
--| = UPDATE 1
create table hist (tbl text, op text, old_row jsonb, new_row jsonb, changed text[]);
--| = CREATE TABLE
create function track() returns trigger language plpgsql as $$ declare ch text[] := '{}'; k text; begin if tg_op = 'UPDATE' then for k in select key from jsonb_each(to_jsonb(new)) loop if to_jsonb(new)->k is distinct from to_jsonb(old)->k then ch := array_append(ch, k); end if; end loop; end if; insert into hist select tg_table_name, tg_op, case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end, ch; return coalesce(new, old); end $$;
--| = CREATE FUNCTION
create trigger track after insert or update or delete on items for each row execute function track();
--| = CREATE TRIGGER
insert into items (id, name) values (2, 'x');
--| = INSERT 0 1
update items set name = 'y' where id = 2;
--| = UPDATE 1
delete from items where id = 2;
--| = DELETE 1
select * from hist;
--| items|INSERT|\N|{"s": "2", "id": 2, "name": "x", "slug": "x"}|{}
--| items|UPDATE|{"s": "2", "id": 2, "name": "x", "slug": "x"}|{"s": "2", "id": 2, "name": "y", "slug": "y"}|{name,slug}
--| items|DELETE|{"s": "2", "id": 2, "name": "y", "slug": "y"}|\N|{}
--| = SELECT 3
create table copy_of (like items);
--| = CREATE TABLE
create function keep_copy() returns trigger language plpgsql as $$ begin insert into copy_of select old.*; return old; end $$;
--| = CREATE FUNCTION
create trigger keep_copy before delete on items for each row execute function keep_copy();
--| = CREATE TRIGGER
delete from items;
--| = DELETE 1
select * from copy_of;
--| 1|1|Three|three
--| = SELECT 1
create function keep_vals() returns trigger language plpgsql as $$ begin insert into copy_of values (new.*); return new; end $$;
--| = CREATE FUNCTION
create trigger keep_vals after insert on items for each row execute function keep_vals();
--| = CREATE TRIGGER
insert into items (id, name) values (9, 'nine');
--| = INSERT 0 1
select * from copy_of where id = 9;
--| 9|9|nine|nine
--| = SELECT 1
create function page(lim int default 2, off int default 0) returns setof copy_of language sql stable as $$ select * from copy_of order by id limit lim offset off $$;
--| = CREATE FUNCTION
select id from page(), generate_series(1, 1);
--| 1
--| 9
--| = SELECT 2
select id from page(off => 1);
--| 9
--| = SELECT 1
create function batch() returns int language plpgsql as $$ declare n int := 0; c int; begin loop delete from copy_of where id in (select id from copy_of limit 1); get diagnostics c = row_count; exit when c = 0; n := n + c; end loop; return n; end $$;
--| = CREATE FUNCTION
select batch();
--| 2
--| = SELECT 1
create function pick(j jsonb) returns text language plpgsql as $$ declare r record; begin select * into r from jsonb_to_record(j) as x(a int, b text); return r.a || r.b; end $$;
--| = CREATE FUNCTION
select pick('{"a": 1, "b": "z"}');
--| 1z
--| = SELECT 1
create function totals(out n bigint, out s numeric) language plpgsql as $$ begin select count(*), coalesce(sum(total), 0) into n, s from o; end $$;
--| = CREATE FUNCTION
select * from totals();
--| 1|6.0
--| = SELECT 1
select (totals()).n;
--| 1
--| = SELECT 1
create function upsert(p_id int, p_status text) returns o language plpgsql as $$ declare r o; begin insert into o (id, status) values (p_id, p_status) on conflict (id) do update set status = excluded.status returning * into r; return r; end $$;
--| = CREATE FUNCTION
select (upsert(1, 'paid')).status, (upsert(77, 'new')).id;
--| paid|77
--| = SELECT 1
select status from o order by id;
--| paid
--| new
--| = SELECT 2
create function whole(r o) returns text language plpgsql as $$ begin return r.status || ':' || to_jsonb(r)->>'status'; end $$;
--| = CREATE FUNCTION
select whole(o) from o order by id;
--| ! 42883 operator does not exist: text ->> unknown
--| ! hint: No operator matches the given name and argument types. You might need to add explicit type casts.
create function arr(ids int[]) returns int[] language plpgsql as $$ declare outp int[] := array[]::int[]; i int; begin for i in 1 .. coalesce(array_length(ids, 1), 0) loop if ids[i] > 1 then outp := outp || ids[i]; end if; end loop; return outp; end $$;
--| = CREATE FUNCTION
select arr('{1,2,3}'), arr(null), arr('{}');
--| {2,3}|{}|{}
--| = SELECT 1
create function dates(a date, b date) returns int language plpgsql as $$ declare d date := a; n int := 0; begin while d <= b loop if extract(dow from d) not in (0, 6) then n := n + 1; end if; d := d + 1; end loop; return n; end $$;
--| = CREATE FUNCTION
select dates('2024-01-01', '2024-01-31');
--| 23
--| = SELECT 1
create function retry() returns text language plpgsql as $$ declare tries int := 0; begin loop begin tries := tries + 1; if tries < 3 then raise exception 'try %', tries using errcode = '40001'; end if; return 'after ' || tries; exception when serialization_failure then if tries >= 5 then raise; end if; end; end loop; end $$;
--| = CREATE FUNCTION
select retry();
--| after 3
--| = SELECT 1
create function recarr() returns text language plpgsql as $$ declare rows o[]; r o; s text := ''; begin select array_agg(t order by t.id) into rows from o t; foreach r in array rows loop s := s || r.id || r.status || ';'; end loop; return s; end $$;
--| = CREATE FUNCTION
select recarr();
--| 1paid;77new;
--| = SELECT 1
do $$ declare v o%rowtype; j jsonb; begin select * into v from o where id = 1; j := to_jsonb(v); raise notice '%', j->>'status'; v := jsonb_populate_record(v, '{"status": "late"}'); raise notice '%', v.status; end $$;
--| # NOTICE: paid
--| # NOTICE: late
--| = DO
do $$ declare n int; m int; begin with x as (insert into o (status) values ('a'), ('b') returning id) select count(*), max(id) into n, m from x; raise notice '% %', n, m > 0; end $$;
--| # NOTICE: 2 t
--| = DO
do $$ declare r record; t int := 0; begin for r in delete from o where status in ('a', 'b') returning status loop t := t + 1; end loop; raise notice '%', t; end $$;
--| # NOTICE: 2
--| = DO
