-- Every operator that docs/reference/sql.md names, over a literal of each of its types.
create extension if not exists citext with schema extensions;
--| = CREATE EXTENSION

create extension if not exists pg_trgm with schema extensions;
--| = CREATE EXTENSION

select operator(pg_catalog.!!) '''dog'''::tsquery as r;
--| !'dog'
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.!~) 'b%'::text as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.!~) 'b%'::citext as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.!~) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::name operator(pg_catalog.!~) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.!~) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.!~*) 'b%'::text as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.!~*) 'b%'::citext as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.!~*) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::name operator(pg_catalog.!~*) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.!~*) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.!~~) 'b%'::text as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.!~~) 'b%'::citext as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.!~~) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::name operator(pg_catalog.!~~) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.!~~) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.!~~*) 'b%'::text as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.!~~*) 'b%'::citext as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.!~~*) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::name operator(pg_catalog.!~~*) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.!~~*) 'b%'::text as r;
--| t
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.#) '011'::bit(3) as r;
--| 110
--| = SELECT 1

select '7'::int2 operator(pg_catalog.#) '3'::int2 as r;
--| 4
--| = SELECT 1

select '7'::int4 operator(pg_catalog.#) '3'::int4 as r;
--| 4
--| = SELECT 1

select '7'::int8 operator(pg_catalog.#) '3'::int8 as r;
--| 4
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.#-) '{b,c}'::text[] as r;
--| {"a": [1, "b"]}
--| = SELECT 1

select '{"a": [1, "b"]}'::json operator(pg_catalog.#>) '{b,c}'::text[] as r;
--| \N
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.#>) '{b,c}'::text[] as r;
--| \N
--| = SELECT 1

select '{"a": [1, "b"]}'::json operator(pg_catalog.#>>) '{b,c}'::text[] as r;
--| \N
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.#>>) '{b,c}'::text[] as r;
--| \N
--| = SELECT 1

select '7'::int2 operator(pg_catalog.%) '3'::int2 as r;
--| 1
--| = SELECT 1

select '7'::int4 operator(pg_catalog.%) '3'::int4 as r;
--| 1
--| = SELECT 1

select '7'::int8 operator(pg_catalog.%) '3'::int8 as r;
--| 1
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.%) '2'::numeric as r;
--| 1.50
--| = SELECT 1

select 'abc'::text operator(extensions.%) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::text operator(extensions.%>) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::text operator(extensions.%>>) 'b%'::text as r;
--| f
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.&) '011'::bit(3) as r;
--| 001
--| = SELECT 1

select '7'::int2 operator(pg_catalog.&) '3'::int2 as r;
--| 3
--| = SELECT 1

select '7'::int4 operator(pg_catalog.&) '3'::int4 as r;
--| 3
--| = SELECT 1

select '7'::int8 operator(pg_catalog.&) '3'::int8 as r;
--| 3
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.&&) '{2,3}'::int4[] as r;
--| t
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.&&) '[3,8)'::int4range as r;
--| t
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.&&) '10.0.0.0/8'::inet as r;
--| t
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.&&) '''dog'''::tsquery as r;
--| 'cat' & 'dog' & 'dog'
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.&<) '[3,8)'::int4range as r;
--| t
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.&>) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.*) '[3,8)'::int4range as r;
--| [3,5)
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.*) '2'::float4 as r;
--| 15
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.*) '8'::float8 as r;
--| 60
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.*) '2'::float4 as r;
--| 15
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.*) '8'::float8 as r;
--| 60
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.*) '3 hours'::interval as r;
--| 22:30:00
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.*) '2'::money as r;
--| $15.00
--| = SELECT 1

select '7'::int2 operator(pg_catalog.*) '3'::int2 as r;
--| 21
--| = SELECT 1

select '7'::int2 operator(pg_catalog.*) '3'::int4 as r;
--| 21
--| = SELECT 1

select '7'::int2 operator(pg_catalog.*) '3'::int8 as r;
--| 21
--| = SELECT 1

select '7'::int2 operator(pg_catalog.*) '2'::money as r;
--| $14.00
--| = SELECT 1

select '7'::int4 operator(pg_catalog.*) '3'::int2 as r;
--| 21
--| = SELECT 1

select '7'::int4 operator(pg_catalog.*) '3'::int4 as r;
--| 21
--| = SELECT 1

select '7'::int4 operator(pg_catalog.*) '3'::int8 as r;
--| 21
--| = SELECT 1

select '7'::int4 operator(pg_catalog.*) '2'::money as r;
--| $14.00
--| = SELECT 1

select '7'::int8 operator(pg_catalog.*) '3'::int2 as r;
--| 21
--| = SELECT 1

select '7'::int8 operator(pg_catalog.*) '3'::int4 as r;
--| 21
--| = SELECT 1

select '7'::int8 operator(pg_catalog.*) '3'::int8 as r;
--| 21
--| = SELECT 1

select '7'::int8 operator(pg_catalog.*) '2'::money as r;
--| $14.00
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.*) '8'::float8 as r;
--| 8 days 16:00:00
--| = SELECT 1

select '7.50'::money operator(pg_catalog.*) '8'::float8 as r;
--| $60.00
--| = SELECT 1

select '7.50'::money operator(pg_catalog.*) '3'::int2 as r;
--| $22.50
--| = SELECT 1

select '7.50'::money operator(pg_catalog.*) '3'::int4 as r;
--| $22.50
--| = SELECT 1

select '7.50'::money operator(pg_catalog.*) '3'::int8 as r;
--| $22.50
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.*) '2'::numeric as r;
--| 15.00
--| = SELECT 1

select operator(pg_catalog.+) '2'::float4 as r;
--| 2
--| = SELECT 1

select operator(pg_catalog.+) '8'::float8 as r;
--| 8
--| = SELECT 1

select operator(pg_catalog.+) '3'::int2 as r;
--| 3
--| = SELECT 1

select operator(pg_catalog.+) '3'::int4 as r;
--| 3
--| = SELECT 1

select operator(pg_catalog.+) '3'::int8 as r;
--| 3
--| = SELECT 1

select operator(pg_catalog.+) '2'::numeric as r;
--| 2
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.+) '[3,8)'::int4range as r;
--| [1,8)
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.+) '3'::int4 as r;
--| 2024-03-03
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.+) '3 hours'::interval as r;
--| 2024-02-29 03:00:00
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.+) '01:02:03'::time as r;
--| 2024-02-29 01:02:03
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.+) '01:02:03+00'::timetz as r;
--| 2024-02-29 01:02:03+00
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.+) '2'::float4 as r;
--| 9.5
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.+) '8'::float8 as r;
--| 15.5
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.+) '2'::float4 as r;
--| 9.5
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.+) '8'::float8 as r;
--| 15.5
--| = SELECT 1

