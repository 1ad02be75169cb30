create table d (id int primary key, v text);
--| = CREATE TABLE
insert into d values (1, 'a'), (2, 'b');
--| = INSERT 0 2
create type color as enum ('r', 'g');
--| = CREATE TYPE
do $$ declare t text; n bigint; begin for t in select table_name from information_schema.tables where table_schema = 'public' order by 1 loop execute format('select count(*) from public.%I', t) into n; raise notice '% %', t, n; end loop; end $$;
--| # NOTICE: d 2
--| = DO
do $$ begin if not exists (select 1 from pg_constraint where conname = 'd_v_check') then alter table d add constraint d_v_check check (v <> ''); raise notice 'added'; end if; end $$;
--| # NOTICE: added
--| = DO
do $$ begin if not exists (select 1 from pg_constraint where conname = 'd_v_check') then raise notice 'again'; end if; end $$;
--| = DO
do $$ begin if not exists (select 1 from information_schema.columns where table_schema = 'public' and table_name = 'd' and column_name = 'w') then alter table public.d add column w int default 4; end if; end $$;
--| = DO
do $$ begin if not exists (select 1 from pg_type where typname = 'color') then create type color as enum ('x'); else raise notice 'has color'; end if; end $$;
--| # NOTICE: has color
--| = DO
do $$ declare r record; begin for r in select policyname, tablename from pg_policies where schemaname = 'public' loop execute format('drop policy %I on %I', r.policyname, r.tablename); end loop; end $$;
--| = DO
select policyname, tablename, cmd from pg_policies where schemaname = 'public';
--| = SELECT 0
do $$ declare t record; begin for t in select tablename from pg_tables where schemaname = 'public' order by 1 loop execute 'create or replace function touch_' || t.tablename || '() returns trigger language plpgsql as $f$ begin new.v := upper(new.v); return new; end $f$'; execute format('create trigger touch before insert or update on %I for each row execute function %I()', t.tablename, 'touch_' || t.tablename); end loop; end $$;insert into d values (5, 'low') returning v;
--| = DO
--| LOW
--| = INSERT 0 1
alter table d enable row level security;
--| = ALTER TABLE
do $$ begin if not exists (select 1 from pg_policies where tablename = 'd' and policyname = 'd_read') then create policy d_read on d for select using (true); end if; end $$;
--| = DO
do $$ begin if not exists (select 1 from pg_policies where tablename = 'd' and policyname = 'd_read') then raise exception 'again'; end if; end $$;
--| = DO
do $$ declare r record; begin for r in select schemaname, tablename, policyname from pg_policies where schemaname = 'public' loop raise notice '%', r; execute format('drop policy if exists %I on %I.%I', r.policyname, r.schemaname, r.tablename); end loop; end $$;
--| # NOTICE: (public,d,d_read)
--| = DO
select count(*) from pg_policies where schemaname = 'public';
--| 0
--| = SELECT 1
do $$ begin if exists (select 1 from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' and p.proname = 'touch_d') then raise notice 'has touch_d'; end if; end $$;
--| # NOTICE: has touch_d
--| = DO
do $$ begin if not exists (select 1 from pg_trigger where tgname = 'touch' and tgrelid = 'd'::regclass) then raise exception 'no trigger'; end if; end $$;
--| = DO
do $$ begin if not exists (select 1 from pg_roles where rolname = 'nobody_here') then raise notice 'no such role'; end if; end $$;
--| # NOTICE: no such role
--| = DO
do $$ begin if exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relname = 'd' and c.relkind = 'r') then raise notice 'table'; end if; end $$;
--| # NOTICE: table
--| = DO
do $$ begin if not exists (select 1 from pg_indexes where schemaname = 'public' and indexname = 'd_v_idx') then create index d_v_idx on d (v); end if; raise notice '%', (select count(*) from pg_indexes where indexname = 'd_v_idx'); end $$;
--| # NOTICE: 1
--| = DO
do $$ declare c text; begin select conname into c from pg_constraint where conrelid = 'public.d'::regclass and contype = 'c'; execute format('alter table public.d drop constraint %I', c); raise notice '%', c; end $$;
--| # NOTICE: d_v_check
--| = DO
do $$ begin if not exists (select 1 from pg_type t join pg_enum e on e.enumtypid = t.oid where t.typname = 'color' and e.enumlabel = 'b') then alter type color add value 'b'; end if; end $$;
--| = DO
select enum_range(null::color);
--| {r,g,b}
--| = SELECT 1
do $$ begin alter publication supabase_realtime add table d; exception when duplicate_object then null; when undefined_object then raise notice 'no publication'; end $$;
--| = DO
