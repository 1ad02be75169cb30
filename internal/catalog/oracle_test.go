package catalog_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// scripts are run on a new catalog and on PostgreSQL: every statement must say the same, and the facts at the end must be the same.
var scripts = map[string]string{
	"generated names": `
		create table t (id serial primary key, a int unique, b text check (b <> ''), c int, d int, check (c > 0), check (c > d), check (true), unique (c, d), unique (d, c));
		create table child (id bigint generated always as identity primary key, t_id int references t, t_a int references t (a), foreign key (t_id) references t (id) on delete cascade);
		create index on t (a);
		create index on t (a);
		create index on t (lower(b));
		create index on t (lower(b), (c + d));
		create index on t ((a + 1), (a + 2)) include (b);
		create unique index on t (a) where a > 0;
		create table a_very_long_table_name_that_goes_on_and_on_until_it_is_long (a_very_long_column_name_that_also_goes_on_and_on_for_ever serial primary key, x int unique check (x > 0));
		create index on a_very_long_table_name_that_goes_on_and_on_until_it_is_long (a_very_long_column_name_that_also_goes_on_and_on_for_ever, x);
		create table t2 (id int, primary key (id), unique (id), constraint u unique (id));
		create table s1 (id serial); create table s2 (id smallserial, big bigserial);
		alter table t2 add column e int unique, add column f int references t, add check (e > f), add constraint named check (f > 0);
		alter table t2 add unique (e, f), add foreign key (e) references t (a);
		create sequence s2_x_seq; alter table s2 add column x serial;
		create table like1 (like t2 including all);
		create table like2 (z int, like t, y int);
	`,
	"duplicates": `
		create table t (a int);
		create table t (a int);
		create table if not exists t (a int);
		create view t as select 1 as x;
		create type t as enum ('a');
		create sequence t;
		create index t on t (a);
		create index i on t (a); create index i on t (a); create index if not exists i on t (a);
		create table u (a int, a text);
		create table u (a int primary key, b int primary key);
		create table u (a int, primary key (b));
		create table u (a int, unique (a, a));
		create table u (ctid int);
		create table u (a int null not null);
		create table u (a int default 1 default 2);
		create table u (a int constraint c check (a > 0), b int constraint c check (b > 0));
		create table u (a int default 1 generated always as identity);
		create table u (a text generated always as identity);
		create table u (a int generated always as (1) stored default 2);
		alter table t add column a int; alter table t add column if not exists a int;
		alter table t add constraint k check (a > 0); alter table t add constraint k check (a > 0);
		alter table t add primary key (a); alter table t add primary key (a);
		alter table t drop column nope; alter table t drop column if exists nope;
		alter table t drop constraint nope; alter table t drop constraint if exists nope;
		alter table nope add column a int; alter table if exists nope add column a int; alter table nope.t add column a int;
		create policy p on t; create policy p on t; drop policy q on t; drop policy if exists q on t; drop policy if exists q on nope; drop policy q on nope;
		create function f() returns trigger language plpgsql as $$begin return new; end$$;
		create function f() returns trigger language plpgsql as $$begin return new; end$$;
		create trigger g before insert on t for each row execute function f();
		create trigger g before insert on t for each row execute function f();
		create trigger h before insert on t for each row execute function nope();
		drop trigger nope on t; drop trigger if exists nope on t; drop trigger if exists nope on nope;
		create type e as enum ('a', 'b'); create type e as enum ('a'); alter type e add value 'b'; alter type e add value if not exists 'b'; alter type e add value 'c' before 'b'; alter type e add value 'z' after 'nope';
		alter type e rename value 'a' to 'b'; alter type e rename value 'a' to 'aa'; alter type e rename value 'q' to 'r';
		create schema s; create schema s; create schema if not exists s; create schema pg_x;
		create table nope.t (a int);
		create table v (a nope); create table v (a s.nope); create table v (a varchar(0)); create table v (a text(3)); create table v (a serial[]); create table v (a anyelement);
		create domain d as int check (value > 0); create domain d as int; create domain d2 as int constraint c check (value > 0) constraint c check (value < 9);
		drop table nope; drop table if exists nope; drop table nope.t; drop table if exists nope.t; drop view t; drop table t, nope; drop type nope; drop type if exists nope; drop type t; drop type _e;
		drop function nope(); drop function nope; drop function if exists nope(int); drop function if exists nope(nope); drop function if exists nope; drop sequence nope; drop index nope; drop index if exists nope; drop schema nope; drop schema if exists nope;
		drop view if exists nope; drop materialized view nope; drop index t_pkey; drop table i; drop index t;
	`,
	"foreign keys": `
		create table p (id int primary key, code text, n numeric unique, u uuid unique, unique (id, code));
		create table nokey (a int);
		create table c1 (a int references nope); create table c1 (a int references p (code)); create table c1 (a text references p);
		create table c1 (a int references nokey); create table c1 (a int, foreign key (x) references p); create table c1 (a int, foreign key (a) references p (x));
		create table c1 (a int, b text, foreign key (a, b) references p); create table c1 (a int, b text, foreign key (a, b) references p (id));
		create table c1 (a bigint references p, b int references p (n), c smallint references p); create table c2 (a numeric references p); create table c2 (a uuid references p (id));
		create table c3 (a int, b varchar(5), foreign key (b, a) references p (code, id));
		create view v as select id from p; create table c4 (a int references v);
		create table c5 (a date references p); create table self (id int primary key, parent int references self on delete set null);
		create table c6 (a int references p on delete set null, b int constraint named references p deferrable initially deferred);
		alter table c6 add constraint named foreign key (a) references p;
		alter table p drop constraint p_pkey; alter table p drop constraint p_pkey cascade;
	`,
	"drops": `
		create table p (id int primary key, a int, b int);
		create table c (id serial primary key, p_id int references p);
		create view v as select id, a from p; create view w as select id from v;
		drop table p; alter table p drop column a; alter table p drop column id; drop view v; drop sequence c_id_seq;
		alter table p drop column b;
		create function f(p) returns int language sql as 'select 1'; create function g() returns setof p language sql as 'select * from p';
		drop table p; drop view v cascade; drop table p cascade;
		create type e as enum ('x'); create table te (a e, b e[], c int); create function fe(e) returns e language sql as 'select $1';
		drop type e; drop type e cascade;
		create sequence s; create table ts (a int default nextval('s')); drop sequence s; drop sequence s cascade;
		create function tf() returns trigger language plpgsql as 'begin return new; end'; create table tt (a int, b int);
		create trigger tg before update of a on tt for each row when (new.b > 0) execute function tf();
		drop function tf(); alter table tt drop column a; alter table tt drop column b; drop function tf() cascade;
		create function chk(int) returns boolean language sql immutable as 'select true'; create table tc (a int check (chk(a)), b int default 1, c int generated always as (a + 1) stored);
		create index on tc (a) where chk(a); alter table tc drop column a; drop function chk(int); drop function chk(int) cascade; alter table tc drop column a cascade;
		create table tp (id int, o int); create table tp2 (id int); create policy pp on tp using (exists (select 1 from tp2 where tp2.id = tp.id)); create policy pp2 on tp using (o > 0);
		drop table tp2; alter table tp drop column o; drop table tp2 cascade; alter table tp drop column o cascade;
		create schema sc create table x (a int) create view y as select a from x; drop schema sc; drop schema sc cascade;
		create domain dm as int; create table td (a dm); drop domain dm; drop domain dm cascade;
		create table i1 (id int generated always as identity); drop sequence i1_id_seq; alter sequence i1_id_seq owned by none;
		drop table te, tt, tc; drop table c cascade;
	`,
	"functions": `
		create function f(a int, b text default 'x') returns int language sql as 'select 1';
		create or replace function f(a int, b text default 'x') returns text language sql as 'select null::text';
		create or replace function f(x int, b text default 'x') returns int language sql as 'select 1';
		create or replace function f(a int, b text) returns int language sql as 'select 1';
		create or replace function f(a int, b text default 'y') returns int language sql as 'select 2';
		create function f(a int) returns int language sql as 'select 3';
		create function f2(a int default 1, b int) returns int language sql as 'select 1';
		create function f3() language sql as 'select 1';
		create function f4(out a int, out b text) language sql as 'select 1, null::text';
		create or replace function f4(out a int, out c text) language sql as 'select 1, null::text';
		create function f5(out a int) returns text language sql as 'select 1';
		create function f6(a int, a int) returns int language sql as 'select 1';
		create function f7(variadic a int) returns int language sql as 'select 1';
		create function f8(variadic a int[], b int) returns int language sql as 'select 1';
		create function f9() returns table (a int, b text) language sql as 'select 1, null::text';
		create function f10() returns nope language sql as 'select 1';
		create function f11() returns int language nope as 'select 1';
		create function f12() returns anyelement language plpgsql as 'begin return 1; end';
		create function f13(a int) returns int language sql rows 5 as 'select 1';
		drop function f; drop function f(int, text); drop function f; drop function f9;
		create procedure pr(a int) language sql as 'select 1'; drop function pr(int); drop procedure pr; drop routine f4;
		alter function f2(int) stable; alter function f10() security definer;
		create function trg() returns int language sql as 'select 1'; create table t (a int); create trigger g after insert on t execute function trg();
		create function sf(int, int) returns int language sql as 'select 1'; create function ff(int) returns text language sql as 'select null::text'; create aggregate agg(int) (sfunc = sf, stype = int, finalfunc = ff); create aggregate agg(int) (sfunc = sf, stype = int); drop function sf(int, int); create aggregate agg2(int) (sfunc = sf); drop aggregate agg(int); drop aggregate agg(int);
		comment on function nope() is 'x'; comment on table nope is 'x'; comment on column t.nope is 'x';
	`,
	"triggers": `
		create table t (a int, b text); create view v as select a from t; create function tf() returns trigger language plpgsql as 'begin return new; end'; create function nt() returns int language sql as 'select 1'; create materialized view m as select a from t;
		create trigger x before insert on v for each row execute function tf(); create trigger x instead of insert on t for each row execute function tf(); create trigger x instead of insert on v execute function tf(); create trigger x after truncate on t for each row execute function tf(); create trigger x before insert on m for each row execute function tf();
		create trigger x before update on t referencing old table as o for each statement execute function tf(); create trigger x after insert on t referencing old table as o for each statement execute function tf(); create trigger x after insert or update on t referencing new table as n for each statement execute function tf(); create trigger x after update of a on t referencing new table as n for each statement execute function tf();
		create trigger ok1 after update on t referencing old table as o new table as n for each statement execute function tf(); create trigger x before update of nope on t for each row execute function tf(); create trigger x before update of a, a on t for each row execute function tf(); create trigger x before insert on nope for each row execute function tf(); create trigger x before insert on t for each row execute function nt();
		create constraint trigger ct after insert on t deferrable initially deferred for each row execute function tf(); create or replace trigger ok1 before insert on t for each row execute function tf(); create or replace trigger ct after insert on t for each row execute function tf(); create trigger i instead of insert on v for each row execute function tf(); alter trigger ok1 on t rename to ok2; alter trigger nope on t rename to x; alter trigger ct on t rename to ok2; alter table t disable trigger ok2; alter table t enable trigger user;
		drop trigger ok2 on t; drop trigger i on v; drop trigger i on v; comment on trigger ct on t is 'x'; comment on trigger nope on t is 'x'; drop function tf(); drop table t; drop table t cascade;
	`,
	"types": `
		create domain d as int default 3 check (value > 0); alter domain d set not null; alter domain d drop default; alter domain d add check (value < 10); alter domain d add constraint named check (value < 20); alter domain d drop constraint nope; alter domain d drop constraint if exists nope; alter domain d drop constraint d_check; alter domain d rename constraint named to other; alter domain d rename constraint nope to x; alter domain nope set not null; alter domain d validate constraint other; alter domain d add constraint other check (value < 5); create domain d3 as d unique; create domain d3 as int null not null; create domain d3 as anyelement;
		create type c as (a int, a text); create type c as (a int, b text); alter type c add attribute a int; alter type c rename attribute b to a; alter type c rename attribute nope to x; alter type c alter attribute b type int; alter type c drop attribute if exists nope; create table uses (x c, y c[]); drop type c; alter type c rename to cc; alter type cc set schema nope; drop type cc cascade; create type long as enum ('abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij');
		create type e as enum ('a'); alter type e add value 'c'; alter type e add value 'b' after 'a'; alter type e rename to ee; alter type ee rename value 'a' to 'z'; create table te (x ee default 'z', y ee[]); alter type ee add value 'first' before 'z'; alter type nope add value 'x'; alter type d add value 'x'; drop domain ee; drop domain if exists nope; create table _te (a int); create type te_x as (a int); drop type te; alter type te rename to x; create table ee (a int); create table te_x (a int); create domain te as int;
		create schema s; create type s.q as enum ('x'); create table s.t (a s.q); create table t (a s.q, b q); create table t (a s.q); drop schema s; drop type s.q; drop type s.q cascade; alter table t add x int default 5 not null; drop schema s cascade; comment on type ee is 'x'; comment on domain ee is 'x'; comment on type nope is 'x'; comment on constraint other on domain d is 'x'; comment on column t.x is 'x'; comment on index nope is 'x'; comment on schema nope is 'x'; comment on sequence nope is 'x'; comment on view t is 'x'; comment on constraint nope on t is 'x'; comment on policy nope on t is 'x';
	`,
	"publications": `
		create table t (a int primary key); create view v as select a from t; create publication p for table t; create publication p; create publication q; alter publication q add table t; alter publication q add table t; alter publication q drop table t; alter publication q drop table t; alter publication q add table v; alter publication q add table nope; alter publication nope add table t; alter publication q set table t; create publication r for all tables; alter publication r add table t; drop publication q, nope; drop publication if exists nope; drop publication r; drop table t; drop table t cascade;
	`,
	"dump": `
		create table t (id integer not null, n text default 'x'::text, constraint t_n_check check ((char_length(n) > 1))); create sequence t_id_seq as integer start with 1 increment by 1 no minvalue no maxvalue cache 1; alter sequence t_id_seq owned by t.id; alter table only t alter column id set default nextval('t_id_seq'::regclass); alter table only t add constraint t_pkey primary key (id); alter table only t add constraint t_fk foreign key (id) references t(id) not valid; alter table t owner to postgres; create index t_n_idx on t using btree (n); create index g on t using gin (to_tsvector('english', n)); create index h on t using nope (n); create unique index uh on t using gin (n); alter table only t cluster on t_pkey; alter table t alter column n set statistics 100; alter table t set (fillfactor = 70); alter sequence t_id_seq owned by t.nope; alter sequence t_id_seq owned by nope.nope; alter table t drop column id; drop sequence t_id_seq;
		create temp table tmp (id serial, t_n text); create table r (a int references tmp); create table xx (a int unique deferrable initially deferred, b int references xx (a)); create table yy (a int, b int, unique (a) include (b)); create unlogged table ul (a int); create index concurrently ci on ul (a); drop index concurrently ci; create index on ul (nope); create table ul2 (a json primary key); create table ul3 (a point unique); create table df (a int default nope); create table df (a int default b, b int);
	`,
	"rights": `
		create role cat_a; create role cat_b noinherit; create role cat_c createrole; create role cat_group; create role cat_a; create role pg_nope; grant cat_group to cat_a, cat_b; grant cat_group to cat_a; grant cat_a to cat_group; revoke cat_group from cat_c;
		create table t (a int, b text, c int); create sequence s; create function f() returns int language sql as 'select 1'; create view v as select a from t;
		grant select, insert on t to cat_a; grant all on t to cat_b with grant option; grant update (a, b), select (c) on t to cat_c; revoke insert on t from cat_a; revoke update (b) on t from cat_c;
		grant all privileges on all tables in schema public to cat_a; revoke all on v from cat_a; grant usage on s to cat_a; grant select on s to cat_b; grant all on sequence s to cat_c; revoke execute on function f() from public; grant execute on function f to cat_a;
		grant execute on all functions in schema public to cat_b; grant usage on table t to cat_a; grant execute on s to cat_a; grant select on function f to cat_a; grant insert (a) on t to public; grant delete (a) on t to cat_a; grant select on t to public with grant option; revoke select on t from cat_b;
		set role cat_b; grant select on t to cat_c; grant insert on t to cat_c; set role cat_c; grant select on t to cat_a; grant insert on t to cat_a; grant select on v to cat_a; create table x (a int); alter table t add column z int; drop table t; drop function f(); comment on table t is 'x'; create policy p on t; create index on t (a);
		create role cat_d; drop role cat_d; reset role; revoke select on t from cat_b; revoke select on t from cat_b cascade; revoke grant option for insert on t from cat_b cascade;
		alter default privileges grant select on tables to cat_a; alter default privileges in schema public grant insert on tables to cat_b; alter default privileges revoke execute on functions from public; alter default privileges in schema public grant execute on functions to cat_a; alter default privileges grant usage on sequences to cat_a; alter default privileges in schema nope grant select on tables to cat_a;
		create table t2 (id serial); create view v2 as select * from t2; create function f2() returns int language sql as 'select 1'; create sequence s2; alter default privileges revoke select on tables from cat_a; create table t3 (a int);
		alter table t owner to cat_a; alter table t owner to nope; alter function f() owner to cat_a; grant create on schema public to cat_a; set role cat_a; create table mine (a int primary key); grant select on mine to cat_b; alter table mine add column b int; create function mine_f() returns int language sql as 'select 1'; alter table mine owner to cat_b; revoke all on mine from cat_a; grant select on t2 to cat_b; create table refs (a int references t2_nope); create table refs2 (a int references v2);
		reset role; drop role cat_a; drop role cat_b; alter table mine owner to cat_c; revoke all on mine from public; grant select on mine, t2 to cat_a, cat_b; 
		grant select on nope.t to cat_a; grant select on all tables in schema nope to cat_a; revoke all on schema public from public; grant usage on schema public to cat_a; alter table t2 owner to cat_c; alter sequence t2_id_seq owner to cat_a;
	`,
	"views": `
		create table a (id int primary key, x text, y numeric(10, 2)); create table b (id int primary key, a_id int references a, z date, x text);
		create view v1 as select * from a; create view v2 as select a.*, b.z from a join b on b.a_id = a.id; create view v3 (p, q) as select id, x from v1; create view v4 as select id, id from a; create view v5 (p, q, r) as select id from a; create view v6 as select * from a join b using (id);
		alter table a add column later int; alter table a drop column y; alter table b drop column z; alter table a drop column x; drop view v1; drop table b; alter table b drop column a_id; alter table a alter column y type text;
		create view v7 as with w as (select id from b) select w.id from w; create view v8 as select (select max(id) from b) as m; create view v9 as select id from a where exists (select 1 from b where b.a_id = a.id);
		drop table b; alter table b rename to bb; alter table a rename column x to xx; drop table bb cascade; create or replace view v1 as select id, xx as x from a; create or replace view v1 as select id from a; create or replace view v3 as select id as p, x as q, 1::int as r from v1;
		drop view v3; drop view if exists v3; drop table v1; drop materialized view v1; create materialized view m as select id, xx from a; create unique index on m (id); drop view m; refresh materialized view m; refresh materialized view concurrently m; refresh materialized view v1; create index on v1 (id); alter table a drop column xx; drop materialized view m; drop table a cascade;
		create table c (a int, b int); create table d as select a, b from c; create table if not exists d as select a from c; create table e as select b, a from c; create temp view tv as select a from c; create view w with (security_invoker = true) as select a from c with check option;
		create table g (id int, g_id int generated always as (id * 2) stored); create table h (like g including generated); alter table g drop column id; create table i (a int generated always as (b) stored, b int generated always as (1) stored);
	`,
	"policies": `
		create table t (id int primary key, owner text, org int); create table m (org int, who text); create function mine(int) returns boolean language sql as 'select true'; create function mine(text) returns boolean language sql as 'select true'; create function one() returns int language sql as 'select 1';
		create policy a on t for select using (owner = current_user); create policy b on t for insert with check (org in (select org from m where who = owner)); create policy c on t for insert using (true); create policy d on t for select with check (true); create policy e on t for update using (org = one()); create policy f on t to nope using (true); create policy g on nope using (true); create table vt (x int); create view v as select x from vt; create policy h on v using (true);
		alter policy a on t using (id > 0); alter policy a on t with check (true); alter policy b on t using (true); alter policy nope on t using (true); alter policy a on t rename to b; alter policy a on t rename to aa; alter policy nope on t rename to x; alter policy aa on t to public;
		drop function one(); drop table m; alter table m drop column who; alter table t drop column org; alter table t alter column org type bigint; alter table m rename to mm; alter table mm rename column who to person; drop function one() cascade; drop table mm cascade; alter table t drop column org; drop policy aa on t; drop table t;
	`,
	"alter": `
		create table t (id serial primary key, a int not null default 5, b text); create table r (t_id int references t, primary key (t_id));
		alter table t alter column a type bigint, alter column a drop default, alter column b set not null;
		alter table t alter column id drop not null; alter table t alter column nope set not null;
		alter table t alter column id type bigint;
		create view v as select a from t; alter table t alter column a type int; drop view v;
		alter table t rename column a to aa; alter table t rename column nope to x; alter table t rename column b to aa; alter table t rename to tt; alter table r rename to tt;
		alter table tt rename constraint t_pkey to pk; alter index pk rename to tt_pk; alter sequence t_id_seq rename to q;
		alter table tt alter column aa add generated always as identity; alter table tt alter column b add generated always as identity;
		alter table tt alter column aa set generated by default set start 10; alter table tt alter column aa drop identity; alter table tt alter column aa drop identity; alter table tt alter column aa drop identity if exists;
		alter table tt add column g int generated always as (aa * 2) stored; alter table tt alter column g set default 1; alter table tt alter column g drop expression; alter table tt alter column g drop expression;
		alter table tt enable row level security, force row level security; alter table tt disable trigger nope; alter table tt disable trigger all;
		alter table tt validate constraint nope; alter table tt add constraint nv check (aa > 0) not valid; alter table tt validate constraint nv; alter table tt validate constraint tt_pk;
		create unique index ui on tt (b); alter table tt add constraint uc unique using index ui; alter table tt add constraint ud unique using index nope;
		create schema s; alter table tt set schema s; alter table s.tt set schema nope; alter table s.tt set schema public;
		create type ct as (a int, b text); alter type ct add attribute c int, drop attribute a, alter attribute b type int; alter type ct drop attribute nope; alter type ct rename attribute b to bb;
		alter sequence q increment 0; alter sequence q minvalue 10 maxvalue 5; alter sequence q start 3; alter sequence q restart with 7; alter sequence q owned by none; alter sequence nope start 3; create sequence qs as smallint; create sequence qd increment -1; create sequence qx as text;
		alter view tt rename to x; create view vv as select b from tt; alter table vv rename to vvv; alter view vvv rename column b to c; alter table vvv add column x int;
		create or replace view vvv as select b as x from tt; create or replace view tt as select 1 as x;
		create role nologin_role; alter table tt owner to nope; grant select on nope to public; grant select on tt to nope; grant execute on tt to public; grant select (nope) on tt to public; grant usage on schema nope to public; drop role nope; drop role if exists nope; create role nologin_role; drop role nologin_role;
	`,
}