select '7'::int2 operator(pg_catalog.+) '3'::int2 as r;
--| 10
--| = SELECT 1

select '7'::int2 operator(pg_catalog.+) '3'::int4 as r;
--| 10
--| = SELECT 1

select '7'::int2 operator(pg_catalog.+) '3'::int8 as r;
--| 10
--| = SELECT 1

select '7'::int4 operator(pg_catalog.+) '2024-01-31'::date as r;
--| 2024-02-07
--| = SELECT 1

select '7'::int4 operator(pg_catalog.+) '3'::int2 as r;
--| 10
--| = SELECT 1

select '7'::int4 operator(pg_catalog.+) '3'::int4 as r;
--| 10
--| = SELECT 1

select '7'::int4 operator(pg_catalog.+) '3'::int8 as r;
--| 10
--| = SELECT 1

select '7'::int8 operator(pg_catalog.+) '3'::int2 as r;
--| 10
--| = SELECT 1

select '7'::int8 operator(pg_catalog.+) '3'::int4 as r;
--| 10
--| = SELECT 1

select '7'::int8 operator(pg_catalog.+) '3'::int8 as r;
--| 10
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.+) '2024-01-31'::date as r;
--| 2024-02-01 02:00:00
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.+) '3 hours'::interval as r;
--| 1 day 05:00:00
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.+) '01:02:03'::time as r;
--| 03:02:03
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.+) '2024-01-31 01:02:03'::timestamp as r;
--| 2024-02-01 03:02:03
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.+) '2024-01-31 01:02:03+00'::timestamptz as r;
--| 2024-02-01 03:02:03+00
--| = SELECT 1

select '7.50'::money operator(pg_catalog.+) '2'::money as r;
--| $9.50
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.+) '2'::numeric as r;
--| 9.50
--| = SELECT 1

select '10:20:30'::time operator(pg_catalog.+) '2024-01-31'::date as r;
--| 2024-01-31 10:20:30
--| = SELECT 1

select '10:20:30'::time operator(pg_catalog.+) '3 hours'::interval as r;
--| 13:20:30
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.+) '3 hours'::interval as r;
--| 2024-02-29 13:20:30
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.+) '3 hours'::interval as r;
--| 2024-02-29 13:20:30+00
--| = SELECT 1

select operator(pg_catalog.-) '2'::float4 as r;
--| -2
--| = SELECT 1

select operator(pg_catalog.-) '8'::float8 as r;
--| -8
--| = SELECT 1

select operator(pg_catalog.-) '3'::int2 as r;
--| -3
--| = SELECT 1

select operator(pg_catalog.-) '3'::int4 as r;
--| -3
--| = SELECT 1

select operator(pg_catalog.-) '3'::int8 as r;
--| -3
--| = SELECT 1

select operator(pg_catalog.-) '3 hours'::interval as r;
--| -03:00:00
--| = SELECT 1

select operator(pg_catalog.-) '2'::numeric as r;
--| -2
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.-) '[3,8)'::int4range as r;
--| [1,3)
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.-) '2024-01-31'::date as r;
--| 29
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.-) '3'::int4 as r;
--| 2024-02-26
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.-) '3 hours'::interval as r;
--| 2024-02-28 21:00:00
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.-) '2'::float4 as r;
--| 5.5
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.-) '8'::float8 as r;
--| -0.5
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.-) '2'::float4 as r;
--| 5.5
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.-) '8'::float8 as r;
--| -0.5
--| = SELECT 1

select '7'::int2 operator(pg_catalog.-) '3'::int2 as r;
--| 4
--| = SELECT 1

select '7'::int2 operator(pg_catalog.-) '3'::int4 as r;
--| 4
--| = SELECT 1

select '7'::int2 operator(pg_catalog.-) '3'::int8 as r;
--| 4
--| = SELECT 1

select '7'::int4 operator(pg_catalog.-) '3'::int2 as r;
--| 4
--| = SELECT 1

select '7'::int4 operator(pg_catalog.-) '3'::int4 as r;
--| 4
--| = SELECT 1

select '7'::int4 operator(pg_catalog.-) '3'::int8 as r;
--| 4
--| = SELECT 1

select '7'::int8 operator(pg_catalog.-) '3'::int2 as r;
--| 4
--| = SELECT 1

select '7'::int8 operator(pg_catalog.-) '3'::int4 as r;
--| 4
--| = SELECT 1

select '7'::int8 operator(pg_catalog.-) '3'::int8 as r;
--| 4
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.-) '3 hours'::interval as r;
--| 1 day -01:00:00
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.-) '{b,c}'::text[] as r;
--| {"a": [1, "b"]}
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.-) '3'::int4 as r;
--| ! 22023 cannot delete from object using integer index

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.-) 'b%'::text as r;
--| {"a": [1, "b"]}
--| = SELECT 1

select '7.50'::money operator(pg_catalog.-) '2'::money as r;
--| $5.50
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.-) '2'::numeric as r;
--| 5.50
--| = SELECT 1

select '10:20:30'::time operator(pg_catalog.-) '3 hours'::interval as r;
--| 07:20:30
--| = SELECT 1

select '10:20:30'::time operator(pg_catalog.-) '01:02:03'::time as r;
--| 09:18:27
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.-) '3 hours'::interval as r;
--| 2024-02-29 07:20:30
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.-) '2024-01-31 01:02:03'::timestamp as r;
--| 29 days 09:18:27
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.-) '3 hours'::interval as r;
--| 2024-02-29 07:20:30+00
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.-) '2024-01-31 01:02:03+00'::timestamptz as r;
--| 29 days 09:18:27
--| = SELECT 1

select '{"a": [1, "b"]}'::json operator(pg_catalog.->) '3'::int4 as r;
--| \N
--| = SELECT 1

select '{"a": [1, "b"]}'::json operator(pg_catalog.->) 'b%'::text as r;
--| \N
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.->) '3'::int4 as r;
--| \N
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.->) 'b%'::text as r;
--| \N
--| = SELECT 1

select '{"a": [1, "b"]}'::json operator(pg_catalog.->>) '3'::int4 as r;
--| \N
--| = SELECT 1

