create table docs (id int primary key, owner text, title text, shared boolean default false, n int);
--| = CREATE TABLE

insert into docs values (1, 'ann', 'a1', false, 1), (2, 'ann', 'a2', true, 2), (3, 'bob', 'b1', false, 3), (4, 'bob', 'b2', true, 4);
--| = INSERT 0 4

create table shares (doc int, who text, primary key (doc, who));
--| = CREATE TABLE

insert into shares values (1, 'bob'), (3, 'cid');
--| = INSERT 0 2

alter table docs enable row level security;
--| = ALTER TABLE

alter table shares enable row level security;
--| = ALTER TABLE

grant select, insert, update, delete on docs, shares to authenticated;
--| = GRANT

create function me() returns text language sql stable as $$ select current_setting('app.me', true) $$;
--| = CREATE FUNCTION

create policy d_read on docs for select to authenticated using (owner = me() or shared or exists (select 1 from shares s where s.doc = docs.id and s.who = me()));
--| = CREATE POLICY

create policy d_ins on docs for insert to authenticated with check (owner = me());
--| = CREATE POLICY

create policy d_upd on docs for update to authenticated using (owner = me()) with check (n < 100);
--| = CREATE POLICY

create policy d_del on docs for delete to authenticated using (owner = me() and not shared);
--| = CREATE POLICY

create policy d_strict on docs as restrictive for update to authenticated using (n <> 13) with check (title <> 'bad');
--| = CREATE POLICY

create policy s_read on shares for select to authenticated using (who = me() or who = 'cid');
--| = CREATE POLICY

begin;
set local app.me = 'ann';
set local role authenticated;
select id from docs order by id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 1
--| 2
--| 4
--| = SELECT 3
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
select id from docs where n > 1 order by id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 2
--| 4
--| = SELECT 2
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
select count(*) from docs;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 3
--| = SELECT 1
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
update docs set title = title || '!' returning id, title;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 1|a1!
--| 2|a2!
--| = UPDATE 2
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
update docs set n = 200 where id = 1;
commit;
--| ! 42501 new row violates row-level security policy for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
update docs set title = 'bad' where id = 1;
commit;
--| ! 42501 new row violates row-level security policy "d_strict" for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
update docs set owner = 'bob' where id = 1;
commit;
--| ! 42501 new row violates row-level security policy for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
update docs set owner = 'bob' where id = 2 returning id, owner;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 2|bob
--| = UPDATE 1
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
update docs set n = 13 where id = 1;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = UPDATE 1
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
select id, owner, n from docs order by id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 1|ann|13
--| 2|bob|2
--| 4|bob|4
--| = SELECT 3
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
update docs set n = 1 where id = 1;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = UPDATE 0
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
delete from docs returning id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 1
--| = DELETE 1
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
insert into docs values (10, 'ann', 'x', false, 5);
commit;
--| = BEGIN
--| = SET
--| = SET
--| = INSERT 0 1
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
insert into docs values (11, 'bob', 'x', false, 5);
commit;
--| ! 42501 new row violates row-level security policy for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
insert into docs values (12, 'bob', 'x', true, 5) returning id;
commit;
--| ! 42501 new row violates row-level security policy for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
insert into docs values (13, 'ann', 'x', false, 5) returning id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 13
--| = INSERT 0 1
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
insert into docs values (10, 'ann', 'y', false, 6) on conflict (id) do update set title = excluded.title returning id, title;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 10|y
--| = INSERT 0 1
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
insert into docs values (3, 'ann', 'steal', false, 6) on conflict (id) do update set title = excluded.title;
commit;
--| ! 42501 new row violates row-level security policy (USING expression) for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
insert into docs values (3, 'ann', 'steal', false, 6) on conflict (id) do nothing;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = INSERT 0 0
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
insert into docs values (3, 'bob', 'steal', false, 6) on conflict (id) do nothing;
commit;
--| ! 42501 new row violates row-level security policy for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
insert into docs values (10, 'ann', 'bad', false, 6) on conflict (id) do update set title = 'bad';
commit;
--| ! 42501 new row violates row-level security policy "d_strict" for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
insert into docs values (10, 'ann', 'z', false, 6) on conflict (id) do update set n = 500;
commit;
--| ! 42501 new row violates row-level security policy for table "docs"

