create table t (id int primary key, a int, at timestamptz default '2024-01-01');
--| = CREATE TABLE
insert into t values (1, 3), (2, 1), (3, 2), (4, 1);
--| = INSERT 0 4
create view v as select id, a from t order by a desc, id;
--| = CREATE VIEW
create view w as select id, a from v where a > 1;
--| = CREATE VIEW
select * from v;
--| 1|3
--| 3|2
--| 2|1
--| 4|1
--| = SELECT 4
select id from v where a < 3;
--| 3
--| 2
--| 4
--| = SELECT 3
select * from w;
--| 1|3
--| 3|2
--| = SELECT 2
select v.id from v limit 2;
--| 1
--| 3
--| = SELECT 2
select * from (select id, a from t order by a) s;
--| 2|1
--| 4|1
--| 3|2
--| 1|3
--| = SELECT 4
select id from (select id, a from t order by a desc limit 3) s;
--| 1
--| 3
--| 2
--| = SELECT 3
select array_agg(id) from (select id from t order by a desc, id desc) s;
--| {1,3,4,2}
--| = SELECT 1
select count(*) from v;
--| 4
--| = SELECT 1
select json_agg(v) from v;
--| [{"id":1,"a":3}, 
--|  {"id":3,"a":2}, 
--|  {"id":2,"a":1}, 
--|  {"id":4,"a":1}]
--| = SELECT 1
select * from v order by id;
--| 1|3
--| 2|1
--| 3|2
--| 4|1
--| = SELECT 4
with c as (select id from t order by a desc) select * from c;
--| 1
--| 3
--| 2
--| 4
--| = SELECT 4
create function f() returns setof t language sql stable as 'select * from t order by a desc, id';
--| = CREATE FUNCTION
select id from f();
--| 1
--| 3
--| 2
--| 4
--| = SELECT 4
select id from f() where a < 3;
--| 3
--| 2
--| 4
--| = SELECT 3
select distinct a from v;
--| 3
--| 2
--| 1
--| = SELECT 3
select id from v union all select id from v;
--| 1
--| 3
--| 2
--| 4
--| 1
--| 3
--| 2
--| 4
--| = SELECT 8