select '{"a": [1, "b"]}'::json operator(pg_catalog.->>) 'b%'::text as r;
--| \N
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.->>) '3'::int4 as r;
--| \N
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.->>) 'b%'::text as r;
--| \N
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.-|-) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog./) '2'::float4 as r;
--| 3.75
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog./) '8'::float8 as r;
--| 0.9375
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog./) '2'::float4 as r;
--| 3.75
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog./) '8'::float8 as r;
--| 0.9375
--| = SELECT 1

select '7'::int2 operator(pg_catalog./) '3'::int2 as r;
--| 2
--| = SELECT 1

select '7'::int2 operator(pg_catalog./) '3'::int4 as r;
--| 2
--| = SELECT 1

select '7'::int2 operator(pg_catalog./) '3'::int8 as r;
--| 2
--| = SELECT 1

select '7'::int4 operator(pg_catalog./) '3'::int2 as r;
--| 2
--| = SELECT 1

select '7'::int4 operator(pg_catalog./) '3'::int4 as r;
--| 2
--| = SELECT 1

select '7'::int4 operator(pg_catalog./) '3'::int8 as r;
--| 2
--| = SELECT 1

select '7'::int8 operator(pg_catalog./) '3'::int2 as r;
--| 2
--| = SELECT 1

select '7'::int8 operator(pg_catalog./) '3'::int4 as r;
--| 2
--| = SELECT 1

select '7'::int8 operator(pg_catalog./) '3'::int8 as r;
--| 2
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog./) '8'::float8 as r;
--| 03:15:00
--| = SELECT 1

select '7.50'::money operator(pg_catalog./) '8'::float8 as r;
--| $0.94
--| = SELECT 1

select '7.50'::money operator(pg_catalog./) '3'::int2 as r;
--| $2.50
--| = SELECT 1

select '7.50'::money operator(pg_catalog./) '3'::int4 as r;
--| $2.50
--| = SELECT 1

select '7.50'::money operator(pg_catalog./) '3'::int8 as r;
--| $2.50
--| = SELECT 1

select '7.50'::money operator(pg_catalog./) '2'::money as r;
--| 3.75
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog./) '2'::numeric as r;
--| 3.7500000000000000
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.<) '{2,3}'::int4[] as r;
--| t
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.<) '[3,8)'::int4range as r;
--| t
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.<) '011'::bit(3) as r;
--| f
--| = SELECT 1

select 'true'::bool operator(pg_catalog.<) 'false'::bool as r;
--| f
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.<) 'b%'::bpchar as r;
--| t
--| = SELECT 1

select '\x6162'::bytea operator(pg_catalog.<) '\x61'::bytea as r;
--| f
--| = SELECT 1

select 'a'::"char" operator(pg_catalog.<) 'b'::"char" as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.<) 'b%'::citext as r;
--| t
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.<) '2024-01-31'::date as r;
--| f
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.<) '2024-01-31 01:02:03'::timestamp as r;
--| f
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.<) '2024-01-31 01:02:03+00'::timestamptz as r;
--| f
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.<) '2'::float4 as r;
--| f
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.<) '8'::float8 as r;
--| t
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.<) '2'::float4 as r;
--| f
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.<) '8'::float8 as r;
--| t
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.<) '10.0.0.0/8'::inet as r;
--| f
--| = SELECT 1

select '7'::int2 operator(pg_catalog.<) '3'::int2 as r;
--| f
--| = SELECT 1

select '7'::int2 operator(pg_catalog.<) '3'::int4 as r;
--| f
--| = SELECT 1

select '7'::int2 operator(pg_catalog.<) '3'::int8 as r;
--| f
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<) '3'::int2 as r;
--| f
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<) '3'::int4 as r;
--| f
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<) '3'::int8 as r;
--| f
--| = SELECT 1

select '7'::int8 operator(pg_catalog.<) '3'::int2 as r;
--| f
--| = SELECT 1

select '7'::int8 operator(pg_catalog.<) '3'::int4 as r;
--| f
--| = SELECT 1

select '7'::int8 operator(pg_catalog.<) '3'::int8 as r;
--| f
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.<) '3 hours'::interval as r;
--| f
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.<) '{"a": 1}'::jsonb as r;
--| f
--| = SELECT 1

select '08:00:2b:01:02:03'::macaddr operator(pg_catalog.<) '08:00:2b:01:02:04'::macaddr as r;
--| t
--| = SELECT 1

select '7.50'::money operator(pg_catalog.<) '2'::money as r;
--| f
--| = SELECT 1

select 'abc'::name operator(pg_catalog.<) 'b%'::name as r;
--| t
--| = SELECT 1

select 'abc'::name operator(pg_catalog.<) 'b%'::text as r;
--| t
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.<) '2'::numeric as r;
--| f
--| = SELECT 1

select '7'::oid operator(pg_catalog.<) '3'::oid as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.<) 'b%'::name as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.<) 'b%'::text as r;
--| t
--| = SELECT 1

select '10:20:30'::time operator(pg_catalog.<) '01:02:03'::time as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.<) '2024-01-31'::date as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.<) '2024-01-31 01:02:03'::timestamp as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.<) '2024-01-31 01:02:03+00'::timestamptz as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.<) '2024-01-31'::date as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.<) '2024-01-31 01:02:03'::timestamp as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.<) '2024-01-31 01:02:03+00'::timestamptz as r;
--| f
--| = SELECT 1

select '10:20:30+02'::timetz operator(pg_catalog.<) '01:02:03+00'::timetz as r;
--| f
--| = SELECT 1

select '''cat'':1 ''dog'':2'::tsvector operator(pg_catalog.<) '''dog'':1 ''eel'':2 ''fox'':3'::tsvector as r;
--| t
--| = SELECT 1

select '00000000-0000-4000-8000-000000000001'::uuid operator(pg_catalog.<) '00000000-0000-4000-8000-000000000002'::uuid as r;
--| t
--| = SELECT 1

select '101'::varbit operator(pg_catalog.<) '011'::varbit as r;
--| f
--| = SELECT 1

select 'abc'::text operator(extensions.<%) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::text operator(extensions.<->) 'b%'::text as r;
--| 1
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.<->) '''dog'''::tsquery as r;
--| ( 'cat' & 'dog' ) <-> 'dog'
--| = SELECT 1

select 'abc'::text operator(extensions.<->>) 'b%'::text as r;
--| 1
--| = SELECT 1

