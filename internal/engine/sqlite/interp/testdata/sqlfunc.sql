create table s (id int primary key, a text, n int);
--| = CREATE TABLE
insert into s values (1, 'x', 10), (2, 'y', 20), (3, 'z', 30);
--| = INSERT 0 3
create function q_one() returns int language sql as 'select 1';
--| = CREATE FUNCTION
create function q_arg(int) returns int language sql as $$ select $1 + 1 $$;
--| = CREATE FUNCTION
create function q_named(a int, b int default 5) returns int language sql as $$ select a * b $$;
--| = CREATE FUNCTION
create function q_qual(id int) returns text language sql as $$ select a from s where s.id = q_qual.id $$;
--| = CREATE FUNCTION
create function q_colwins(id int) returns bigint language sql as $$ select count(*) from s where id = id $$;
--| = CREATE FUNCTION
create function q_dollar(id int) returns text language sql as $$ select a from s where s.id = $1 $$;
--| = CREATE FUNCTION
select q_one(), q_arg(1), q_named(2), q_named(2, 3), q_named(b => 2, a => 9), q_qual(2), q_colwins(1), q_dollar(3);
--| 1|2|10|6|18|y|3|z
--| = SELECT 1
create function q_multi(x int) returns int language sql as $$ insert into s values (x, 'm', 0); update s set n = n + 1 where id = x; select n from s where id = x; $$;
--| = CREATE FUNCTION
select q_multi(7);
--| 1
--| = SELECT 1
create function q_ret(x int) returns text language sql as $$ update s set a = a || '!' where id = x returning a $$;
--| = CREATE FUNCTION
select q_ret(7), q_ret(99);
--| m!|\N
--| = SELECT 1
create function q_void(x int) returns void language sql as $$ delete from s where id = x $$;
--| = CREATE FUNCTION
select q_void(7);
--| \N
--| = SELECT 1
select count(*) from s;
--| 3
--| = SELECT 1
create function q_voidsel() returns void language sql as $$ select 1 $$;
--| = CREATE FUNCTION
select q_voidsel();
--| \N
--| = SELECT 1
create function q_set() returns setof int language sql as $$ select id from s order by id $$;
--| = CREATE FUNCTION
select * from q_set();
--| 1
--| 2
--| 3
--| = SELECT 3
select q_set();
--| 1
--| 2
--| 3
--| = SELECT 3
create function q_setrow() returns setof s language sql stable as $$ select * from s where n > 10 order by id $$;
--| = CREATE FUNCTION
select * from q_setrow();
--| 2|y|20
--| 3|z|30
--| = SELECT 2
select a from q_setrow() where id = 3;
--| z
--| = SELECT 1
create function q_table(lim int) returns table (k int, v text) language sql as $$ select id, a from s order by id limit lim $$;
--| = CREATE FUNCTION
select * from q_table(2);
--| 1|x
--| 2|y
--| = SELECT 2
create function q_row(i int) returns s language sql as $$ select * from s where id = i $$;
--| = CREATE FUNCTION
select * from q_row(2);
--| 2|y|20
--| = SELECT 1
select (q_row(2)).a, q_row(2), q_row(99);
--| y|(2,y,20)|\N
--| = SELECT 1
create function q_out(i int, out x text, out y int) language sql as $$ select a, n from s where id = i $$;
--| = CREATE FUNCTION
select * from q_out(1);
--| x|10
--| = SELECT 1
select q_out(1), (q_out(2)).y;
--| (x,10)|20
--| = SELECT 1
create function q_rec() returns record language sql as $$ select 1, 'a'::text $$;
--| = CREATE FUNCTION
select * from q_rec() as (n int, t text);
--| 1|a
--| = SELECT 1
create function q_setrec() returns setof record language sql as $$ select id, a from s order by id $$;
--| = CREATE FUNCTION
select * from q_setrec() as (n int, t text);
--| 1|x
--| 2|y
--| 3|z
--| = SELECT 3
create function q_first() returns text language sql as $$ select a from s order by id desc $$;
--| = CREATE FUNCTION
select q_first();
--| z
--| = SELECT 1
create function q_none() returns text language sql as $$ select a from s where false $$;
--| = CREATE FUNCTION
select q_none(), q_none() is null;
--| \N|t
--| = SELECT 1
create function q_strict(a int) returns int language sql strict as $$ select coalesce(a, 7) $$;
--| = CREATE FUNCTION
select q_strict(null), q_strict(1);
--| \N|1
--| = SELECT 1
create function q_var(variadic xs int[]) returns bigint language sql as $$ select sum(x) from unnest(xs) x $$;
--| = CREATE FUNCTION
select q_var(1, 2, 3), q_var(variadic '{4,5}');
--| 6|9
--| = SELECT 1
create function q_comp(r s) returns text language sql as $$ select r.a || r.n $$;
--| = CREATE FUNCTION
select q_comp(s) from s order by id;
--| x10
--| y20
--| z30
--| = SELECT 3
select q_comp(row(1, 'q', 2));
--| q2
--| = SELECT 1
create function q_std(a int, b int) returns int language sql return a + b;
--| = CREATE FUNCTION
select q_std(1, 2);
--| 3
--| = SELECT 1
create function q_atomic(x int) returns int language sql begin atomic insert into s values (x, 'at', 1); select max(id) from s; end;
--| = CREATE FUNCTION
select q_atomic(8);
--| 8
--| = SELECT 1
delete from s where id = 8;
--| = DELETE 1
create function q_cast() returns numeric language sql as $$ select 1 $$;
--| = CREATE FUNCTION
select q_cast();
--| 1
--| = SELECT 1
create function q_badtype() returns int language sql as $$ select 'x'::text $$;
--| ! 42P13 return type mismatch in function declared to return integer
--| ! detail: Actual return type is text.
create function q_badcols() returns int language sql as $$ select 1, 2 $$;
--| ! 42P13 return type mismatch in function declared to return integer
--| ! detail: Final statement must return exactly one column.
create function q_badlast() returns int language sql as $$ delete from s where false $$;
--| ! 42P13 return type mismatch in function declared to return integer
--| ! detail: Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.
create function q_badref() returns int language sql as $$ select nothing from s $$;
--| ! 42703 column "nothing" does not exist
create function q_badtab() returns int language sql as $$ select 1 from nothing $$;
--| ! 42P01 relation "nothing" does not exist
create function q_badsyn() returns int language sql as $$ selec 1 $$;
--| ! 42601 syntax error at or near "selec"
create function q_badparam(int) returns int language sql as $$ select $2 $$;
--| ! 42P02 there is no parameter $2
create function q_tabcols() returns table (a int, b int) language sql as $$ select 1 $$;
--| ! 42P13 return type mismatch in function declared to return record
--| ! detail: Final statement returns too few columns.
create function q_tabtypes() returns table (a int, b int) language sql as $$ select 1, 'x'::text $$;
--| ! 42P13 return type mismatch in function declared to return record
--| ! detail: Final statement returns text instead of integer at column 2.
create function q_rec2(n int) returns int language sql as $$ select case when n <= 0 then 0 else n + q_rec2(n - 1) end $$;
--| = CREATE FUNCTION
select q_rec2(10);
--| 55
--| = SELECT 1
create function q_cte(lim int) returns table (n int) language sql as $$ with recursive c(n) as (select 1 union all select n + 1 from c where n < lim) select n from c $$;
--| = CREATE FUNCTION
select * from q_cte(4);
--| 1
--| 2
--| 3
--| 4
--| = SELECT 4
create function q_ins(a text) returns s language sql as $$ insert into s values (100, a, 1) returning * $$;
--| = CREATE FUNCTION
select * from q_ins('new');
--| 100|new|1
--| = SELECT 1
create function q_upsert(i int, v text) returns setof s language sql as $$ insert into s values (i, v, 0) on conflict (id) do update set a = excluded.a returning * $$;
--| = CREATE FUNCTION
select * from q_upsert(100, 'over');
--| 100|over|1
--| = SELECT 1
create function q_del() returns bigint language sql as $$ with d as (delete from s where id >= 100 returning 1) select count(*) from d $$;
--| = CREATE FUNCTION
select q_del();
--| 1
--| = SELECT 1
create function q_json() returns json language sql as $$ select json_agg(s order by id) from s $$;
--| = CREATE FUNCTION
select q_json();
--| [{"id":1,"a":"x","n":10}, 
--|  {"id":2,"a":"y","n":20}, 
--|  {"id":3,"a":"z","n":30}]
--| = SELECT 1
create function q_null(a text) returns bool language sql as $$ select a is null $$;
--| = CREATE FUNCTION
select q_null(null), q_null('');
--| t|f
--| = SELECT 1
create function q_path() returns bigint language sql set search_path = '' as $$ select count(*) from public.s $$;
--| = CREATE FUNCTION
select q_path();
--| 3
--| = SELECT 1
create function q_in() returns setof int language sql as $$ select id from s $$;
--| = CREATE FUNCTION
select a from s where id in (select q_in()) order by 1;
--| x
--| y
--| z
--| = SELECT 3
select a, (select max(x) from q_set() x where x < s.id) from s order by id;
--| x|\N
--| y|1
--| z|2
--| = SELECT 3
create function q_lateral(i int) returns table (m int) language sql as $$ select generate_series(1, i) $$;
--| = CREATE FUNCTION
select s.id, m from s, q_lateral(s.id) order by 1, 2;
--| 1|1
--| 2|1
--| 2|2
--| 3|1
--| 3|2
--| 3|3
--| = SELECT 6
create function q_def(at timestamptz default '2024-01-01 00:00+00') returns date language sql as $$ select at::date $$;
--| = CREATE FUNCTION
select q_def();
--| 2024-01-01
--| = SELECT 1
create function q_array() returns text[] language sql as $$ select array_agg(a order by id) from s $$;
--| = CREATE FUNCTION
select q_array(), (q_array())[1];
--| {x,y,z}|x
--| = SELECT 1
create function q_bool(i int) returns boolean language sql stable as $$ select exists (select 1 from s where s.id = i) $$;
--| = CREATE FUNCTION
select q_bool(1), q_bool(99);
--| t|f
--| = SELECT 1
select id from s where q_bool(id + 1) order by id;
--| 1
--| 2
--| = SELECT 2
create function q_callpl() returns int language sql as $$ select q_named(q_arg(1), 2) $$;
--| = CREATE FUNCTION
select q_callpl();
--| 4
--| = SELECT 1
create function q_comments() returns int language sql as $$ -- a comment
select 1; -- the end
$$;
--| = CREATE FUNCTION
select q_comments();
--| 1
--| = SELECT 1
create function q_set_empty() returns setof s language sql as $$ select * from s where false $$;
--| = CREATE FUNCTION
select count(*) from q_set_empty();
--| 0
--| = SELECT 1
create function q_wholerow() returns setof s language sql as $$ select s from s order by id $$;
--| = CREATE FUNCTION
select * from q_wholerow();
--| 1|x|10
--| 2|y|20
--| 3|z|30
--| = SELECT 3
create function q_dom(x varchar(2)) returns varchar(3) language sql as $$ select x || 'abcdef' $$;
--| = CREATE FUNCTION
select q_dom('zz');
--| zzabcdef
--| = SELECT 1
create function q_values() returns table (a int, b text) language sql as $$ values (1, 'x'), (2, 'y') $$;
--| = CREATE FUNCTION
select * from q_values();
--| 1|x
--| 2|y
--| = SELECT 2
create function q_order() returns setof s language sql as $$ select * from s $$;
--| = CREATE FUNCTION
select * from q_order() order by n desc limit 1;
--| 3|z|30
--| = SELECT 1
select id from q_order() group by id having id > 1 order by 1;
--| 2
--| 3
--| = SELECT 2
