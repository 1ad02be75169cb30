create table e (id int primary key, v text);
--| = CREATE TABLE
insert into e values (1, 'a');
--| = INSERT 0 1
create function ctx_inner(x int) returns int language plpgsql as $$
begin
  return 1 / x;
end $$;
--| = CREATE FUNCTION
create function ctx_outer(x int) returns int language plpgsql as $$
declare c text;
begin
  return ctx_inner(x);
exception when division_by_zero then
  get stacked diagnostics c = pg_exception_context;
  raise notice '%', c;
  return 0;
end $$;
--| = CREATE FUNCTION
select ctx_outer(0);
--| # NOTICE: PL/pgSQL function ctx_inner(integer) line 3 at RETURN / PL/pgSQL function ctx_outer(integer) line 4 at RETURN
--| 0
--| = SELECT 1
do $$
declare c text;
begin
  begin
    insert into e values (1, 'b');
  exception when others then
    get stacked diagnostics c = pg_exception_context;
    raise notice '%', c;
  end;
  begin
    raise exception 'x';
  exception when others then
    get stacked diagnostics c = pg_exception_context;
    raise notice '%', c;
  end;
  begin
    execute 'select 1 / 0';
  exception when others then
    get stacked diagnostics c = pg_exception_context;
    raise notice '%', c;
  end;
  get diagnostics c = pg_context;
  raise notice '%', c;
