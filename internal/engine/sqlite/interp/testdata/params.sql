create function p_pos(int, text) returns text language plpgsql as $$ begin return $2 || $1; end $$;
--| = CREATE FUNCTION
select p_pos(1, 'a');
--| a1
--| = SELECT 1
create function p_def(a int, b int default 2, c text default 'z') returns text language plpgsql as $$ begin return a || ',' || b || ',' || c; end $$;
--| = CREATE FUNCTION
select p_def(1), p_def(1, 5), p_def(1, 5, 'q'), p_def(1, c => 'n'), p_def(c => 'n', a => 7), p_def(a := 3);
--| 1,2,z|1,5,z|1,5,q|1,2,n|7,2,n|3,2,z
--| = SELECT 1
select p_def();
--| ! 42883 function p_def() does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.
select p_def(1, 2, 'x', 4);
--| ! 42883 function p_def(integer, integer, unknown, integer) does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.
select p_def(1, nope => 3);
--| ! 42883 function p_def(integer, nope => integer) does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.
create function p_defexpr(at date default '2024-01-01'::date + 1) returns date language plpgsql as $$ begin return at; end $$;
--| = CREATE FUNCTION
select p_defexpr();
--| 2024-01-02
--| = SELECT 1
create function p_var(variadic xs int[]) returns int language plpgsql as $$ declare s int := 0; x int; begin foreach x in array xs loop s := s + x; end loop; return s; end $$;
--| = CREATE FUNCTION
select p_var(1, 2, 3), p_var(5), p_var(variadic array[10, 20]);
--| 6|5|30
--| = SELECT 1
create function p_vartext(pre text, variadic xs text[]) returns text language plpgsql as $$ begin return pre || array_to_string(xs, '-'); end $$;
--| = CREATE FUNCTION
select p_vartext('>', 'a', 'b'), p_vartext('>', variadic '{}');
--| >a-b|>
--| = SELECT 1
create function p_over(x int) returns text language plpgsql as $$ begin return 'int'; end $$;
--| = CREATE FUNCTION
create function p_over(x text) returns text language plpgsql as $$ begin return 'text'; end $$;
--| = CREATE FUNCTION
create function p_over(x int, y int) returns text language plpgsql as $$ begin return 'two'; end $$;
--| = CREATE FUNCTION
create function p_over(x numeric) returns text language plpgsql as $$ begin return 'numeric'; end $$;
--| = CREATE FUNCTION
select p_over(1), p_over('a'), p_over('a'::text), p_over(1, 2), p_over(1.5), p_over(1::smallint), p_over(1::bigint);
--| ! 42725 function p_over(smallint) is not unique
--| ! hint: Could not choose a best candidate function. You might need to add explicit type casts.
create function p_any(x anyelement) returns anyelement language plpgsql as $$ begin return x; end $$;
--| = CREATE FUNCTION
select p_any(1), p_any('a'::text), p_any(array[1,2]), pg_typeof(p_any(1.5));
--| 1|a|{1,2}|numeric
--| = SELECT 1
create function p_anyarr(x anyarray) returns anyelement language plpgsql as $$ begin return x[1]; end $$;
--| = CREATE FUNCTION
select p_anyarr(array[4,5]), p_anyarr(array['q']);
--| 4|q
--| = SELECT 1
create function p_first(a anyelement, b anyelement) returns anyarray language plpgsql as $$ begin return array[a, b]; end $$;
--| = CREATE FUNCTION
select p_first(1, 2), p_first('a'::text, 'b');
--| {1,2}|{a,b}
--| = SELECT 1
create function p_poly_sql(anyelement) returns text language sql as $$ select pg_typeof($1)::text $$;
--| = CREATE FUNCTION
select p_poly_sql(1), p_poly_sql('x'::text);
--| integer|text
--| = SELECT 1
create function p_inout(inout a int, inout b text) language plpgsql as $$ begin a := a + 1; b := b || '!'; end $$;
--| = CREATE FUNCTION
select * from p_inout(1, 'x');
--| 2|x!
--| = SELECT 1
select p_inout(1, 'x');
--| (2,x!)
--| = SELECT 1
create type pt as (x int, y int);
--| = CREATE TYPE
create function p_comp(p pt) returns int language plpgsql as $$ begin return p.x + p.y; end $$;
--| = CREATE FUNCTION
select p_comp((1, 2)), p_comp(row(3, 4)::pt), p_comp(null);
--| 3|7|\N
--| = SELECT 1
create function p_comp2(p pt) returns pt language plpgsql as $$ begin p.x := p.x * 10; return p; end $$;
--| = CREATE FUNCTION
select p_comp2((1, 2)), (p_comp2((1, 2))).y;
--| (10,2)|2
--| = SELECT 1
create table pr (id int, name text);
--| = CREATE TABLE
insert into pr values (1, 'a'), (2, 'b');
--| = INSERT 0 2
create function p_row(r pr) returns text language plpgsql as $$ begin return r.id || r.name; end $$;
--| = CREATE FUNCTION
select p_row(pr) from pr order by id;
--| 1a
--| 2b
--| = SELECT 2
create function full_name(r pr) returns text language sql as $$ select r.name || '-' || r.id $$;
--| = CREATE FUNCTION
select pr.full_name, full_name(pr) from pr order by id;
--| a-1|a-1
--| b-2|b-2
--| = SELECT 2
create function p_named(_id int, name text) returns text language plpgsql as $$ begin return (select pr.name from pr where id = _id) || p_named.name; end $$;
--| = CREATE FUNCTION
select p_named(1, 'z'), p_named(name => 'q', _id => 2);
--| az|bq
--| = SELECT 1
create function p_amb(id int) returns text language plpgsql as $$ begin return (select name from pr where id = id); end $$;
--| = CREATE FUNCTION
select p_amb(1);
--| ! 42702 column reference "id" is ambiguous
--| ! detail: It could refer to either a PL/pgSQL variable or a table column.
create function p_qual(id int) returns text language plpgsql as $$ begin return (select name from pr where pr.id = p_qual.id); end $$;
--| = CREATE FUNCTION
select p_qual(2);
--| b
--| = SELECT 1
create function p_assign(x int) returns int language plpgsql as $$ begin x := x + 1; return x; end $$;
--| = CREATE FUNCTION
select p_assign(1);
--| 2
--| = SELECT 1
create function p_fact(n int) returns numeric language plpgsql as $$ begin if n <= 1 then return 1; end if; return n * p_fact(n - 1); end $$;
--| = CREATE FUNCTION
select p_fact(20);
--| 2432902008176640000
--| = SELECT 1
create function p_even(n int) returns bool language plpgsql as $$ begin if n = 0 then return true; end if; return p_odd(n - 1); end $$;
--| = CREATE FUNCTION
create function p_odd(n int) returns bool language plpgsql as $$ begin if n = 0 then return false; end if; return p_even(n - 1); end $$;
--| = CREATE FUNCTION
select p_even(10), p_odd(7);
--| t|t
--| = SELECT 1
create function p_fib(n int) returns int language plpgsql as $$ begin return case when n < 2 then n else p_fib(n - 1) + p_fib(n - 2) end; end $$;
--| = CREATE FUNCTION
select p_fib(12);
--| 144
--| = SELECT 1
create function p_tree(root int) returns table (n int, depth int) language plpgsql as $$ begin n := root; depth := 0; return next; if root < 4 then return query select t.n, t.depth + 1 from p_tree(root * 2) t; return query select t.n, t.depth + 1 from p_tree(root * 2 + 1) t; end if; end $$;
--| = CREATE FUNCTION
select * from p_tree(1);
--| 1|0
--| 2|1
--| 4|2
--| 5|2
--| 3|1
--| 6|2
--| 7|2
--| = SELECT 7
create function p_stable() returns int language plpgsql stable as $$ begin return (select count(*) from pr); end $$;
--| = CREATE FUNCTION
create function p_vol() returns int language plpgsql volatile as $$ begin insert into pr values (9, 'v'); return (select count(*) from pr); end $$;
--| = CREATE FUNCTION
select p_vol(), p_vol();
--| 3|4
--| = SELECT 1
select p_stable();
--| 4
--| = SELECT 1
delete from pr where id = 9;
--| = DELETE 2
create function p_immut(x int) returns int language plpgsql immutable as $$ begin return x * 2; end $$;
--| = CREATE FUNCTION
select p_immut(id) from pr order by id;
--| 2
--| 4
--| = SELECT 2
select id from pr where p_immut(id) = 4;
--| 2
--| = SELECT 1
create function p_stabwrite() returns void language plpgsql stable as $$ begin insert into pr values (3, 'c'); end $$;
--| = CREATE FUNCTION
select p_stabwrite();
--| ! 0A000 INSERT is not allowed in a non-volatile function
create function "Mixed"("Arg" int) returns int language plpgsql as $$ begin return "Arg" + 1; end $$;
--| = CREATE FUNCTION
select "Mixed"(1), "Mixed"("Arg" => 2);
--| 2|3
--| = SELECT 1
select mixed(1);
--| ! 42883 function mixed(integer) does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.
create function p_json(payload jsonb) returns text language plpgsql as $$ declare k text; o text := ''; begin for k in select jsonb_object_keys(payload) order by 1 loop o := o || k || '=' || (payload->>k) || ';'; end loop; return o; end $$;
--| = CREATE FUNCTION
select p_json('{"b": 2, "a": "x"}');
--| a=x;b=2;
--| = SELECT 1
create function p_arrarg(ids uuid[]) returns int language plpgsql as $$ begin return coalesce(array_length(ids, 1), 0); end $$;
--| = CREATE FUNCTION
select p_arrarg('{00000000-0000-0000-0000-000000000001}'), p_arrarg(null), p_arrarg('{}');
--| 1|0|0
--| = SELECT 1
create or replace function p_assign(x int) returns int language plpgsql as $$ begin return x + 100; end $$;
--| = CREATE FUNCTION
select p_assign(1);
--| 101
--| = SELECT 1
create or replace function p_assign(y int) returns int language plpgsql as $$ begin return y; end $$;
--| ! 42P13 cannot change name of input parameter "x"
--| ! hint: Use DROP FUNCTION p_assign(integer) first.
create or replace function p_assign(x int) returns text language plpgsql as $$ begin return x; end $$;
--| ! 42P13 cannot change return type of existing function
--| ! hint: Use DROP FUNCTION p_assign(integer) first.
drop function p_assign(int);
--| = DROP FUNCTION
select p_assign(1);
--| ! 42883 function p_assign(integer) does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.
create procedure pc_ins(a int, b text) language plpgsql as $$ begin insert into pr values (a, b); end $$;
--| = CREATE PROCEDURE
call pc_ins(50, 'proc');
--| = CALL
select * from pr where id = 50;
--| 50|proc
--| = SELECT 1
create procedure pc_out(inout n int, s text default 'd') language plpgsql as $$ begin n := n * 2; raise notice '%', s; end $$;
--| = CREATE PROCEDURE
call pc_out(21);
--| # NOTICE: d
--| 42
--| = CALL
call pc_out(1, s => 'named');
--| # NOTICE: named
--| 2
--| = CALL
create procedure pc_sql(a int) language sql as $$ update pr set name = 'sql' where id = a; delete from pr where id = a + 1000; $$;
--| = CREATE PROCEDURE
call pc_sql(50);
--| = CALL
select name from pr where id = 50;
--| sql
--| = SELECT 1
call nope(1);
--| ! 42883 procedure nope(integer) does not exist
--| ! hint: No procedure matches the given name and argument types. You might need to add explicit type casts.
select pc_ins(1, 'x');
--| ! 42809 pc_ins(integer, unknown) is a procedure
--| ! hint: To call a procedure, use CALL.
call p_immut(1);
--| ! 42809 p_immut(integer) is not a procedure
--| ! hint: To call a function, use SELECT.
do $$ begin call pc_ins(51, 'from do'); end $$;
--| = DO
do $$ declare n int := 4; begin call pc_out(n); raise notice '%', n; end $$;
--| # NOTICE: d
--| # NOTICE: 8
--| = DO
select name from pr where id = 51;
--| from do
--| = SELECT 1
create function p_callproc() returns void language plpgsql as $$ begin call pc_ins(52, 'fn'); end $$;
--| = CREATE FUNCTION
select p_callproc();
--| 
--| = SELECT 1
select count(*) from pr where id > 49;
--| 3
--| = SELECT 1
create procedure pc_err() language plpgsql as $$ begin raise exception 'in proc'; end $$;
--| = CREATE PROCEDURE
call pc_err();
--| ! P0001 in proc
create type sv as (major int, minor int);
--| = CREATE TYPE
create function sv_sql(sv) returns boolean language sql immutable as $$ select ($1).major is not null and ($1).minor > 0 $$;
--| = CREATE FUNCTION
create function sv_pl(v sv) returns boolean language plpgsql immutable as $$ begin return ($1).major is not null and v.minor > 0; end $$;
--| = CREATE FUNCTION
select sv_sql(row(1, 2)), sv_pl(row(1, 2)), sv_sql(row(1, 0)), sv_pl(row(null, 2));
--| t|t|f|f
--| = SELECT 1
