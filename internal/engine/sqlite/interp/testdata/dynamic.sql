create table d (id int primary key, v text);
--| = CREATE TABLE
insert into d values (1, 'a'), (2, 'b');
--| = INSERT 0 2
do $$ begin execute 'insert into d values (3, ''c'')'; raise notice '%', (select count(*) from d); end $$;
--| # NOTICE: 3
--| = DO
do $$ begin execute 'insert into d values ($1, $2)' using 4, 'd'; raise notice '%', (select v from d where id = 4); end $$;
--| # NOTICE: d
--| = DO
do $$ declare x text; begin execute 'select v from d where id = $1' into x using 2; raise notice '%', x; end $$;
--| # NOTICE: b
--| = DO
do $$ declare x text; begin execute 'select v from d where id = $1' using 2 into x; raise notice '%', x; end $$;
--| # NOTICE: b
--| = DO
do $$ declare a int; b text; begin execute 'select id, v from d order by id' into a, b; raise notice '% %', a, b; end $$;
--| # NOTICE: 1 a
--| = DO
do $$ declare r record; begin execute 'select id, v from d order by id' into r; raise notice '%', r; end $$;
--| # NOTICE: (1,a)
--| = DO
do $$ declare r record; begin execute 'select id, v from d where false' into r; raise notice '%', r; end $$;
--| # NOTICE: (,)
--| = DO
do $$ declare r d; begin execute 'select * from d where id = 2' into r; raise notice '%', r.v; end $$;
--| # NOTICE: b
--| = DO
do $$ declare x int; begin execute 'select id from d' into strict x; end $$;
--| ! P0003 query returned more than one row
do $$ declare x int; begin execute 'select id from d where false' into strict x; end $$;
--| ! P0002 query returned no rows
do $$ begin execute format('create table %I (a int)', 'Odd Name'); execute format('insert into %I values (%L)', 'Odd Name', '5'); raise notice '%', (select a from "Odd Name"); execute format('drop table %I', 'Odd Name'); end $$;
--| # NOTICE: 5
--| = DO
do $$ begin execute 'update ' || quote_ident('d') || ' set v = ' || quote_literal('it''s') || ' where id = 1'; raise notice '%', (select v from d where id = 1); end $$;
--| # NOTICE: it's
--| = DO
do $$ declare n int; begin execute 'update d set v = v'; get diagnostics n = row_count; raise notice '% %', n, found; end $$;
--| # NOTICE: 4 f
--| = DO
do $$ declare n int; begin execute 'delete from d where id = 4'; get diagnostics n = row_count; raise notice '%', n; end $$;
--| # NOTICE: 1
--| = DO
do $$ begin execute null; end $$;
--| ! 22004 query string argument of EXECUTE is null
do $$ begin execute 'selec 1'; end $$;
--| ! 42601 syntax error at or near "selec"
do $$ begin execute 'select nothing from d'; end $$;
--| ! 42703 column "nothing" does not exist
do $$ begin execute 'select $1 + $2' using 1; end $$;
--| ! 42P02 there is no parameter $2
do $$ declare x int; begin execute 'select $1 + $2' into x using 1, 2; raise notice '%', x; end $$;
--| # NOTICE: 3
--| = DO
do $$ declare x text; begin execute 'select $1' into x using 'text'; raise notice '%', x; end $$;
--| # NOTICE: text
--| = DO
do $$ declare x int; begin execute 'select x'; end $$;
--| ! 42703 column "x" does not exist
do $$ declare x int; begin execute 'create table dd (a int); insert into dd values (1), (2); drop table dd'; end $$;
--| = DO
do $$ begin execute 'select 1; select 2'; end $$;
--| = DO
do $$ declare x int; begin execute 'insert into d values (9, ''z'')' into x; end $$;
--| ! 42601 INTO used with a command that cannot return data
do $$ declare x int; begin execute 'insert into d values (9, ''z'') returning id' into x; raise notice '%', x; delete from d where id = 9; end $$;
--| # NOTICE: 9
--| = DO
do $$ declare x int; begin execute 'create table zz (a int)' into x; end $$;
--| ! 42601 INTO used with a command that cannot return data
do $$ declare r record; begin execute 'select 1 as a' into r; raise notice '%', r.a; execute 'select ''x'' as b, 2 as c' into r; raise notice '% %', r.b, r.c; end $$;
--| # NOTICE: 1
--| # NOTICE: x 2
--| = DO
alter table d add column w int default 4;
--| = ALTER TABLE
do $$ begin create type color as enum ('r', 'g'); exception when duplicate_object then raise notice 'there'; end $$;
--| = DO
do $$ begin create type color as enum ('r', 'g'); exception when duplicate_object then raise notice 'there'; end $$;
--| # NOTICE: there
--| = DO
do $$ begin alter table d add column w int; exception when duplicate_column then raise notice '% %', sqlstate, sqlerrm; end $$;
--| # NOTICE: 42701 column "w" of relation "d" already exists
--| = DO
do $$ begin create table d (a int); exception when duplicate_table then raise notice '% %', sqlstate, sqlerrm; end $$;
--| # NOTICE: 42P07 relation "d" already exists
--| = DO
do $$ begin drop table nope; exception when undefined_table then raise notice '% %', sqlstate, sqlerrm; end $$;
--| # NOTICE: 42P01 table "nope" does not exist
--| = DO
do $$ begin perform nope(); exception when undefined_function then raise notice '%', sqlerrm; end $$;
--| # NOTICE: function nope() does not exist
--| = DO
do $$ declare t text; begin foreach t in array array['d'] loop execute format('alter table public.%I enable row level security', t); execute format('create policy %I on public.%I for select using (true)', t || '_read', t); end loop; end $$;
--| = DO
insert into d values (5, 'low') returning v;
--| low
--| = INSERT 0 1
do $$ begin execute 'do $i$ begin raise notice ''inner''; end $i$'; end $$;
--| # NOTICE: inner
--| = DO
do $$ begin execute 'set local search_path = pg_catalog'; raise notice '%', current_setting('search_path'); end $$;
--| # NOTICE: pg_catalog
--| = DO
do $$ begin perform set_config('app.x', 'y', true); raise notice '%', current_setting('app.x'); end $$;
--| # NOTICE: y
--| = DO
do $$ begin set local app.z = 'q'; raise notice '%', current_setting('app.z'); end $$;
--| # NOTICE: q
--| = DO
do $$ begin execute 'begin'; end $$;
--| ! 0A000 EXECUTE of transaction commands is not implemented
do $$ begin execute 'commit'; end $$;
--| ! 0A000 EXECUTE of transaction commands is not implemented
do $$ begin execute format('%s', 'select 1/0'); end $$;
--| ! 22012 division by zero
do $$ begin execute 'insert into d values (1, ''dup'')'; exception when unique_violation then raise notice '%', sqlerrm; end $$;
--| # NOTICE: duplicate key value violates unique constraint "d_pkey"
--| = DO
create function dyn_count(tbl regclass) returns bigint language plpgsql as $$ declare n bigint; begin execute 'select count(*) from ' || tbl into n; return n; end $$;
--| = CREATE FUNCTION
select dyn_count('d');
--| 4
--| = SELECT 1
create function dyn_rows(cond text) returns setof d language plpgsql as $$ begin return query execute 'select * from d where ' || cond || ' order by id'; end $$;
--| = CREATE FUNCTION
select * from dyn_rows('id < 3');
--| 1|it's|4
--| 2|b|4
--| = SELECT 2
create function dyn_using(lo int, hi int) returns table (k int, val text) language plpgsql as $$ begin return query execute 'select id, v from d where id between $1 and $2 order by id' using lo, hi; raise notice '%', found; end $$;
--| = CREATE FUNCTION
select * from dyn_using(1, 2);
--| # NOTICE: t
--| 1|it's
--| 2|b
--| = SELECT 2
create function dyn_bad() returns table (k int) language plpgsql as $$ begin return query execute 'select v from d'; end $$;
--| = CREATE FUNCTION
select * from dyn_bad();
--| ! 42804 structure of query does not match function result type
--| ! detail: Returned type text does not match expected type integer in column 1.
do $$ declare s text := 'select '; begin for i in 1..3 loop s := s || case when i > 1 then ', ' else '' end || i; end loop; execute s; raise notice '%', s; end $$;
--| # NOTICE: select 1, 2, 3
--| = DO
