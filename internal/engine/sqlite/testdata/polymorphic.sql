-- Polymorphic ranges.
create function rng(in x anyelement, in y anyrange, out a anyrange, out b anyelement) language sql as 'select y, x';
--| = CREATE FUNCTION
select * from rng(1, int4range(1, 3));
--| [1,3)|1
--| = SELECT 1
select rng(1, int4range(1, 3));
--| ("[1,3)",1)
--| = SELECT 1
create function low(x anyrange) returns anyelement language sql as 'select lower(x)';
--| = CREATE FUNCTION
select low(int4range(1, 2)), low(daterange('2024-01-01', null));
--| 1|2024-01-01
--| = SELECT 1
create function many(x anyrange) returns anymultirange language sql as 'select range_merge(x, x)::int4multirange';
--| = CREATE FUNCTION
create function ofmany(x anymultirange, out a anyrange) language sql as 'select range_merge(x)';
--| = CREATE FUNCTION
select ofmany('{[1,2),[5,9)}'::int4multirange);
--| [1,9)
--| = SELECT 1
create function same(x anyrange, out a anyrange) language plpgsql as $$ begin a := x; end $$;
--| = CREATE FUNCTION
select same(numrange(1, 2)), same(tsrange('2024-01-01', null));
--| [1,2)|["2024-01-01 00:00:00",)
--| = SELECT 1
create function bad1(x anyelement, out a anyrange) language sql as 'select null';
--| ! 42P13 cannot determine result data type
--| ! detail: A result of type anyrange requires at least one input of type anyrange or anymultirange.
create function bad2(x anyarray, out a anymultirange) language sql as 'select null';
--| ! 42P13 cannot determine result data type
--| ! detail: A result of type anymultirange requires at least one input of type anyrange or anymultirange.
create function bad3(x anyelement) returns table (a anycompatible) language sql as 'select null';
--| ! 42P13 cannot determine result data type
--| ! detail: A result of type anycompatible requires at least one input of type anycompatible, anycompatiblearray, anycompatiblenonarray, anycompatiblerange, or anycompatiblemultirange.
create function bad4(x int) returns table (a int, b anyelement) language sql as 'select null';
--| ! 42P13 cannot determine result data type
--| ! detail: A result of type anyelement requires at least one input of type anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange.
select same(1);
--| ! 42883 function same(integer) does not exist
--| ! hint: No function matches the given name and argument types. You might need to add explicit type casts.
