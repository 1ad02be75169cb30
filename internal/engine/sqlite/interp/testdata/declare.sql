create table item (id int primary key, name text not null, price numeric(10,2) default 1.5, tags text[], meta jsonb, at timestamptz);
--| = CREATE TABLE
create type pair as (a int, b text);
--| = CREATE TYPE
create type nested as (p pair, n int);
--| = CREATE TYPE
create type mood as enum ('sad', 'ok', 'happy');
--| = CREATE TYPE
create domain positive as int check (value > 0);
--| = CREATE DOMAIN
create domain filled as text not null;
--| = CREATE DOMAIN
insert into item values (1, 'one', 1.25, '{a,b}', '{"k": 1}', '2024-01-02 03:04:05+00'), (2, 'two', 2.5, null, null, null);
--| = INSERT 0 2

do $$ declare a int; b text := 'x'; c int default 3; d int = 4; begin raise notice '% % % %', a, b, c, d; end $$;
--| # NOTICE: <NULL> x 3 4
--| = DO
do $$ declare a constant int := 3; begin raise notice '%', a + 1; end $$;
--| # NOTICE: 4
--| = DO
do $$ declare a constant int := 3; begin a := 4; end $$;
--| ! 22005 variable "a" is declared CONSTANT
do $$ declare a int not null := 1; begin a := null; end $$;
--| ! 22004 null value cannot be assigned to variable "a" declared NOT NULL
do $$ declare a int not null; begin null; end $$;
--| ! 22004 variable "a" must have a default value, since it's declared NOT NULL
do $$ declare a int not null := null; begin null; end $$;
--| ! 22004 null value cannot be assigned to variable "a" declared NOT NULL
do $$ declare a item.name%type := 'x'; b item.price%type := 2.345; begin raise notice '% %', a, b; end $$;
--| # NOTICE: x 2.35
--| = DO
do $$ declare a int := 1; b a%type := 2; begin raise notice '%', b; end $$;
--| # NOTICE: 2
--| = DO
do $$ declare r item%rowtype; begin raise notice '%', r; r.id := 7; raise notice '% %', r, r.name; end $$;
--| # NOTICE: <NULL>
--| # NOTICE: (7,,,,,) <NULL>
--| = DO
do $$ declare r public.item%rowtype; begin select * into r from item where id = 1; raise notice '% % %', r.name, r.tags[1], r.meta->>'k'; end $$;
--| # NOTICE: one a 1
--| = DO
do $$ declare r nothing%rowtype; begin null; end $$;
--| ! 42P01 relation "nothing" does not exist
do $$ declare r item; begin r.name := 'q'; r.price := '12.345'; raise notice '%', r; end $$;
--| # NOTICE: (,q,12.35,,,)
--| = DO
do $$ declare r record; begin raise notice '%', r.a; end $$;
--| ! 55000 record "r" is not assigned yet
--| ! detail: The tuple structure of a not-yet-assigned record is indeterminate.
do $$ declare r record; begin select 1 as a, 'z' as b into r; raise notice '%', r.c; end $$;
--| ! 42703 record "r" has no field "c"
do $$ declare r record; begin r.a := 1; end $$;
--| ! 55000 record "r" is not assigned yet
--| ! detail: The tuple structure of a not-yet-assigned record is indeterminate.
do $$ declare r record; begin select 1 as a into r; r.b := 1; end $$;
--| ! 42703 record "r" has no field "b"
do $$ declare r record; begin r := null; raise notice '%', r is null; end $$;
--| # NOTICE: t
--| = DO
do $$ declare r record; begin raise notice '%', r is null; end $$;
--| # NOTICE: t
--| = DO
do $$ declare p pair; begin p := (1, 'x'); raise notice '% % %', p, p.a, p.b; p.b := 'y'; raise notice '%', p; p := null; raise notice '% %', p, p.a; end $$;
--| # NOTICE: (1,x) 1 x
--| # NOTICE: (1,y)
--| # NOTICE: <NULL> <NULL>
--| = DO
do $$ declare p pair; begin p := row(1, 'x', 2); end $$;
--| = DO
do $$ declare p pair; begin p := row('a', 'x'); end $$;
--| ! 22P02 invalid input syntax for type integer: "a"
do $$ declare p pair; begin p.c := 1; end $$;
--| ! 42703 record "p" has no field "c"
do $$ declare p pair := '(3,"hello world")'; begin raise notice '%', p.b; end $$;
--| ! 42804 cannot assign non-composite value to a record variable
do $$ declare n nested; begin n := row(row(1, 'x')::pair, 2); raise notice '% %', n, (n.p).b; end $$;
--| # NOTICE: ("(1,x)",2) x
--| = DO
do $$ declare n nested; begin n.p.a := 5; n.n := 2; raise notice '%', n; end $$;
--| # NOTICE: ("(5,)",2)
--| = DO
do $$ declare a int[]; begin a[1] := 10; a[3] := 30; raise notice '% %', a, a[2]; a := a || 40; raise notice '% %', a, array_length(a, 1); end $$;
--| # NOTICE: {10,NULL,30} <NULL>
--| # NOTICE: {10,NULL,30,40} 4
--| = DO
do $$ declare a int[] := '{1,2,3}'; begin a[2] := a[2] * 10; raise notice '% % %', a, a[2], a[2:3]; a[1:2] := '{7,8}'; raise notice '%', a; end $$;
--| # NOTICE: {1,20,3} 20 {20,3}
--| # NOTICE: {7,8,3}
--| = DO
do $$ declare a int[]; begin a[null] := 1; end $$;
--| ! 22004 array subscript in assignment must not be null
do $$ declare a int[] := '{{1,2},{3,4}}'; begin a[1][2] := 9; raise notice '%', a; end $$;
--| # NOTICE: {{1,9},{3,4}}
--| = DO
do $$ declare a int; begin a[1] := 2; end $$;
--| ! 42804 cannot subscript type integer because it does not support subscripting
do $$ declare j jsonb := '{"a": {"b": 1}}'; begin j['a']['b'] := '2'; j['c'] := '"x"'; raise notice '%', j; end $$;
--| # NOTICE: {"a": {"b": 2}, "c": "x"}
--| = DO
do $$ declare j jsonb; begin j['a'] := '1'; raise notice '% %', j, j['a']; end $$;
--| # NOTICE: {"a": 1} 1
--| = DO
do $$ declare p pair[]; begin p[1] := row(1, 'x'); raise notice '% %', p, (p[1]).b; end $$;
--| # NOTICE: {"(1,x)"} x
--| = DO
do $$ declare p positive := 3; begin p := p - 2; raise notice '%', p; p := p - 1; end $$;
--| # NOTICE: 1
--| ! 23514 value for domain positive violates check constraint "positive_check"
do $$ declare p positive; begin raise notice '%', p; end $$;
--| # NOTICE: <NULL>
--| = DO
do $$ declare f filled; begin null; end $$;
--| ! 23502 domain filled does not allow null values
do $$ declare f filled := 'x'; begin f := null; end $$;
--| ! 23502 domain filled does not allow null values
do $$ declare m mood := 'ok'; begin raise notice '% %', m, m > 'sad'; m := 'bad'; end $$;
--| # NOTICE: ok t
--| ! 22P02 invalid input value for enum mood: "bad"
do $$ declare v varchar(3) := 'abcdef'; begin raise notice '%', v; end $$;
--| ! 22001 value too long for type character varying(3)
do $$ declare v char(5) := 'ab'; begin raise notice '[%]', v; end $$;
--| # NOTICE: [ab   ]
--| = DO
do $$ declare n numeric(5,2) := 3.14159; begin raise notice '%', n; n := 12345; end $$;
--| # NOTICE: 3.14
--| ! 22003 numeric field overflow
--| ! detail: A field with precision 5, scale 2 must round to an absolute value less than 10^3.
do $$ declare a int := '12'; b text := 5; c bool := 'yes'; d date := '2024-02-30'::text; begin null; end $$;
--| ! 22008 date/time field value out of range: "2024-02-30"
do $$ declare a int := 3.7; b int := 'abc'; begin null; end $$;
--| ! 22P02 invalid input syntax for type integer: "abc"
do $$ declare a int := 3.5; s smallint; begin raise notice '%', a; s := 40000; end $$;
--| # NOTICE: 4
--| ! 22003 smallint out of range
do $$ declare a date := '2024-01-31'; t timestamptz := '2024-01-31 10:00+02'; i interval := '1 mon'; begin raise notice '% % %', a + i, t, i; end $$;
--| # NOTICE: 2024-02-29 00:00:00 2024-01-31 08:00:00+00 1 mon
--| = DO
do $$ declare u uuid := '00000000-0000-0000-0000-00000000000A'; b bytea := '\x0102'; begin raise notice '% %', u, b; end $$;
--| # NOTICE: 00000000-0000-0000-0000-00000000000a \x0102
--| = DO
do $$ declare x nosuchtype; begin null; end $$;
--| ! 42704 type "nosuchtype" does not exist
do $$ declare a int := 1; a int := 2; begin null; end $$;
--| ! 42601 duplicate declaration at or near "a"
do $$ declare a int := 1; b int := a + 1; begin raise notice '%', b; end $$;
--| # NOTICE: 2
--| = DO
do $$ declare a int := 1 / 0; begin raise notice 'not reached'; exception when division_by_zero then raise notice 'not here'; end $$;
--| ! 22012 division by zero
create function alias1(int, text) returns text language plpgsql as $$ declare x alias for $1; y alias for $2; begin x := x + 1; return x || y || $1; end $$;
--| = CREATE FUNCTION
select alias1(1, 'a');
--| 2a2
--| = SELECT 1
create function alias2(v int) returns int language plpgsql as $$ declare w alias for v; begin w := w * 2; return v; end $$;
--| = CREATE FUNCTION
select alias2(21);
--| 42
--| = SELECT 1
do $$ <<outer>> declare x int := 1; begin declare x int := 2; begin raise notice '% %', x, outer.x; outer.x := 5; end; raise notice '%', x; end $$;
--| ! 42601 syntax error at or near "."
do $$ declare x int := 1; begin declare x int := x + 10; begin raise notice '%', x; end; end $$;
--| # NOTICE: 11
--| = DO
do $$ <<blk>> declare r record; begin select 1 as a into r; raise notice '%', blk.r.a; end $$;
--| # NOTICE: 1
--| = DO
create function fnlabel(x int) returns int language plpgsql as $$ declare y int; begin select fnlabel.x * 2 into y; return y; end $$;
--| = CREATE FUNCTION
select fnlabel(4);
--| 8
--| = SELECT 1
do $$ declare "Mixed Case" int := 1; begin raise notice '%', "Mixed Case"; end $$;
--| # NOTICE: 1
--| = DO
do $$ declare x int; begin x := (select count(*) from item); raise notice '%', x; x = x + 1; raise notice '%', x; end $$;
--| # NOTICE: 2
--| # NOTICE: 3
--| = DO
do $$ declare x text collate "C" := 'a'; begin raise notice '%', x; end $$;
--| # NOTICE: a
--| = DO
do $$ begin for i in 1..2 loop declare n int := 0; begin n := n + i; raise notice '%', n; end; end loop; end $$;
--| # NOTICE: 1
--| # NOTICE: 2
--| = DO
do $$ declare x int; begin x := (select id from item); end $$;
--| ! 21000 more than one row returned by a subquery used as an expression
do $$ declare x int; begin x := 1, 2; end $$;
--| ! 42601 assignment source returned 2 columns
do $$ declare x int; begin x := id from item where id = 2; raise notice '%', x; end $$;
--| # NOTICE: 2
--| = DO
do $$ declare x int; begin x := id from item where id = 99; raise notice '%', x; end $$;
--| # NOTICE: <NULL>
--| = DO
do $$ declare x int := 5; begin y := x; end $$;
--| ! 42601 "y" is not a known variable
do $$ declare x int := 5; begin x := nothing; end $$;
--| ! 42703 column "nothing" does not exist
do $$ declare x int := 5; begin x := x + 'a'; end $$;
--| ! 22P02 invalid input syntax for type integer: "a"
do $$ declare found bool; begin found := null; perform 1; raise notice '%', found; end $$;
--| # NOTICE: <NULL>
--| = DO
do $$ declare a bigint := 9223372036854775807; begin a := a + 1; end $$;
--| ! 22003 bigint out of range
do $$ declare a int := 2147483647; begin a := a + 1; end $$;
--| ! 22003 integer out of range
do $$ declare a real := 0.1; b float8 := 0.1; begin raise notice '% % %', a, b, a = b; end $$;
--| # NOTICE: 0.1 0.1 f
--| = DO
do $$ declare t item[]; begin t := array(select i from item i order by id); raise notice '% %', array_length(t, 1), (t[2]).name; end $$;
--| # NOTICE: 2 two
--| = DO