select 'abc'::text operator(extensions.<->>>) 'b%'::text as r;
--| 1
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.<<) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.<<) '3'::int4 as r;
--| 000
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.<<) '10.0.0.0/8'::inet as r;
--| t
--| = SELECT 1

select '7'::int2 operator(pg_catalog.<<) '3'::int4 as r;
--| 56
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<<) '3'::int4 as r;
--| 56
--| = SELECT 1

select '7'::int8 operator(pg_catalog.<<) '3'::int4 as r;
--| 56
--| = SELECT 1

select 'abc'::text operator(extensions.<<%) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::text operator(extensions.<<->) 'b%'::text as r;
--| 1
--| = SELECT 1

select 'abc'::text operator(extensions.<<<->) 'b%'::text as r;
--| 1
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.<<=) '10.0.0.0/8'::inet as r;
--| t
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.<=) '{2,3}'::int4[] as r;
--| t
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.<=) '[3,8)'::int4range as r;
--| t
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.<=) '011'::bit(3) as r;
--| f
--| = SELECT 1

select 'true'::bool operator(pg_catalog.<=) 'false'::bool as r;
--| f
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.<=) 'b%'::bpchar as r;
--| t
--| = SELECT 1

select '\x6162'::bytea operator(pg_catalog.<=) '\x61'::bytea as r;
--| f
--| = SELECT 1

select 'a'::"char" operator(pg_catalog.<=) 'b'::"char" as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.<=) 'b%'::citext as r;
--| t
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.<=) '2024-01-31'::date as r;
--| f
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.<=) '2024-01-31 01:02:03'::timestamp as r;
--| f
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.<=) '2024-01-31 01:02:03+00'::timestamptz as r;
--| f
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.<=) '2'::float4 as r;
--| f
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.<=) '8'::float8 as r;
--| t
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.<=) '2'::float4 as r;
--| f
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.<=) '8'::float8 as r;
--| t
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.<=) '10.0.0.0/8'::inet as r;
--| f
--| = SELECT 1

select '7'::int2 operator(pg_catalog.<=) '3'::int2 as r;
--| f
--| = SELECT 1

select '7'::int2 operator(pg_catalog.<=) '3'::int4 as r;
--| f
--| = SELECT 1

select '7'::int2 operator(pg_catalog.<=) '3'::int8 as r;
--| f
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<=) '3'::int2 as r;
--| f
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<=) '3'::int4 as r;
--| f
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<=) '3'::int8 as r;
--| f
--| = SELECT 1

select '7'::int8 operator(pg_catalog.<=) '3'::int2 as r;
--| f
--| = SELECT 1

select '7'::int8 operator(pg_catalog.<=) '3'::int4 as r;
--| f
--| = SELECT 1

select '7'::int8 operator(pg_catalog.<=) '3'::int8 as r;
--| f
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.<=) '3 hours'::interval as r;
--| f
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.<=) '{"a": 1}'::jsonb as r;
--| f
--| = SELECT 1

select '08:00:2b:01:02:03'::macaddr operator(pg_catalog.<=) '08:00:2b:01:02:04'::macaddr as r;
--| t
--| = SELECT 1

select '7.50'::money operator(pg_catalog.<=) '2'::money as r;
--| f
--| = SELECT 1

select 'abc'::name operator(pg_catalog.<=) 'b%'::name as r;
--| t
--| = SELECT 1

select 'abc'::name operator(pg_catalog.<=) 'b%'::text as r;
--| t
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.<=) '2'::numeric as r;
--| f
--| = SELECT 1

select '7'::oid operator(pg_catalog.<=) '3'::oid as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.<=) 'b%'::name as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.<=) 'b%'::text as r;
--| t
--| = SELECT 1

select '10:20:30'::time operator(pg_catalog.<=) '01:02:03'::time as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.<=) '2024-01-31'::date as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.<=) '2024-01-31 01:02:03'::timestamp as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.<=) '2024-01-31 01:02:03+00'::timestamptz as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.<=) '2024-01-31'::date as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.<=) '2024-01-31 01:02:03'::timestamp as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.<=) '2024-01-31 01:02:03+00'::timestamptz as r;
--| f
--| = SELECT 1

select '10:20:30+02'::timetz operator(pg_catalog.<=) '01:02:03+00'::timetz as r;
--| f
--| = SELECT 1

select '''cat'':1 ''dog'':2'::tsvector operator(pg_catalog.<=) '''dog'':1 ''eel'':2 ''fox'':3'::tsvector as r;
--| t
--| = SELECT 1

select '00000000-0000-4000-8000-000000000001'::uuid operator(pg_catalog.<=) '00000000-0000-4000-8000-000000000002'::uuid as r;
--| t
--| = SELECT 1

select '101'::varbit operator(pg_catalog.<=) '011'::varbit as r;
--| f
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.<>) '{2,3}'::int4[] as r;
--| t
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.<>) '[3,8)'::int4range as r;
--| t
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.<>) '011'::bit(3) as r;
--| t
--| = SELECT 1

select 'true'::bool operator(pg_catalog.<>) 'false'::bool as r;
--| t
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.<>) 'b%'::bpchar as r;
--| t
--| = SELECT 1

select '\x6162'::bytea operator(pg_catalog.<>) '\x61'::bytea as r;
--| t
--| = SELECT 1

select 'a'::"char" operator(pg_catalog.<>) 'b'::"char" as r;
--| t
--| = SELECT 1

select 'ABC'::citext operator(extensions.<>) 'b%'::citext as r;
--| t
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.<>) '2024-01-31'::date as r;
--| t
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.<>) '2024-01-31 01:02:03'::timestamp as r;
--| t
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.<>) '2024-01-31 01:02:03+00'::timestamptz as r;
--| t
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.<>) '2'::float4 as r;
--| t
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.<>) '8'::float8 as r;
--| t
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.<>) '2'::float4 as r;
--| t
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.<>) '8'::float8 as r;
--| t
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.<>) '10.0.0.0/8'::inet as r;
--| t
--| = SELECT 1

select '7'::int2 operator(pg_catalog.<>) '3'::int2 as r;
--| t
--| = SELECT 1

select '7'::int2 operator(pg_catalog.<>) '3'::int4 as r;
--| t
--| = SELECT 1

select '7'::int2 operator(pg_catalog.<>) '3'::int8 as r;
--| t
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<>) '3'::int2 as r;
--| t
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<>) '3'::int4 as r;
--| t
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<>) '3'::int8 as r;
--| t
--| = SELECT 1

select '7'::int8 operator(pg_catalog.<>) '3'::int2 as r;
--| t
--| = SELECT 1

