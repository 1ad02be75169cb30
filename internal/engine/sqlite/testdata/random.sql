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
