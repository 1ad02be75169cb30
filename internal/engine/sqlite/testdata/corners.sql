select rank(3) within group (order by x) from (values (1),(1),(2),(2),(3),(3),(4)) v(x);
--| 5
--| = SELECT 1
select cume_dist(3) within group (order by x), percent_rank(3) within group (order by x), dense_rank(3) within group (order by x), rank(3) within group (order by x desc) from (values (1),(1),(2),(2),(3),(3),(4),(null)) v(x);
--| 0.7777777777777778|0.5|3|3
--| = SELECT 1
select g, rank(2) within group (order by x), dense_rank(2) within group (order by x), cume_dist(2) within group (order by x), percent_rank(2) within group (order by x) from (values ('a',1),('a',1),('b',5),('b',null),('c',null)) v(g, x) group by g order by g;
--| a|3|2|1|1
--| b|1|1|0.3333333333333333|0
--| c|1|1|0.5|0
--| = SELECT 3
select g, rank(null) within group (order by x), dense_rank(null) within group (order by x nulls first) filter (where x > 0) from (values ('a',1),('a',1),('b',5),('b',null),('c',null)) v(g, x) group by g order by g;
--| a|3|1
--| b|2|1
--| c|1|1
--| = SELECT 3
select rank(1, 'b') within group (order by x, y desc), dense_rank(1, 'b') within group (order by x, y desc) from (values (1,'a'),(1,'b'),(1,'c'),(2,'c'),(0,null)) v(x,y);
--| 3|3
--| = SELECT 1
select rank(1) within group (order by x), percent_rank(1) within group (order by x), cume_dist(1) within group (order by x), dense_rank(1) within group (order by x) from (values (1)) v(x) where false;
--| 1|0|1|1
--| = SELECT 1
select rank(1, 2) within group (order by x) from (values (1)) v(x);
--| ! 42883 function rank(integer, integer, integer) does not exist
--| ! hint: To use the hypothetical-set aggregate rank, the number of hypothetical direct arguments (here 2) must match the number of ordering columns (here 1).
select rank('fred') within group (order by x) from (values (1)) v(x);
--| ! 22P02 invalid input syntax for type integer: "fred"
select rank(1) within group (order by x) over () from (values (1)) v(x);
--| ! 0A000 OVER is not supported for ordered-set aggregate rank
select rank(1) from (values (1)) v(x);
--| ! 42809 WITHIN GROUP is required for ordered-set aggregate rank
select rank(x) within group (order by x) from (values (1)) v(x);
--| ! 42803 column "v.x" must appear in the GROUP BY clause or be used in an aggregate function
--| ! detail: Direct arguments of an ordered-set aggregate must use only grouped columns.
select rank(g) within group (order by x) from (values (1, 2)) v(g, x) group by g;
--| 1
--| = SELECT 1
select rank(1.5) within group (order by x) from (values (1),(2)) v(x);
--| 2
--| = SELECT 1
select rank(1) within group (order by sum(x)) from (values (1),(2)) v(x);
--| ! 42803 aggregate function calls cannot be nested
select regclass('no_schema.x');
--| ! 3F000 schema "no_schema" does not exist
select regproc('ng_catalog.now');
--| ! 3F000 schema "ng_catalog" does not exist
select regprocedure('ng_catalog.abs(numeric)');
--| ! 3F000 schema "ng_catalog" does not exist
select regtype('ng_catalog.int4');
--| ! 3F000 schema "ng_catalog" does not exist
select regrole('foo.bar');
--| ! 42602 invalid name syntax
select regnamespace('foo.bar');
--| ! 42602 invalid name syntax
select to_regrole('foo.bar');
--| ! 42602 invalid name syntax
select to_regnamespace('foo.bar');
--| ! 42602 invalid name syntax
select to_regclass('ng_catalog.x');
--| \N
--| = SELECT 1
select to_regproc('ng_catalog.x');
--| \N
--| = SELECT 1
select to_regtype('ng_catalog.x');
--| \N
--| = SELECT 1
create type t1 as (a int, b int);
--| = CREATE TYPE
create type t3 as (a int, b text);
--| = CREATE TYPE
select row(1, 2)::t1 < row(1, 'abc')::t3;
--| ! 42804 cannot compare dissimilar column types integer and text at record column 2
select row(1, 2)::t1 <> row(1, 'abc')::t3;
--| ! 42804 cannot compare dissimilar column types integer and text at record column 2
select row(1,2)::t1 = row(1,3)::t3;
--| ! 42804 cannot compare dissimilar column types integer and text at record column 2
select daterange('-infinity'::date, '2000-01-01'::date, '()');
--| (-infinity,2000-01-01)
--| = SELECT 1
select daterange('2000-01-01'::date, 'infinity'::date, '[]');
--| [2000-01-01,infinity]
--| = SELECT 1
select '2011-03-27 02:00:00'::timestamp AT TIME ZONE 'MSK', '2011-03-27 03:00:00 MSK'::timestamptz;
--| 2011-03-26 22:00:00+00|2011-03-26 23:00:00+00
--| = SELECT 1
select row('ABC','DEF') ~<=~ row('DEF','ABC') as true;
--| t
--| = SELECT 1
select row('a') ~>~ row('b');
--| f
--| = SELECT 1
select textanycat('a', '1.2.3.4/32'::inet), 'a' || '1.2.3.4/32'::inet, '1.2.3.4/32'::inet || 'a';
--| a1.2.3.4/32|a1.2.3.4/32|1.2.3.4/32a
--| = SELECT 1
select ts_rank_cd('a:1 b:3'::tsvector, '!(a<->b)'), ts_rank_cd('a:1 b:2'::tsvector, '!(a<->b)'), ts_rank_cd(' a:1 sa:2A sb:2D g'::tsvector, 'a <-> s:*');
--| 0.2|0.2|0.1
--| = SELECT 1
select json_to_tsvector('1','[[],1]');
--| ! XX000 unexpected end of flag array
select json_to_tsvector('1','[1,[]]');
--| ! 22023 flag array element is not a string
--| ! hint: Possible values are: "string", "numeric", "boolean", "key", and "all".
select json_to_tsvector('1','["all",{"a":1}]');
--| ! XX000 unexpected end of flag array
select ts_headline('a b',  'a'::tsquery, ',');
--| a b
--| = SELECT 1
select format('%1-');
--| ! 22023 unrecognized format() type specifier "-"
--| ! hint: For a single "%" use "%%".
select format('%1$-');
--| ! 22023 unterminated format() type specifier
--| ! hint: For a single "%" use "%%".
select format('%1');
--| ! 22023 unterminated format() type specifier
--| ! hint: For a single "%" use "%%".
select format('%1$');
--| ! 22023 unterminated format() type specifier
--| ! hint: For a single "%" use "%%".
select format('%-1-', 1);
--| ! 22023 unrecognized format() type specifier "-"
--| ! hint: For a single "%" use "%%".
select format('%*0$s', 'Hello');
--| ! 22023 format specifies argument 0, but arguments are numbered from 1
select format('>>%*1$s<<', 10, 'Hello');
--| >>     Hello<<
--| = SELECT 1
select format('>>%2$*1$L<<', 10, 'Hello'), format('>>%*s<<', 10, 'Hello'), format('%s %*s', 1, 5, 'x');
--| >>   'Hello'<<|>>     Hello<<|1     x
--| = SELECT 1
select numeric_larger(8, 8.0), numeric_smaller(8, 8.0), bpchar_smaller(' ',''::bpchar), interval_larger('1 day','24 hours'), interval_smaller('1 day','24 hours'), array_larger('{8}'::numeric[],'{8.0}'), array_smaller('{8}'::numeric[],'{8.0}'), "time"('-2562047786:54:54.775808'::interval), "time"('-25:00:00.5'::interval);
--| 8.0|8.0| |24:00:00|24:00:00|{8.0}|{8.0}|29:06:54.775808|22:59:59.5
--| = SELECT 1
select jsonb_delete_path('"b"', '{{a},{b}}');
--| ! 2202E wrong number of array subscripts
select jsonb_set('{}', '{{a},{b}}', '1');
--| ! 2202E wrong number of array subscripts
select '{"a":1}'::jsonb - '{{a},{b}}'::text[];
--| ! 2202E wrong number of array subscripts
