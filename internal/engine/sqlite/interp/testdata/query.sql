create table acct (id int generated always as identity primary key, owner text not null, bal numeric default 0, unique (owner));
--| = CREATE TABLE
create table log (id bigserial primary key, msg text, at timestamptz default now());
--| = CREATE TABLE
insert into acct (owner, bal) values ('ann', 10), ('bob', 20), ('cid', 30);
--| = INSERT 0 3
do $$ declare x text; begin select owner into x from acct where id = 2; raise notice '% %', x, found; end $$;
--| # NOTICE: bob t
--| = DO
do $$ declare x text := 'was'; begin select owner into x from acct where id = 99; raise notice '% %', x, found; end $$;
--| # NOTICE: <NULL> f
--| = DO
do $$ declare x text; begin select owner into x from acct order by id desc; raise notice '%', x; end $$;
--| # NOTICE: cid
--| = DO
do $$ declare x text; begin select owner into strict x from acct where id = 99; end $$;
--| ! P0002 query returned no rows
do $$ declare x text; begin select owner into strict x from acct; end $$;
--| ! P0003 query returned more than one row
--| ! hint: Make sure the query returns a single row, or use LIMIT 1.
do $$ declare x text; begin select owner into strict x from acct where id = 1; raise notice '%', x; end $$;
--| # NOTICE: ann
--| = DO
do $$ declare x text; begin select owner into strict x from acct where id = 99; exception when no_data_found then raise notice 'none: % %', sqlstate, sqlerrm; end $$;
--| # NOTICE: none: P0002 query returned no rows
--| = DO
do $$ declare x text; begin select owner into strict x from acct; exception when too_many_rows then raise notice 'many: % %', sqlstate, sqlerrm; end $$;
--| # NOTICE: many: P0003 query returned more than one row
--| = DO
do $$ declare a int; b text; c numeric; begin select id, owner, bal into a, b, c from acct where id = 1; raise notice '% % %', a, b, c; end $$;
--| # NOTICE: 1 ann 10
--| = DO
do $$ declare a int; b text; begin select id, owner, bal into a, b from acct where id = 1; raise notice '% %', a, b; end $$;
--| # NOTICE: 1 ann
--| = DO
do $$ declare a int; b text; begin select id into a, b from acct where id = 1; raise notice '% %', a, b; end $$;
--| # NOTICE: 1 <NULL>
--| = DO
do $$ declare r record; begin select * into r from acct where id = 1; raise notice '%', r; end $$;
--| # NOTICE: (1,ann,10)
--| = DO
do $$ declare r record; begin select * into r from acct where id = 99; raise notice '% %', r, r.owner is null; end $$;
--| # NOTICE: (,,) t
--| = DO
do $$ declare r acct%rowtype; begin select * into r from acct where id = 3; raise notice '%', r.owner; end $$;
--| # NOTICE: cid
--| = DO
do $$ declare r acct; begin select owner, id into r from acct where id = 3; raise notice '%', r; end $$;
--| ! 22P02 invalid input syntax for type integer: "cid"
do $$ declare r acct; begin select a into r from acct a where id = 3; raise notice '%', r; end $$;
--| ! 22P02 invalid input syntax for type integer: "(3,cid,30)"
do $$ declare x text; begin into_fail; end $$;
--| ! 42601 syntax error at or near "into_fail"
do $$ declare x text; begin select into x owner from acct where id = 1; raise notice '%', x; end $$;
--| # NOTICE: ann
--| = DO
do $$ declare x int; begin select count(*) from acct into x; raise notice '%', x; end $$;
--| # NOTICE: 3
--| = DO
do $$ declare x text; begin with q as (select 1 as a) select a into x from q; raise notice '%', x; end $$;
--| # NOTICE: 1
--| = DO
do $$ declare r record; begin select id, owner into r.a, r.b from acct where id = 1; end $$;
--| ! 55000 record "r" is not assigned yet
--| ! detail: The tuple structure of a not-yet-assigned record is indeterminate.
do $$ declare r acct; begin select id, owner into r.id, r.owner from acct where id = 2; raise notice '%', r; end $$;
--| # NOTICE: (2,bob,)
--| = DO
do $$ begin select 1; end $$;
--| ! 42601 query has no destination for result data
--| ! hint: If you want to discard the results of a SELECT, use PERFORM instead.
do $$ begin select owner from acct; end $$;
--| ! 42601 query has no destination for result data
--| ! hint: If you want to discard the results of a SELECT, use PERFORM instead.
do $$ begin insert into acct (owner) values ('dan') returning id; end $$;
--| ! 42601 query has no destination for result data
do $$ declare n int; begin insert into acct (owner) values ('eve') returning id into n; raise notice '% %', n > 3, found; end $$;
--| # NOTICE: t t
--| = DO
do $$ declare r record; begin insert into acct (owner, bal) values ('fay', 1), ('gus', 2) returning * into r; end $$;
--| ! P0003 query returned more than one row
--| ! hint: Make sure the query returns a single row, or use LIMIT 1.
do $$ declare r record; begin update acct set bal = bal + 1 where owner = 'ann' returning owner, bal into r; raise notice '%', r; end $$;
--| # NOTICE: (ann,11)
--| = DO
do $$ declare r record; begin update acct set bal = bal + 1 where owner = 'nobody' returning owner, bal into r; raise notice '% %', r, found; end $$;
--| # NOTICE: (,) f
--| = DO
do $$ declare r record; begin update acct set bal = bal + 1 where owner = 'nobody' returning owner, bal into strict r; end $$;
--| ! P0002 query returned no rows
do $$ declare r record; begin update acct set bal = bal + 1 where owner < 'c' returning owner, bal into r; end $$;
--| ! P0003 query returned more than one row
--| ! hint: Make sure the query returns a single row, or use LIMIT 1.
do $$ declare x numeric; begin delete from acct where owner = 'eve' returning bal into x; raise notice '%', x; end $$;
--| # NOTICE: 0
--| = DO
do $$ declare n int; begin update acct set bal = bal; raise notice '%', found; get diagnostics n = row_count; raise notice '%', n; end $$;
--| # NOTICE: t
--| # NOTICE: 3
--| = DO
do $$ declare n int; begin update acct set bal = bal where false; get diagnostics n := row_count; raise notice '% %', found, n; end $$;
--| # NOTICE: f 0
--| = DO
do $$ declare n int; begin insert into log (msg) select owner from acct; get diagnostics n = row_count; raise notice '%', n; delete from log; get diagnostics n = row_count; raise notice '%', n; end $$;
--| # NOTICE: 3
--| # NOTICE: 3
--| = DO
do $$ declare n int; begin perform id from acct; get diagnostics n = row_count; raise notice '% %', found, n; perform 1 from acct where false; get diagnostics n = row_count; raise notice '% %', found, n; end $$;
--| # NOTICE: t 3
--| # NOTICE: f 0
--| = DO
do $$ begin perform count(*) from acct where false; raise notice '%', found; end $$;
--| # NOTICE: t
--| = DO
do $$ begin perform pg_sleep(0); perform now(); raise notice '%', found; end $$;
--| # NOTICE: t
--| = DO
do $$ declare n int; x int; begin select 1 into x from acct; get diagnostics n = row_count; raise notice '%', n; end $$;
--| # NOTICE: 1
--| = DO
do $$ declare n bigint; c text; begin get current diagnostics n = row_count; raise notice '%', n; end $$;
--| # NOTICE: 0
--| = DO
do $$ begin insert into acct (owner) values ('ann') on conflict (owner) do nothing; raise notice '%', found; insert into acct (owner) values ('ann') on conflict (owner) do update set bal = 99; raise notice '%', found; end $$;
--| # NOTICE: f
--| # NOTICE: t
--| = DO
do $$ declare v text := 'bob'; begin update acct set bal = 55 where owner = v; raise notice '%', (select bal from acct where owner = v); end $$;
--| # NOTICE: 55
--| = DO
do $$ declare owner text := 'bob'; n int; begin select count(*) into n from acct where owner = owner; end $$;
--| ! 42702 column reference "owner" is ambiguous
--| ! detail: It could refer to either a PL/pgSQL variable or a table column.
do $$ <<b>> declare owner text := 'bob'; n int; begin select count(*) into n from acct where acct.owner = b.owner; raise notice '%', n; end $$;
--| # NOTICE: 1
--| = DO
do $$ #variable_conflict use_column
declare owner text := 'bob'; n int; begin select count(*) into n from acct where owner = owner; raise notice '%', n > 1; end $$;
--| # NOTICE: t
--| = DO
do $$ #variable_conflict use_variable
declare owner text := 'bob'; n int; begin select count(*) into n from acct where acct.owner = owner; raise notice '%', n; end $$;
--| # NOTICE: 1
--| = DO
do $$ #variable_conflict error
declare owner text := 'bob'; n int; begin select count(*) into n from acct where owner = owner; end $$;
--| ! 42702 column reference "owner" is ambiguous
--| ! detail: It could refer to either a PL/pgSQL variable or a table column.
do $$ declare bal numeric := 3; begin insert into acct (owner, bal) values ('hal', bal); raise notice '%', (select a.bal from acct a where a.owner = 'hal'); end $$;
--| # NOTICE: 3
--| = DO
do $$ declare bal numeric := 3; begin update acct set bal = 7 where acct.owner = 'hal'; raise notice '%', (select a.bal from acct a where a.owner = 'hal'); end $$;
--| # NOTICE: 7
--| = DO
do $$ declare n int := 2; begin raise notice '%', (select string_agg(owner, ',' order by owner) from (select owner from acct limit n offset n - 2) q); end $$;
--| # NOTICE: ann,cid
--| = DO
do $$ declare r record; begin select 1 as a, 'x' as b into r; insert into log (msg) values (r.b || r.a); raise notice '%', (select msg from log); delete from log; end $$;
--| # NOTICE: x1
--| = DO
do $$ declare r acct; begin r.owner := 'ivy'; r.bal := 3; insert into acct (owner, bal) select r.owner, r.bal; insert into acct (owner, bal) values (r.owner || '2', (r).bal); raise notice '%', (select count(*) from acct where acct.owner like 'ivy%'); end $$;
--| # NOTICE: 2
--| = DO
do $$ declare ids int[] := array[1,2]; n int; begin select count(*) into n from acct where id = any(ids); raise notice '%', n; select count(*) into n from acct where id in (select unnest(ids)); raise notice '%', n; end $$;
--| # NOTICE: 2
--| # NOTICE: 2
--| = DO
do $$ declare s text := 'an%'; begin if exists (select from acct where owner like s) then raise notice 'like'; end if; end $$;
--| # NOTICE: like
--| = DO
do $$ declare r record; q record; begin select a.id, l.n into r from acct a cross join lateral (select a.id + 1 as n) l where a.id = 1; q := r; raise notice '% %', q.n, r = q; end $$;
--| # NOTICE: 2 t
--| = DO
do $$ declare j json; begin select json_agg(json_build_object('o', owner) order by id) into j from acct where id < 3; raise notice '%', j; end $$;
--| # NOTICE: [{"o" : "ann"}, {"o" : "bob"}]
--| = DO
do $$ declare n int; begin select sum(id) over (order by id) into n from acct order by id desc limit 1; raise notice '%', n is not null; end $$;
--| # NOTICE: t
--| = DO
do $$ declare n int; begin delete from log; insert into log (msg) values ('a'), ('b'); with d as (delete from log returning msg) select count(*) into n from d; raise notice '% %', n, (select count(*) from log); end $$;
--| # NOTICE: 2 0
--| = DO
do $$ declare n int; begin merge into acct a using (values ('ann', 1), ('zed', 2)) s(o, b) on a.owner = s.o when matched then update set bal = s.b when not matched then insert (owner, bal) values (s.o, s.b); get diagnostics n = row_count; raise notice '%', n; end $$;
--| # NOTICE: 2
--| = DO
do $$ begin create temp table tmp_x (a int); insert into tmp_x values (1); drop table tmp_x; end $$;
--| = DO
do $$ begin create table made (a int); execute 'insert into made values (1), (2)'; raise notice '%', (select count(*) from made); drop table made; end $$;
--| # NOTICE: 2
--| = DO
create function made_twice() returns int language plpgsql as $$ declare n int; begin create table made2 (a int); insert into made2 values (1), (2); select count(*) into n from made2; drop table made2; return n; end $$;
--| = CREATE FUNCTION
select made_twice();
--| 2
--| = SELECT 1
select made_twice();
--| 2
--| = SELECT 1
do $$ begin truncate log; alter table log add column extra int; insert into log (msg, extra) values ('q', 5); raise notice '%', (select extra from log); alter table log drop column extra; end $$;
--| # NOTICE: 5
--| = DO
do $$ declare r record; begin select null::int as a into r; raise notice '% %', r is null, r.a is null; end $$;
--| # NOTICE: t t
--| = DO
do $$ declare n int; begin n := count(*) from acct where owner = 'ann'; raise notice '%', n; end $$;
--| # NOTICE: 1
--| = DO
do $$ declare n int = 1; begin update acct set bal = n, owner = 'ann' where owner = 'ann' and id = n; raise notice '%', found; end $$;
--| # NOTICE: t
--| = DO
do $$ declare a acct; b acct; begin select * into a from acct where owner = 'ann'; b := a; b.owner := 'changed'; raise notice '% %', a.owner, b.owner; end $$;
--| # NOTICE: ann changed
--| = DO
do $$ declare t text; begin select owner into t from acct where id = 1 for update; raise notice '%', t; end $$;
--| # NOTICE: ann
--| = DO
do $$ declare x int; y int; begin select 1, 2 into x, y; x := y; y := 7; raise notice '% %', x, y; end $$;
--| # NOTICE: 2 7
--| = DO
do $$ declare x int[]; begin select array_agg(id order by id) into x from acct where id < 4; raise notice '%', x; end $$;
--| # NOTICE: {1,2,3}
--| = DO
do $$ declare x bool; begin select bal > 5 into x from acct where owner = 'bob'; raise notice '%', x; x := not x; raise notice '%', x; end $$;
--| # NOTICE: t
--| # NOTICE: f
--| = DO
do $$ begin insert into acct values (100, 'x'); end $$;
--| ! 428C9 cannot insert a non-DEFAULT value into column "id"
--| ! detail: Column "id" is an identity column defined as GENERATED ALWAYS.
--| ! hint: Use OVERRIDING SYSTEM VALUE to override.
do $$ begin insert into acct (owner) values (null); end $$;
--| ! 23502 null value in column "owner" of relation "acct" violates not-null constraint
--| ! detail: Failing row contains (14, null, 0).
do $$ begin insert into acct (owner) values ('ann'); end $$;
--| ! 23505 duplicate key value violates unique constraint "acct_owner_key"
--| ! detail: Key (owner)=(ann) already exists.
do $$ begin insert into acct (nothing) values ('ann'); end $$;
--| ! 42703 column "nothing" of relation "acct" does not exist
do $$ begin insert into nothing values ('ann'); end $$;
--| ! 42P01 relation "nothing" does not exist
do $$ begin perform nothing('ann'); end $$;
--| ! 42883 function nothing(unknown) does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.
do $$ declare x int; begin select 'abc' into x; end $$;
--| ! 22P02 invalid input syntax for type integer: "abc"
do $$ declare x int; begin select 1 into x, nope; end $$;
--| ! 42601 "nope" is not a known variable
do $$ declare r record; x int; begin select 1, 2 into r, x; end $$;
--| ! 42601 record variable cannot be part of multiple-item INTO list
