create table t (a int);
--| = CREATE TABLE

create function bad() returns int language sql as $$ select nope from t $$;
--| ! 42703 column "nope" does not exist

create function bad() returns int language sql as $$ select a from missing $$;
--| ! 42P01 relation "missing" does not exist

create function bad(x int) returns int language sql as $$ select x + y $$;
--| ! 42703 column "y" does not exist

create function good(x int, out y int, out z text) language sql as $$ select x + 1, 'z' || x $$;
--| = CREATE FUNCTION

select * from good(1);
--| 2|z1
--| = SELECT 1

create function pick(anyelement, anyelement) returns anyelement language sql as $$ select coalesce($1, $2) $$;
--| = CREATE FUNCTION

select pick(null, 5), pick('a'::text, 'b');
--| 5|a
--| = SELECT 1

create function add(x int, y int default 10) returns int language plpgsql as $$
begin
  return x + y;
end
$$;
--| = CREATE FUNCTION

select add(1), add(1, 2), add(y => 5, x => 2);
--| 11|3|7
--| = SELECT 1

create procedure fill(n int) language plpgsql as $$
begin
  for i in 1 .. n loop
    insert into t values (i);
  end loop;
end
$$;
--| = CREATE PROCEDURE

call fill(3);
--| = CALL

call nope(3);
--| ! 42883 procedure nope(integer) does not exist
--| ! hint: No procedure matches the given name and argument types. You might need to add explicit type casts.

call add(3);
--| ! 42809 add(integer) is not a procedure
--| ! hint: To call a function, use SELECT.

select sum(a), count(*) from t;
--| 6|3
--| = SELECT 1

do $$
declare
  n int;
begin
  select count(*) into n from t;
  raise notice 'there are % rows', n;
  if n > 2 then
    delete from t where a > 2;
  end if;
end
$$;
--| # NOTICE: there are 3 rows
--| = DO

select count(*) from t;
--| 2
--| = SELECT 1

do $$ begin raise exception 'stop % here', 7 using errcode = 'P0042', hint = 'go on', detail = 'why'; end $$;
--| ! P0042 stop 7 here
--| ! detail: why
--| ! hint: go on

do $$
begin
  create table made (x int);
  insert into made values (1);
  execute 'alter table made add column y int default 2';
  perform 1;
end
$$;
--| = DO

select * from made;
--| 1|2
--| = SELECT 1

do $$
begin
  begin
    create table inner_made (x int);
    insert into inner_made values (1);
    raise exception 'no';
  exception when others then
    raise notice 'caught %', sqlerrm;
  end;
end
$$;
--| # NOTICE: caught no
--| = DO

select * from inner_made;
--| ! 42P01 relation "inner_made" does not exist

create table inner_made (x int);
--| = CREATE TABLE

alter database postgres set "app.secret" = 'hush';
--| = ALTER DATABASE

select set_config('app.x', 'y', true), current_setting('app.x', true);
--| y|y
--| = SELECT 1

select current_setting('app.nothing');
--| ! 42704 unrecognized configuration parameter "app.nothing"

select current_setting('app.nothing', true);
--| \N
--| = SELECT 1

show search_path;
--| public, extensions
--| = SHOW

set nonsense = 1;
--| ! 42704 unrecognized configuration parameter "nonsense"

begin;
set local app.y = 'here';
select current_setting('app.y');
commit;
--| = BEGIN
--| = SET
--| here
--| = SELECT 1
--| = COMMIT

set constraints all deferred;
--| # WARNING: SET CONSTRAINTS can only be used in transaction blocks
--| = SET CONSTRAINTS

drop function add;
--| = DROP FUNCTION

drop function add(int);
--| ! 42883 function add(integer) does not exist

drop function add(int, int);
--| ! 42883 function add(integer, integer) does not exist

drop procedure fill;
--| = DROP PROCEDURE

select add(1);
--| ! 42883 function add(integer) does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.
