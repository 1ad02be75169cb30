create table doc (id int primary key, owner text, body text);
--| = CREATE TABLE

alter table doc enable row level security;
--| = ALTER TABLE

create policy p1 on doc for select using (nope = 1);
--| ! 42703 column "nope" does not exist

create policy p1 on doc for select using (owner);
--| ! 42804 argument of POLICY must be type boolean, not type text

create policy p1 on doc for select using (owner = current_user);
--| = CREATE POLICY

create policy p1 on doc for select using (true);
--| ! 42710 policy "p1" for table "doc" already exists

create policy p2 on doc for insert with check (exists (select 1 from missing));
--| ! 42P01 relation "missing" does not exist

create policy p2 on doc for insert with check (owner = current_user);
--| = CREATE POLICY

create table later (a int default b, b int);
--| ! 0A000 cannot use column reference in DEFAULT expression

create table later (a int default 'x'::text, b int);
--| ! 42804 column "a" is of type integer but default expression is of type text
--| ! hint: You will need to rewrite or cast the expression.

create table later (a int check (a > b), b int, c int check (nope > 1));
--| ! 42703 column "nope" does not exist

create table later (a int check (a > b), b int, c timestamptz default now(), d int generated always as (a + random()) stored);
--| ! 42P17 generation expression is not immutable

create index on doc ((now()));
--| ! 42P17 functions in index expression must be marked IMMUTABLE

create index on doc ((upper(nope)));
--| ! 42703 column "nope" does not exist

create function f(x int) returns int language plpgsql as $$ begin return x + 1; end $$;
--| = CREATE FUNCTION

create index on doc (f(id));
--| ! 42P17 functions in index expression must be marked IMMUTABLE

create or replace function f(x int) returns int language sql immutable as $$ select x + 1 $$;
--| = CREATE FUNCTION

create unique index doc_f on doc (f(id));
--| = CREATE INDEX

insert into doc values (1, 'postgres', 'a'), (2, 'anon', 'b');
--| = INSERT 0 2

insert into doc values (1, 'postgres', 'a');
--| ! 23505 duplicate key value violates unique constraint "doc_pkey"
--| ! detail: Key (id)=(1) already exists.

create function trg() returns trigger language plpgsql as $$ begin return new; end $$;
--| = CREATE FUNCTION

create trigger t before update on doc for each row when (new.nope = 1) execute function trg();
--| ! 42703 column new.nope does not exist

create trigger t before update on doc for each row when (new.id = 1) execute function trg();
--| = CREATE TRIGGER

comment on table doc is 'documents';
--| = COMMENT

comment on column doc.nope is 'x';
--| ! 42703 column "nope" of relation "doc" does not exist

comment on column doc.body is 'the text';
--| = COMMENT

grant select on doc to anon;
--| = GRANT

begin;
set local role anon;
select * from doc;
rollback;
--| = BEGIN
--| = SET
--| 2|anon|b
--| = SELECT 1
--| = ROLLBACK

begin;
set local role authenticated;
insert into doc values (3, 'authenticated', 'c');
rollback;
--| = BEGIN
--| = SET
--| = INSERT 0 1
--| = ROLLBACK

drop policy p1 on doc;
--| = DROP POLICY

drop policy p1 on doc;
--| ! 42704 policy "p1" for table "doc" does not exist

drop policy if exists p1 on doc;
--| # NOTICE: policy "p1" for relation "doc" does not exist, skipping
--| = DROP POLICY

alter table doc disable row level security;
--| = ALTER TABLE
