-- Functions in FROM are called once, whatever they are joined with; statements about tables that are not there.
create table t (id int primary key, a int);
--| = CREATE TABLE
insert into t values (1, 1), (2, 1), (3, 2);
--| = INSERT 0 3
create function vol() returns setof int language plpgsql volatile as $$ begin raise notice 'called'; return next 1; return next 2; end $$;
--| = CREATE FUNCTION
create function one() returns int language plpgsql volatile as $$ begin raise notice 'one'; return 1; end $$;
--| = CREATE FUNCTION
create function stab(n int) returns setof int language plpgsql stable as $$ begin raise notice 'stab %', n; return next n; end $$;
--| = CREATE FUNCTION
select * from vol() a join vol() b on true order by 1, 2;
--| # NOTICE: called
--| # NOTICE: called
--| 1|1
--| 1|2
--| 2|1
--| 2|2
--| = SELECT 4
select * from vol() a join vol() b on a = b order by 1;
--| # NOTICE: called
--| # NOTICE: called
--| 1|1
--| 2|2
--| = SELECT 2
select * from t, vol() v order by id, v;
--| # NOTICE: called
--| 1|1|1
--| 1|1|2
--| 2|1|1
--| 2|1|2
--| 3|2|1
--| 3|2|2
--| = SELECT 6
select * from t left join one() v on v = id order by id;
--| # NOTICE: one
--| 1|1|1
--| 2|1|\N
--| 3|2|\N
--| = SELECT 3
select * from t join stab(1) s on s = t.id;
--| # NOTICE: stab 1
--| 1|1|1
--| = SELECT 1
select * from t, stab(t.a) s order by id;
--| # NOTICE: stab 1
--| # NOTICE: stab 1
--| # NOTICE: stab 2
--| 1|1|1
--| 2|1|1
--| 3|2|2
--| = SELECT 3
select id, (select count(*) from vol() v where v >= t.id) from t order by id;
--| # NOTICE: called
--| 1|2
--| 2|1
--| 3|0
--| = SELECT 3
select id from t where exists (select 1 from stab(1) s where s = t.id) order by id;
--| # NOTICE: stab 1
--| 1
--| = SELECT 1
select * from (select * from vol() with ordinality) x (v, n), t where id = v order by id;
--| # NOTICE: called
--| 1|1|1|1
--| 2|2|2|1
--| = SELECT 2
analyze nosuch;
--| ! 42P01 relation "nosuch" does not exist
analyze t (nocol);
--| ! 42703 column "nocol" of relation "t" does not exist
vacuum t, nosuch;
--| ! 42P01 relation "nosuch" does not exist
analyze t (a), pg_class;
--| = ANALYZE
explain select * from nosuch;
--| ! 42P01 relation "nosuch" does not exist