select '7'::int8 operator(pg_catalog.<>) '3'::int4 as r;
--| t
--| = SELECT 1

select '7'::int8 operator(pg_catalog.<>) '3'::int8 as r;
--| t
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.<>) '3 hours'::interval as r;
--| t
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.<>) '{"a": 1}'::jsonb as r;
--| t
--| = SELECT 1

select '08:00:2b:01:02:03'::macaddr operator(pg_catalog.<>) '08:00:2b:01:02:04'::macaddr as r;
--| t
--| = SELECT 1

select '7.50'::money operator(pg_catalog.<>) '2'::money as r;
--| t
--| = SELECT 1

select 'abc'::name operator(pg_catalog.<>) 'b%'::name as r;
--| t
--| = SELECT 1

select 'abc'::name operator(pg_catalog.<>) 'b%'::text as r;
--| t
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.<>) '2'::numeric as r;
--| t
--| = SELECT 1

select '7'::oid operator(pg_catalog.<>) '3'::oid as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.<>) 'b%'::name as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.<>) 'b%'::text as r;
--| t
--| = SELECT 1

select '10:20:30'::time operator(pg_catalog.<>) '01:02:03'::time as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.<>) '2024-01-31'::date as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.<>) '2024-01-31 01:02:03'::timestamp as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.<>) '2024-01-31 01:02:03+00'::timestamptz as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.<>) '2024-01-31'::date as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.<>) '2024-01-31 01:02:03'::timestamp as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.<>) '2024-01-31 01:02:03+00'::timestamptz as r;
--| t
--| = SELECT 1

select '10:20:30+02'::timetz operator(pg_catalog.<>) '01:02:03+00'::timetz as r;
--| t
--| = SELECT 1

select '''cat'':1 ''dog'':2'::tsvector operator(pg_catalog.<>) '''dog'':1 ''eel'':2 ''fox'':3'::tsvector as r;
--| t
--| = SELECT 1

select '00000000-0000-4000-8000-000000000001'::uuid operator(pg_catalog.<>) '00000000-0000-4000-8000-000000000002'::uuid as r;
--| t
--| = SELECT 1

select '101'::varbit operator(pg_catalog.<>) '011'::varbit as r;
--| t
--| = SELECT 1

select '7'::xid operator(pg_catalog.<>) '3'::xid as r;
--| t
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.<@) '{2,3}'::int4[] as r;
--| f
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<@) '[3,8)'::int4range as r;
--| t
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.<@) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.<@) '{"a": 1}'::jsonb as r;
--| f
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.=) '{2,3}'::int4[] as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.=) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.=) '011'::bit(3) as r;
--| f
--| = SELECT 1

select 'true'::bool operator(pg_catalog.=) 'false'::bool as r;
--| f
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.=) 'b%'::bpchar as r;
--| f
--| = SELECT 1

select '\x6162'::bytea operator(pg_catalog.=) '\x61'::bytea as r;
--| f
--| = SELECT 1

select 'a'::"char" operator(pg_catalog.=) 'b'::"char" as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.=) 'b%'::citext as r;
--| f
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.=) '2024-01-31'::date as r;
--| f
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.=) '2024-01-31 01:02:03'::timestamp as r;
--| f
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.=) '2024-01-31 01:02:03+00'::timestamptz as r;
--| f
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.=) '2'::float4 as r;
--| f
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.=) '8'::float8 as r;
--| f
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.=) '2'::float4 as r;
--| f
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.=) '8'::float8 as r;
--| f
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.=) '10.0.0.0/8'::inet as r;
--| f
--| = SELECT 1

select '7'::int2 operator(pg_catalog.=) '3'::int2 as r;
--| f
--| = SELECT 1

select '7'::int2 operator(pg_catalog.=) '3'::int4 as r;
--| f
--| = SELECT 1

select '7'::int2 operator(pg_catalog.=) '3'::int8 as r;
--| f
--| = SELECT 1

select '7'::int4 operator(pg_catalog.=) '3'::int2 as r;
--| f
--| = SELECT 1

select '7'::int4 operator(pg_catalog.=) '3'::int4 as r;
--| f
--| = SELECT 1

select '7'::int4 operator(pg_catalog.=) '3'::int8 as r;
--| f
--| = SELECT 1

select '7'::int8 operator(pg_catalog.=) '3'::int2 as r;
--| f
--| = SELECT 1

select '7'::int8 operator(pg_catalog.=) '3'::int4 as r;
--| f
--| = SELECT 1

select '7'::int8 operator(pg_catalog.=) '3'::int8 as r;
--| f
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.=) '3 hours'::interval as r;
--| f
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.=) '{"a": 1}'::jsonb as r;
--| f
--| = SELECT 1

select '08:00:2b:01:02:03'::macaddr operator(pg_catalog.=) '08:00:2b:01:02:04'::macaddr as r;
--| f
--| = SELECT 1

select '7.50'::money operator(pg_catalog.=) '2'::money as r;
--| f
--| = SELECT 1

select 'abc'::name operator(pg_catalog.=) 'b%'::name as r;
--| f
--| = SELECT 1

select 'abc'::name operator(pg_catalog.=) 'b%'::text as r;
--| f
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.=) '2'::numeric as r;
--| f
--| = SELECT 1

select '7'::oid operator(pg_catalog.=) '3'::oid as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.=) 'b%'::name as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.=) 'b%'::text as r;
--| f
--| = SELECT 1

select '10:20:30'::time operator(pg_catalog.=) '01:02:03'::time as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.=) '2024-01-31'::date as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.=) '2024-01-31 01:02:03'::timestamp as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.=) '2024-01-31 01:02:03+00'::timestamptz as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.=) '2024-01-31'::date as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.=) '2024-01-31 01:02:03'::timestamp as r;
--| f
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.=) '2024-01-31 01:02:03+00'::timestamptz as r;
--| f
--| = SELECT 1

select '10:20:30+02'::timetz operator(pg_catalog.=) '01:02:03+00'::timetz as r;
--| f
--| = SELECT 1

select '''cat'':1 ''dog'':2'::tsvector operator(pg_catalog.=) '''dog'':1 ''eel'':2 ''fox'':3'::tsvector as r;
--| f
--| = SELECT 1

select '00000000-0000-4000-8000-000000000001'::uuid operator(pg_catalog.=) '00000000-0000-4000-8000-000000000002'::uuid as r;
--| f
--| = SELECT 1