begin;
set local app.me = 'bob';
set local role authenticated;
select id, title from docs order by id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 2|a2!
--| 3|b1
--| 4|b2
--| = SELECT 3
--| = COMMIT

begin;
set local app.me = 'bob';
set local role authenticated;
with d as (delete from docs where id > 0 returning id) select count(*) from d;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 1
--| = SELECT 1
--| = COMMIT

begin;
set local app.me = 'bob';
set local role authenticated;
select d.id, s.who from docs d left join shares s on s.doc = d.id order by 1, 2;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 2|\N
--| 4|\N
--| = SELECT 2
--| = COMMIT

begin;
set local app.me = 'bob';
set local role authenticated;
update docs set n = n + 1 from shares s where s.doc = docs.id returning docs.id, s.who;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = UPDATE 0
--| = COMMIT

begin;
set local app.me = 'bob';
set local role authenticated;
update docs d set n = 7 where d.id in (select doc from shares) returning d.id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = UPDATE 0
--| = COMMIT

begin;
set local app.me = 'bob';
set local role authenticated;
select * from shares order by 1;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 1|bob
--| 3|cid
--| = SELECT 2
--| = COMMIT

begin;
set local app.me = 'bob';
set local role authenticated;
insert into shares values (4, 'bob');
commit;
--| ! 42501 new row violates row-level security policy for table "shares"

begin;
set local app.me = 'bob';
set local role authenticated;
delete from shares;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = DELETE 0
--| = COMMIT

begin;
set local app.me = 'bob';
set local role authenticated;
select id from docs where id = 1 for update;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = SELECT 0
--| = COMMIT

begin;
set local app.me = 'nobody';
set local role authenticated;
select id from docs order by id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 2
--| 4
--| = SELECT 2
--| = COMMIT

select id, owner, title, n from docs order by id;
--| 2|bob|a2!|2
--| 4|bob|b2|4
--| 10|ann|y|5
--| 13|ann|x|5
--| = SELECT 4

create view my_docs as select id, title, owner from docs where n > 0;
--| = CREATE VIEW

create view my_docs_inv with (security_invoker = true) as select id, title, owner from docs where n > 0;
--| = CREATE VIEW

grant select, insert, update, delete on my_docs, my_docs_inv to authenticated;
--| = GRANT

begin;
set local app.me = 'ann';
set local role authenticated;
select id from my_docs order by id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 2
--| 4
--| 10
--| 13
--| = SELECT 4
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
select id from my_docs_inv order by id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 2
--| 4
--| 10
--| 13
--| = SELECT 4
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
update my_docs_inv set title = 'v' returning id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 13
--| 10
--| = UPDATE 2
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
update my_docs set title = 'w' where id = 3 returning id, owner;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = UPDATE 0
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
insert into my_docs_inv (id, title, owner) values (20, 't', 'bob');
commit;
--| ! 42501 new row violates row-level security policy for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
insert into my_docs_inv (id, title, owner) values (20, 't', 'ann');
commit;
--| = BEGIN
--| = SET
--| = SET
--| = INSERT 0 1
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
insert into my_docs (id, title, owner) values (21, 't', 'bob');
commit;
--| = BEGIN
--| = SET
--| = SET
--| = INSERT 0 1
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
delete from my_docs_inv where id = 20 returning id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = DELETE 0
--| = COMMIT

create function doc_owner(d int) returns text language sql stable security definer as $$ select owner from docs where id = d $$;
--| = CREATE FUNCTION

create function visible(d int) returns boolean language plpgsql stable as $$ begin return exists (select 1 from docs where id = d); end $$;
--| = CREATE FUNCTION

create function visible_def(d int) returns boolean language plpgsql stable security definer as $$ begin return exists (select 1 from docs where id = d); end $$;
--| = CREATE FUNCTION

