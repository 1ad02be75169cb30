create schema s;
--| = CREATE SCHEMA

create table s.t (id serial primary key, v text);
--| = CREATE TABLE

create table "S".t (id int);
--| ! 3F000 schema "S" does not exist

create schema "S";
--| = CREATE SCHEMA

create table "S".t (id int);
--| = CREATE TABLE

create table "S"."T" (id int, "Id2" int);
--| = CREATE TABLE

insert into s.t (v) values ('a'), ('b') returning *;
--| 1|a
--| 2|b
--| = INSERT 0 2

insert into "S"."T" values (1, 2);
--| = INSERT 0 1

select * from s.t order by id;
--| 1|a
--| 2|b
--| = SELECT 2

select * from "S".t;
--| = SELECT 0

select * from "S"."T";
--| 1|2
--| = SELECT 1

alter table s.t set schema public;
--| = ALTER TABLE

select * from t order by id;
--| 1|a
--| 2|b
--| = SELECT 2

insert into t (v) values ('c') returning id;
--| 3
--| = INSERT 0 1

create view w as select id, upper(v) as u from t where id > 1;
--| = CREATE VIEW

select * from w order by id;
--| 2|B
--| 3|C
--| = SELECT 2

create or replace view w as select id, lower(v) as u, 1 as n from t;
--| = CREATE VIEW

select * from w order by id;
--| 1|a|1
--| 2|b|1
--| 3|c|1
--| = SELECT 3

create view bad as select nope from t;
--| ! 42703 column "nope" does not exist

create materialized view m as select v, count(*) as n from t group by v;
--| = SELECT 3

select * from m order by v;
--| a|1
--| b|1
--| c|1
--| = SELECT 3

insert into t (v) values ('a');
--| = INSERT 0 1

select * from m order by v;
--| a|1
--| b|1
--| c|1
--| = SELECT 3

refresh materialized view m;
--| = REFRESH MATERIALIZED VIEW

select * from m order by v;
--| a|2
--| b|1
--| c|1
--| = SELECT 3

drop view w;
--| = DROP VIEW

create table copy as select id, v from t where id < 3;
--| = SELECT 2

select * from copy order by id;
--| 1|a
--| 2|b
--| = SELECT 2

drop schema "S";
--| ! 2BP01 cannot drop schema S because other objects depend on it
--| ! detail: table "S".t depends on schema S / table "S"."T" depends on schema S
--| ! hint: Use DROP ... CASCADE to drop the dependent objects too.
table "S"."T" depends on schema S
table "S"."T" depends on schema S

drop schema "S" cascade;
--| ! 42601 syntax error at or near "depends"

select * from "S"."T";
--| 1|2
--| = SELECT 1
