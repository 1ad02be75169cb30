-- Grouping sets, windows over groups, sub-queries that look at groups, GROUPING anywhere.
create table t (id int primary key, a int, b text, n numeric);
--| = CREATE TABLE
insert into t values (1, 1, 'x', 1.5), (2, 1, 'y', 2.5), (3, 2, null, null), (4, null, 'z', 7);
--| = INSERT 0 4
select a, b, sum(n), grouping(a, b), sum(sum(n)) over (order by a, b) from t group by cube (a, b) order by 1, 2, 4;
--| 1|x|1.5|0|1.5
--| 1|y|2.5|0|4.0
--| 1|\N|4.0|1|8.0
--| 2|\N|\N|0|8.0
--| 2|\N|\N|1|8.0
--| \N|x|1.5|2|9.5
--| \N|y|2.5|2|12.0
--| \N|z|7|0|26.0
--| \N|z|7|2|26.0
--| \N|\N|7|1|44.0
--| \N|\N|\N|2|44.0
--| \N|\N|11.0|3|44.0
--| = SELECT 12
select a, count(*) from t group by a having exists (select 1 from t u where u.id = sum(t.id)) order by 1;
--| 1|2
--| 2|1
--| \N|1
--| = SELECT 3
select a, (select sum(t.id) + u.id from t u where u.id = 1) from t group by a order by 1;
--| 1|4
--| 2|4
--| \N|5
--| = SELECT 3
select a, (select max(u.id) from t u where u.id <= count(t.id)) from t group by rollup (a) order by 1, 2;
--| 1|2
--| 2|1
--| \N|1
--| \N|4
--| = SELECT 4
select (select count(*) from t u where u.a = t.a) from t group by rollup (a) order by 1;
--| 0
--| 0
--| 1
--| 2
--| = SELECT 4
select a, a + 1, count(*) from t group by grouping sets ((a), (a + 1), ()) order by 1, 2, 3;
--| 1|\N|2
--| 2|\N|1
--| \N|2|2
--| \N|3|1
--| \N|\N|1
--| \N|\N|1
--| \N|\N|4
--| = SELECT 7
select a + 1 as x, grouping(a + 1) from t group by cube (a + 1) order by 1 nulls first, 2;
--| \N|0
--| \N|1
--| 2|0
--| 3|0
--| = SELECT 4
select distinct count(*) over () from t group by rollup (a);
--| 4
--| = SELECT 1
select 1 from t group by rollup (a);
--| 1
--| 1
--| 1
--| 1
--| = SELECT 4
select from t group by rollup (a);
--| 
--| 
--| 
--| 
--| = SELECT 4
select count(*) from t where false group by rollup (a);
--| 0
--| = SELECT 1
select a from t where false group by cube (a);
--| \N
--| = SELECT 1
select a, count(*) from t group by rollup (a) having count(*) > 1 order by count(*) desc, a limit 1;
--| \N|4
--| = SELECT 1
select id, b, count(*) from t group by grouping sets ((id, a), (id)) order by 1, 2;
--| 1|x|1
--| 1|x|1
--| 2|y|1
--| 2|y|1
--| 3|\N|1
--| 3|\N|1
--| 4|z|1
--| 4|z|1
--| = SELECT 8
select t from t group by rollup (t) order by 1;
--| (1,1,x,1.5)
--| (2,1,y,2.5)
--| (3,2,,)
--| (4,,z,7)
--| \N
--| = SELECT 5
select case when a is null then 'n' else 'v' end, count(*) from t group by rollup (a) order by 1, 2;
--| n|1
--| n|4
--| v|1
--| v|2
--| = SELECT 4
select (select grouping(v1)) from (values ((select 1))) v(v1) group by cube(v1) order by 1;
--| 0
--| 1
--| = SELECT 2
select (select grouping(v1)) from (values ((select 1))) v(v1) group by v1;
--| 0
--| = SELECT 1
select a, rank() over (order by count(*) desc, a), count(*) filter (where b is not null) from t group by rollup (a) order by 2;
--| \N|1|3
--| 1|2|2
--| 2|3|0
--| \N|4|1
--| = SELECT 4
select distinct on (grouping(a)) grouping(a), a from t group by rollup (a) order by 1, 2;
--| 0|1
--| 1|\N
--| = SELECT 2
select a, array_agg(id order by id) from t group by cube (a) order by a;
--| 1|{1,2}
--| 2|{3}
--| \N|{4}
--| \N|{1,2,3,4}
--| = SELECT 4
select a from t group by a having (select count(*) from t u where u.a = t.a and count(t.id) > 1) > 0;
--| 1
--| = SELECT 1
select (select max((select i.id from t i where i.id = o.id))) from t o;
--| 4
--| = SELECT 1
select max((select i.id from t i where i.id = o.id)) from t o;
--| 4
--| = SELECT 1
with x as (select * from t) select a, count(*) from x group by rollup (a) order by 1, 2;
--| 1|2
--| 2|1
--| \N|1
--| \N|4
--| = SELECT 4
select a, string_agg(b, ',' order by b), min(b) from t group by rollup(a, b) order by 1, 2, 3;
--| 1|x|x
--| 1|x,y|x
--| 1|y|y
--| 2|\N|\N
--| 2|\N|\N
--| \N|x,y,z|x
--| \N|z|z
--| \N|z|z
--| = SELECT 8
select a, b from t group by a, rollup(b), cube (a, b) order by 1, 2;
--| 1|x
--| 1|x
--| 1|x
--| 1|x
--| 1|x
--| 1|x
--| 1|y
--| 1|y
--| 1|y
--| 1|y
--| 1|y
--| 1|y
--| 1|\N
--| 1|\N
--| 2|\N
--| 2|\N
--| 2|\N
--| 2|\N
--| 2|\N
--| 2|\N
--| 2|\N
--| 2|\N
--| \N|z
--| \N|z
--| \N|z
--| \N|z
--| \N|z
--| \N|z
--| \N|\N
--| \N|\N
--| = SELECT 30
select a, b, count(*) from t group by distinct rollup (a, b), rollup (a) order by 1, 2, 3;
--| 1|x|1
--| 1|y|1
--| 1|\N|2
--| 2|\N|1
--| 2|\N|1
--| \N|z|1
--| \N|\N|1
--| \N|\N|4
--| = SELECT 8
select count(*), sum(count(*)) over (order by count(*) desc range between unbounded preceding and 1 preceding) from t group by a order by 1, 2;
--| 1|2
--| 1|2
--| 2|\N
--| = SELECT 3
select count(*) c, sum(count(*)) over (order by count(*) range between unbounded preceding and 1 preceding) from t group by a order by 1, 2;
--| 1|\N
--| 1|\N
--| 2|2
--| = SELECT 3
select count(*) c, sum(count(*)) over (order by count(*) range between 1 preceding and 1 following) from t group by a order by 1, 2;
--| 1|4
--| 1|4
--| 2|4
--| = SELECT 3
select a, (select sum(n) filter (where u.id > 1) from t u) from t group by a order by a;
--| 1|9.5
--| 2|9.5
--| \N|9.5
--| = SELECT 3
merge into t using t u on u.id = t.id when matched then do nothing when matched then delete;
--| ! 42601 unreachable WHEN clause specified after unconditional WHEN clause
merge into nosuch using t u on u.id = nosuch.id when matched then do nothing when matched then delete;
--| ! 42601 unreachable WHEN clause specified after unconditional WHEN clause
merge into t using t u on u.id = t.id when matched and true then do nothing when not matched then do nothing when matched then do nothing;
--| = MERGE 0
