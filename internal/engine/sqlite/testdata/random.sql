create table r1 (id int primary key, c int[], d int not null, e date default '2024-01-02', check (d > 0));
--| = CREATE TABLE

insert into r1 values (1, '{1,2}', 1);
--| = INSERT 0 1

select n, array_agg((x.c)[2]) from generate_series(1, 3) n left join r1 x on n = 3 group by cube (n) order by 1;
--| 1|{NULL}
--| 2|{NULL}
--| 3|{2}
--| \N|{NULL,NULL,2}
--| = SELECT 4

insert into r1 (id, c) values (1, '{}') on conflict do nothing;
--| ! 23502 null value in column "d" of relation "r1" violates not-null constraint
--| ! detail: Failing row contains (1, {}, null, 2024-01-02).

insert into r1 (id, d) values (1, 0) on conflict (id) do update set d = 5;
--| ! 23514 new row for relation "r1" violates check constraint "r1_d_check"
--| ! detail: Failing row contains (1, null, 0, 2024-01-02).

with m as (insert into r1 (id, d, e) values (2, 1, default) returning id, e) select * from m;
--| 2|2024-01-02
--| = SELECT 1

with m as (select 7 as n) insert into r1 (id, d, e) values ((select n from m), 1, default) returning id, d, e;
--| 7|1|2024-01-02
--| = INSERT 0 1

select x.id from r1 x, lateral (select min(x.d) as m from r1 y) z;
--| ! 42803 aggregate functions are not allowed in FROM clause of their own query level

select to_jsonb('s'::text) -> 0, '5'::jsonb -> -1, '5'::jsonb -> 1, '"x"'::jsonb ->> 0, '5'::json -> 0;
--| "s"|5|\N|x|\N
--| = SELECT 1

select quote_literal(true), quote_nullable(false), ''::money, substring('abc' similar '%#"b#"%' escape '#');
--| 'true'|'false'|$0.00|b
--| = SELECT 1

select '10:20:41.8126-08'::timetz at time zone 'UTC', '04:24:25-11:59'::timetz at time zone interval '-2:00';
--| 18:20:41.8126+00|14:23:25-02
--| = SELECT 1

select cos('Infinity'::float8);
--| ! 22003 input is out of range

select sinh('1e16'::float8), date_trunc('b', 'infinity'::timestamptz), 'a' like 'b' escape '';
--| Infinity|infinity|f
--| = SELECT 1

select 'a' like 'b' escape 'ab';
--| ! 22025 invalid escape string
--| ! hint: Escape string must be empty or one character.

select '1e-40'::float4 / '3.4e38'::float4;
--| ! 22003 value out of range: underflow

select convert_to('a', 'anon');
--| ! 22023 invalid destination encoding name "anon"

-- What random expressions found.
select '{[1,3),[2,5),empty,[7,8)}'::int4multirange as x;
--| {[1,5),[7,8)}
--| = SELECT 1

select '{[5,1)}'::int4multirange as x;
--| ! 22000 range lower bound must be less than or equal to range upper bound

select '{[1,2)'::int4multirange as x;
--| ! 22P02 malformed multirange literal: "{[1,2)"
--| ! detail: Unexpected end of input.

select '{x}'::int4multirange as x;
--| ! 22P02 malformed multirange literal: "{x}"
--| ! detail: Expected range start.

select lower('{[1,3),[5,9)}'::int4multirange) as x;
--| 1
--| = SELECT 1

select upper('{}'::int4multirange) as x;
--| \N
--| = SELECT 1

select '{[1,3),[5,9)}'::int4multirange * '{[2,6)}'::int4multirange as x;
--| {[2,3),[5,6)}
--| = SELECT 1

select '{[1,9)}'::int4multirange - '{[2,3),[5,6)}'::int4multirange as x;
--| {[1,2),[3,5),[6,9)}
--| = SELECT 1

select '{[1,3)}'::int4multirange + '{[3,6)}'::int4multirange as x;
--| {[1,6)}
--| = SELECT 1

select '{[1,3),[5,9)}'::int4multirange @> 6 as x;
--| t
--| = SELECT 1

select '{[1,3),[5,9)}'::int4multirange @> '[6,8)'::int4range as x;
--| t
--| = SELECT 1

select '[1,20)'::int4range @> '{[1,3),[5,9)}'::int4multirange as x;
--| t
--| = SELECT 1

select '{[1,3)}'::int4multirange << '{[5,9)}'::int4multirange as x;
--| t
--| = SELECT 1

select '{[1,3)}'::int4multirange -|- '[3,9)'::int4range as x;
--| t
--| = SELECT 1

select '{[1,3)}'::int4multirange < '{[1,3),[5,9)}'::int4multirange as x;
--| t
--| = SELECT 1

select range_merge('{[1,3),[5,9)}'::int4multirange) as x;
--| [1,9)
--| = SELECT 1

select nummultirange('[1.0,2.0)'::numrange, '[1.5,3)') as x;
--| {[1.0,3)}
--| = SELECT 1

select isempty('{}'::datemultirange) as x;
--| t
--| = SELECT 1

select multirange_contains_elem(10.10, 79::numeric) as x;
--| ! 42883 function multirange_contains_elem(numeric, numeric) does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.

select range_adjacent_multirange('(,2024-01-21]'::daterange, '{(11,]}'::int4multirange) as x;
--| ! 42883 function range_adjacent_multirange(daterange, int4multirange) does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.

select substr('a.b', -2147483648) as x;
--| a.b
--| = SELECT 1

select overlay('x%' placing '' from 100 for 2147483647) as x;
--| ! 22003 integer out of range

select '日'::text::"char" as x;
--| \346
--| = SELECT 1

select '\346'::"char" > 'z' as x;
--| t
--| = SELECT 1

select timestamptz '2024-01-01 10:00:00.5'::timestamptz(0)::timestamptz as x;
--| 2024-01-01 10:00:01+00
--| = SELECT 1

select '[]'::jsonb in (select '[]') as x;
--| ! 42883 operator does not exist: jsonb = text
--| ! hint: No operator matches the given name and argument types. You might need to add explicit type casts.

select age('2064-09-02') as x;
--| ! 42725 function age(unknown) is not unique
--| ! hint: Could not choose a best candidate function. You might need to add explicit type casts.

select max(x), min(x), sum(x) from unnest('{1,NaN,NULL}'::float8[]) as x;
--| NaN|1|NaN
--| = SELECT 1

select range_agg(x), range_intersect_agg(x) from unnest('{"[1,5)","[3,9)"}'::int4range[]) as x;
--| {[1,9)}|[3,5)
--| = SELECT 1

select x from unnest('{[1,3),[5,9)}'::int4multirange) as x;
--| [1,3)
--| [5,9)
--| = SELECT 2

select multirange('[1,3)'::int4range) as x;
--| {[1,3)}
--| = SELECT 1

select int4('\346'::"char") as x;
--| -26
--| = SELECT 1
