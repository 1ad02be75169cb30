create table t (id int primary key, v text);
--| = CREATE TABLE
insert into t values (1, 'a'), (2, 'b'), (3, 'c');
--| = INSERT 0 3
create function sign_of(n int) returns text language plpgsql as $$ begin if n > 0 then return 'plus'; elsif n < 0 then return 'minus'; elseif n = 0 then return 'zero'; else return 'null'; end if; end $$;
--| = CREATE FUNCTION
select sign_of(3), sign_of(-3), sign_of(0), sign_of(null);
--| plus|minus|zero|null
--| = SELECT 1
do $$ begin if null then raise notice 'a'; else raise notice 'b'; end if; end $$;
--| # NOTICE: b
--| = DO
do $$ begin if 1 then null; end if; end $$;
--| = DO
do $$ begin if 'yes' then raise notice 'text is true'; end if; end $$;
--| # NOTICE: text is true
--| = DO
do $$ begin if exists (select 1 from t where id = 2) and not exists (select 1 from t where id = 9) then raise notice 'there'; end if; end $$;
--| # NOTICE: there
--| = DO
do $$ begin if (select count(*) from t) = 3 then raise notice 'three'; end if; end $$;
--| # NOTICE: three
--| = DO
create function grade(n int) returns text language plpgsql as $$ begin case when n >= 90 then return 'A'; when n >= 80 then return 'B'; else return 'F'; end case; end $$;
--| = CREATE FUNCTION
select grade(95), grade(85), grade(10), grade(null);
--| A|B|F|F
--| = SELECT 1
create function name_of(n int) returns text language plpgsql as $$ begin case n when 1, 2 then return 'low'; when 3 then return 'mid'; end case; return 'after'; end $$;
--| = CREATE FUNCTION
select name_of(1), name_of(2), name_of(3);
--| low|low|mid
--| = SELECT 1
select name_of(4);
--| ! 20000 case not found
--| ! hint: CASE statement is missing ELSE part.
select name_of(null);
--| ! 20000 case not found
--| ! hint: CASE statement is missing ELSE part.
do $$ begin case 'b' when 'a' then raise notice '1'; when 'b' then raise notice '2'; else raise notice '3'; end case; end $$;
--| # NOTICE: 2
--| = DO
do $$ declare x text := 'x'; begin case x || 'y' when 'xy' then raise notice 'yes'; else raise notice 'no'; end case; end $$;
--| # NOTICE: yes
--| = DO
do $$ begin case when false then null; else end case; raise notice 'ok'; end $$;
--| # NOTICE: ok
--| = DO
do $$ declare i int := 0; begin loop i := i + 1; exit when i = 3; continue when i = 1; raise notice '%', i; end loop; raise notice 'end %', i; end $$;
--| # NOTICE: 2
--| # NOTICE: end 3
--| = DO
do $$ declare i int := 0; begin while i < 3 loop i := i + 1; raise notice '%', i; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 2
--| # NOTICE: 3
--| = DO
do $$ declare i int; begin while i < 3 loop raise notice 'never'; end loop; raise notice 'done'; end $$;
--| # NOTICE: done
--| = DO
do $$ begin for i in 1..3 loop raise notice '%', i; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 2
--| # NOTICE: 3
--| = DO
do $$ begin for i in reverse 3..1 loop raise notice '%', i; end loop; end $$;
--| # NOTICE: 3
--| # NOTICE: 2
--| # NOTICE: 1
--| = DO
do $$ begin for i in 1..10 by 4 loop raise notice '%', i; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 5
--| # NOTICE: 9
--| = DO
do $$ begin for i in reverse 10..1 by 4 loop raise notice '%', i; end loop; end $$;
--| # NOTICE: 10
--| # NOTICE: 6
--| # NOTICE: 2
--| = DO
do $$ begin for i in 3..1 loop raise notice 'never'; end loop; raise notice '%', found; end $$;
--| # NOTICE: f
--| = DO
do $$ begin for i in 1..1 loop null; end loop; raise notice '%', found; end $$;
--| # NOTICE: t
--| = DO
do $$ begin for i in null..1 loop null; end loop; end $$;
--| ! 22004 lower bound of FOR loop cannot be null
do $$ begin for i in 1..null loop null; end loop; end $$;
--| ! 22004 upper bound of FOR loop cannot be null
do $$ begin for i in 1..2 by null loop null; end loop; end $$;
--| ! 22004 BY value of FOR loop cannot be null
do $$ begin for i in 1..2 by 0 loop null; end loop; end $$;
--| ! 22023 BY value of FOR loop must be greater than zero
do $$ begin for i in 1..2 by -1 loop null; end loop; end $$;
--| ! 22023 BY value of FOR loop must be greater than zero
do $$ begin for i in 1.4..2.6 loop raise notice '%', i; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 2
--| # NOTICE: 3
--| = DO
do $$ begin for i in 2147483645..2147483647 loop raise notice '%', i; end loop; end $$;
--| # NOTICE: 2147483645
--| # NOTICE: 2147483646
--| # NOTICE: 2147483647
--| = DO
do $$ declare i int := 100; begin for i in 1..2 loop i := i * 10; raise notice '%', i; end loop; raise notice '%', i; end $$;
--| # NOTICE: 10
--| # NOTICE: 20
--| # NOTICE: 100
--| = DO
do $$ declare n int := 2; begin for i in n..n * 2 loop n := n + 10; raise notice '% %', i, n; end loop; end $$;
--| # NOTICE: 2 12
--| # NOTICE: 3 22
--| # NOTICE: 4 32
--| = DO
do $$ begin for i in (select min(id) from t)..(select max(id) from t) loop raise notice '%', i; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 2
--| # NOTICE: 3
--| = DO
do $$ begin <<a>> for i in 1..3 loop for j in 1..3 loop continue a when j = 2; exit a when i = 3; raise notice '% %', i, j; end loop; end loop; end $$;
--| # NOTICE: 1 1
--| # NOTICE: 2 1
--| = DO
do $$ begin <<a>> begin raise notice 'in'; exit a; raise notice 'never'; end; raise notice 'out'; end $$;
--| # NOTICE: in
--| # NOTICE: out
--| = DO
do $$ begin <<a>> loop <<b>> loop exit b; end loop b; raise notice 'x'; exit a; end loop a; end $$;
--| # NOTICE: x
--| = DO
do $$ begin exit; end $$;
--| ! 42601 EXIT cannot be used outside a loop, unless it has a label
do $$ begin continue; end $$;
--| ! 42601 CONTINUE cannot be used outside a loop
do $$ begin loop exit nolabel; end loop; end $$;
--| ! 42601 there is no label "nolabel" attached to any block or loop enclosing this statement
do $$ begin <<a>> begin continue a; end; end $$;
--| ! 42601 block label "a" cannot be used in CONTINUE
do $$ begin begin exit; end; end $$;
--| ! 42601 EXIT cannot be used outside a loop, unless it has a label
do $$ begin loop begin exit; end; end loop; raise notice 'out'; end $$;
--| # NOTICE: out
--| = DO
do $$ begin <<a>> loop exit a; end loop b; end $$;
--| ! 42601 end label "b" differs from block's label "a"
do $$ declare r record; begin for r in select * from t order by id loop raise notice '% %', r.id, r.v; end loop; raise notice '%', found; end $$;
--| # NOTICE: 1 a
--| # NOTICE: 2 b
--| # NOTICE: 3 c
--| # NOTICE: t
--| = DO
do $$ declare r record; begin for r in select * from t where false loop null; end loop; raise notice '%', found; end $$;
--| # NOTICE: f
--| = DO
do $$ declare r t%rowtype; begin for r in select * from t order by id desc limit 2 loop raise notice '%', r; end loop; end $$;
--| # NOTICE: (3,c)
--| # NOTICE: (2,b)
--| = DO
do $$ declare a int; b text; begin for a, b in select id, v from t order by id loop raise notice '% %', a, b; end loop; raise notice '% %', a, b; end $$;
--| # NOTICE: 1 a
--| # NOTICE: 2 b
--| # NOTICE: 3 c
--| # NOTICE: 3 c
--| = DO
do $$ declare a int; begin for a in select id from t order by id loop raise notice '%', a; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 2
--| # NOTICE: 3
--| = DO
do $$ declare r record; begin for r in select * from t order by id loop exit when r.id = 2; raise notice '%', r.id; end loop; raise notice '% %', found, r.id; end $$;
--| # NOTICE: 1
--| # NOTICE: t 2
--| = DO
do $$ declare r record; begin for r in select id from t order by id loop insert into t values (r.id + 10, 'n'); end loop; raise notice '%', (select count(*) from t); delete from t where id > 10; end $$;
--| # NOTICE: 6
--| = DO
do $$ declare r record; begin for r in update t set v = v || '!' where id < 3 returning id, v loop raise notice '%', r; end loop; update t set v = left(v, 1); end $$;
--| # NOTICE: (1,a!)
--| # NOTICE: (2,b!)
--| = DO
do $$ declare r record; begin for r in values (1, 'x'), (2, 'y') loop raise notice '% %', r.column1, r.column2; end loop; end $$;
--| # NOTICE: 1 x
--| # NOTICE: 2 y
--| = DO
do $$ declare r record; begin for r in with q as (select id from t) select max(id) m from q loop raise notice '%', r.m; end loop; end $$;
--| # NOTICE: 3
--| = DO
do $$ declare r record; begin for r in execute 'select id from t where id > $1 order by id' using 1 loop raise notice '%', r.id; end loop; end $$;
--| # NOTICE: 2
--| # NOTICE: 3
--| = DO
do $$ declare a int; b text; begin for a, b in execute format('select id, v from %I order by 1', 't') loop raise notice '% %', a, b; end loop; end $$;
--| # NOTICE: 1 a
--| # NOTICE: 2 b
--| # NOTICE: 3 c
--| = DO
do $$ declare r record; begin for r in execute null loop null; end loop; end $$;
--| ! 22004 query string argument of EXECUTE is null
do $$ declare r record; begin for r in execute 'insert into nowhere values (1)' loop null; end loop; end $$;
--| ! 42P01 relation "nowhere" does not exist
do $$ declare r record; begin for r in select 1 as a union all select 2 loop declare s record; begin for s in select r.a * 10 as b loop raise notice '% %', r.a, s.b; end loop; end; end loop; end $$;
--| # NOTICE: 1 10
--| # NOTICE: 2 20
--| = DO
do $$ begin for r in select 1 loop null; end loop; end $$;
--| ! 42601 loop variable of loop over rows must be a record variable or list of scalar variables
do $$ declare x int; begin foreach x in array array[1,2,3] loop raise notice '%', x; end loop; raise notice '%', found; end $$;
--| # NOTICE: 1
--| # NOTICE: 2
--| # NOTICE: 3
--| # NOTICE: t
--| = DO
do $$ declare x int; begin foreach x in array array[]::int[] loop null; end loop; raise notice '%', found; end $$;
--| # NOTICE: f
--| = DO
do $$ declare x int; begin foreach x in array null::int[] loop null; end loop; end $$;
--| ! 22004 FOREACH expression must not be null
do $$ declare x int; begin foreach x in array 5 loop null; end loop; end $$;
--| ! 42804 FOREACH expression must yield an array, not type integer
do $$ declare x int; begin foreach x in array array[[1,2],[3,4]] loop raise notice '%', x; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 2
--| # NOTICE: 3
--| # NOTICE: 4
--| = DO
do $$ declare x int[]; begin foreach x slice 1 in array array[[1,2],[3,4]] loop raise notice '%', x; end loop; end $$;
--| # NOTICE: {1,2}
--| # NOTICE: {3,4}
--| = DO
do $$ declare x int[]; begin foreach x slice 2 in array array[[1,2],[3,4]] loop raise notice '%', x; end loop; end $$;
--| # NOTICE: {{1,2},{3,4}}
--| = DO
do $$ declare x int[]; begin foreach x slice 3 in array array[[1,2],[3,4]] loop raise notice '%', x; end loop; end $$;
--| ! 2202E slice dimension (3) is out of the valid range 0..2
do $$ declare x int; begin foreach x slice 1 in array array[1,2] loop raise notice '%', x; end loop; end $$;
--| ! 42804 FOREACH ... SLICE loop variable must be of an array type
do $$ declare x int[]; begin foreach x in array array[1,2] loop raise notice '%', x; end loop; end $$;
--| ! 42804 FOREACH loop variable must not be of an array type
do $$ declare x text; y int; begin foreach x in array string_to_array('a,b', ',') loop raise notice '%', x; end loop; end $$;
--| # NOTICE: a
--| # NOTICE: b
--| = DO
do $$ declare x t; begin foreach x in array array(select t from t order by id) loop raise notice '% %', x.id, x.v; end loop; end $$;
--| # NOTICE: 1 a
--| # NOTICE: 2 b
--| # NOTICE: 3 c
--| = DO
do $$ declare x text; begin foreach x in array array[1,null,3] loop raise notice '%', x; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: <NULL>
--| # NOTICE: 3
--| = DO
do $$ begin null; end; $$;
--| = DO
do $$ begin end $$;
--| = DO
do $$ begin return; raise notice 'never'; end $$;
--| = DO
do $$ begin return 1; end $$;
--| ! 42804 RETURN cannot have a parameter in function returning void
do $$ declare i int := 0; begin loop i := i + 1; if i > 5 then exit; end if; if i % 2 = 0 then continue; end if; raise notice '%', i; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 3
--| # NOTICE: 5
--| = DO
do $$ begin assert 1 = 1; raise notice 'fine'; assert 1 = 2; end $$;
--| # NOTICE: fine
--| ! P0004 assertion failed
do $$ begin assert false, 'it failed: ' || 3; end $$;
--| ! P0004 it failed: 3
do $$ begin assert null; end $$;
--| ! P0004 assertion failed
do $$ begin assert false; exception when others then raise notice 'never'; end $$;
--| ! P0004 assertion failed
do $$ begin assert false, 'x'; exception when assert_failure then raise notice 'caught %', sqlerrm; end $$;
--| # NOTICE: caught x
--| = DO
do $$ declare x int := 0; begin for i in 1..3 loop begin x := x + i; if i = 2 then exit; end if; end; end loop; raise notice '%', x; end $$;
--| # NOTICE: 3
--| = DO
do $$ declare i record; begin for i in 1..2 loop raise notice '%', i; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 2
--| = DO
do $$ begin if true then raise notice 'a' ; end if end $$;
--| ! 42601 syntax error at or near "end"
do $$ begin loop null; end $$;
--| ! 42601 syntax error at end of input
do $$ begin if true raise notice 'a'; end if; end $$;
--| ! 42601 missing "THEN" at end of SQL expression