func TestLikePostgreSQL(t *testing.T) {
	dsn := os.Getenv("MAINSTAY_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("MAINSTAY_TEST_POSTGRES is not set: nothing to compare with")
	}
	ctx := context.Background()
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			conf, err := pgx.ParseConfig(dsn)
			if err != nil {
				t.Fatal(err)
			}
			var notices []string
			conf.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
				notices = append(notices, said1(n.Severity, n.Code, n.Message, n.Detail, n.Hint))
			}
			admin, err := pgx.ConnectConfig(ctx, conf)
			if err != nil {
				t.Fatal(err)
			}
			defer admin.Close(ctx)
			db := "mainstay_catalog_" + strings.ReplaceAll(name, " ", "_")
			exec := func(c *pgx.Conn, q string) {
				t.Helper()
				_, err := c.Exec(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
			}
			exec(admin, "drop database if exists "+db)
			exec(admin, "create database "+db)
			defer func() {
				exec(admin, "drop database "+db)
				for _, r := range []string{"cat_a", "cat_b", "cat_c", "cat_group"} {
					exec(admin, "drop role if exists "+r)
				}
			}()
			conf = conf.Copy()
			conf.Database = db
			pg, err := pgx.ConnectConfig(ctx, conf)
			if err != nil {
				t.Fatal(err)
			}
			defer pg.Close(ctx)

			e := catalog.Empty().Edit()
			var env catalog.Env
			stmts, err := sql.Parse(script)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range stmts {
				if set, ok := s.Stmt.(*sql.Set); ok && set.Setting.Name == "role" {
					if env.Role = "postgres"; !set.Reset {
						env.Role = set.Setting.Values[0]
					}
					exec(pg, s.Text)
					continue
				}
				ch, err := e.Apply(s.Stmt, env)
				got := said(ch, err)
				notices = nil
				_, err = pg.PgConn().Exec(ctx, s.Text).ReadAll()
				want := strings.Join(notices, "\n")
				if p, ok := err.(*pgconn.PgError); ok {
					want = said1("ERROR", p.Code, p.Message, p.Detail, p.Hint)
				} else if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(want, "some objects depend on it") { // told in the order of making the dependencies
					got, want = sortedDetail(got), sortedDetail(want)
				}
				if got != want {
					t.Errorf("%s\n got %s\nwant %s", s.Text, got, want)
				}
			}
			got := facts(e.Done(), "public")
			exec(pg, "reset role")
			exec(pg, aclFunction)
			rows, err := pg.Query(ctx, factsQuery)
			if err != nil {
				t.Fatal(err)
			}
			want, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			slices.Sort(want)
			for _, l := range got {
				if !slices.Contains(want, l) {
					t.Errorf("not in PostgreSQL: %s", l)
				}
			}
			for _, l := range want {
				if !slices.Contains(got, l) {
					t.Errorf("only in PostgreSQL: %s", l)
				}
			}
		})
	}
}

