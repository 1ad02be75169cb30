do $$ begin create role pl_alice; exception when duplicate_object then null; end $$;
--| = DO
do $$ begin create role pl_bob; exception when duplicate_object then null; end $$;
--| = DO
create table secret (id int primary key, v text);
--| = CREATE TABLE
insert into secret values (1, 's1'), (2, 's2');
--| = INSERT 0 2
create function peek() returns text language plpgsql as $$ begin return (select v from secret where id = 1); end $$;
--| = CREATE FUNCTION
create function peek_def() returns text language plpgsql security definer set search_path = '' as $$ begin return (select v from public.secret where id = 1); end $$;
--| = CREATE FUNCTION
create function who() returns text language plpgsql as $$ begin return current_user || '/' || session_user; end $$;
--| = CREATE FUNCTION
create function who_def() returns text language plpgsql security definer as $$ begin return (select current_user <> 'pl_alice') || '/' || who(); end $$;
--| = CREATE FUNCTION
create function peek_path() returns text language plpgsql security definer set search_path = '' as $$ begin return (select v from secret where id = 1); end $$;
--| = CREATE FUNCTION
create function peek_sql() returns text language sql security definer set search_path = public as $$ select v from secret where id = 2 $$;
--| = CREATE FUNCTION
create function hidden() returns int language plpgsql as $$ begin return 1; end $$;
--| = CREATE FUNCTION
revoke execute on function hidden() from public;
--| = REVOKE
select peek(), peek_def(), peek_sql();
--| s1|s1|s2
--| = SELECT 1
select peek_path();
--| ! 42P01 relation "secret" does not exist
begin; set local role pl_alice; select peek(); rollback;
--| ! 42501 permission denied for table secret
begin; set local role pl_alice; select peek_def(); rollback;
--| = BEGIN
--| = SET
--| s1
--| = SELECT 1
--| = ROLLBACK
begin; set local role pl_alice; select peek_sql(); rollback;
--| = BEGIN
--| = SET
--| s2
--| = SELECT 1
--| = ROLLBACK
begin; set local role pl_alice; select hidden(); rollback;
--| ! 42501 permission denied for function hidden
begin; set local role pl_alice; select current_user, split_part(who(), '/', 1); rollback;
--| = BEGIN
--| = SET
--| pl_alice|pl_alice
--| = SELECT 1
--| = ROLLBACK
begin; set local role pl_alice; select split_part(who_def(), '/', 1), current_user; rollback;
--| = BEGIN
--| = SET
--| true|pl_alice
--| = SELECT 1
--| = ROLLBACK
create function fail_def() returns void language plpgsql security definer as $$ begin raise exception 'no'; end $$;
--| = CREATE FUNCTION
create function after_fail() returns text language plpgsql as $$ begin begin perform fail_def(); exception when others then null; end; return current_user; end $$;
--| = CREATE FUNCTION
begin; set local role pl_alice; select after_fail(); rollback;
--| = BEGIN
--| = SET
--| pl_alice
--| = SELECT 1
--| = ROLLBACK
alter table secret enable row level security;
--| = ALTER TABLE
create policy own on secret for select to pl_alice using (id = 2);
--| = CREATE POLICY
grant select, insert on secret to pl_alice;
--| = GRANT
begin; set local role pl_alice; select peek(), (select count(*) from secret); rollback;
--| = BEGIN
--| = SET
--| \N|1
--| = SELECT 1
--| = ROLLBACK
begin; set local role pl_alice; select peek_def(); rollback;
--| = BEGIN
--| = SET
--| s1
--| = SELECT 1
--| = ROLLBACK
begin; set local role pl_alice; insert into secret values (3, 'x'); rollback;
--| ! 42501 new row violates row-level security policy for table "secret"
create function add_secret(i int) returns void language plpgsql as $$ begin insert into secret values (i, 'f'); exception when insufficient_privilege then raise notice 'denied: %', sqlerrm; end $$;
--| = CREATE FUNCTION
begin; set local role pl_alice; select add_secret(9); rollback;
--| # NOTICE: denied: new row violates row-level security policy for table "secret"
--| = BEGIN
--| = SET
--| 
--| = SELECT 1
--| = ROLLBACK
create function member(i int) returns bool language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.secret where id = i) $$;
--| = CREATE FUNCTION
create table doc (id int, sid int);
--| = CREATE TABLE
insert into doc values (1, 1), (2, 9);
--| = INSERT 0 2
alter table doc enable row level security;
--| = ALTER TABLE
create policy via on doc for select using (member(sid));
--| = CREATE POLICY
grant select on doc to pl_alice;
--| = GRANT
begin; set local role pl_alice; select id from doc; rollback;
--| = BEGIN
--| = SET
--| 1
--| = SELECT 1
--| = ROLLBACK
create function uid() returns int language plpgsql stable as $$ begin return nullif(current_setting('app.uid', true), '')::int; end $$;
--| = CREATE FUNCTION
create policy mine on doc for select using (id = (select uid()));
--| = CREATE POLICY
begin; set local role pl_alice; set local app.uid = '2'; select id from doc order by 1; rollback;
--| = BEGIN
--| = SET
--| = SET
--| 1
--| 2
--| = SELECT 2
--| = ROLLBACK
create function set_role_in() returns text language plpgsql as $$ begin perform set_config('app.k', 'v', true); return current_setting('app.k'); end $$;
--| = CREATE FUNCTION
select set_role_in();
--| v
--| = SELECT 1
create function own_setting() returns text language plpgsql set app.mine = 'inside' as $$ begin return current_setting('app.mine'); end $$;
--| = CREATE FUNCTION
select own_setting();
--| inside
--| = SELECT 1
create function own_role() returns text language plpgsql security definer as $$ begin set local role pl_bob; return current_user; end $$;
--| = CREATE FUNCTION
select own_role();
--| ! 42501 cannot set parameter "role" within security-definer function
create table notes (id int generated always as identity, owner int default uid(), body text);
--| = CREATE TABLE
alter table notes enable row level security;
--| = ALTER TABLE
create policy notes_own on notes using (owner = uid()) with check (owner = uid());
--| = CREATE POLICY
grant all on notes to pl_alice;
--| = GRANT
create function add_note(b text) returns int language plpgsql as $$ declare i int; begin insert into notes (body) values (b) returning owner into i; return i; end $$;
--| = CREATE FUNCTION
begin; set local role pl_alice; set local app.uid = '7'; select add_note('x'); select owner, body from notes; rollback;
--| = BEGIN
--| = SET
--| = SET
--| 7
--| = SELECT 1
--| 7|x
--| = SELECT 1
--| = ROLLBACK
begin; set local role pl_alice; select add_note('x'); rollback;
--| ! 42501 new row violates row-level security policy for table "notes"
create function trg_def() returns trigger language plpgsql security definer set search_path = '' as $$ begin insert into public.secret values (100 + new.id, 'by trigger'); return new; end $$;
--| = CREATE FUNCTION
create table plain (id int);
--| = CREATE TABLE
grant insert on plain to pl_alice;
--| = GRANT
create trigger trg_def after insert on plain for each row execute function trg_def();
--| = CREATE TRIGGER
begin; set local role pl_alice; insert into plain values (1); reset role; select v from secret where id = 101; rollback;
--| = BEGIN
--| = SET
--| = INSERT 0 1
--| = RESET
--| by trigger
--| = SELECT 1
--| = ROLLBACK
create function trg_inv() returns trigger language plpgsql as $$ begin update secret set v = 'no' where id = 1; return new; end $$;
--| = CREATE FUNCTION
create trigger trg_inv after insert on plain for each row execute function trg_inv();
--| = CREATE TRIGGER
begin; set local role pl_alice; insert into plain values (1); rollback;
--| ! 42501 permission denied for table secret