end $$;
--| # NOTICE: SQL statement "insert into e values (1, 'b')" / PL/pgSQL function inline_code_block line 5 at SQL statement
--| # NOTICE: PL/pgSQL function inline_code_block line 11 at RAISE
--| # NOTICE: SQL statement "select 1 / 0" / PL/pgSQL function inline_code_block line 17 at EXECUTE
--| # NOTICE: PL/pgSQL function inline_code_block line 22 at GET DIAGNOSTICS
--| = DO
create function deep(n int) returns int language plpgsql as $$ begin return deep(n + 1); end $$;
--| = CREATE FUNCTION
do $$ begin perform deep(1); exception when statement_too_complex then raise notice '%', sqlstate; end $$;
--| # NOTICE: 54001
--| = DO
create function cmp_null() returns text language plpgsql as $$ declare x int; begin if x = null then return 'eq'; elsif x <> 1 then return 'ne'; else return 'unknown'; end if; end $$;
--| = CREATE FUNCTION
select cmp_null();
--| unknown
--| = SELECT 1
create function bad1() returns int language plpgsql as $$ begin retrun 1; end $$;
--| ! 42601 syntax error at or near "retrun"
create function bad2() returns int language plpgsql as $$ begin return 1 +; end $$;
--| ! 42601 syntax error at end of input
create function bad3() returns int language plpgsql as $$ begin return 1; end if; $$;
--| ! 42601 syntax error at or near "if"
create function bad4() returns int language plpgsql as $$ declare x int; begin select 1 into x; x := y; return x; end $$;
--| = CREATE FUNCTION
select bad4();
--| ! 42703 column "y" does not exist
create function bad5() returns int language plpgsql as $$ begin select * from nowhere; return 1; end $$;
--| = CREATE FUNCTION
select bad5();
--| ! 42P01 relation "nowhere" does not exist
create function bad6() returns int language plpgsql as $$ begin return (select nope from e); end $$;
--| = CREATE FUNCTION
select bad6();
--| ! 42703 column "nope" does not exist
create function bad7(x int) returns int language plpgsql as $$ begin return x.y; end $$;
--| = CREATE FUNCTION
select bad7(1);
--| ! 42P01 missing FROM-clause entry for table "x"
create function bad8() returns nosuch language plpgsql as $$ begin return 1; end $$;
--| ! 42704 type "nosuch" does not exist
create function bad9() returns int language nolang as $$ begin return 1; end $$;
--| ! 42704 language "nolang" does not exist
create function bad11(a int, a int) returns int language plpgsql as $$ begin return 1; end $$;
--| ! 42P13 parameter name "a" used more than once
create function bad12(a int default 1, b int) returns int language plpgsql as $$ begin return 1; end $$;
--| ! 42P13 input parameters after one with a default value must also have defaults
create function bad13() returns int language plpgsql as $$ declare a int; begin a := 'x' || 1; return a; end $$;
--| = CREATE FUNCTION
select bad13();
--| ! 22P02 invalid input syntax for type integer: "x1"
create function bad14() returns date language plpgsql as $$ begin return 'not a date'; end $$;
--| = CREATE FUNCTION
select bad14();
--| ! 22007 invalid input syntax for type date: "not a date"
create function bad15() returns int language plpgsql as $$ begin return array[1,2]; end $$;
--| = CREATE FUNCTION
select bad15();
--| ! 22P02 invalid input syntax for type integer: "{1,2}"
create function bad16() returns int language plpgsql as $$ begin return row(1,2); end $$;
--| = CREATE FUNCTION
select bad16();
--| ! 22P02 invalid input syntax for type integer: "(1,2)"
create function bad17() returns int language plpgsql as $$ begin return 99999999999; end $$;
--| = CREATE FUNCTION
select bad17();
--| ! 22003 integer out of range
create function bad18() returns int language plpgsql as $$ begin return (select id, v from e); end $$;
--| = CREATE FUNCTION
select bad18();
--| ! 42601 subquery must return only one column
create function bad19() returns int language plpgsql as $$ begin return id from e, e e2; end $$;
--| = CREATE FUNCTION
select bad19();
--| ! 42702 column reference "id" is ambiguous
create function bad20() returns setof int language plpgsql as $$ begin return next id from e; end $$;
--| = CREATE FUNCTION
select bad20();
--| 1
--| = SELECT 1
create function bad21() returns e language plpgsql as $$ begin return (1, 2, 3); end $$;
--| = CREATE FUNCTION
select bad21();
--| ! 42804 returned record type does not match expected record type
--| ! detail: Returned type integer does not match expected type text in column 2.
create function bad22() returns e language plpgsql as $$ begin return row(1); end $$;
--| = CREATE FUNCTION
select bad22();
--| ! 42804 returned record type does not match expected record type
--| ! detail: Number of returned columns (1) does not match expected column count (2).
select 1 from e where bad14() is null;
--| ! 22007 invalid input syntax for type date: "not a date"
create function late() returns int language plpgsql as $$ begin return (select count(*) from later_table); end $$;
--| = CREATE FUNCTION
select late();
--| ! 42P01 relation "later_table" does not exist
create table later_table (a int);
--| = CREATE TABLE
select late();
--| 0
--| = SELECT 1
drop table later_table;
--| = DROP TABLE
select late();
--| ! 42P01 relation "later_table" does not exist
create table later_table (b text, c int);
--| = CREATE TABLE
insert into later_table values ('x', 1);
--| = INSERT 0 1
select late();
--| 1
--| = SELECT 1
create function star() returns text language plpgsql as $$ declare r record; begin select * into r from later_table; return r; end $$;
--| = CREATE FUNCTION
select star();
--| (x,1)
--| = SELECT 1
alter table later_table add column d int default 5;
--| = ALTER TABLE
select star();
--| (x,1,5)
--| = SELECT 1
alter table later_table drop column b;
--| = ALTER TABLE
select star();
--| (1,5)
--| = SELECT 1
create function rt() returns later_table language plpgsql as $$ declare r later_table; begin select * into r from later_table; return r; end $$;
--| = CREATE FUNCTION
select * from rt();
--| 1|5
--| = SELECT 1
alter table later_table add column f text default 'new';
--| = ALTER TABLE
select * from rt();
--| 1|5|new
--| = SELECT 1
create function typed(x int) returns text language plpgsql as $$ declare o text := ''; r record; begin for r in select 1 as a union all select 2 loop o := o || (r.a + x); end loop; return o; end $$;
--| = CREATE FUNCTION
select typed(1), typed(10);
--| 23|1112
--| = SELECT 1
create function shadow(id int) returns int language plpgsql as $$ begin update e set id = shadow.id + 100 where e.id = shadow.id; return (select max(e.id) from e); end $$;
--| = CREATE FUNCTION
select shadow(1);
--| 101
--| = SELECT 1
create function colvar(v text) returns int language plpgsql as $$ begin update e set v = colvar.v where v = 'a'; return 1; end $$;
--| = CREATE FUNCTION
select colvar('b');
--| ! 42702 column reference "v" is ambiguous
--| ! detail: It could refer to either a PL/pgSQL variable or a table column.
create function inscol2(id int, v text) returns int language plpgsql as $$ begin insert into e (id, v) values (inscol2.id, inscol2.v) on conflict on constraint e_pkey do update set v = excluded.v; return 1; end $$;
--| = CREATE FUNCTION
select inscol2(101, 'c');
--| 1
--| = SELECT 1
select * from e;
--| 101|c
--| = SELECT 1