func sortedDetail(s string) string {
	head, detail, _ := strings.Cut(s, " / ")
	lines := strings.Split(detail, "\n")
	slices.Sort(lines)
	return head + "\n" + strings.Join(lines, "\n")
}

// aclFunction gives an access list with the rights in the order of their bits here, not of PostgreSQL's text.
const aclFunction = `create function pg_temp.acl(a aclitem[]) returns text language sql as $$
select case when a is null then 'default' else coalesce((select string_agg(line, ' ' order by line collate "C") from (
  select (case when grantee = 0 then '' else grantee::regrole::text end) || '=' || string_agg(letter || case when is_grantable then '*' else '' end, '' order by o) || '/' || grantor::regrole as line
  from aclexplode(a) join (values ('SELECT', 'r', 1), ('INSERT', 'a', 2), ('UPDATE', 'w', 3), ('DELETE', 'd', 4), ('TRUNCATE', 'D', 5), ('REFERENCES', 'x', 6), ('TRIGGER', 't', 7),
    ('EXECUTE', 'X', 8), ('USAGE', 'U', 9), ('CREATE', 'C', 10)) v(p, letter, o) on p = privilege_type group by grantee, grantor) x), '') end $$`

const factsQuery = `
with r as (select * from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm'))
select relname || ' ' || relkind::text from r
union all select relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' notnull=' || attnotnull || ' default=' || atthasdef || ' identity=' || attidentity::text
  from r join pg_attribute a on attrelid = r.oid where attnum > 0 and not attisdropped
union all select r.relname || ' constraint ' || conname || ' ' || contype::text || ' (' ||
    coalesce((select string_agg(attname, ',' order by o) from unnest(conkey) with ordinality u(k, o) join pg_attribute a on attrelid = conrelid and attnum = k), '') || ') ' ||
    coalesce((select relname || '(' || (select string_agg(attname, ',' order by o) from unnest(confkey) with ordinality u(k, o) join pg_attribute a on attrelid = confrelid and attnum = k) || ')' from pg_class f where f.oid = confrelid), '')
  from r join pg_constraint c on conrelid = r.oid where contype <> 't'
union all select r.relname || ' index ' || i.relname || ' unique=' || indisunique from r join pg_index on indrelid = r.oid join pg_class i on i.oid = indexrelid
union all select r.relname || ' policy ' || polname from r join pg_policy on polrelid = r.oid
union all select r.relname || ' trigger ' || tgname from r join pg_trigger on tgrelid = r.oid where not tgisinternal
union all select relname || ' acl ' || pg_temp.acl(relacl) from r
union all select relname || '.' || attname || ' acl ' || pg_temp.acl(attacl) from r join pg_attribute on attrelid = r.oid where attacl is not null
union all select relname || ' owner ' || relowner::regrole from r
union all select 'sequence ' || relname || ' acl ' || pg_temp.acl(relacl) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'
union all select 'function ' || proname || '(' || coalesce((select string_agg(format_type(a, null), ', ' order by o) from unnest(proargtypes) with ordinality u(a, o)), '') || ') acl ' || pg_temp.acl(proacl) from pg_proc where pronamespace = 'public'::regnamespace
union all select relname || ' rls=' || relrowsecurity || ' force=' || relforcerowsecurity from r where relrowsecurity or relforcerowsecurity
union all select 'sequence ' || c.relname || ' ' || format_type(seqtypid, null) || ' start=' || seqstart || ' min=' || seqmin || ' max=' || seqmax || ' inc=' || seqincrement || ' ' ||
    coalesce((select o.relname || '.' || attname from pg_depend d join pg_class o on o.oid = refobjid join pg_attribute a on attrelid = refobjid and attnum = refobjsubid where d.objid = c.oid and classid = 'pg_class'::regclass and deptype in ('a', 'i')), '')
  from pg_class c join pg_sequence on seqrelid = c.oid where relnamespace = 'public'::regnamespace
union all select 'type ' || typname || ' ' || typtype::text || ' ' || coalesce((select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid = t.oid), '')
  from pg_type t where typnamespace = 'public'::regnamespace and not exists (select from pg_class c where c.oid = typrelid and relkind <> 'c')
    and not exists (select from pg_type e join pg_class c on c.oid = e.typrelid where e.oid = t.typelem and relkind <> 'c' and t.typcategory = 'A')
union all select 'function ' || proname || '(' || coalesce((select string_agg(format_type(a, null), ', ' order by o) from unnest(proargtypes) with ordinality u(a, o)), '') || ') ' || format_type(prorettype, null) from pg_proc where pronamespace = 'public'::regnamespace
`