select '101'::varbit operator(pg_catalog.=) '011'::varbit as r;
--| f
--| = SELECT 1

select '7'::xid operator(pg_catalog.=) '3'::xid as r;
--| f
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.>) '{2,3}'::int4[] as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.>) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.>) '011'::bit(3) as r;
--| t
--| = SELECT 1

select 'true'::bool operator(pg_catalog.>) 'false'::bool as r;
--| t
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.>) 'b%'::bpchar as r;
--| f
--| = SELECT 1

select '\x6162'::bytea operator(pg_catalog.>) '\x61'::bytea as r;
--| t
--| = SELECT 1

select 'a'::"char" operator(pg_catalog.>) 'b'::"char" as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.>) 'b%'::citext as r;
--| f
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.>) '2024-01-31'::date as r;
--| t
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.>) '2024-01-31 01:02:03'::timestamp as r;
--| t
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.>) '2024-01-31 01:02:03+00'::timestamptz as r;
--| t
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.>) '2'::float4 as r;
--| t
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.>) '8'::float8 as r;
--| f
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.>) '2'::float4 as r;
--| t
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.>) '8'::float8 as r;
--| f
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.>) '10.0.0.0/8'::inet as r;
--| t
--| = SELECT 1

select '7'::int2 operator(pg_catalog.>) '3'::int2 as r;
--| t
--| = SELECT 1

select '7'::int2 operator(pg_catalog.>) '3'::int4 as r;
--| t
--| = SELECT 1

select '7'::int2 operator(pg_catalog.>) '3'::int8 as r;
--| t
--| = SELECT 1

select '7'::int4 operator(pg_catalog.>) '3'::int2 as r;
--| t
--| = SELECT 1

select '7'::int4 operator(pg_catalog.>) '3'::int4 as r;
--| t
--| = SELECT 1

select '7'::int4 operator(pg_catalog.>) '3'::int8 as r;
--| t
--| = SELECT 1

select '7'::int8 operator(pg_catalog.>) '3'::int2 as r;
--| t
--| = SELECT 1

select '7'::int8 operator(pg_catalog.>) '3'::int4 as r;
--| t
--| = SELECT 1

select '7'::int8 operator(pg_catalog.>) '3'::int8 as r;
--| t
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.>) '3 hours'::interval as r;
--| t
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.>) '{"a": 1}'::jsonb as r;
--| t
--| = SELECT 1

select '08:00:2b:01:02:03'::macaddr operator(pg_catalog.>) '08:00:2b:01:02:04'::macaddr as r;
--| f
--| = SELECT 1

select '7.50'::money operator(pg_catalog.>) '2'::money as r;
--| t
--| = SELECT 1

select 'abc'::name operator(pg_catalog.>) 'b%'::name as r;
--| f
--| = SELECT 1

select 'abc'::name operator(pg_catalog.>) 'b%'::text as r;
--| f
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.>) '2'::numeric as r;
--| t
--| = SELECT 1

select '7'::oid operator(pg_catalog.>) '3'::oid as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.>) 'b%'::name as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.>) 'b%'::text as r;
--| f
--| = SELECT 1

select '10:20:30'::time operator(pg_catalog.>) '01:02:03'::time as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.>) '2024-01-31'::date as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.>) '2024-01-31 01:02:03'::timestamp as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.>) '2024-01-31 01:02:03+00'::timestamptz as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.>) '2024-01-31'::date as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.>) '2024-01-31 01:02:03'::timestamp as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.>) '2024-01-31 01:02:03+00'::timestamptz as r;
--| t
--| = SELECT 1

select '10:20:30+02'::timetz operator(pg_catalog.>) '01:02:03+00'::timetz as r;
--| t
--| = SELECT 1

select '''cat'':1 ''dog'':2'::tsvector operator(pg_catalog.>) '''dog'':1 ''eel'':2 ''fox'':3'::tsvector as r;
--| f
--| = SELECT 1

select '00000000-0000-4000-8000-000000000001'::uuid operator(pg_catalog.>) '00000000-0000-4000-8000-000000000002'::uuid as r;
--| f
--| = SELECT 1

select '101'::varbit operator(pg_catalog.>) '011'::varbit as r;
--| t
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.>=) '{2,3}'::int4[] as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.>=) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.>=) '011'::bit(3) as r;
--| t
--| = SELECT 1

select 'true'::bool operator(pg_catalog.>=) 'false'::bool as r;
--| t
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.>=) 'b%'::bpchar as r;
--| f
--| = SELECT 1

select '\x6162'::bytea operator(pg_catalog.>=) '\x61'::bytea as r;
--| t
--| = SELECT 1

select 'a'::"char" operator(pg_catalog.>=) 'b'::"char" as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.>=) 'b%'::citext as r;
--| f
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.>=) '2024-01-31'::date as r;
--| t
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.>=) '2024-01-31 01:02:03'::timestamp as r;
--| t
--| = SELECT 1

select '2024-02-29'::date operator(pg_catalog.>=) '2024-01-31 01:02:03+00'::timestamptz as r;
--| t
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.>=) '2'::float4 as r;
--| t
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.>=) '8'::float8 as r;
--| f
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.>=) '2'::float4 as r;
--| t
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.>=) '8'::float8 as r;
--| f
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.>=) '10.0.0.0/8'::inet as r;
--| t
--| = SELECT 1

select '7'::int2 operator(pg_catalog.>=) '3'::int2 as r;
--| t
--| = SELECT 1

select '7'::int2 operator(pg_catalog.>=) '3'::int4 as r;
--| t
--| = SELECT 1

select '7'::int2 operator(pg_catalog.>=) '3'::int8 as r;
--| t
--| = SELECT 1

select '7'::int4 operator(pg_catalog.>=) '3'::int2 as r;
--| t
--| = SELECT 1

select '7'::int4 operator(pg_catalog.>=) '3'::int4 as r;
--| t
--| = SELECT 1

select '7'::int4 operator(pg_catalog.>=) '3'::int8 as r;
--| t
--| = SELECT 1

select '7'::int8 operator(pg_catalog.>=) '3'::int2 as r;
--| t
--| = SELECT 1

select '7'::int8 operator(pg_catalog.>=) '3'::int4 as r;
--| t
--| = SELECT 1

select '7'::int8 operator(pg_catalog.>=) '3'::int8 as r;
--| t
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.>=) '3 hours'::interval as r;
--| t
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.>=) '{"a": 1}'::jsonb as r;
--| t
--| = SELECT 1

