create table c (id int primary key, v text);
--| = CREATE TABLE
insert into c select g, 'v' || g from generate_series(1, 5) g;
--| = INSERT 0 5
do $$ declare cur cursor for select * from c order by id; r record; begin open cur; loop fetch cur into r; exit when not found; raise notice '%', r.v; end loop; close cur; end $$;
--| # NOTICE: v1
--| # NOTICE: v2
--| # NOTICE: v3
--| # NOTICE: v4
--| # NOTICE: v5
--| = DO
do $$ declare cur cursor (lo int, hi int) for select id from c where id between lo and hi order by id; x int; begin open cur(2, 3); fetch cur into x; raise notice '%', x; fetch cur into x; raise notice '%', x; fetch cur into x; raise notice '% %', x, found; close cur; open cur(hi := 5, lo := 5); fetch cur into x; raise notice '%', x; close cur; end $$;
--| # NOTICE: 2
--| # NOTICE: 3
--| # NOTICE: <NULL> f
--| # NOTICE: 5
--| = DO
do $$ declare cur refcursor; x int; begin open cur for select id from c order by id desc; fetch cur into x; raise notice '%', x; close cur; end $$;
--| # NOTICE: 5
--| = DO
do $$ declare cur refcursor; x int; begin open cur for execute 'select id from c where id > $1 order by id' using 3; fetch cur into x; raise notice '%', x; close cur; end $$;
--| # NOTICE: 4
--| = DO
do $$ declare cur scroll cursor for select id from c order by id; x int; begin open cur; fetch last from cur into x; raise notice '%', x; fetch first from cur into x; raise notice '%', x; fetch absolute 3 from cur into x; raise notice '%', x; fetch relative -1 from cur into x; raise notice '%', x; fetch prior from cur into x; raise notice '%', x; fetch next from cur into x; raise notice '%', x; move forward 2 from cur; fetch cur into x; raise notice '% %', x, found; end $$;
--| # NOTICE: 5
--| # NOTICE: 1
--| # NOTICE: 3
--| # NOTICE: 2
--| # NOTICE: 1
--| # NOTICE: 2
--| # NOTICE: 5 t
--| = DO
do $$ declare cur cursor for select id from c order by id; begin for r in cur loop raise notice '%', r.id; exit when r.id = 2; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 2
--| = DO
do $$ declare cur cursor (n int) for select id from c where id > n order by id; begin for r in cur(3) loop raise notice '%', r.id; end loop; end $$;
--| # NOTICE: 4
--| # NOTICE: 5
--| = DO
do $$ declare cur cursor for select id from c order by id; x int; begin fetch cur into x; end $$;
--| ! 34000 cursor "cur" does not exist
do $$ declare cur cursor for select id from c; begin open cur; open cur; end $$;
--| ! 42P03 cursor "cur" already in use
do $$ declare cur cursor for select id from c; begin close cur; end $$;
--| ! 34000 cursor "cur" does not exist
do $$ declare cur refcursor; x int; begin fetch cur into x; end $$;
--| ! 22004 cursor variable "cur" is null
do $$ declare cur cursor for select id, v from c order by id; a int; b text; begin open cur; fetch cur into a, b; raise notice '% %', a, b; move cur; fetch cur into a, b; raise notice '% %', a, b; close cur; end $$;
--| # NOTICE: 1 v1
--| # NOTICE: 3 v3
--| = DO
create function cur_sum() returns int language plpgsql as $$ declare cur cursor for select id from c; s int := 0; r record; begin for r in cur loop s := s + r.id; end loop; return s; end $$;
--| = CREATE FUNCTION
select cur_sum();
--| 15
--| = SELECT 1
