create table u (id int primary key, n int check (n > 0), e text unique);
--| = CREATE TABLE
insert into u values (1, 1, 'a');
--| = INSERT 0 1
do $$ begin raise notice 'plain'; raise info 'inf'; raise warning 'warn % and %%', 1; raise debug 'dbg'; raise log 'lg'; end $$;
--| # NOTICE: plain
--| # INFO: inf
--| # WARNING: warn 1 and %
--| = DO
do $$ begin raise notice '% %', 1; end $$;
--| ! 42601 too few parameters specified for RAISE
do $$ begin raise notice '%', 1, 2; end $$;
--| ! 42601 too many parameters specified for RAISE
do $$ begin raise notice '%', null; raise notice '%', null::text; raise notice '[%]', ''; end $$;
--| # NOTICE: <NULL>
--| # NOTICE: <NULL>
--| # NOTICE: []
--| = DO
do $$ begin raise notice '% % % %', true, 1.50, array[1,2], row(1,'a b'); end $$;
--| # NOTICE: t 1.50 {1,2} (1,"a b")
--| = DO
do $$ begin raise notice '% %', now() is not null, '2024-01-01'::date; end $$;
--| # NOTICE: t 2024-01-01
--| = DO
do $$ begin raise exception 'boom'; end $$;
--| ! P0001 boom
do $$ begin raise 'default level %', 5; end $$;
--| ! P0001 default level 5
do $$ begin raise exception 'boom' using errcode = 'P0999', detail = 'the detail', hint = 'the hint'; end $$;
--| ! P0999 boom
--| ! detail: the detail
--| ! hint: the hint
do $$ begin raise exception using message = 'msg', errcode = '22012'; end $$;
--| ! 22012 msg
do $$ begin raise exception 'x' using errcode = 'unique_violation'; end $$;
--| ! 23505 x
do $$ begin raise exception 'x' using errcode = 'no_such_condition'; end $$;
--| ! 42704 unrecognized exception condition "no_such_condition"
do $$ begin raise unique_violation; end $$;
--| ! 23505 unique_violation
do $$ begin raise unique_violation using message = 'dup!'; end $$;
--| ! 23505 dup!
do $$ begin raise sqlstate '12345'; end $$;
--| ! 12345 12345
do $$ begin raise sqlstate 'PT404' using message = 'not here', hint = 'look elsewhere'; end $$;
--| ! PT404 not here
--| ! hint: look elsewhere
do $$ begin raise sqlstate '123'; end $$;
--| ! 42601 invalid SQLSTATE code at or near "'123'"
do $$ begin raise nosuch_condition; end $$;
--| ! 42704 unrecognized exception condition "nosuch_condition"
do $$ begin raise notice 'with' using hint = 'h'; end $$;
--| # NOTICE: with
--| = DO
do $$ begin raise notice using message = 'only message'; end $$;
--| # NOTICE: only message
--| = DO
do $$ begin raise exception 'a' using message = 'b'; end $$;
--| ! 42601 RAISE option already specified: MESSAGE
do $$ begin raise exception 'a' using detail = null; end $$;
--| ! 22004 RAISE statement option cannot be null
do $$ begin raise exception 'a' using detail = 'x', detail = 'y'; end $$;
--| ! 42601 RAISE option already specified: DETAIL
do $$ begin raise exception 'a' using nothing = 'x'; end $$;
--| ! 42601 unrecognized RAISE statement option at or near "nothing"
do $$ begin raise; end $$;
--| ! 0Z002 RAISE without parameters cannot be used outside an exception handler
do $$ begin raise exception ''; end $$;
--| ! P0001 
do $$ begin raise exception 'a' using column = 'c', constraint = 'k', datatype = 'd', table = 't', schema = 's'; exception when others then declare c text; k text; d text; t text; s text; begin get stacked diagnostics c = column_name, k = constraint_name, d = pg_datatype_name, t = table_name, s = schema_name; raise notice '% % % % %', c, k, d, t, s; end; end $$;
--| # NOTICE: c k d t s
--| = DO
do $$ begin perform 1 / 0; exception when division_by_zero then raise notice '% %', sqlstate, sqlerrm; end $$;
--| # NOTICE: 22012 division by zero
--| = DO
do $$ begin perform 1 / 0; exception when others then raise notice '% %', sqlstate, sqlerrm; end $$;
--| # NOTICE: 22012 division by zero
--| = DO
do $$ begin perform 1 / 0; exception when sqlstate '22012' then raise notice 'by code'; end $$;
--| # NOTICE: by code
--| = DO
do $$ begin perform 1 / 0; exception when data_exception then raise notice 'by class'; end $$;
--| # NOTICE: by class
--| = DO
do $$ begin perform 1 / 0; exception when unique_violation or division_by_zero then raise notice 'either'; end $$;
--| # NOTICE: either
--| = DO
do $$ begin perform 1 / 0; exception when unique_violation then raise notice 'no'; when others then raise notice 'others'; end $$;
--| # NOTICE: others
--| = DO
do $$ begin perform 1 / 0; exception when unique_violation then raise notice 'no'; end $$;
--| ! 22012 division by zero
do $$ begin raise exception 'one'; exception when raise_exception then raise notice 'got %', sqlerrm; raise; end $$;
--| # NOTICE: got one
--| ! P0001 one
do $$ begin perform 1 / 0; exception when others then raise exception 'wrapped: %', sqlerrm using errcode = sqlstate; end $$;
--| ! 22012 wrapped: division by zero
do $$ begin begin perform 1 / 0; exception when others then raise notice 'inner %', sqlerrm; raise; end; exception when others then raise notice 'outer %', sqlerrm; end $$;
--| # NOTICE: inner division by zero
--| # NOTICE: outer division by zero
--| = DO
do $$ begin begin perform 1 / 0; exception when unique_violation then raise notice 'no'; end; exception when division_by_zero then raise notice 'outer'; end $$;
--| # NOTICE: outer
--| = DO
do $$ begin begin perform 1 / 0; exception when division_by_zero then perform 'x'::int; end; exception when invalid_text_representation then raise notice '%', sqlerrm; end $$;
--| # NOTICE: invalid input syntax for type integer: "x"
--| = DO
do $$ begin perform 1 / 0; exception when nosuch then null; end $$;
--| ! 42704 unrecognized exception condition "nosuch"
do $$ begin perform 1 / 0; exception when sqlstate '2201' then null; end $$;
--| ! 42601 invalid SQLSTATE code at or near "'2201'"
do $$ begin raise notice '%', sqlerrm; end $$;
--| ! 42703 column "sqlerrm" does not exist
do $$ declare x int := 1; begin begin x := 2; insert into u values (2, 2, 'b'); perform 1 / 0; exception when others then raise notice 'x is %, rows %', x, (select count(*) from u); end; end $$;
--| # NOTICE: x is 2, rows 1
--| = DO
create sequence sq;
--| = CREATE SEQUENCE
do $$ begin begin perform nextval('sq'); perform nextval('sq'); perform 1 / 0; exception when others then null; end; raise notice '%', nextval('sq'); end $$;
--| # NOTICE: 3
--| = DO
do $$ begin insert into u values (1, 1, 'z'); exception when unique_violation then declare c text; t text; s text; d text; begin get stacked diagnostics c = constraint_name, t = table_name, s = schema_name, d = pg_exception_detail; raise notice '% % % %', c, t, s, d; end; end $$;
--| # NOTICE: u_pkey u public Key (id)=(1) already exists.
--| = DO
do $$ begin insert into u values (5, -1, 'z'); exception when check_violation then declare c text; begin get stacked diagnostics c = constraint_name; raise notice '% %', c, sqlerrm; end; end $$;
--| # NOTICE: u_n_check new row for relation "u" violates check constraint "u_n_check"
--| = DO
do $$ begin insert into u values (null, 1, 'z'); exception when not_null_violation then declare c text; d text; begin get stacked diagnostics c = column_name, d = pg_exception_detail; raise notice '% % %', c, sqlerrm, d; end; end $$;
--| # NOTICE: id null value in column "id" of relation "u" violates not-null constraint Failing row contains (null, 1, z).
--| = DO
do $$ begin insert into u values (1, 1, 'z'); exception when integrity_constraint_violation then raise notice 'class 23'; end $$;
--| # NOTICE: class 23
--| = DO
do $$ declare m text; h text; s text; begin raise exception 'm' using hint = 'h', errcode = 'AB123'; exception when others then get stacked diagnostics m = message_text, h = pg_exception_hint, s = returned_sqlstate; raise notice '% % %', m, h, s; end $$;
--| # NOTICE: m h AB123
--| = DO
do $$ declare s text; begin get stacked diagnostics s = message_text; end $$;
--| ! 0Z002 GET STACKED DIAGNOSTICS cannot be used outside an exception handler
do $$ declare s text; begin raise exception 'a'; exception when others then get stacked diagnostics s = pg_exception_detail; raise notice '[%]', s; end $$;
--| # NOTICE: []
--| = DO
do $$ begin for i in 1..3 loop begin if i = 2 then raise exception 'skip'; end if; insert into u values (i + 10, i, 'n' || i); exception when others then raise notice 'skipped %', i; end; end loop; raise notice '%', (select count(*) from u where id > 10); end $$;
--| # NOTICE: skipped 2
--| # NOTICE: 2
--| = DO
do $$ declare r record; begin for r in select id from u where id > 10 order by id loop begin if r.id = 11 then continue; end if; raise notice '%', r.id; exception when others then null; end; end loop; end $$;
--| # NOTICE: 13
--| = DO
create function may_fail(n int) returns text language plpgsql as $$ begin if n = 0 then raise exception 'zero' using errcode = 'ZZ001'; end if; return 'ok ' || n; exception when sqlstate 'ZZ001' then return 'handled'; end $$;
--| = CREATE FUNCTION
select may_fail(1), may_fail(0);
--| ok 1|handled
--| = SELECT 1
create function inner_fail() returns void language plpgsql as $$ begin insert into u values (50, 1, 'inner'); raise exception 'inner fails'; end $$;
--| = CREATE FUNCTION
create function outer_catch() returns text language plpgsql as $$ begin insert into u values (51, 1, 'outer'); begin perform inner_fail(); exception when others then insert into u values (52, 1, 'handler'); end; return (select string_agg(e, ',' order by id) from u where id >= 50); end $$;
--| = CREATE FUNCTION
select outer_catch();
--| outer,handler
--| = SELECT 1
create function ret_in_block() returns int language plpgsql as $$ begin begin return 5; exception when others then return 6; end; return 7; end $$;
--| = CREATE FUNCTION
select ret_in_block();
--| 5
--| = SELECT 1
do $$ begin begin raise exception 'e1'; exception when others then begin raise exception 'e2'; exception when others then raise notice 'in %', sqlerrm; end; raise notice 'out %', sqlerrm; end; end $$;
--| # NOTICE: in e2
--| # NOTICE: out e1
--| = DO
do $$ begin perform 'abc'::int; exception when others then raise notice '% %', sqlstate, sqlerrm; end $$;
--| # NOTICE: 22P02 invalid input syntax for type integer: "abc"
--| = DO
do $$ begin perform * from nowhere; exception when others then raise notice '% %', sqlstate, sqlerrm; end $$;
--| # NOTICE: 42P01 relation "nowhere" does not exist
--| = DO
do $$ begin execute 'selec'; exception when syntax_error then raise notice '% %', sqlstate, sqlerrm; end $$;
--| # NOTICE: 42601 syntax error at or near "selec"
--| = DO
do $$ declare x int; begin select id into strict x from u; exception when too_many_rows then raise notice 'too many'; end $$;
--| # NOTICE: too many
--| = DO
do $$ declare x int; begin case 5 when 1 then null; end case; exception when case_not_found then raise notice '%', sqlerrm; end $$;
--| # NOTICE: case not found
--| = DO
do $$ declare r record; begin raise notice '%', r.x; exception when object_not_in_prerequisite_state then raise notice '%', sqlerrm; end $$;
--| # NOTICE: record "r" is not assigned yet
--| = DO
do $$ declare m text := 'format %'; begin raise notice '%', m; raise notice 'a''b'; raise notice E'tab\tx'; end $$;
--| # NOTICE: format %
--| # NOTICE: a'b
--| # NOTICE: tab	x
--| = DO
do $$ begin raise exception 'code' using errcode = '00000'; end $$;
--| ! P0001 code
do $$ begin raise exception 'Not allowed: %', 'x' using errcode = 'insufficient_privilege', hint = 'ask ' || 'nicely'; end $$;
--| ! 42501 Not allowed: x
--| ! hint: ask nicely
do $$ begin raise warning 'w' using errcode = '01000'; end $$;
--| # WARNING: w
--| = DO
do $$ begin raise exception '%', 'a' || 'b' using detail = format('%s-%s', 1, 2); end $$;
--| ! P0001 ab
--| ! detail: 1-2
select count(*) from u;
--| 5
--| = SELECT 1
do $$ begin insert into u values (60, 1, 'keep'); begin delete from u; raise exception 'undo'; exception when others then null; end; raise notice '%', (select count(*) > 1 from u); end $$;
--| # NOTICE: t
--| = DO
do $$ begin create table inblock (a int); begin create table inblock2 (a int); alter table inblock add column b int; raise exception 'undo'; exception when others then null; end; raise notice '%', to_regclass('inblock2') is null; end $$;
--| # NOTICE: t
--| = DO
select * from inblock;
--| = SELECT 0
do $$ begin perform set_config('my.v', 'before', false); begin perform set_config('my.v', 'inside', false); raise exception 'undo'; exception when others then null; end; raise notice '%', current_setting('my.v'); end $$;
--| # NOTICE: before
--| = DO
