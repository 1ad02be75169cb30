-- Policies over a membership table become searches of its indexes; no plan reads it whole, whether auth.uid() stands in a sub-query or not.
create table members (org int, member uuid, role text not null default 'member', primary key (org, member));
--| = CREATE TABLE
create index on members (member);
--| = CREATE INDEX
alter table members enable row level security;
--| = ALTER TABLE
create policy own on members for select to authenticated using (member = (select auth.uid()));
--| = CREATE POLICY
insert into members values (1, 'aaaaaaaa-0000-4000-8000-000000000001'), (2, 'bbbbbbbb-0000-4000-8000-000000000002');
--| = INSERT 0 2
create function is_member(o int) returns boolean language sql stable security definer set search_path = '' as
  $$ select exists (select 1 from public.members m where m.org = o and m.member = (select auth.uid())) $$;
--| = CREATE FUNCTION
create function my_orgs() returns setof int language sql stable security definer set search_path = '' as
  $$ select m.org from public.members m where m.member = (select auth.uid()) $$;
--| = CREATE FUNCTION
create table by_exists (id int primary key, org int not null, title text not null);
--| = CREATE TABLE
create index on by_exists (org);
--| = CREATE INDEX
create table by_bare (like by_exists including all);
--| = CREATE TABLE
create table by_in (like by_exists including all);
--| = CREATE TABLE
create table by_any (like by_exists including all);
--| = CREATE TABLE
create table by_function (like by_exists including all);
--| = CREATE TABLE
create table by_set (like by_exists including all);
--| = CREATE TABLE
alter table by_exists enable row level security;
--| = ALTER TABLE
alter table by_bare enable row level security;
--| = ALTER TABLE
alter table by_in enable row level security;
--| = ALTER TABLE
alter table by_any enable row level security;
--| = ALTER TABLE
alter table by_function enable row level security;
--| = ALTER TABLE
alter table by_set enable row level security;
--| = ALTER TABLE
create policy p on by_exists for select to authenticated using (exists (select 1 from members m where m.org = by_exists.org and m.member = (select auth.uid())));
--| = CREATE POLICY
create policy p on by_bare for select to authenticated using (exists (select 1 from members m where m.org = by_bare.org and m.member = auth.uid()));
--| = CREATE POLICY
create policy p on by_in for select to authenticated using (org in (select m.org from members m where m.member = (select auth.uid())));
--| = CREATE POLICY
create policy p on by_any for select to authenticated using (auth.uid() in (select m.member from members m where m.org = by_any.org));
--| = CREATE POLICY
create policy p on by_function for select to authenticated using (is_member(org));
--| = CREATE POLICY
create policy p on by_set for select to authenticated using (org in (select my_orgs()));
--| = CREATE POLICY
insert into by_exists select n, n % 3, 'row ' || n from generate_series(1, 6) n;
--| = INSERT 0 6
insert into by_bare select * from by_exists;
--| = INSERT 0 6
insert into by_in select * from by_exists;
--| = INSERT 0 6
insert into by_any select * from by_exists;
--| = INSERT 0 6
insert into by_function select * from by_exists;
--| = INSERT 0 6
insert into by_set select * from by_exists;
--| = INSERT 0 6
grant select on all tables in schema public to authenticated;
--| = GRANT
begin;
set local role authenticated;
explain select id, org, title from by_exists where id = 5;
explain select id from by_exists;
explain select id, org, title from by_bare where id = 5;
explain select id from by_bare;
explain select id, org, title from by_in where id = 5;
explain select id from by_in;
explain select id, org, title from by_any where id = 5;
explain select id from by_any;
explain select id, org, title from by_function where id = 5;
explain select id from by_function;
explain select id, org, title from by_set where id = 5;
explain select id from by_set;
commit;
--| = BEGIN
--| = SET
--| SEARCH t1 USING INDEX public.by_exists_pkey (id=?)
--| SEARCH t2 EXISTS USING COVERING INDEX public.members_pkey (org=? AND member=?)
--| SQLite: SELECT "t1"."id" AS "c1", "t1"."org" AS "c2", "t1"."title" AS "c3" FROM "public.by_exists" AS "t1" WHERE EXISTS (SELECT ?2 AS "c1" FROM "public.members" AS "t2" WHERE ("t2"."member" = ?1) AND ("t2"."org" = "t1"."org") AND ("t2"."member" = ?1)) AND ("t1"."id" = ?3) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SEARCH t1 USING INDEX public.by_exists_org_idx (org=?)
--| LIST SUBQUERY 1
--|   SEARCH t2 USING INDEX public.members_member_idx (member=?)
--| USE TEMP B-TREE FOR ORDER BY
--| SQLite: SELECT "t1"."id" AS "c1" FROM "public.by_exists" AS "t1" WHERE ("t1"."org" IN (SELECT "t2"."org" AS "c1" FROM "public.members" AS "t2" WHERE ("t2"."member" = ?1) AND ("t2"."member" = ?1))) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SEARCH t1 USING INDEX public.by_bare_pkey (id=?)
--| SEARCH t2 EXISTS USING COVERING INDEX public.members_pkey (org=? AND member=?)
--| SQLite: SELECT "t1"."id" AS "c1", "t1"."org" AS "c2", "t1"."title" AS "c3" FROM "public.by_bare" AS "t1" WHERE EXISTS (SELECT ?2 AS "c1" FROM "public.members" AS "t2" WHERE ("t2"."member" = ?1) AND ("t2"."org" = "t1"."org") AND ("t2"."member" = ?1)) AND ("t1"."id" = ?3) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SEARCH t1 USING INDEX public.by_bare_org_idx (org=?)
--| LIST SUBQUERY 1
--|   SEARCH t2 USING INDEX public.members_member_idx (member=?)
--| USE TEMP B-TREE FOR ORDER BY
--| SQLite: SELECT "t1"."id" AS "c1" FROM "public.by_bare" AS "t1" WHERE ("t1"."org" IN (SELECT "t2"."org" AS "c1" FROM "public.members" AS "t2" WHERE ("t2"."member" = ?1) AND ("t2"."member" = ?1))) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SEARCH t1 USING INDEX public.by_in_pkey (id=?)
--| SEARCH t2 EXISTS USING COVERING INDEX public.members_pkey (org=? AND member=?)
--| SQLite: SELECT "t1"."id" AS "c1", "t1"."org" AS "c2", "t1"."title" AS "c3" FROM "public.by_in" AS "t1" WHERE EXISTS (SELECT "t2"."org" AS "c1" FROM "public.members" AS "t2" WHERE ("t2"."member" = ?1) AND ("t2"."member" = ?1) AND ("t1"."org" = "t2"."org")) AND ("t1"."id" = ?2) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SEARCH t1 USING INDEX public.by_in_org_idx (org=?)
--| LIST SUBQUERY 1
--|   SEARCH t2 USING INDEX public.members_member_idx (member=?)
--| USE TEMP B-TREE FOR ORDER BY
--| SQLite: SELECT "t1"."id" AS "c1" FROM "public.by_in" AS "t1" WHERE ("t1"."org" IN (SELECT "t2"."org" AS "c1" FROM "public.members" AS "t2" WHERE ("t2"."member" = ?1) AND ("t2"."member" = ?1))) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SEARCH t1 USING INDEX public.by_any_pkey (id=?)
--| SEARCH t2 EXISTS USING COVERING INDEX public.members_pkey (org=? AND member=?)
--| SQLite: SELECT "t1"."id" AS "c1", "t1"."org" AS "c2", "t1"."title" AS "c3" FROM "public.by_any" AS "t1" WHERE EXISTS (SELECT "t2"."member" AS "c1" FROM "public.members" AS "t2" WHERE ("t2"."member" = ?1) AND ("t2"."org" = "t1"."org") AND (?1 = "t2"."member")) AND ("t1"."id" = ?2) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SCAN t1
--| CORRELATED LIST SUBQUERY 1
--|   SEARCH t2 USING COVERING INDEX public.members_pkey (org=? AND member=?)
--| SQLite: SELECT "t1"."id" AS "c1" FROM "public.by_any" AS "t1" WHERE (?1 IN (SELECT "t2"."member" AS "c1" FROM "public.members" AS "t2" WHERE ("t2"."member" = ?1) AND ("t2"."org" = "t1"."org"))) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SEARCH t1 USING INDEX public.by_function_pkey (id=?)
--| SEARCH t2 EXISTS USING COVERING INDEX public.members_pkey (org=? AND member=?)
--| SQLite: SELECT "t1"."id" AS "c1", "t1"."org" AS "c2", "t1"."title" AS "c3" FROM "public.by_function" AS "t1" WHERE EXISTS (SELECT ?1 AS "c1" FROM "public.members" AS "t2" WHERE ("t2"."org" = "t1"."org") AND ("t2"."member" = ?2)) AND ("t1"."id" = ?3) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SEARCH t1 USING INDEX public.by_function_org_idx (org=?)
--| LIST SUBQUERY 1
--|   SEARCH t2 USING INDEX public.members_member_idx (member=?)
--| USE TEMP B-TREE FOR ORDER BY
--| SQLite: SELECT "t1"."id" AS "c1" FROM "public.by_function" AS "t1" WHERE ("t1"."org" IN (SELECT "t2"."org" AS "c1" FROM "public.members" AS "t2" WHERE ("t2"."member" = ?1))) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SEARCH t1 USING INDEX public.by_set_pkey (id=?)
--| CORRELATED SCALAR SUBQUERY 2
--|   SEARCH t3 USING COVERING INDEX public.members_pkey (org=? AND member=?)
--| SQLite: SELECT "t1"."id" AS "c1", "t1"."org" AS "c2", "t1"."title" AS "c3" FROM "public.by_set" AS "t1" WHERE EXISTS (SELECT "t2"."c1" AS "c1" FROM (SELECT "t3"."org" AS "c1" FROM "public.members" AS "t3" WHERE ("t3"."member" = ?1)) AS "t2" WHERE ("t1"."org" = "t2"."c1")) AND ("t1"."id" = ?2) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| SEARCH t1 USING INDEX public.by_set_org_idx (org=?)
--| LIST SUBQUERY 2
--|   SEARCH t3 USING INDEX public.members_member_idx (member=?)
--| USE TEMP B-TREE FOR ORDER BY
--| SQLite: SELECT "t1"."id" AS "c1" FROM "public.by_set" AS "t1" WHERE ("t1"."org" IN (SELECT "t2"."c1" AS "c1" FROM (SELECT "t3"."org" AS "c1" FROM "public.members" AS "t3" WHERE ("t3"."member" = ?1)) AS "t2")) ORDER BY "t1"."ctid"
--| = EXPLAIN
--| = COMMIT
