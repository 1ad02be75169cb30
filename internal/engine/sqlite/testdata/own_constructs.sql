-- Every construct that docs/reference/sql.md calls refused, by the example it gives: the refusal and the way out. EXPLAIN shows the engine's own plan, and
-- a publication needs no wal_level here.
select 1;
--| 1
--| = SELECT 1

begin;
create table t (a int) partition by range (a);
rollback;
--| ! 0A000 table partitioning is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create table t (a int); create table u (b int) inherits (t);
rollback;
--| ! 0A000 table inheritance is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create type c as (a int); create table t of c;
rollback;
--| ! 0A000 CREATE TABLE … OF type is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create table t (a int); create rule r as on insert to t do instead nothing;
rollback;
--| ! 0A000 CREATE RULE is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create foreign data wrapper w;
rollback;
--| ! 0A000 CREATE FOREIGN DATA WRAPPER is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create collation c (locale = 'C');
rollback;
--| ! 0A000 CREATE COLLATION is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create type r as range (subtype = float8);
rollback;
--| ! 0A000 CREATE TYPE AS RANGE is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create function f(int, int) returns int language sql as 'select 1'; create operator === (leftarg = int, rightarg = int, function = f);
rollback;
--| ! 0A000 CREATE OPERATOR is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create function f(text) returns text language internal as 'upper'; select f('a');
rollback;
--| ! 0A000 a function in language internal is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create function f() returns event_trigger language plpgsql as 'begin end'; create event trigger e on ddl_command_end execute function f();
rollback;
--| ! 0A000 CREATE EVENT TRIGGER is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) search depth first by n set o select * from r;
rollback;
--| ! 0A000 SEARCH or CYCLE of a recursive query is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create table t (a int); select * from t tablesample system (10);
rollback;
--| ! 0A000 TABLESAMPLE is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
select xmlelement(name a);
rollback;
--| ! 0A000 XMLELEMENT is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create table t (a int); copy t to stdout;
rollback;
--| ! 0A000 COPY is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
declare c binary cursor for select 1;
rollback;
--| ! 0A000 DECLARE BINARY CURSOR is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create table t (a int); declare c cursor for select * from t; fetch c; delete from t where current of c;
rollback;
--| ! 0A000 WHERE CURRENT OF is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
create table t as execute q;
rollback;
--| ! 0A000 CREATE TABLE AS EXECUTE is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
explain execute q;
rollback;
--| ! 0A000 EXPLAIN of this statement is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

begin;
explain select 1;
rollback;
--| = BEGIN
--| Result
--| = EXPLAIN
--| = ROLLBACK

begin;
create publication p for all tables;
rollback;
--| = BEGIN
--| = CREATE PUBLICATION
--| = ROLLBACK
