create table base (id int primary key, code text unique, n int default 5, hidden bool default false);
--| = CREATE TABLE
create view v1 as select id, code as c, n from base where not hidden;
--| = CREATE VIEW
create view v2 as select c, n, id as key from v1;
--| = CREATE VIEW
insert into v1 values (1, 'a', 1), (2, 'b', 2);
--| = INSERT 0 2
insert into v1 values (1, 'x', 9) on conflict (id) do update set n = v1.n + excluded.n returning *;
--| 1|a|10
--| = INSERT 0 1
insert into v2 (key, c, n) values (7, 'b', 9) on conflict (c) do update set n = excluded.n, c = v2.c || '!' where v2.n < 100 returning *;
--| b!|9|2
--| = INSERT 0 1
insert into v2 (key, c, n) values (2, 'q', 9) on conflict (key) do nothing;
--| = INSERT 0 0
insert into v2 (key, c, n) values (2, 'q', 9) on conflict (n) do nothing;
--| ! 42P10 there is no unique or exclusion constraint matching the ON CONFLICT specification
insert into v2 (key, c, n) values (2, 'q', 9) on conflict (code) do nothing;
--| ! 42703 column "code" does not exist
insert into v2 (key, c, n) values (2, 'q', 9) on conflict do nothing;
--| = INSERT 0 0
insert into v2 (key, c, n) values (2, 'q', 9) on conflict (lower(c)) do nothing;
--| ! 42P10 there is no unique or exclusion constraint matching the ON CONFLICT specification
create unique index on base (lower(code)) where not hidden;
--| = CREATE INDEX
insert into v2 (key, c, n) values (22, 'A', 9) on conflict (lower(c)) do nothing;
--| ! 42P10 there is no unique or exclusion constraint matching the ON CONFLICT specification
insert into v1 (id, c, n) values (22, 'A', 9) on conflict (lower(c)) where not hidden do nothing;
--| ! 42703 column "hidden" does not exist
create view v3 as select * from base;
--| = CREATE VIEW
insert into v3 (id, code, n) values (22, 'A', 9) on conflict (lower(code)) where not hidden do update set n = 50;
--| = INSERT 0 1
create role view_conflict_role;
--| = CREATE ROLE
grant insert, update on v1 to view_conflict_role;
--| = GRANT
begin; set local role view_conflict_role; insert into v1 values (1, 'x', 9) on conflict (id) do update set n = 3; rollback;
--| ! 42501 permission denied for view v1
begin; set local role view_conflict_role; insert into v1 values (1, 'x', 9) on conflict (id) do nothing; rollback;
--| ! 42501 permission denied for view v1
begin; set local role view_conflict_role; insert into v1 values (1, 'x', 9) on conflict do nothing; rollback;
--| = BEGIN
--| = SET
--| = INSERT 0 0
--| = ROLLBACK
grant select (n) on v1 to view_conflict_role;
--| = GRANT
begin; set local role view_conflict_role; insert into v1 values (1, 'x', 9) on conflict (id) do update set n = 3; rollback;
--| ! 42501 permission denied for view v1
grant select (id) on v1 to view_conflict_role;
--| = GRANT
begin;
set local role view_conflict_role;
insert into v1 values (1, 'x', 9) on conflict (id) do update set n = 3;
commit;
--| = BEGIN
--| = SET
--| = INSERT 0 1
--| = COMMIT
select * from base order by id;
--| 1|a|3|f
--| 2|b!|9|f
--| = SELECT 2
begin;
prepare ins as insert into v2 (key, c, n) values ($1, 'z', 9) on conflict (key) do update set n = excluded.n;
execute ins(1);
execute ins(40);
execute ins(40);
deallocate ins;
commit;
--| = BEGIN
--| = PREPARE
--| = INSERT 0 1
--| = INSERT 0 1
--| = INSERT 0 1
--| = DEALLOCATE
--| = COMMIT
select * from base order by id;
--| 1|a|9|f
--| 2|b!|9|f
--| 40|z|9|f
--| = SELECT 3
create function view_conflict_put(k int, m int) returns int language plpgsql as $$ begin
insert into v2 (key, c, n) values (k, 'y' || k, m) on conflict (key) do update set n = excluded.n + v2.n;
return (select n from v2 where key = k); end $$;
--| = CREATE FUNCTION
select view_conflict_put(40, 1), view_conflict_put(40, 2), view_conflict_put(41, 3);
--| 10|12|3
--| = SELECT 1
select * from base order by id;
--| 1|a|9|f
--| 2|b!|9|f
--| 40|z|12|f
--| 41|y41|3|f
--| = SELECT 4
drop function view_conflict_put;
--| = DROP FUNCTION
drop table base cascade;
--| # NOTICE: drop cascades to 3 other objects
--| = DROP TABLE
drop role view_conflict_role;
--| = DROP ROLE
