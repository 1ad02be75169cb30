-- All parts of a statement see the tables that it changes as they were.
create table t (id int primary key, a int);
--| = CREATE TABLE
create table l (id int, a int);
--| = CREATE TABLE
insert into t values (1, 1), (2, 2), (3, 3);
--| = INSERT 0 3
with m as (delete from t where id = 1 returning id) select (select count(*) from m), (select count(*) from t);
--| 1|3
--| = SELECT 1
select count(*) from t;
--| 2
--| = SELECT 1
with m as (update t set a = a + 10 returning id, a), s as (insert into l select t.id, t.a from t returning *) select m.*, t.a, s.a from m join t using (id) join s using (id) order by 1;
--| 2|12|2|2
--| 3|13|3|3
--| = SELECT 2
select * from t order by 1;
--| 2|12
--| 3|13
--| = SELECT 2
with m as (insert into t values (9, 9) returning *) insert into l select t.id + 100, t.a from t, m returning *;
--| 102|12
--| 103|13
--| = INSERT 0 2
with m as (insert into t values (10, 9) returning *) update l set a = -1 where id in (select id from t) and exists (select 1 from m) returning id;
--| 2
--| 3
--| = UPDATE 2
with m as (insert into t select id + 50, a from t returning id) delete from l using t where t.id = l.id and (select count(*) from m) > 0 returning l.id;
--| 2
--| 3
--| = DELETE 2
with m as (update t set a = 0 returning *), q as (select sum(a) from t) select q.*, (select sum(a) from m), (select sum(x.a) from t x where x.a > 5) from q;
--| 86|0|86
--| = SELECT 1
