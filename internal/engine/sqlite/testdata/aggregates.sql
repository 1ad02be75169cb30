create function addup(int, int) returns int language sql immutable as 'select $1 + $2';
--| = CREATE FUNCTION
create aggregate mysum(int) (sfunc = addup, stype = int, initcond = '0');
--| = CREATE AGGREGATE
select mysum(x) from generate_series(1, 10) x;
--| 55
--| = SELECT 1
select mysum(x) from generate_series(1, 10) x where false;
--| 0
--| = SELECT 1
select mysum(x) filter (where x > 5), mysum(distinct x % 3), count(*) from generate_series(1, 10) x;
--| 40|3|10
--| = SELECT 1
select x % 2 as p, mysum(x) from generate_series(1, 10) x group by 1 order by 1;
--| 0|30
--| 1|25
--| = SELECT 2
select x, mysum(x) over (order by x), mysum(x) over (order by x rows 1 preceding) from generate_series(1, 4) x;
--| 1|1|1
--| 2|3|3
--| 3|6|5
--| 4|10|7
--| = SELECT 4
create aggregate first(anyelement) (sfunc = pick, stype = anyelement);
--| ! 42883 function pick(anyelement, anyelement) does not exist
create function pick(anyelement, anyelement) returns anyelement language sql immutable strict as 'select $1';
--| = CREATE FUNCTION
create aggregate first(anyelement) (sfunc = pick, stype = anyelement);
--| = CREATE AGGREGATE
select first(x order by x desc), first(x::text order by x), first(null::int) from generate_series(1, 10) x;
--| 10|1|\N
--| = SELECT 1
select first(x) from (values (null), (3), (4)) v(x);
--| 3
--| = SELECT 1
create type avgstate as (s numeric, n int);
--| = CREATE TYPE
create function avg_step(avgstate, numeric) returns avgstate language plpgsql as $$ begin if $2 is null then return $1; end if; return ($1.s + $2, $1.n + 1)::avgstate; end $$;
--| = CREATE FUNCTION
create function avg_end(avgstate) returns numeric language plpgsql as $$ begin if $1.n = 0 then return null; end if; return $1.s / $1.n; end $$;
--| = CREATE FUNCTION
create aggregate myavg(numeric) (sfunc = avg_step, stype = avgstate, finalfunc = avg_end, initcond = '(0,0)');
--| = CREATE AGGREGATE
select myavg(x) from (values (1), (2), (null), (4)) v(x);
--| 2.3333333333333333
--| = SELECT 1
select myavg(x) from (values (1)) v(x) where false;
--| \N
--| = SELECT 1
create aggregate product(numeric) (sfunc = numeric_mul, stype = numeric);
--| = CREATE AGGREGATE
select product(x) from generate_series(1, 20) x;
--| 2432902008176640000
--| = SELECT 1
select product(x) from (values (null::int)) v(x);
--| \N
--| = SELECT 1
create function cat3(text, text, text) returns text language sql as $$ select coalesce($1 || $3, '') || $2 $$;
--| = CREATE FUNCTION
create or replace aggregate joined(t text, sep text) (sfunc = cat3, stype = text);
--| = CREATE AGGREGATE
select joined(x::text, ', ' order by x desc) from generate_series(1, 4) x;
--| 4, 3, 2, 1
--| = SELECT 1
create aggregate bad1(int) (sfunc = addup);
--| ! 42P13 aggregate stype must be specified
create aggregate bad2(int) (stype = int);
--| ! 42P13 aggregate sfunc must be specified
create aggregate bad3(int) (sfunc = nope, stype = int);
--| ! 42883 function nope(integer, integer) does not exist
create aggregate bad4(int) (sfunc = addup, stype = text);
--| ! 42883 function addup(text, integer) does not exist
create aggregate bad5(text) (sfunc = cat3, stype = text);
--| ! 42883 function cat3(text, text) does not exist
create aggregate mysum(int) (sfunc = addup, stype = int);
--| ! 42723 function "mysum" already exists with same argument types
create aggregate bad6(text) (sfunc = textcat, stype = int);
--| ! 42883 function textcat(integer, text) does not exist
create aggregate bad7(int) (sfunc = int4pl, stype = int, finalfunc = nope);
--| ! 42883 function nope(integer) does not exist
create aggregate bad8(int) (sfunc = int4pl, stype = int, initcond = 'x');
--| ! 22P02 invalid input syntax for type integer: "x"
create aggregate bad9(text) (sfunc = int4larger, stype = int);
--| ! 42883 function int4larger(integer, text) does not exist
create function lenstep(int, text) returns int language sql strict as 'select $1 + length($2)';
--| = CREATE FUNCTION
create aggregate bad10(text) (sfunc = lenstep, stype = int);
--| ! 42P13 must not omit initial value when transition function is strict and transition type is not compatible with input type
create aggregate totlen(text) (sfunc = lenstep, stype = int, initcond = '0');
--| = CREATE AGGREGATE
select totlen(x) from (values ('abc'), (null), ('de')) v(x);
--| 5
--| = SELECT 1
create function fx(int, int) returns text language sql as $$ select 'r' || $1::text $$;
--| = CREATE FUNCTION
create aggregate withextra(int) (sfunc = int4pl, stype = int, finalfunc = fx, finalfunc_extra, initcond = '0');
--| = CREATE AGGREGATE
select withextra(x) from generate_series(1,3) x;
--| r6
--| = SELECT 1
drop function addup(int, int);
--| ! 2BP01 cannot drop function addup(integer,integer) because other objects depend on it
--| ! detail: function mysum(integer) depends on function addup(integer,integer)
--| ! hint: Use DROP ... CASCADE to drop the dependent objects too.
select proname, prokind from pg_proc where proname in ('mysum', 'first', 'product') order by 1;
--| first|a
--| mysum|a
--| product|a
--| = SELECT 3
create view va as select mysum(x) as s from generate_series(1, 3) x;
--| = CREATE VIEW
select * from va;
--| 6
--| = SELECT 1
drop aggregate mysum(int);
--| ! 2BP01 cannot drop function mysum(integer) because other objects depend on it
--| ! detail: view va depends on function mysum(integer)
--| ! hint: Use DROP ... CASCADE to drop the dependent objects too.
drop view va;
--| = DROP VIEW
drop aggregate mysum(int);
--| = DROP AGGREGATE
select mysum(1);
--| ! 42883 function mysum(integer) does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.
create aggregate old1 (basetype = int, sfunc = int4pl, stype = int, initcond = '0');
--| = CREATE AGGREGATE
comment on aggregate old1(int) is 'x';
--| = COMMENT
alter aggregate old1(int) rename to old3;
--| = ALTER AGGREGATE
select old3(x) from generate_series(1, 3) x;
--| 6
--| = SELECT 1
create table at (a int, b int);
--| = CREATE TABLE
insert into at values (1, 2), (1, 3), (2, 4);
--| = INSERT 0 3
select a, (select old3(y.b) from at y where y.a = t.a) from at t;
--| 1|5
--| 1|5
--| 2|4
--| = SELECT 3
select a, old3(b) from at group by rollup (a) order by a;
--| 1|5
--| 2|4
--| \N|9
--| = SELECT 3
select old3(b) from at having old3(b) > 8;
--| 9
--| = SELECT 1
do $$ declare n int; begin select old3(b) into n from at; raise notice '%', n; end $$;
--| # NOTICE: 9
--| = DO