select '08:00:2b:01:02:03'::macaddr operator(pg_catalog.>=) '08:00:2b:01:02:04'::macaddr as r;
--| f
--| = SELECT 1

select '7.50'::money operator(pg_catalog.>=) '2'::money as r;
--| t
--| = SELECT 1

select 'abc'::name operator(pg_catalog.>=) 'b%'::name as r;
--| f
--| = SELECT 1

select 'abc'::name operator(pg_catalog.>=) 'b%'::text as r;
--| f
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.>=) '2'::numeric as r;
--| t
--| = SELECT 1

select '7'::oid operator(pg_catalog.>=) '3'::oid as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.>=) 'b%'::name as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.>=) 'b%'::text as r;
--| f
--| = SELECT 1

select '10:20:30'::time operator(pg_catalog.>=) '01:02:03'::time as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.>=) '2024-01-31'::date as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.>=) '2024-01-31 01:02:03'::timestamp as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30'::timestamp operator(pg_catalog.>=) '2024-01-31 01:02:03+00'::timestamptz as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.>=) '2024-01-31'::date as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.>=) '2024-01-31 01:02:03'::timestamp as r;
--| t
--| = SELECT 1

select '2024-02-29 10:20:30+00'::timestamptz operator(pg_catalog.>=) '2024-01-31 01:02:03+00'::timestamptz as r;
--| t
--| = SELECT 1

select '10:20:30+02'::timetz operator(pg_catalog.>=) '01:02:03+00'::timetz as r;
--| t
--| = SELECT 1

select '''cat'':1 ''dog'':2'::tsvector operator(pg_catalog.>=) '''dog'':1 ''eel'':2 ''fox'':3'::tsvector as r;
--| f
--| = SELECT 1

select '00000000-0000-4000-8000-000000000001'::uuid operator(pg_catalog.>=) '00000000-0000-4000-8000-000000000002'::uuid as r;
--| f
--| = SELECT 1

select '101'::varbit operator(pg_catalog.>=) '011'::varbit as r;
--| t
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.>>) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.>>) '3'::int4 as r;
--| 000
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.>>) '10.0.0.0/8'::inet as r;
--| f
--| = SELECT 1

select '7'::int2 operator(pg_catalog.>>) '3'::int4 as r;
--| 0
--| = SELECT 1

select '7'::int4 operator(pg_catalog.>>) '3'::int4 as r;
--| 0
--| = SELECT 1

select '7'::int8 operator(pg_catalog.>>) '3'::int4 as r;
--| 0
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.>>=) '10.0.0.0/8'::inet as r;
--| f
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.?) 'b%'::text as r;
--| f
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.?&) '{b,c}'::text[] as r;
--| f
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.?|) '{b,c}'::text[] as r;
--| f
--| = SELECT 1

select operator(pg_catalog.@) '2'::float4 as r;
--| 2
--| = SELECT 1

select operator(pg_catalog.@) '8'::float8 as r;
--| 8
--| = SELECT 1

select operator(pg_catalog.@) '3'::int2 as r;
--| 3
--| = SELECT 1

select operator(pg_catalog.@) '3'::int4 as r;
--| 3
--| = SELECT 1

select operator(pg_catalog.@) '3'::int8 as r;
--| 3
--| = SELECT 1

select operator(pg_catalog.@) '2'::numeric as r;
--| 2
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.@>) '{2,3}'::int4[] as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.@>) '3'::int4 as r;
--| t
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.@>) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.@>) '{"a": 1}'::jsonb as r;
--| f
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.@?) '$.b'::jsonpath as r;
--| f
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.@@) '$.b'::jsonpath as r;
--| \N
--| = SELECT 1

select 'abc'::text operator(pg_catalog.@@) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.@@) '''dog'''::tsquery as r;
--| f
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.@@) '''dog'':1 ''eel'':2 ''fox'':3'::tsvector as r;
--| f
--| = SELECT 1

select '''cat'':1 ''dog'':2'::tsvector operator(pg_catalog.@@) '''dog'''::tsquery as r;
--| t
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.@@@) '''dog'':1 ''eel'':2 ''fox'':3'::tsvector as r;
--| f
--| = SELECT 1

select '''cat'':1 ''dog'':2'::tsvector operator(pg_catalog.@@@) '''dog'''::tsquery as r;
--| t
--| = SELECT 1

select '7.5'::float8 operator(pg_catalog.^) '8'::float8 as r;
--| 10011291.50390625
--| = SELECT 1

select '7.50'::numeric operator(pg_catalog.^) '2'::numeric as r;
--| 56.2500000000000000
--| = SELECT 1

select 'abc'::text operator(pg_catalog.^@) 'b%'::text as r;
--| f
--| = SELECT 1

select '101'::bit(3) operator(pg_catalog.|) '011'::bit(3) as r;
--| 111
--| = SELECT 1

select '7'::int2 operator(pg_catalog.|) '3'::int2 as r;
--| 7
--| = SELECT 1

select '7'::int4 operator(pg_catalog.|) '3'::int4 as r;
--| 7
--| = SELECT 1

select '7'::int8 operator(pg_catalog.|) '3'::int8 as r;
--| 7
--| = SELECT 1

select operator(pg_catalog.|/) '8'::float8 as r;
--| 2.8284271247461903
--| = SELECT 1

select '7'::int4 operator(pg_catalog.||) '{2,3}'::int4[] as r;
--| {7,2,3}
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.||) '3'::int4 as r;
--| {1,2,3}
--| = SELECT 1

select '{1,2}'::int4[] operator(pg_catalog.||) '{2,3}'::int4[] as r;
--| {1,2,2,3}
--| = SELECT 1

select '7'::int4 operator(pg_catalog.||) 'b%'::text as r;
--| 7b%
--| = SELECT 1

select '\x6162'::bytea operator(pg_catalog.||) '\x61'::bytea as r;
--| \x616261
--| = SELECT 1

select '{"a": [1, "b"]}'::jsonb operator(pg_catalog.||) '{"a": 1}'::jsonb as r;
--| {"a": 1}
--| = SELECT 1

select 'abc'::text operator(pg_catalog.||) '3'::int4 as r;
--| abc3
--| = SELECT 1

select 'abc'::text operator(pg_catalog.||) 'b%'::text as r;
--| abcb%
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.||) '''dog'''::tsquery as r;
--| 'cat' & 'dog' | 'dog'
--| = SELECT 1

select '''cat'':1 ''dog'':2'::tsvector operator(pg_catalog.||) '''dog'':1 ''eel'':2 ''fox'':3'::tsvector as r;
--| 'cat':1 'dog':2,3 'eel':4 'fox':5
--| = SELECT 1

