-- A collation inside an expression is not the expression's own; SET from a sub-query of several columns.
create table t (id int primary key, v interval, e int[], u uuid, ts timestamptz, c varchar(5), d text);
--| = CREATE TABLE
insert into t values (1, '-2:00', '{1}', '00000000-0000-4000-8000-000000000003', '2024-01-01 00:00+00', 'x', 'y'), (2, '1 mon', '{2}', '00000000-0000-4000-8000-000000000001', '2024-01-02 00:00+00', 'p', 'q'), (3, null, null, null, null, null, null);
--| = INSERT 0 3
select id, case case v when v then ts when ts - ts then '2024-01-01 00:00+00' end when '2024-01-28 23:59+00' then 'a' when '2024-01-01 00:00+00' then 'b' end from t order by id;
--| 1|b
--| 2|\N
--| 3|\N
--| = SELECT 3
select case e when e then u end as x from t order by 1;
--| 00000000-0000-4000-8000-000000000001
--| 00000000-0000-4000-8000-000000000003
--| \N
--| = SELECT 3
select case e when e then u end as x, count(*) from t group by 1 order by 1;
--| 00000000-0000-4000-8000-000000000001|1
--| 00000000-0000-4000-8000-000000000003|1
--| \N|1
--| = SELECT 3
select distinct case e when e then u end as x from t order by 1;
--| 00000000-0000-4000-8000-000000000001
--| 00000000-0000-4000-8000-000000000003
--| \N
--| = SELECT 3
select case e when e then u end from t union select u from t order by 1;
--| 00000000-0000-4000-8000-000000000001
--| 00000000-0000-4000-8000-000000000003
--| \N
--| = SELECT 3
select id from t where case v when v then d else c end = 'y' and coalesce(case v when interval '1 day' then d end, d) > 'a' order by 1;
--| 1
--| = SELECT 1
select id from t where case v when v then d else c end in ('y', 'q') order by 1;
--| 1
--| 2
--| = SELECT 2
select max(case v when v then d end), min(case e when e then u::text end) from t;
--| y|00000000-0000-4000-8000-000000000001
--| = SELECT 1
select x from (select case v when v then d end as x from t) s where x < 'y' order by x;
--| q
--| = SELECT 1
select d from t order by case v when v then d end desc;
--| \N
--| y
--| q
--| = SELECT 3
select rank() over (order by case v when v then d end), first_value(d) over (partition by case v when v then u end order by case e when e then d end) from t order by 1;
--| 1|q
--| 2|y
--| 3|\N
--| = SELECT 3
update t set (c, d) = (select null::text, x.d from t x where x.id = t.id) where id = 1 returning *;
--| 1|-02:00:00|{1}|00000000-0000-4000-8000-000000000003|2024-01-01 00:00:00+00|\N|y
--| = UPDATE 1
update t set (c, d) = (select 'abcdefghi', x.d from t x where x.id = t.id) where id = 1 returning *;
--| ! 22001 value too long for type character varying(5)
update t set c = -1::text from t u returning c;
--| ! 42702 column reference "c" is ambiguous
with m as (delete from nosuch), o as (merge into t using t x on x.id = t.id when matched then do nothing) select 1;
--| ! 0A000 MERGE not supported in WITH query

select x::text from (select 1 as id, timestamptz '2024-01-28 23:59+00' as p, null::text as q) as x;
--| (1,"2024-01-28 23:59:00+00",)
--| = SELECT 1
