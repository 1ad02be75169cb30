select length(extensions.uuid_generate_v1()::text), length(extensions.uuid_generate_v1mc()::text), substr(extensions.uuid_generate_v4()::text, 15, 1), length(extensions.gen_random_bytes(7));
--| 36|36|4|7
--| = SELECT 1
select pg_try_advisory_lock(1), pg_try_advisory_lock_shared(2), pg_try_advisory_xact_lock(3), pg_try_advisory_xact_lock_shared(4);
--| t|t|t|t
--| = SELECT 1
select pg_advisory_lock(5), pg_advisory_lock_shared(6), pg_advisory_xact_lock_shared(7), pg_advisory_unlock_all();
--| |||
--| = SELECT 1
begin;
select pg_advisory_lock(5), pg_advisory_lock_shared(6);
select pg_advisory_unlock(5), pg_advisory_unlock_shared(6);
rollback;
--| = BEGIN
--| |
--| = SELECT 1
--| t|t
--| = SELECT 1
--| = ROLLBACK
select version() like 'PostgreSQL%', statement_timestamp() >= transaction_timestamp(), pg_is_in_recovery(), pg_client_encoding(), getdatabaseencoding(), pg_encoding_to_char(6);
--| t|t|f|UTF8|UTF8|UTF8
--| = SELECT 1
select covar_pop(y, x)::numeric(10, 6), covar_samp(y, x)::numeric(10, 6), regr_avgx(y, x), regr_avgy(y, x), regr_intercept(y, x)::numeric(10, 6), regr_r2(y, x)::numeric(10, 6) from (values (1.0::float8, 2.0::float8), (2, 3), (4, 7)) v(x, y);
--| 2.666667|4.000000|2.3333333333333335|4|0.000000|0.979592
--| = SELECT 1
select stddev_samp(x)::numeric(10, 6), var_samp(x)::numeric(10, 6), bit_xor(x::int) from (values (1.0), (2), (4)) v(x);
--| 1.527525|2.333333|7
--| = SELECT 1
select last_value(x) over (order by x rows between unbounded preceding and unbounded following) from (values (1), (2)) v(x);
--| 2
--| 2
--| = SELECT 2
create type mood as enum ('sad', 'ok', 'happy');
--| = CREATE TYPE
select enum_first(null::mood), enum_last(null::mood);
--| sad|happy
--| = SELECT 1
select json_array_elements_text('["a", 1, null]');
--| a
--| 1
--| \N
--| = SELECT 3
select current_user() from generate_series(1, 0);
--| ! 42601 syntax error at or near "("
select session_user = current_user;
--| t
--| = SELECT 1
select round(cot(1::float8)::numeric, 10), round(tan(1::float8)::numeric, 10);
--| 0.6420926159|1.5574077247
--| = SELECT 1
select has_language_privilege('plpgsql', 'usage'), pg_is_other_temp_schema(0), shobj_description(0, 'pg_database'), pg_notify('c', 'x');
--| t|f|\N|
--| = SELECT 1
create type pair as (a int, b text);
--| = CREATE TYPE
select json_populate_record(null::pair, '{"a": 1, "b": "x"}'), (json_populate_record((1, 'y')::pair, '{"b": null}')).*;
--| (1,x)|1|\N
--| = SELECT 1
create view sees as select 1 as a;
--| = CREATE VIEW
select length(pg_get_viewdef('sees'::regclass)) > 0, pg_relation_is_updatable('sees'::regclass, true), pg_get_partkeydef('sees'::regclass), pg_indexes_size('sees'::regclass) >= 0;
--| t|0|\N|t
--| = SELECT 1
select setseed(0.5);
--| 
--| = SELECT 1