select '101'::varbit operator(pg_catalog.||) '011'::varbit as r;
--| 101011
--| = SELECT 1

select operator(pg_catalog.||/) '8'::float8 as r;
--| 2
--| = SELECT 1

select operator(pg_catalog.~) '011'::bit(3) as r;
--| 100
--| = SELECT 1

select operator(pg_catalog.~) '3'::int2 as r;
--| -4
--| = SELECT 1

select operator(pg_catalog.~) '3'::int4 as r;
--| -4
--| = SELECT 1

select operator(pg_catalog.~) '3'::int8 as r;
--| -4
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.~) 'b%'::text as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.~) 'b%'::citext as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.~) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::name operator(pg_catalog.~) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.~) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.~*) 'b%'::text as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.~*) 'b%'::citext as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.~*) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::name operator(pg_catalog.~*) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.~*) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.~~) 'b%'::text as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.~~) 'b%'::citext as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.~~) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::name operator(pg_catalog.~~) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.~~) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.~~*) 'b%'::text as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.~~*) 'b%'::citext as r;
--| f
--| = SELECT 1

select 'ABC'::citext operator(extensions.~~*) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::name operator(pg_catalog.~~*) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.~~*) 'b%'::text as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.&&) '{[2,6)}'::int4multirange as r;
--| t
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.&&) '[3,8)'::int4range as r;
--| t
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.&&) '{[2,6)}'::int4multirange as r;
--| t
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.&<) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.&<) '[3,8)'::int4range as r;
--| t
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.&<) '{[2,6)}'::int4multirange as r;
--| t
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.&>) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.&>) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.&>) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.*) '{[2,6)}'::int4multirange as r;
--| {[2,3),[5,6)}
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.+) '{[2,6)}'::int4multirange as r;
--| {[1,8)}
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.-) '{[2,6)}'::int4multirange as r;
--| {[1,2),[6,8)}
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.-|-) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.-|-) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.-|-) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.<) '{[2,6)}'::int4multirange as r;
--| t
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.<) '''dog'''::tsquery as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.<<) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.<<) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.<<) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.<=) '{[2,6)}'::int4multirange as r;
--| t
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.<=) '''dog'''::tsquery as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.<>) '{[2,6)}'::int4multirange as r;
--| t
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.<>) '''dog'''::tsquery as r;
--| t
--| = SELECT 1

select '7'::int4 operator(pg_catalog.<@) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.<@) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.<@) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.<@) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.=) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.=) '''dog'''::tsquery as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.>) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.>) '''dog'''::tsquery as r;
--| t
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.>=) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.>=) '''dog'''::tsquery as r;
--| t
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.>>) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.>>) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.>>) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.@>) '3'::int4 as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.@>) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '{[1,3),[5,8)}'::int4multirange operator(pg_catalog.@>) '[3,8)'::int4range as r;
--| f
--| = SELECT 1

select '[1,5)'::int4range operator(pg_catalog.@>) '{[2,6)}'::int4multirange as r;
--| f
--| = SELECT 1

select '1 day 02:00'::interval operator(pg_catalog.+) '01:02:03+00'::timetz as r;
--| 03:02:03+00
--| = SELECT 1

select '10:20:30+02'::timetz operator(pg_catalog.+) '2024-01-31'::date as r;
--| 2024-01-31 08:20:30+00
--| = SELECT 1

select '10:20:30+02'::timetz operator(pg_catalog.+) '3 hours'::interval as r;
--| 13:20:30+02
--| = SELECT 1

select '10:20:30+02'::timetz operator(pg_catalog.-) '3 hours'::interval as r;
--| 07:20:30+02
--| = SELECT 1

select '\x6162'::bytea operator(pg_catalog.!~~) '\x61'::bytea as r;
--| t
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.&) '10.0.0.0/8'::inet as r;
--| 10.0.0.0
--| = SELECT 1

select '08:00:2b:01:02:03'::macaddr operator(pg_catalog.&) '08:00:2b:01:02:04'::macaddr as r;
--| 08:00:2b:01:02:00
--| = SELECT 1

select '7.5'::float4 operator(pg_catalog.*) '2'::money as r;
--| $15.00
--| = SELECT 1

select '7.50'::money operator(pg_catalog.*) '2'::float4 as r;
--| $15.00
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.+) '3'::int8 as r;
--| 10.0.0.10
--| = SELECT 1

select '7'::int8 operator(pg_catalog.+) '10.0.0.0/8'::inet as r;
--| 10.0.0.7/8
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.-) '10.0.0.0/8'::inet as r;
--| 7
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.-) '3'::int8 as r;
--| 10.0.0.4
--| = SELECT 1

select '7.50'::money operator(pg_catalog./) '2'::float4 as r;
--| $3.75
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.<@) '''dog'''::tsquery as r;
--| f
--| = SELECT 1

select '''cat'' & ''dog'''::tsquery operator(pg_catalog.@>) '''dog'''::tsquery as r;
--| t
--| = SELECT 1

select '10.0.0.7'::inet operator(pg_catalog.|) '10.0.0.0/8'::inet as r;
--| 10.0.0.7
--| = SELECT 1

select '08:00:2b:01:02:03'::macaddr operator(pg_catalog.|) '08:00:2b:01:02:04'::macaddr as r;
--| 08:00:2b:01:02:07
--| = SELECT 1

select operator(pg_catalog.~) '10.0.0.0/8'::inet as r;
--| 245.255.255.255/8
--| = SELECT 1

select operator(pg_catalog.~) '08:00:2b:01:02:04'::macaddr as r;
--| f7:ff:d4:fe:fd:fb
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.~<=~) 'b%'::bpchar as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.~<=~) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.~<~) 'b%'::bpchar as r;
--| t
--| = SELECT 1

select 'abc'::text operator(pg_catalog.~<~) 'b%'::text as r;
--| t
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.~>=~) 'b%'::bpchar as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.~>=~) 'b%'::text as r;
--| f
--| = SELECT 1

select 'abc'::bpchar operator(pg_catalog.~>~) 'b%'::bpchar as r;
--| f
--| = SELECT 1

select 'abc'::text operator(pg_catalog.~>~) 'b%'::text as r;
--| f
--| = SELECT 1

select '\x6162'::bytea operator(pg_catalog.~~) '\x61'::bytea as r;
--| f
--| = SELECT 1

