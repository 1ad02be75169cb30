create table t (id int primary key, v text, n int default 0, updated_at timestamptz);
--| = CREATE TABLE
create table audit (seq serial, what text);
--| = CREATE TABLE
create function tell() returns trigger language plpgsql as $$ begin raise notice '% % % % % % % %', tg_name, tg_when, tg_level, tg_op, tg_table_name, tg_table_schema, tg_nargs, tg_argv[0]; if tg_op = 'DELETE' then return old; end if; return new; end $$;
--| = CREATE FUNCTION
create trigger b_row before insert or update or delete on t for each row execute function tell('x', 'it''s');
--| = CREATE TRIGGER
create trigger a_row after insert or update or delete on t for each row execute function tell();
--| = CREATE TRIGGER
create trigger b_st before insert or update or delete or truncate on t for each statement execute function tell();
--| = CREATE TRIGGER
create trigger a_st after insert or update or delete or truncate on t execute procedure tell(1);
--| = CREATE TRIGGER
insert into t values (1, 'a'), (2, 'b');
--| # NOTICE: b_st BEFORE STATEMENT INSERT t public 0 <NULL>
--| # NOTICE: b_row BEFORE ROW INSERT t public 2 x
--| # NOTICE: b_row BEFORE ROW INSERT t public 2 x
--| # NOTICE: a_row AFTER ROW INSERT t public 0 <NULL>
--| # NOTICE: a_row AFTER ROW INSERT t public 0 <NULL>
--| # NOTICE: a_st AFTER STATEMENT INSERT t public 1 1
--| = INSERT 0 2
update t set v = v || '!' where id = 1;
--| # NOTICE: b_st BEFORE STATEMENT UPDATE t public 0 <NULL>
--| # NOTICE: b_row BEFORE ROW UPDATE t public 2 x
--| # NOTICE: a_row AFTER ROW UPDATE t public 0 <NULL>
--| # NOTICE: a_st AFTER STATEMENT UPDATE t public 1 1
--| = UPDATE 1
update t set v = v where false;
--| # NOTICE: b_st BEFORE STATEMENT UPDATE t public 0 <NULL>
--| # NOTICE: a_st AFTER STATEMENT UPDATE t public 1 1
--| = UPDATE 0
delete from t where id = 1;
--| # NOTICE: b_st BEFORE STATEMENT DELETE t public 0 <NULL>
--| # NOTICE: b_row BEFORE ROW DELETE t public 2 x
--| # NOTICE: a_row AFTER ROW DELETE t public 0 <NULL>
--| # NOTICE: a_st AFTER STATEMENT DELETE t public 1 1
--| = DELETE 1
truncate t;
--| # NOTICE: b_st BEFORE STATEMENT TRUNCATE t public 0 <NULL>
--| # NOTICE: a_st AFTER STATEMENT TRUNCATE t public 1 1
--| = TRUNCATE TABLE
drop trigger b_row on t;
--| = DROP TRIGGER
drop trigger a_row on t;
--| = DROP TRIGGER
drop trigger b_st on t;
--| = DROP TRIGGER
drop trigger a_st on t;
--| = DROP TRIGGER
create function stamp() returns trigger language plpgsql as $$ begin new.updated_at = '2024-01-01 00:00:00+00'; new.v := upper(new.v); return new; end $$;
--| = CREATE FUNCTION
create trigger stamp before insert or update on t for each row execute function stamp();
--| = CREATE TRIGGER
insert into t (id, v) values (1, 'low') returning *;
--| 1|LOW|0|2024-01-01 00:00:00+00
--| = INSERT 0 1
update t set v = 'again' where id = 1 returning v, updated_at;
--| AGAIN|2024-01-01 00:00:00+00
--| = UPDATE 1
insert into t (id, v) values (1, 'conflict') on conflict (id) do update set v = excluded.v || '2' returning v;
--| CONFLICT2
--| = INSERT 0 1
drop trigger stamp on t;
--| = DROP TRIGGER
create function skip_odd() returns trigger language plpgsql as $$ begin if new.id % 2 = 1 then return null; end if; return new; end $$;
--| = CREATE FUNCTION
create trigger skip before insert on t for each row execute function skip_odd();
--| = CREATE TRIGGER
insert into t (id, v) values (10, 'e'), (11, 'o'), (12, 'e');
--| = INSERT 0 2
select id from t order by id;
--| 1
--| 10
--| 12
--| = SELECT 3
drop trigger skip on t;
--| = DROP TRIGGER
create function keep() returns trigger language plpgsql as $$ begin if old.v = 'e' then return null; end if; return old; end $$;
--| = CREATE FUNCTION
create trigger keep before delete on t for each row execute function keep();
--| = CREATE TRIGGER
delete from t;
--| = DELETE 1
select id from t order by id;
--| 10
--| 12
--| = SELECT 2
drop trigger keep on t;
--| = DROP TRIGGER
create function nulls() returns trigger language plpgsql as $$ begin raise notice '% old=% new=%', tg_op, old, new; return null; end $$;
--| = CREATE FUNCTION
create trigger nulls after insert or update or delete on t for each row execute function nulls();
--| = CREATE TRIGGER
insert into t (id) values (20);
--| # NOTICE: INSERT old=<NULL> new=(20,,0,)
--| = INSERT 0 1
update t set n = 5 where id = 20;
--| # NOTICE: UPDATE old=(20,,0,) new=(20,,5,)
--| = UPDATE 1
delete from t where id = 20;
--| # NOTICE: DELETE old=(20,,5,) new=<NULL>
--| = DELETE 1
drop trigger nulls on t;
--| = DROP TRIGGER
create function usesold() returns trigger language plpgsql as $$ begin raise notice '% %', old.id, old is null; return new; end $$;
--| = CREATE FUNCTION
create trigger usesold before insert on t for each row execute function usesold();
--| = CREATE TRIGGER
insert into t (id) values (21);
--| # NOTICE: <NULL> t
--| = INSERT 0 1
drop trigger usesold on t;
--| = DROP TRIGGER
create function whenfn() returns trigger language plpgsql as $$ begin raise notice 'changed % to %', old.v, new.v; return new; end $$;
--| = CREATE FUNCTION
create trigger w1 after update on t for each row when (old.v is distinct from new.v) execute function whenfn();
--| = CREATE TRIGGER
update t set v = 'e' where id = 10;
--| = UPDATE 1
update t set v = 'q' where id = 10;
--| # NOTICE: changed e to q
--| = UPDATE 1
drop trigger w1 on t;
--| = DROP TRIGGER
create trigger w2 before insert on t for each row when (old.id = 1) execute function whenfn();
--| ! 42P17 INSERT trigger's WHEN condition cannot reference OLD values
create trigger w3 before update of v on t for each row execute function whenfn();
--| = CREATE TRIGGER
update t set n = 1 where id = 10;
--| = UPDATE 1
update t set v = v where id = 10;
--| # NOTICE: changed q to q
--| = UPDATE 1
update t set v = 'x', n = 2 where id = 10;
--| # NOTICE: changed q to x
--| = UPDATE 1
drop trigger w3 on t;
--| = DROP TRIGGER
create function step() returns trigger language plpgsql as $$ begin new.v := coalesce(new.v, '') || tg_name; return new; end $$;
--| = CREATE FUNCTION
create trigger "b" before insert on t for each row execute function step();
--| = CREATE TRIGGER
create trigger "a" before insert on t for each row execute function step();
--| = CREATE TRIGGER
create trigger "C" before insert on t for each row execute function step();
--| = CREATE TRIGGER
insert into t (id, v) values (30, '') returning v;
--| Cab
--| = INSERT 0 1
drop trigger a on t;
--| = DROP TRIGGER
drop trigger b on t;
--| = DROP TRIGGER
drop trigger "C" on t;
--| = DROP TRIGGER
create function rec_audit() returns trigger language plpgsql as $$ begin insert into audit (what) values (tg_op || ':' || coalesce(new.id, old.id)); return coalesce(new, old); end $$;
--| = CREATE FUNCTION
create trigger audit after insert or update or delete on t for each row execute function rec_audit();
--| = CREATE TRIGGER
insert into t (id) values (40), (41);
--| = INSERT 0 2
update t set n = n + 1 where id in (40, 41);
--| = UPDATE 2
delete from t where id = 41;
--| = DELETE 1
select what from audit order by seq;
--| INSERT:40
--| INSERT:41
--| UPDATE:40
--| UPDATE:41
--| DELETE:41
--| = SELECT 5
create function on_audit() returns trigger language plpgsql as $$ begin raise notice 'audited %', new.what; return null; end $$;
--| = CREATE FUNCTION
create trigger cascade_audit after insert on audit for each row execute function on_audit();
--| = CREATE TRIGGER
delete from t where id = 40;
--| # NOTICE: audited DELETE:40
--| = DELETE 1
drop trigger audit on t;
--| = DROP TRIGGER
drop trigger cascade_audit on audit;
--| = DROP TRIGGER
create function refuse() returns trigger language plpgsql as $$ begin if new.n < 0 then raise exception 'n must not be negative: %', new.n using errcode = 'check_violation', hint = 'use zero'; end if; return new; end $$;
--| = CREATE FUNCTION
create trigger refuse before insert or update on t for each row execute function refuse();
--| = CREATE TRIGGER
insert into t (id, n) values (50, -1);
--| ! 23514 n must not be negative: -1
--| ! hint: use zero
insert into t (id, n) values (50, 1), (51, -1);
--| ! 23514 n must not be negative: -1
--| ! hint: use zero
select count(*) from t where id >= 50;
--| 0
--| = SELECT 1
drop trigger refuse on t;
--| = DROP TRIGGER
create function noret() returns trigger language plpgsql as $$ begin null; end $$;
--| = CREATE FUNCTION
create trigger noret before insert on t for each row execute function noret();
--| = CREATE TRIGGER
insert into t (id) values (60);
--| ! 2F005 control reached end of trigger procedure without RETURN
drop trigger noret on t;
--| = DROP TRIGGER
create function wrongrow() returns trigger language plpgsql as $$ declare r record; begin select 1 as a into r; return r; end $$;
--| = CREATE FUNCTION
create trigger wrongrow before insert on t for each row execute function wrongrow();
--| = CREATE TRIGGER
insert into t (id) values (61);
--| ! 42804 returned row structure does not match the structure of the triggering table
--| ! detail: Number of returned columns (1) does not match expected column count (4).
drop trigger wrongrow on t;
--| = DROP TRIGGER
create function badfield() returns trigger language plpgsql as $$ begin new.nothing := 1; return new; end $$;
--| = CREATE FUNCTION
create trigger badfield before insert on t for each row execute function badfield();
--| = CREATE TRIGGER
insert into t (id) values (62);
--| ! 42703 record "new" has no field "nothing"
drop trigger badfield on t;
--| = DROP TRIGGER
create function retrow() returns trigger language plpgsql as $$ declare r t%rowtype; begin r := new; r.v := 'replaced'; return r; end $$;
--| = CREATE FUNCTION
create trigger retrow before insert on t for each row execute function retrow();
--| = CREATE TRIGGER
insert into t (id) values (63) returning v;
--| replaced
--| = INSERT 0 1
drop trigger retrow on t;
--| = DROP TRIGGER
create function selnew() returns trigger language plpgsql as $$ begin select 'selected', 9 into new.v, new.n; return new; end $$;
--| = CREATE FUNCTION
create trigger selnew before insert on t for each row execute function selnew();
--| = CREATE TRIGGER
insert into t (id) values (64) returning v, n;
--| selected|9
--| = INSERT 0 1
drop trigger selnew on t;
--| = DROP TRIGGER
create function tojson() returns trigger language plpgsql as $$ begin insert into audit (what) values (to_jsonb(new) - 'updated_at'); insert into audit (what) values (row_to_json(new)->>'id'); return new; end $$;
--| = CREATE FUNCTION
delete from audit;
--| = DELETE 6
create trigger tojson after insert on t for each row execute function tojson();
--| = CREATE TRIGGER
insert into t (id, v) values (65, 'j');
--| = INSERT 0 1
select what from audit order by seq;
--| {"n": 0, "v": "j", "id": 65}
--| 65
--| = SELECT 2
drop trigger tojson on t;
--| = DROP TRIGGER
select tell();
--| ! 0A000 trigger functions can only be called as triggers
create function notrig() returns int language plpgsql as $$ begin return 1; end $$;
--| = CREATE FUNCTION
create trigger bad before insert on t for each row execute function notrig();
--| ! 42P17 function notrig must return type trigger
create trigger bad before insert on t for each row execute function nothere();
--| ! 42883 function nothere() does not exist
create table users (id uuid primary key default gen_random_uuid(), email text, raw jsonb);
--| = CREATE TABLE
create table profiles (id uuid primary key references users (id) on delete cascade, email text, name text);
--| = CREATE TABLE
create function handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$ begin insert into public.profiles (id, email, name) values (new.id, new.email, coalesce(new.raw->>'name', split_part(new.email, '@', 1))); return new; end $$;
--| = CREATE FUNCTION
create trigger on_user_created after insert on users for each row execute function handle_new_user();
--| = CREATE TRIGGER
insert into users (email, raw) values ('ann@x.org', '{"name": "Ann"}'), ('bob@x.org', null);
--| = INSERT 0 2
select email, name from profiles order by email;
--| ann@x.org|Ann
--| bob@x.org|bob
--| = SELECT 2
delete from users where email = 'ann@x.org';
--| = DELETE 1
select count(*) from profiles;
--| 1
--| = SELECT 1
insert into auth.users (id, email) values ('00000000-0000-0000-0000-000000000001', 'a@b.c');
--| = INSERT 0 1
create table public.people (id uuid primary key references auth.users on delete cascade, email text);
--| = CREATE TABLE
create function public.handle_auth_user() returns trigger language plpgsql security definer set search_path = public as $$ begin insert into people (id, email) values (new.id, new.email); return new; end $$;
--| = CREATE FUNCTION
create trigger on_auth_user_created after insert on auth.users for each row execute procedure public.handle_auth_user();
--| = CREATE TRIGGER
insert into auth.users (id, email, raw_user_meta_data) values ('00000000-0000-0000-0000-000000000002', 'd@e.f', '{"a": 1}');
--| = INSERT 0 1
select email from people;
--| d@e.f
--| = SELECT 1
delete from auth.users;
--| = DELETE 2
select count(*) from people;
--| 0
--| = SELECT 1
delete from t;
--| = DELETE 7
create function trans() returns trigger language plpgsql as $$ declare r record; begin raise notice '% new % old %', tg_op, (select string_agg(id || v, ',' order by id) from newrows), (select count(*) from oldrows); return null; end $$;
--| = CREATE FUNCTION
create function trans_ins() returns trigger language plpgsql as $$ declare r record; begin for r in select * from newrows order by id loop raise notice 'row %', r.id; end loop; insert into audit (what) select 'tr' || id from newrows; return null; end $$;
--| = CREATE FUNCTION
create trigger tr_upd after update on t referencing old table as oldrows new table as newrows for each statement execute function trans();
--| = CREATE TRIGGER
create trigger tr_ins after insert on t referencing new table as newrows for each statement execute function trans_ins();
--| = CREATE TRIGGER
insert into t (id, v) values (1, 'a'), (2, 'b');
--| # NOTICE: row 1
--| # NOTICE: row 2
--| = INSERT 0 2
update t set v = v || v;
--| # NOTICE: UPDATE new 1aa,2bb old 2
--| = UPDATE 2
update t set v = v where false;
--| # NOTICE: UPDATE new <NULL> old 0
--| = UPDATE 0
select what from audit where what like 'tr%' order by seq;
--| tr1
--| tr2
--| = SELECT 2
drop trigger tr_upd on t;
--| = DROP TRIGGER
drop trigger tr_ins on t;
--| = DROP TRIGGER
create view tv as select id, v from t;
--| = CREATE VIEW
create function tv_ins() returns trigger language plpgsql as $$ begin if tg_op = 'INSERT' then insert into t (id, v) values (new.id, new.v || '-view'); return new; elsif tg_op = 'UPDATE' then update t set v = new.v || '-upd' where id = old.id; return new; else delete from t where id = old.id; return old; end if; end $$;
--| = CREATE FUNCTION
create trigger tv_ins instead of insert or update or delete on tv for each row execute function tv_ins();
--| = CREATE TRIGGER
insert into tv values (3, 'c') returning *;
--| 3|c
--| = INSERT 0 1
update tv set v = 'u' where id = 3;
--| = UPDATE 1
delete from tv where id = 1;
--| = DELETE 1
select id, v from t order by id;
--| 2|bb
--| 3|u-upd
--| = SELECT 2
create function ck() returns trigger language plpgsql as $$ begin if (select count(*) from t where v = 'bad') > 0 then raise exception 'bad row %', new.id; end if; return null; end $$;
--| = CREATE FUNCTION
create constraint trigger ck after insert or update on t deferrable initially deferred for each row execute function ck();
--| = CREATE TRIGGER
begin; insert into t (id, v) values (70, 'bad'); update t set v = 'good' where id = 70; commit;
--| = BEGIN
--| = INSERT 0 1
--| = UPDATE 1
--| = COMMIT
begin; insert into t (id, v) values (71, 'bad'); select count(*) from t; commit;
--| ! P0001 bad row 71
select id from t where id >= 70;
--| 70
--| = SELECT 1
begin; set constraints ck immediate; insert into t (id, v) values (72, 'bad'); commit;
--| ! P0001 bad row 72
drop trigger ck on t;
--| = DROP TRIGGER
create function safe_ins() returns trigger language plpgsql as $$ begin begin insert into t (id) values (new.id); exception when unique_violation then raise notice 'dup %', new.id; end; return new; end $$;
--| = CREATE FUNCTION
create table src (id int);
--| = CREATE TABLE
create trigger safe_ins after insert on src for each row execute function safe_ins();
--| = CREATE TRIGGER
insert into src values (80), (80), (81);
--| # NOTICE: dup 80
--| = INSERT 0 3
select count(*) from t where id >= 80;
--| 2
--| = SELECT 1
create function depthf() returns trigger language plpgsql as $$ begin raise notice 'depth % n %', pg_trigger_depth(), new.n; if new.n < 3 then insert into chain values (new.n + 1); end if; return new; end $$;
--| = CREATE FUNCTION
create table chain (n int);
--| = CREATE TABLE
create trigger depthf after insert on chain for each row execute function depthf();
--| = CREATE TRIGGER
insert into chain values (1);
--| # NOTICE: depth 1 n 1
--| # NOTICE: depth 2 n 2
--| # NOTICE: depth 3 n 3
--| = INSERT 0 1
select pg_trigger_depth();
--| 0
--| = SELECT 1
create function guard() returns trigger language plpgsql as $$ begin if pg_trigger_depth() > 1 then return new; end if; update selfupd set n = n + 1 where id = new.id; return new; end $$;
--| = CREATE FUNCTION
create table selfupd (id int, n int);
--| = CREATE TABLE
create trigger guard after update on selfupd for each row execute function guard();
--| = CREATE TRIGGER
insert into selfupd values (1, 1);
--| = INSERT 0 1
update selfupd set n = 10;
--| = UPDATE 1
select n from selfupd;
--| 11
--| = SELECT 1
create table stock (id int primary key, qty int not null);
--| = CREATE TABLE
create table sale (id serial primary key, item int references stock, qty int);
--| = CREATE TABLE
create function take() returns trigger language plpgsql as $$ declare have int; begin select qty into have from stock where id = new.item for update; if not found then raise exception 'no item %', new.item; end if; if have < new.qty then raise exception 'only % left', have using errcode = 'P0002'; end if; update stock set qty = qty - new.qty where id = new.item; return new; end $$;
--| = CREATE FUNCTION
create trigger take before insert on sale for each row execute function take();
--| = CREATE TRIGGER
insert into stock values (1, 5);
--| = INSERT 0 1
insert into sale (item, qty) values (1, 3);
--| = INSERT 0 1
insert into sale (item, qty) values (1, 3);
--| ! P0002 only 2 left
insert into sale (item, qty) values (2, 3);
--| ! P0001 no item 2
select qty from stock;
--| 2
--| = SELECT 1
alter table sale disable trigger take;
--| = ALTER TABLE
insert into sale (item, qty) values (1, 300);
--| = INSERT 0 1
alter table sale enable trigger take;
--| = ALTER TABLE
insert into sale (item, qty) values (1, 300);
--| ! P0002 only 2 left
create table gen (a int, b int generated always as (a * 2) stored);
--| = CREATE TABLE
create function gent() returns trigger language plpgsql as $$ begin raise notice '% %', new.a, new.b; new.a := new.a + 1; return new; end $$;
--| = CREATE FUNCTION
create trigger gent before insert on gen for each row execute function gent();
--| = CREATE TRIGGER
create trigger gent2 after insert on gen for each row execute function gent();
--| = CREATE TRIGGER
insert into gen (a) values (1) returning *;
--| # NOTICE: 1 <NULL>
--| # NOTICE: 2 4
--| 2|4
--| = INSERT 0 1
create function cmp() returns trigger language plpgsql as $$ begin if new = old then raise notice 'same'; elsif new is distinct from old then raise notice 'differs'; end if; if row(new.*) is distinct from row(old.*) then raise notice 'really'; end if; return new; end $$;
--| = CREATE FUNCTION
create table cmpt (a int, b text);
--| = CREATE TABLE
create trigger cmp before update on cmpt for each row execute function cmp();
--| = CREATE TRIGGER
insert into cmpt values (1, 'x');
--| = INSERT 0 1
update cmpt set a = 1;
--| # NOTICE: same
--| = UPDATE 1
update cmpt set a = 2;
--| # NOTICE: differs
--| # NOTICE: really
--| = UPDATE 1
create function dynnew() returns trigger language plpgsql as $$ declare x text; begin execute 'select ($1).' || quote_ident(tg_argv[0]) using new into x; raise notice '%', x; execute format('select $1.%I', tg_argv[0]) using new into x; raise notice '%', x; return new; end $$;
--| = CREATE FUNCTION
create trigger dynnew after insert on cmpt for each row execute function dynnew('b');
--| = CREATE TRIGGER
insert into cmpt values (5, 'dyn');
--| # NOTICE: dyn
--| # NOTICE: dyn
--| = INSERT 0 1
create function logit() returns trigger language plpgsql as $$ begin insert into audit (what) values (format('%s.%s %s %s', tg_table_schema, tg_table_name, tg_relid = tg_table_name::regclass, tg_relname)); if tg_op = 'DELETE' then return old; else return new; end if; end $$;
--| = CREATE FUNCTION
delete from audit;
--| = DELETE 4
create trigger logit before delete on cmpt for each row execute function logit();
--| = CREATE TRIGGER
delete from cmpt where a = 5;
--| = DELETE 1
select what from audit;
--| public.cmpt t cmpt
--| = SELECT 1
create table fkp (id int primary key);
--| = CREATE TABLE
create table fkc (id int references fkp on delete cascade, k int);
--| = CREATE TABLE
create function fkdel() returns trigger language plpgsql as $$ begin raise notice 'child gone %', old.k; return old; end $$;
--| = CREATE FUNCTION
create trigger fkdel after delete on fkc for each row execute function fkdel();
--| = CREATE TRIGGER
insert into fkp values (1);
--| = INSERT 0 1
insert into fkc values (1, 10), (1, 11);
--| = INSERT 0 2
delete from fkp;
--| # NOTICE: child gone 10
--| # NOTICE: child gone 11
--| = DELETE 1
create table wh (id int, status text);
--| = CREATE TABLE
create function whn() returns trigger language plpgsql as $$ begin raise notice 'status now %', new.status; return null; end $$;
--| = CREATE FUNCTION
create trigger whn after insert or update of status on wh for each row when (new.status = 'done') execute function whn();
--| = CREATE TRIGGER
insert into wh values (1, 'new'), (2, 'done');
--| # NOTICE: status now done
--| = INSERT 0 2
update wh set status = 'done';
--| # NOTICE: status now done
--| # NOTICE: status now done
--| = UPDATE 2
update wh set id = 3 where id = 1;
--| = UPDATE 1
create or replace function whn() returns trigger language plpgsql as $$ begin raise notice 'replaced'; return null; end $$;
--| = CREATE FUNCTION
update wh set status = 'done' where id = 2;
--| # NOTICE: replaced
--| = UPDATE 1
alter table wh add column extra int default 7;
--| = ALTER TABLE
create or replace function whn() returns trigger language plpgsql as $$ begin raise notice 'extra %', new.extra; return null; end $$;
--| = CREATE FUNCTION
update wh set status = 'done' where id = 2;
--| # NOTICE: extra 7
--| = UPDATE 1
