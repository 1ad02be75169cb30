create type cmp as (a int, b text, c int[]);
--| = CREATE TYPE
create table arrt (id int, a int[], m int[][], c cmp, cs cmp[], j jsonb);
--| = CREATE TABLE
insert into arrt (id, a[1], a[2]) values (1, 10, 20), (2, 30, 40);
--| = INSERT 0 2
insert into arrt (id, a[1:3], c.a, c.b, j['x']['y']) select 3, '{7,8,9}', 5, 'five', '1';
--| = INSERT 0 1
insert into arrt (id, m[1:2][1:2], cs[1].a) values (4, '{1,2,3,4}', 9);
--| = INSERT 0 1
update arrt set a[2] = 99, a[3] = 100 where id = 1;
--| = UPDATE 1
update arrt set a[2:3] = '{1,2}' where id in (2, 3);
--| = UPDATE 2
update arrt set m[1][2] = 77 where id = 4;
--| = UPDATE 1
update arrt set m[3][2] = 77 where id = 4;
--| ! 2202E array subscript out of range
update arrt set c.c[1] = 4, c.b = 'z' where id = 3;
--| = UPDATE 1
update arrt set cs[1].b = 'x', cs[1].c[1] = 3 where id = 4;
--| = UPDATE 1
update arrt set j['x']['z'][2] = '5', j['q'][1]['w'] = '"t"' where id = 3;
--| = UPDATE 1
update arrt set j[1] = '5' where id = 4;
--| = UPDATE 1
update arrt set j['x']['y']['z'] = '5' where id = 3;
--| ! 22023 cannot replace existing key
--| ! detail: The path assumes key is a composite object, but it is a scalar value.
update arrt set j[null] = '5' where id = 3;
--| ! 22004 jsonb subscript in assignment must not be null
select * from arrt order by id;
--| 1|{10,99,100}|\N|\N|\N|\N
--| 2|{30,1,2}|\N|\N|\N|\N
--| 3|{7,1,2}|\N|(5,z,{4})|\N|{"q": [null, {"w": "t"}], "x": {"y": 1, "z": [null, null, 5]}}
--| 4|\N|{{1,77},{3,4}}|\N|{"(9,x,{3})"}|[null, 5]
--| = SELECT 4
select m[1:1], m[:][2:], m[1:2][1], a[2:], a[:1], a[5:7] from arrt order by id;
--| \N|\N|\N|{99,100}|{10}|{}
--| \N|\N|\N|{1,2}|{30}|{}
--| \N|\N|\N|{1,2}|{7}|{}
--| {{1,77}}|{{77},{4}}|{{1},{3}}|\N|\N|\N
--| = SELECT 4
select ('{{1,2},{3,4},{5,6}}'::int[])[2:3][1:1], ('{{1,2},{3,4},{5,6}}'::int[])[2:2], ('{1,2}'::int[])[1:1][1:1], ('{}'::int[])[1:2];
--| {{3},{5}}|{{3,4}}|{}|{}
--| = SELECT 1
select ('{}'::int[])[1][2][3][4][5][6][7];
--| ! 54000 number of array dimensions (7) exceeds the maximum allowed (6)
select ('123'::jsonb)[0], ('[1, "2", null]'::jsonb)['1'], ('[1, "2", null]'::jsonb)[1][0], ('{"1":2}'::jsonb)[1], ('{"a":{"b":[5,6]}}'::jsonb)['a']['b'][-1];
--| \N|"2"|\N|2|6
--| = SELECT 1
insert into arrt (id, a) values (5, '{1,2}');
--| = INSERT 0 1
insert into arrt (id, a[1], a) values (6, 1, '{2}');
--| ! 42701 column "a" specified more than once
insert into arrt (id, a['x']) values (5, 1);
--| ! 22P02 invalid input syntax for type integer: "x"
insert into arrt (id, c.q) values (5, 1);
--| ! 42703 cannot assign to field "q" of column "c" because there is no such column in data type cmp
insert into arrt (id, id.q) values (5, 1);
--| ! 42701 column "id" specified more than once
insert into arrt (id, c.a) values (5, 'x'::text);
--| ! 42804 subfield "a" is of type integer but expression is of type text
--| ! hint: You will need to rewrite or cast the expression.
insert into arrt (id, a[1]) values (5, 'x'::text);
--| ! 42804 subscripted assignment to "a" requires type integer but expression is of type text
--| ! hint: You will need to rewrite or cast the expression.
insert into arrt (id, a[1]) values (5, default);
--| ! 0A000 cannot set an array element to DEFAULT
update arrt set a[null] = 4;
--| ! 22004 array subscript in assignment must not be null
update arrt set a[2:1] = '{}';
--| ! 2202E upper bound cannot be less than lower bound
update arrt set a[1:3] = '{1}';
--| ! 2202E source array too small
update arrt set a[:] = '{1}' where id=4;
--| ! 2202E array slice subscript must provide both boundaries
--| ! detail: When assigning to a slice of an empty array value, slice boundaries must be fully specified.
update arrt set (a[1], a[2]) = (5, 6) where id = 1;
--| = UPDATE 1
update arrt set (id, a[1]) = row(v.*) from (values (1, 8)) v(x, y) where id = v.x; 
--| = UPDATE 1
select * from arrt where id = 1;
--| 1|{8,6,100}|\N|\N|\N|\N
--| = SELECT 1
create domain d as int[] check (value[1] > 0);
--| = CREATE DOMAIN
create table dt (x d);
--| = CREATE TABLE
insert into dt (x[1], x[2]) values (3, 4);
--| = INSERT 0 1
insert into dt (x[1]) values (0);
--| ! 23514 value for domain d violates check constraint "d_check"
update dt set x[1] = 5, x[2] = 6;
--| = UPDATE 1
update dt set x[1] = 0;
--| ! 23514 value for domain d violates check constraint "d_check"
select x, x[1] from dt;
--| {5,6}|5
--| = SELECT 1
do $$ declare x d := '{1}'; y int[]; m int[][] := '{{1,2},{3,4}}'; j jsonb; c cmp[]; begin x[2] := 7; y[1:2] := array[3,4]; m[2][1] := 9; m[1:2][2:2] := '{7,8}'; j['a'][2] := '5'; c[1].b := 'h'; raise notice '% % % % %', x, y, m, j, c; begin x[1] := 0; exception when others then raise notice '%', sqlerrm; end; j := null; j[1] := '4'; raise notice '%', j; m[3][1] := 1; end $$;
--| # NOTICE: {1,7} {3,4} {{1,7},{9,8}} {"a": [null, null, 5]} {"(,h,)"}
--| # NOTICE: value for domain d violates check constraint "d_check"
--| # NOTICE: [null, 4]
--| ! 2202E array subscript out of range
