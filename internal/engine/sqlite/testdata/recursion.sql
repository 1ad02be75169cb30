-- Recursions that SQLite does not take: WITH, LIMIT, DISTINCT, windows and sub-queries in their terms.
create table t (id int primary key, up int, n numeric);
--| = CREATE TABLE
insert into t values (1, null, 1.0), (2, 1, 1.00), (3, 1, 2), (4, 2, 3), (5, 4, 1);
--| = INSERT 0 5
with recursive r(n) as (select 1 union all (with x as (select n + 1 as m from r where n < 3) select m from x)) select * from r;
--| 1
--| 2
--| 3
--| = SELECT 3
with recursive r(n) as (select 1 union all select m from (with x as (select n + 1 as m from r where n < 3) select m from x) q) select * from r;
--| 1
--| 2
--| 3
--| = SELECT 3
with recursive r(n) as (with z as (select 1 as q) select q from z union all (with x as (select n + 1 as m from r where n < 3), y as (select m from x) select m from y)) select * from r;
--| 1
--| 2
--| 3
--| = SELECT 3
with recursive r(n) as (select 1 union (with x as (select 1 as one) select n + one from r, x where n < 5)) select * from r order by 1;
--| 1
--| 2
--| 3
--| 4
--| 5
--| = SELECT 5
with recursive r(n) as (select 1 union all select * from (select n + 1 from r where n < 3 limit 5) s) select * from r;
--| 1
--| 2
--| 3
--| = SELECT 3
with recursive r(n) as (select id from t union all (select distinct 10 + n / 2 from r where n < 10)) select * from r order by n;
--| 1
--| 2
--| 3
--| 4
--| 5
--| 10
--| 11
--| 12
--| = SELECT 8
with recursive r(n, k) as (select id, 0::bigint from t union all select n + 10, row_number() over (order by n) from r where n < 10) select * from r order by n;
--| 1|0
--| 2|0
--| 3|0
--| 4|0
--| 5|0
--| 11|1
--| 12|2
--| 13|3
--| 14|4
--| 15|5
--| = SELECT 10
with recursive r(n) as ((select id from t order by id desc limit 2) union all (select n - 1 from r where n > 3 order by 1 limit 1)) select * from r order by n;
--| 3
--| 4
--| 5
--| = SELECT 3
with recursive r(n) as (select n from t union select n * 1.0 from r) select count(*), sum(n) from r;
--| 3|6.0
--| = SELECT 1
with recursive r(n) as (select n from t where id = 1 union select n + 1.00 from r where n < 3) select * from r order by n;
--| 1.0
--| 2.00
--| 3.00
--| = SELECT 3
select id, (with recursive r(i) as (select t.id union all select * from (select up from t u join r on u.id = r.i where up is not null limit 5) s) select array_agg(i) from r) from t order by id;
--| 1|{1}
--| 2|{2,1}
--| 3|{3,1}
--| 4|{4,2,1}
--| 5|{5,4,2,1}
--| = SELECT 5
with recursive a as (select 1 as x), r(n) as (select x from a union all (with b as (select n + x as m from r, a where n < 4) select * from b)), c as (select max(n) as m from r) select * from r, c order by 1;
--| 1|4
--| 2|4
--| 3|4
--| 4|4
--| = SELECT 4
with recursive r(n) as (select 1 union all select * from (select n + 1 from r limit 10) s) select * from r limit 3;
--| 1
--| 2
--| 3
--| = SELECT 3
with recursive r(a) as (select 0 union all select a + b from r, lateral (with recursive s as (select 1 as b union all select * from (select b + 1 from s where b < 2 limit 1) q) select max(b) as b from s) z where a < 6) select * from r;
--| 0
--| 2
--| 4
--| 6
--| = SELECT 4
create view vr as with recursive r(n) as (select 1 union all (with x as (select n + 1 as m from r where n < 3) select m from x)) select * from r;
--| = CREATE VIEW
select * from vr a join vr b using (n) order by n;
--| 1
--| 2
--| 3
--| = SELECT 3
create function fr(k int) returns setof int language sql as $$ with recursive r(n) as (select 1 union all (with x as (select n + 1 as m from r where n < $1) select m from x)) select * from r $$;
--| = CREATE FUNCTION
select * from fr(3);
--| 1
--| 2
--| 3
--| = SELECT 3
select k, (select sum(f) from fr(k) f) from generate_series(1, 3) k;
--| 1|1
--| 2|3
--| 3|6
--| = SELECT 3
with recursive r(n) as (select 1 union all (with x as (select n + 1 as m from r where n < 3) select m / 0 from x)) select * from r;
--| ! 22012 division by zero
