-- System relations that only a server has are refused; none can be changed.
select * from pg_stat_bgwriter;
--| ! 0A000 reading pg_catalog.pg_stat_bgwriter is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

select count(*) from pg_catalog.pg_hba_file_rules;
--| ! 0A000 reading pg_catalog.pg_hba_file_rules is not supported by the sqlite engine
--| ! hint: This runs on the postgres engine (mainstay dev --engine postgres).

update pg_class set relname = 'x' where relname = 'y';
--| ! 42501 permission denied: "pg_class" is a system catalog

delete from pg_catalog.pg_policy;
--| ! 42501 permission denied: "pg_policy" is a system catalog

insert into information_schema.tables (table_name) values ('x');
--| ! 42501 permission denied: "tables" is a system catalog

create table own (id int primary key, state text check (state in ('a', 'b')) default 'a');
--| = CREATE TABLE

select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'own'::regclass order by conname;
--| PRIMARY KEY (id)
--| CHECK ((state IN ('a', 'b')))
--| = SELECT 2

select column_default from information_schema.columns where table_name = 'own' order by ordinal_position;
--| \N
--| 'a'::text
--| = SELECT 2

select last_value from pg_sequences limit 1;
--| \N
--| = SELECT 1

select name, setting from pg_settings where name in ('wal_level', 'row_security') order by 1;
--| row_security|on
--| wal_level|logical
--| = SELECT 2

do $$ declare r record; begin select * into r from pg_locks; if not found then raise notice 'no locks'; end if; end $$;
--| # NOTICE: no locks
--| = DO
