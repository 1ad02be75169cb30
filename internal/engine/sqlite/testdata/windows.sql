-- Window functions whose frames SQLite cannot find, and their errors.
create table t (id int primary key, a int, b text, n numeric, d date, ts timestamptz, f float8, c time, v interval);
--| = CREATE TABLE
insert into t values (1, 1, 'x', 1.5, '2024-01-30', '2024-01-30 12:00+00', 0.5, '08:00', '1 day'), (2, 1, 'y', 2.5, '2024-02-28', '2024-02-28 12:00+00', 1.25, '09:30', '2 days'),
  (3, 2, null, null, null, null, null, null, null), (4, null, 'z', 7, '2024-03-01', '2024-03-01 11:00+00', 'infinity', '23:59', '1 mon');
--| = INSERT 0 4
select id, ntile(0) over (order by id) from t;
--| ! 22014 argument of ntile must be greater than zero
select id, ntile(null) over (order by id) from t;
--| 1|\N
--| 2|\N
--| 3|\N
--| 4|\N
--| = SELECT 4
select id, ntile(3) over (order by id), ntile(id) over (order by id), ntile(10) over (partition by a order by id), ntile(case when id > 2 then 2 end) over (order by id) from t order by id;
--| 1|1|1|1|\N
--| 2|1|1|2|\N
--| 3|2|1|1|1
--| 4|3|1|1|1
--| = SELECT 4
select id, nth_value(a, 0) over (order by id) from t;
--| ! 22016 argument of nth_value must be greater than zero
select id, nth_value(a, -1) over (order by id) from t;
--| ! 22016 argument of nth_value must be greater than zero
select id, nth_value(a, null) over (order by id), nth_value(a, id) over (order by id), nth_value(a, 2) over (order by id rows between current row and unbounded following exclude current row) from t;
--| 1|\N|1|2
--| 2|\N|1|\N
--| 3|\N|2|\N
--| 4|\N|\N|\N
--| = SELECT 4
select id, lag(a, null) over (order by id), lag(a, -1) over (order by id), lead(a, id - 2, 77) over (order by id) from t;
--| 1|\N|1|77
--| 2|\N|2|1
--| 3|\N|\N|\N
--| 4|\N|\N|77
--| = SELECT 4
select sum(a) over (order by id rows -1 preceding) from t;
--| ! 22013 frame starting offset must not be negative
select sum(a) over (order by id rows null preceding) from t;
--| ! 22004 frame starting offset must not be null
select sum(a) over (order by id rows between 1 preceding and null following) from t;
--| ! 22004 frame ending offset must not be null
select sum(a) over (order by id rows between 1 preceding and -1 following) from t;
--| ! 22013 frame ending offset must not be negative
select sum(a) over (order by id groups between null preceding and 1 following) from t;
--| ! 22004 frame starting offset must not be null
select sum(a) over (order by id groups between -1 preceding and 1 following) from t;
--| ! 22013 frame starting offset must not be negative
select sum(a) over (order by id range between -1 preceding and 1 following) from t;
--| ! 22013 invalid preceding or following size in window function
select sum(a) over (order by id range between 1 preceding and -1 following) from t;
--| ! 22013 invalid preceding or following size in window function
select sum(a) over (order by id range between null preceding and 1 following) from t;
--| ! 22004 frame starting offset must not be null
select sum(a) over (order by n range between -1 preceding and 1 following) from t;
--| ! 22013 invalid preceding or following size in window function
select sum(a) over (order by d range between null preceding and current row) from t;
--| ! 22004 frame starting offset must not be null
select sum(a) over (order by d range between '-1 day' preceding and current row) from t;
--| ! 22013 invalid preceding or following size in window function
select sum(a) over (order by id rows id preceding) from t;
--| ! 42P10 argument of ROWS must not contain variables
select sum(a) over (order by d range between 1 preceding and 2 following) from t;
--| ! 0A000 RANGE with offset PRECEDING/FOLLOWING is not supported for column type date and offset type integer
--| ! hint: Cast the offset value to an appropriate type.
select sum(a) over (order by id range between interval '1 day' preceding and current row) from t;
--| ! 0A000 RANGE with offset PRECEDING/FOLLOWING is not supported for column type integer and offset type interval
--| ! hint: Cast the offset value to an appropriate type.
select sum(a) over (order by b range between 'a' preceding and current row) from t;
--| ! 0A000 RANGE with offset PRECEDING/FOLLOWING is not supported for column type text
select sum(a) over (order by id, a range between 1 preceding and current row) from t;
--| ! 42P20 RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column
select id, sum(a) over (order by id rows (select 1) preceding), count(*) over (order by id rows between (select 1) + 0 preceding and (select max(id) from t) following) from t;
--| 1|1|4
--| 2|2|4
--| 3|3|3
--| 4|2|2
--| = SELECT 4
select id, sum(a) over (order by n range between 1 preceding and 1.5 following), count(*) over (order by n desc range between 1 preceding and 1.5 following), count(*) over (order by n nulls first range 5 preceding) from t order by id;
--| 1|2|2|1
--| 2|2|2|2
--| 3|2|1|1
--| 4|\N|1|2
--| = SELECT 4
select id, count(*) over (order by d range between '1 month' preceding and current row), first_value(id) over (order by d range between '1 day' preceding and '1 month' following), last_value(id) over (order by d desc range between '1 day' preceding and '1 month' following) from t order by id;
--| 1|1|1|1
--| 2|2|2|1
--| 3|1|3|3
--| 4|2|4|2
--| = SELECT 4
select id, array_agg(id) over (order by ts range between '2 days' preceding and '30 days' following) as near, array_agg(id) over (order by ts desc nulls last range between '2 days' preceding and '30 days' following exclude current row) from t order by id;
--| 1|{1,2}|\N
--| 2|{2,4}|{4,1}
--| 3|{3}|\N
--| 4|{2,4}|{2}
--| = SELECT 4
select id, count(*) over (order by f range between 0.5 preceding and 1 following), count(*) over (order by f range between 'infinity' preceding and 1 following), max(id) over (order by c range between '1:30' preceding and current row), min(id) over (order by v range between current row and '30 days' following) from t order by id;
--| 1|2|2|1|1
--| 2|1|2|2|2
--| 3|1|1|3|3
--| 4|1|3|4|4
--| = SELECT 4
select id, array_agg(id) over (order by a groups between 1 preceding and current row exclude ties), array_agg(id) over (order by a groups between 1 following and 2 following), string_agg(b, '') over (order by a rows between 1 preceding and 1 following exclude group) from t order by a, id;
--| 1|{1}|{3,4}|\N
--| 2|{2}|{3,4}|\N
--| 3|{1,2,3}|{4}|yz
--| 4|{3,4}|\N|\N
--| = SELECT 4
select id, sum(n) over (order by id), sum(n) over (order by id rows between 1 preceding and current row), avg(n) filter (where id <> 2) over (order by id), array_agg(b) over (partition by a), json_agg(id) over (order by id rows unbounded preceding), count(b) filter (where a = 1) over (order by d range between '40 days' preceding and current row) from t order by id;
--| 1|1.5|1.5|1.50000000000000000000|{x,y}|[1]|1
--| 2|4.0|4.0|1.50000000000000000000|{x,y}|[1, 2]|2
--| 3|4.0|2.5|1.50000000000000000000|{NULL}|[1, 2, 3]|0
--| 4|11.0|7|4.2500000000000000|{z}|[1, 2, 3, 4]|2
--| = SELECT 4
select id, rank() over w, row_number() over w, lag(id) over w, percent_rank() over w from t window w as (order by d range between '1 day' preceding and current row) order by id;
--| 1|1|1|\N|0
--| 2|2|2|1|0.3333333333333333
--| 3|4|4|4|1
--| 4|3|3|2|0.6666666666666666
--| = SELECT 4
select count(*) over (order by d range between '1 day' preceding and current row) from t where false;
--| = SELECT 0
select d.day, sum(d.n) over (order by d.day range between '6 days' preceding and current row) from (select date '2024-01-01' + g as day, g as n from generate_series(1, 9) g) d;
--| 2024-01-02|1
--| 2024-01-03|3
--| 2024-01-04|6
--| 2024-01-05|10
--| 2024-01-06|15
--| 2024-01-07|21
--| 2024-01-08|28
--| 2024-01-09|35
--| 2024-01-10|42
--| = SELECT 9
create function my_rank() returns bigint language internal window as 'window_rank';
--| = CREATE FUNCTION
create table big (id int primary key, n numeric);
--| = CREATE TABLE
insert into big select g, g from generate_series(1, 3000) g;
--| = INSERT 0 3000
select max(s), sum(r) from (select sum(n) over (order by id) as s, count(*) over (order by n range between 10 preceding and 10 following) as r from big) x;
--| 4501500|62890
--| = SELECT 1
