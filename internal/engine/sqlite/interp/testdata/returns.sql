create table r (id int primary key, a text, b numeric(6,2));
--| = CREATE TABLE
insert into r values (1, 'x', 1), (2, 'y', 2.5), (3, 'z', null);
--| = INSERT 0 3
create type two as (n int, s text);
--| = CREATE TYPE
create function f_int() returns int language plpgsql as $$ begin return 1; end $$;
--| = CREATE FUNCTION
create function f_text() returns text language plpgsql as $$ begin return 1 + 1; end $$;
--| = CREATE FUNCTION
create function f_cast() returns int language plpgsql as $$ begin return 'abc'; end $$;
--| = CREATE FUNCTION
create function f_round() returns int language plpgsql as $$ begin return 2.5; end $$;
--| = CREATE FUNCTION
create function f_none() returns int language plpgsql as $$ begin null; end $$;
--| = CREATE FUNCTION
create function f_void() returns void language plpgsql as $$ begin perform 1; end $$;
--| = CREATE FUNCTION
create function f_void2() returns void language plpgsql as $$ begin return; end $$;
--| = CREATE FUNCTION
create function f_null() returns int language plpgsql as $$ begin return null; end $$;
--| = CREATE FUNCTION
select f_int(), f_text(), f_round(), f_null(), f_int() + 1;
--| 1|2|3|\N|2
--| = SELECT 1
select f_cast();
--| ! 22P02 invalid input syntax for type integer: "abc"
select f_none();
--| ! 2F005 control reached end of function without RETURN
select f_void(), f_void2();
--| |
--| = SELECT 1
select f_void() is null;
--| f
--| = SELECT 1
create function f_badret() returns int language plpgsql as $$ begin return; end $$;
--| ! 42601 missing expression at or near ";"
create function f_voidval() returns void language plpgsql as $$ begin return 5; end $$;
--| ! 42804 RETURN cannot have a parameter in function returning void
create function f_num() returns numeric(4,1) language plpgsql as $$ begin return 3.14159; end $$;
--| = CREATE FUNCTION
select f_num();
--| 3.14159
--| = SELECT 1
create function f_arr() returns int[] language plpgsql as $$ begin return array[1,2,3]; end $$;
--| = CREATE FUNCTION
select f_arr(), (f_arr())[2];
--| {1,2,3}|2
--| = SELECT 1
create function f_comp() returns two language plpgsql as $$ begin return (1, 'one'); end $$;
--| = CREATE FUNCTION
create function f_comp2() returns two language plpgsql as $$ declare t two; begin t.n := 2; t.s := 'two'; return t; end $$;
--| = CREATE FUNCTION
create function f_comp3() returns two language plpgsql as $$ declare t record; begin select 3, 'three' into t; return t; end $$;
--| = CREATE FUNCTION
create function f_comp4() returns two language plpgsql as $$ declare t record; begin select 'a', 'b', 'c' into t; return t; end $$;
--| = CREATE FUNCTION
create function f_comp5() returns two language plpgsql as $$ begin return null; end $$;
--| = CREATE FUNCTION
create function f_comp6() returns two language plpgsql as $$ begin return 5; end $$;
--| = CREATE FUNCTION
create function f_comp7() returns two language plpgsql as $$ begin return row('7', 8); end $$;
--| = CREATE FUNCTION
select f_comp(), f_comp2(), f_comp3();
--| ! 42804 returned record type does not match expected record type
--| ! detail: Returned type unknown does not match expected type text in column 2.
select * from f_comp();
--| ! 42804 returned record type does not match expected record type
--| ! detail: Returned type unknown does not match expected type text in column 2.
select (f_comp2()).s, (f_comp2()).*;
--| two|2|two
--| = SELECT 1
select f_comp4();
--| ! 42804 returned record type does not match expected record type
--| ! detail: Returned type text does not match expected type integer in column 1.
select f_comp5(), f_comp5() is null;
--| \N|t
--| = SELECT 1
select * from f_comp5();
--| \N|\N
--| = SELECT 1
select f_comp6();
--| ! 42804 cannot return non-composite value from function returning composite type
select f_comp7();
--| ! 42804 returned record type does not match expected record type
--| ! detail: Returned type unknown does not match expected type integer in column 1.
create function f_row(i int) returns r language plpgsql as $$ declare x r; begin select * into x from r where id = i; return x; end $$;
--| = CREATE FUNCTION
select * from f_row(2);
--| 2|y|2.50
--| = SELECT 1
select f_row(1), (f_row(1)).a, (f_row(99)).a;
--| (1,x,1.00)|x|\N
--| = SELECT 1
create function f_out(out a int, out b text) language plpgsql as $$ begin a := 1; b := 'q'; end $$;
--| = CREATE FUNCTION
select f_out(), (f_out()).b;
--| (1,q)|q
--| = SELECT 1
select * from f_out();
--| 1|q
--| = SELECT 1
create function f_out1(x int, out y int) language plpgsql as $$ begin y := x * 2; end $$;
--| = CREATE FUNCTION
select f_out1(4), * from f_out1(5);
--| 8|10
--| = SELECT 1
create function f_inout(inout x int, y int default 10) language plpgsql as $$ begin x := x + y; end $$;
--| = CREATE FUNCTION
select f_inout(1), f_inout(1, 2);
--| 11|3
--| = SELECT 1
create function f_outret(out a int, out b int) returns record language plpgsql as $$ begin a := 1; b := 2; return; end $$;
--| = CREATE FUNCTION
select * from f_outret();
--| 1|2
--| = SELECT 1
create function f_outbad(out a int) language plpgsql as $$ begin return 5; end $$;
--| ! 42804 RETURN cannot have a parameter in function with OUT parameters
create function f_table(n int) returns table (id int, name text) language plpgsql as $$ begin for i in 1..n loop id := i; name := 'n' || i; return next; end loop; end $$;
--| = CREATE FUNCTION
select * from f_table(3);
--| 1|n1
--| 2|n2
--| 3|n3
--| = SELECT 3
select f_table(2);
--| (1,n1)
--| (2,n2)
--| = SELECT 2
select name from f_table(3) where id > 1 order by id desc;
--| n3
--| n2
--| = SELECT 2
create function f_tq() returns table (id int, a text) language plpgsql as $$ begin return query select r.id, r.a from r order by r.id; return query select 100, 'extra'; end $$;
--| = CREATE FUNCTION
select * from f_tq();
--| 1|x
--| 2|y
--| 3|z
--| 100|extra
--| = SELECT 4
create function f_tamb() returns table (id int, a text) language plpgsql as $$ begin return query select id, a from r; end $$;
--| = CREATE FUNCTION
select * from f_tamb();
--| ! 42702 column reference "id" is ambiguous
--| ! detail: It could refer to either a PL/pgSQL variable or a table column.
create function f_tconf() returns table (id int, a text) language plpgsql as $$
#variable_conflict use_column
begin return query select id, a from r order by id; end $$;
--| = CREATE FUNCTION
select * from f_tconf();
--| 1|x
--| 2|y
--| 3|z
--| = SELECT 3
create function f_tbad() returns table (id int, b text) language plpgsql as $$ begin return query select r.id, r.b from r; end $$;
--| = CREATE FUNCTION
select * from f_tbad();
--| ! 42804 structure of query does not match function result type
--| ! detail: Returned type numeric(6,2) does not match expected type text in column 2.
create function f_tcount() returns table (id int, b text) language plpgsql as $$ begin return query select r.id from r; end $$;
--| = CREATE FUNCTION
select * from f_tcount();
--| ! 42804 structure of query does not match function result type
--| ! detail: Number of returned columns (1) does not match expected column count (2).
create function f_bigint() returns table (n bigint) language plpgsql as $$ begin return query select r.id from r; end $$;
--| = CREATE FUNCTION
select * from f_bigint();
--| ! 42804 structure of query does not match function result type
--| ! detail: Returned type integer does not match expected type bigint in column 1.
create function f_varchar() returns table (n text) language plpgsql as $$ begin return query select 'x'::varchar(10); end $$;
--| = CREATE FUNCTION
select * from f_varchar();
--| ! 42804 structure of query does not match function result type
--| ! detail: Returned type character varying(10) does not match expected type text in column 1.
create function f_setof() returns setof int language plpgsql as $$ begin return next 1; return next 2 + 3; return next '7'; return; end $$;
--| = CREATE FUNCTION
select * from f_setof();
--| 1
--| 5
--| 7
--| = SELECT 3
select f_setof();
--| 1
--| 5
--| 7
--| = SELECT 3
select f_setof() + 1;
--| 2
--| 6
--| 8
--| = SELECT 3
create function f_setq() returns setof int language plpgsql as $$ begin return query select id from r order by 1; raise notice '%', found; return query select id from r where false; raise notice '%', found; end $$;
--| = CREATE FUNCTION
select * from f_setq() as x;
--| # NOTICE: t
--| # NOTICE: f
--| 1
--| 2
--| 3
--| = SELECT 3
select x * 2 from f_setq() x where x <> 2;
--| # NOTICE: t
--| # NOTICE: f
--| 2
--| 6
--| = SELECT 2
create function f_setrow() returns setof r language plpgsql as $$ declare x r; begin for x in select * from r order by id loop x.a := upper(x.a); return next x; end loop; end $$;
--| = CREATE FUNCTION
select * from f_setrow();
--| 1|X|1.00
--| 2|Y|2.50
--| 3|Z|\N
--| = SELECT 3
select (f_setrow()).a;
--| X
--| Y
--| Z
--| = SELECT 3
select count(*), sum(b) from f_setrow();
--| 3|3.50
--| = SELECT 1
create function f_setrec() returns setof record language plpgsql as $$ begin return query select 1, 'a'::text; return query select 2, 'b'::text; end $$;
--| = CREATE FUNCTION
select * from f_setrec() as (n int, s text);
--| 1|a
--| 2|b
--| = SELECT 2
select * from f_setrec() as t(n int, s text) where n = 2;
--| 2|b
--| = SELECT 1
select * from f_setrec();
--| ! 42601 a column definition list is required for functions returning "record"
select * from f_setrec() as (n int);
--| ! 42804 structure of query does not match function result type
--| ! detail: Number of returned columns (2) does not match expected column count (1).
select * from f_setrec() as (n text, s text);
--| ! 42804 structure of query does not match function result type
--| ! detail: Returned type integer does not match expected type text in column 1.
create function f_rec() returns record language plpgsql as $$ declare x record; begin select 5, 'five'::text into x; return x; end $$;
--| = CREATE FUNCTION
select * from f_rec() as (n int, s text);
--| 5|five
--| = SELECT 1
select f_rec();
--| (5,five)
--| = SELECT 1
create function f_nextvar() returns setof two language plpgsql as $$ declare t two; begin t := (1, 'a'); return next t; t.n := 2; return next t; return next row(3, 'c')::two; end $$;
--| = CREATE FUNCTION
select * from f_nextvar();
--| 1|a
--| 2|a
--| 3|c
--| = SELECT 3
create function f_nextrec() returns setof two language plpgsql as $$ declare t record; begin for t in select id, a from r order by id loop return next t; end loop; end $$;
--| = CREATE FUNCTION
select * from f_nextrec();
--| 1|x
--| 2|y
--| 3|z
--| = SELECT 3
create function f_nonset() returns int language plpgsql as $$ begin return next 1; return 1; end $$;
--| ! 42804 cannot use RETURN NEXT in a non-SETOF function
create function f_setval() returns setof int language plpgsql as $$ begin return 1; end $$;
--| ! 42804 RETURN cannot have a parameter in function returning set
--| ! hint: Use RETURN NEXT or RETURN QUERY.
create function f_rq_nonset() returns int language plpgsql as $$ begin return query select 1; end $$;
--| ! 42804 cannot use RETURN QUERY in a non-SETOF function
create function f_empty() returns setof int language plpgsql as $$ begin end $$;
--| = CREATE FUNCTION
select * from f_empty();
--| = SELECT 0
select count(*) from f_empty();
--| 0
--| = SELECT 1
create function f_rqdml() returns setof int language plpgsql as $$ begin return query insert into r values (10, 'ten') returning id; return query delete from r where id = 10 returning id + 1; end $$;
--| = CREATE FUNCTION
select * from f_rqdml();
--| 10
--| 11
--| = SELECT 2
create function f_json() returns jsonb language plpgsql as $$ declare o jsonb; begin select jsonb_agg(to_jsonb(r) order by id) into o from r; return o; end $$;
--| = CREATE FUNCTION
select f_json();
--| [{"a": "x", "b": 1.00, "id": 1}, {"a": "y", "b": 2.50, "id": 2}, {"a": "z", "b": null, "id": 3}]
--| = SELECT 1
create function f_bool() returns bool language plpgsql as $$ begin return exists (select 1 from r where id = 2); end $$;
--| = CREATE FUNCTION
select f_bool();
--| t
--| = SELECT 1
create function f_strict(a int, b int) returns int language plpgsql strict as $$ begin return coalesce(a, 0) + b; end $$;
--| = CREATE FUNCTION
select f_strict(1, 2), f_strict(null, 2);
--| 3|\N
--| = SELECT 1
create function f_strictset(a int) returns setof int language plpgsql strict as $$ begin return next a; end $$;
--| = CREATE FUNCTION
select * from f_strictset(null);
--| = SELECT 0
create function f_ord() returns setof text language plpgsql as $$ begin return query select a from r order by id desc; end $$;
--| = CREATE FUNCTION
select x, o from f_ord() with ordinality t(x, o);
--| z|1
--| y|2
--| x|3
--| = SELECT 3
select id, f from r, lateral f_table(r.id) f where id < 3 order by 1, 2;
--| ! 42702 column reference "id" is ambiguous
select id, (f_row(id)).b from r order by id;
--| 1|1.00
--| 2|2.50
--| 3|\N
--| = SELECT 3
select r.id, t.* from r left join f_table(2) t on t.id = r.id order by r.id;
--| 1|1|n1
--| 2|2|n2
--| 3|\N|\N
--| = SELECT 3
select array(select f_setof()), (select sum(x) from f_setof() x);
--| {1,5,7}|13
--| = SELECT 1
create function f_dom() returns text language plpgsql as $$ declare d date := '2024-03-01'; begin return d; end $$;
--| = CREATE FUNCTION
select f_dom();
--| 2024-03-01
--| = SELECT 1
create function f_perf() returns int language plpgsql as $$ begin perform f_setof(); return 1; end $$;
--| = CREATE FUNCTION
select f_perf();
--| 1
--| = SELECT 1
create function f_enddo() returns int language plpgsql as $$ begin loop return 4; end loop; end $$;
--| = CREATE FUNCTION
select f_enddo();
--| 4
--| = SELECT 1
create function f_case(x int) returns text language plpgsql as $$ begin return case x when 1 then 'one' else 'many' end; end $$;
--| = CREATE FUNCTION
select f_case(1), f_case(2);
--| one|many
--| = SELECT 1
create function f_retcomp() returns two language plpgsql as $$ begin return f_comp(); end $$;
--| = CREATE FUNCTION
select * from f_retcomp();
--| ! 42804 returned record type does not match expected record type
--| ! detail: Returned type unknown does not match expected type text in column 2.
create function f_retsub() returns two language plpgsql as $$ begin return (select row(id, a)::two from r where id = 2); end $$;
--| = CREATE FUNCTION
select * from f_retsub();
--| 2|y
--| = SELECT 1
create function f_assignf() returns text language plpgsql as $$ declare t two; begin t := f_comp(); return t.s || (f_comp()).n; end $$;
--| = CREATE FUNCTION
select f_assignf();
--| ! 42804 returned record type does not match expected record type
--| ! detail: Returned type unknown does not match expected type text in column 2.
create function f_into() returns text language plpgsql as $$ declare t two; n int; s text; begin select * into t from f_comp2(); select * into n, s from f_comp(); return t.s || s || n; end $$;
--| = CREATE FUNCTION
select f_into();
--| ! 42804 returned record type does not match expected record type
--| ! detail: Returned type unknown does not match expected type text in column 2.
