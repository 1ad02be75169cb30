create type pmany as (f0 int, f1 int, f2 int, f3 int, f4 int, f5 int, f6 int, f7 int, f8 int, f9 int, f10 int, f11 int);
--| = CREATE TYPE
create type pdeep as (m pmany, l pmany[], n int);
--| = CREATE TYPE
create domain pdom as pmany check ((value).f0 < (value).f1);
--| = CREATE DOMAIN
create type pwrap as (d pdom, ds pdom[], t text);
--| = CREATE TYPE
create table pt (id int, c pmany, d pdeep, ds pdeep[], o pdom, w pwrap);
--| = CREATE TABLE
insert into pt (id, c.f0, c.f1, c.f2, c.f3, c.f4, c.f5, c.f6, c.f7, c.f8, c.f9, c.f10, c.f11) values (1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), (2, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, null);
--| = INSERT 0 2
update pt set c.f11 = (c).f0 + 100, c.f10 = (c).f1, c.f9 = 90, c.f8 = 80, c.f7 = 70, c.f6 = 60, c.f5 = 50, c.f4 = 40, c.f3 = 30, c.f2 = null, c.f1 = (c).f11, c.f0 = id returning id, c;
--| 1|(1,11,,30,40,50,60,70,80,90,1,100)
--| 2|(2,,,30,40,50,60,70,80,90,1,120)
--| = UPDATE 2
update pt set d.m.f0 = 1, d.m.f1 = 2, d.m.f2 = 3, d.m.f3 = 4, d.m.f4 = 5, d.m.f5 = 6, d.m.f6 = 7, d.m.f7 = 8, d.m.f8 = 9, d.m.f9 = 10, d.m.f10 = 11, d.m.f11 = 12, d.n = 7, d.l[1].f0 = 1, d.l[1].f1 = 2, d.l[2].f11 = 3, d.l[2].f0 = 4, d.l[1].f5 = 5, d.l[3] = row(1,2,3,4,5,6,7,8,9,10,11,12) where id = 1 returning d;
--| ("(1,2,3,4,5,6,7,8,9,10,11,12)","{""(1,2,,,,5,,,,,,)"",""(4,,,,,,,,,,,3)"",""(1,2,3,4,5,6,7,8,9,10,11,12)""}",7)
--| = UPDATE 1
update pt set ds[1].m.f0 = 1, ds[1].m.f1 = 2, ds[1].m.f2 = 3, ds[1].m.f3 = 4, ds[1].m.f4 = 5, ds[1].m.f5 = 6, ds[1].m.f6 = 7, ds[1].m.f7 = 8, ds[1].m.f8 = 9, ds[1].m.f9 = 10, ds[1].m.f10 = 11, ds[1].m.f11 = 12, ds[2].n = 1, ds[1].l[1].f3 = 3, ds[1].l[2].f3 = 4, ds[1].l[1].f4 = 5, ds[2].l[1].f0 = 6 returning id, ds;
--| 2|{"(\"(1,2,3,4,5,6,7,8,9,10,11,12)\",\"{\"\"(,,,3,5,,,,,,,)\"\",\"\"(,,,4,,,,,,,,)\"\"}\",)","(,\"{\"\"(6,,,,,,,,,,,)\"\"}\",1)"}
--| 1|{"(\"(1,2,3,4,5,6,7,8,9,10,11,12)\",\"{\"\"(,,,3,5,,,,,,,)\"\",\"\"(,,,4,,,,,,,,)\"\"}\",)","(,\"{\"\"(6,,,,,,,,,,,)\"\"}\",1)"}
--| = UPDATE 2
insert into pt (id, ds[1].l[1].f0, ds[1].l[1].f1, ds[1].l[2].f2, ds[1].m.f5, ds[2].n) select 3, 1, 2, 3, 4, 5 returning ds;
--| {"(\"(,,,,,4,,,,,,)\",\"{\"\"(1,2,,,,,,,,,,)\"\",\"\"(,,3,,,,,,,,,)\"\"}\",)","(,,5)"}
--| = INSERT 0 1
update pt set d.m = row(0,0,0,0,0,0,0,0,0,0,0,0), d.m.f3 = 3, d.m.f4 = 4, d.m.f3 = 33 where id = 2 returning d;
--| ("(0,0,0,33,4,0,0,0,0,0,0,0)",,)
--| = UPDATE 1
update pt set d.m.f3 = 1 / 0, d.m = null where id = 2;
--| ! 22012 division by zero
update pt set c = null, c.f0 = 1;
--| ! 42601 multiple assignments to same column "c"
update pt set c.f0 = 1, c = null;
--| ! 42601 multiple assignments to same column "c"
insert into pt (id, o.f0, o.f1, o.f2) values (4, 5, 6, 7) returning o;
--| (5,6,7,,,,,,,,,)
--| = INSERT 0 1
update pt set o.f0 = 60, o.f1 = 70, o.f2 = 0 where id = 4 returning o;
--| (60,70,0,,,,,,,,,)
--| = UPDATE 1
update pt set o.f0 = 80 where id = 4;
--| ! 23514 value for domain pdom violates check constraint "pdom_check"
insert into pt (id, w.d.f0, w.d.f1, w.ds[1].f0, w.ds[1].f1, w.t) values (5, 5, 6, 7, 8, 'x') returning w;
--| ("(5,6,,,,,,,,,,)","{""(7,8,,,,,,,,,,)""}",x)
--| = INSERT 0 1
update pt set w.d.f0 = 50, w.d.f1 = 60 where id = 5;
--| ! 23514 value for domain pdom violates check constraint "pdom_check"
update pt set w.d.f1 = 60, w.d.f0 = 50, w.ds[1].f1 = 90, w.ds[1].f0 = 80 where id = 5 returning w;
--| ("(50,60,,,,,,,,,,)","{""(80,90,,,,,,,,,,)""}",x)
--| = UPDATE 1
update pt set w.ds[1].f0 = 100, w.ds[1].f1 = 110 where id = 5;
--| ! 23514 value for domain pdom violates check constraint "pdom_check"
create sequence pseq;
--| = CREATE SEQUENCE
update pt set ds[nextval('pseq')::int].m.f0 = 77, ds[nextval('pseq')::int].n = 78 where id = 3 returning ds;
--| {"(\"(77,,,,,4,,,,,,)\",\"{\"\"(1,2,,,,,,,,,,)\"\",\"\"(,,3,,,,,,,,,)\"\"}\",)","(,,78)"}
--| = UPDATE 1
select nextval('pseq');
--| 3
--| = SELECT 1
update pt set c.f0 = case when id > 100 then (select 1 / (id - id)) else 5 end, ds[1].n = case id when 1 then (select max(x.id) from pt x) when 2 then 1 / (id - 2) else 8 end where id = 1 returning (c).f0, (ds[1]).n;
--| 5|5
--| = UPDATE 1
update pt set (c.f1, c.f2, ds[1].n) = (select 5, 6, 7) where id = 1 returning c, ds[1];
--| (5,5,6,30,40,50,60,70,80,90,1,100)|("(1,2,3,4,5,6,7,8,9,10,11,12)","{""(,,,3,5,,,,,,,)"",""(,,,4,,,,,,,,)""}",7)
--| = UPDATE 1
update pt set d.l[case when id = 1 then 2 else 1 end].f1 = coalesce((d).l[1].f0, 0) + 1, d.n = greatest(id, 3) where id < 3 returning id, d;
--| 2|("(0,0,0,33,4,0,0,0,0,0,0,0)","{""(,1,,,,,,,,,,)""}",3)
--| 1|("(1,2,3,4,5,6,7,8,9,10,11,12)","{""(1,2,,,,5,,,,,,)"",""(4,2,,,,,,,,,,3)"",""(1,2,3,4,5,6,7,8,9,10,11,12)""}",3)
--| = UPDATE 2
insert into pt (id, c) values (1, null) on conflict do nothing;
--| = INSERT 0 1
merge into pt using (select 5 as k union all select 6) s on pt.id = s.k when matched then update set c.f0 = s.k, c.f1 = s.k + 1, c.f2 = 3, ds[1].m.f1 = 4, ds[1].m.f2 = 5 when not matched then insert (id, c.f0, c.f1, c.f2, ds[1].m.f1) values (s.k, 1, 2, 3, 4);
--| = MERGE 2
select id, c, ds from pt where id > 4 order by id;
--| 5|(5,6,3,,,,,,,,,)|{"(\"(,4,5,,,,,,,,,)\",,)"}
--| 6|(1,2,3,,,,,,,,,)|{"(\"(,4,,,,,,,,,,)\",,)"}
--| = SELECT 2
do $$ declare r pdeep; begin
r.m.f0 := 1; r.m.f1 := 2; r.l[1].f0 := 3; r.l[1].f11 := 4; r.l[2].f1 := (r.l[1]).f11;
raise notice '%', r; end $$;
--| # NOTICE: ("(1,2,,,,,,,,,,)","{""(3,,,,,,,,,,,4)"",""(,4,,,,,,,,,,)""}",)
--| = DO
drop sequence pseq;
--| = DROP SEQUENCE
drop table pt;
--| = DROP TABLE
drop type pwrap, pdeep;
--| = DROP TYPE
drop domain pdom;
--| = DROP DOMAIN
drop type pmany;
--| = DROP TYPE