create function docs_of(o text) returns setof docs language sql stable as $$ select * from docs where owner = o $$;
--| = CREATE FUNCTION

begin;
set local app.me = 'ann';
set local role authenticated;
select doc_owner(3), visible(3), visible_def(3), doc_owner(99);
commit;
--| = BEGIN
--| = SET
--| = SET
--| \N|f|f|\N
--| = SELECT 1
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
select id from docs_of('bob') order by id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 2
--| 4
--| = SELECT 2
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
select id from docs_of('ann') where title = 'v' order by id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 10
--| 13
--| = SELECT 2
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
select doc_owner(id) from docs order by id;
commit;
--| = BEGIN
--| = SET
--| = SET
--| bob
--| bob
--| ann
--| ann
--| ann
--| = SELECT 5
--| = COMMIT

create table loops (id int, up int);
--| = CREATE TABLE

insert into loops values (1, null), (2, 1);
--| = INSERT 0 2

alter table loops enable row level security;
--| = ALTER TABLE

grant select on loops to authenticated;
--| = GRANT

create policy l on loops using (exists (select 1 from loops x where x.id = loops.up));
--| = CREATE POLICY

begin;
set local app.me = 'ann';
set local role authenticated;
select * from loops;
commit;
--| ! 42P17 infinite recursion detected in policy for relation "loops"

create table forced (id int);
--| = CREATE TABLE

insert into forced values (1);
--| = INSERT 0 1

create table closed (id int);
--| = CREATE TABLE

insert into closed values (1);
--| = INSERT 0 1

alter table closed enable row level security;
--| = ALTER TABLE

grant all on closed to authenticated;
--| = GRANT

begin;
set local app.me = 'ann';
set local role authenticated;
select * from closed;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = SELECT 0
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
insert into closed values (2);
commit;
--| ! 42501 new row violates row-level security policy for table "closed"

begin;
set local app.me = 'ann';
set local role authenticated;
update closed set id = 3;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = UPDATE 0
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
delete from closed;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = DELETE 0
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
select * from forced;
commit;
--| = BEGIN
--| = SET
--| = SET
--| 1
--| = SELECT 1
--| = COMMIT

create table incoming (id int, t text);
--| = CREATE TABLE

insert into incoming values (1, 'm'), (3, 'm'), (50, 'm');
--| = INSERT 0 3

grant select on incoming to authenticated;
--| = GRANT

begin;
set local app.me = 'ann';
set local role authenticated;
merge into docs d using incoming i on d.id = i.id and i.id = 1 when matched then update set title = i.t;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = MERGE 0
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
merge into docs d using (select * from incoming where id = 4) i on d.id = 4 when matched then update set title = i.t;
commit;
--| = BEGIN
--| = SET
--| = SET
--| = MERGE 0
--| = COMMIT

begin;
set local app.me = 'ann';
set local role authenticated;
merge into docs d using (select 4 as id) i on d.id = i.id when matched then update set title = 'stolen';
commit;
--| ! 42501 target row violates row-level security policy (USING expression) for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
merge into docs d using (select 4 as id) i on d.id = i.id when matched then delete;
commit;
--| ! 42501 target row violates row-level security policy (USING expression) for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
merge into docs d using (select 60 as id) i on d.id = i.id when not matched then insert (id, owner) values (i.id, 'bob');
commit;
--| ! 42501 new row violates row-level security policy for table "docs"

begin;
set local app.me = 'ann';
set local role authenticated;
merge into docs d using (select 60 as id) i on d.id = i.id when not matched then insert (id, owner) values (i.id, 'ann');
commit;
--| = BEGIN
--| = SET
--| = SET
--| = MERGE 1
--| = COMMIT

select id, owner, title from docs order by id;
--| 2|bob|a2!
--| 4|bob|b2
--| 10|ann|v
--| 13|ann|v
--| 20|ann|t
--| 21|bob|t
--| 60|ann|\N
--| = SELECT 7
