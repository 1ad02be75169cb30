-- Stable expressions fail only where a row needs them; which ungrouped column is told of.
create table t (id int primary key, c varchar(5));
--| = CREATE TABLE
update t set c = to_char(timestamptz '2024-01-28 23:59+00', 'YYYY-MM-DD HH24:MI');
--| = UPDATE 0
insert into t select x.id, timestamptz '2024-01-15 12:30:15.5+00'::text from t x;
--| = INSERT 0 0
select * from t where c = (now()::text)::varchar(5) and id = date_part('year', now())::smallint / (extract(year from now())::int - extract(year from now())::int);
--| ! 22012 division by zero
insert into t values (1, 'a');
--| = INSERT 0 1
update t set c = to_char(timestamptz '2024-01-28 23:59+00', 'YYYY-MM-DD HH24:MI');
--| ! 22001 value too long for type character varying(5)
update t set c = to_char(timestamptz '2024-01-28 23:59+00', 'YYYY-MM-DD HH24:MI') where id > 1;
--| = UPDATE 0
select * from t where id = date_part('year', now())::smallint / (extract(year from now())::int - extract(year from now())::int);
--| ! 22012 division by zero
select sum(id) over (partition by c order by id), count(*) from t;
--| ! 42803 column "t.id" must appear in the GROUP BY clause or be used in an aggregate function
select (id > all (select t.id from t x)), count(*) from t;
--| ! 42803 column "t.id" must appear in the GROUP BY clause or be used in an aggregate function
select rank() over (partition by nosuch order by alsonot) from t;
--| ! 42703 column "alsonot" does not exist
