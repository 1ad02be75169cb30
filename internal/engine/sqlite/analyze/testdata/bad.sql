select nope
select nope from a
select a.nope from a
select t.x from a
select a.x from a t
select t.nope from a t
select yy from a
select idd from a
select emial from users
select u.emial from users u
select x from a, b
select id from a join b on a.x = b.x
select a.x from b where exists (select 1 from a)
select * from nope
select * from app.nope
select * from nope.a
select * from a, a
select * from a join a on true
select * from a t, b t
select * from (select 1) s, (select 2) s
select s.* from a
select b.x from a, (select a.x) q
select * from a, (select a.x) q
select * from a left join b on a.id = b.id and c.x = 1
select * from a join b using (nope)
select * from a join b using (y)
select * from a join (select 1 as id, 2 as id) q using (id)
select * from a right join lateral (select a.x) q on true
select 1 + 'a'
select 'a' + 1
select 1 + true
select y + 1 from a
select y + x from a
select x || true + 1 from a
select now() + 1
select now() + now()
select - 'a'::text
select 'a'::text - 'b'::text
select x = y from a
select id = 1 from users
select id = 'abc' from users
select * from users where m = 'angry'
select * from users where id = age
select * from users where active = 'maybe'
select * from users where created_at > 'yesterdayish'
select * from users where age = '1.5'
select 'abc'::int
select '1.5'::int
select 'x'::uuid
select '{1,2'::int[]
select '{"a"'::jsonb
select '2020-13-01'::date
select '99999999999'::int
select 1::uuid
select true::float8
select now()::int
select 1::bytea
select 'a'::nope
select 'a'::text::app.nope
select x::mood from a
select nope(1)
select nope()
select nope(1, 'a', x) from a
select app.nope(1)
select upper(1)
select upper(1, 2)
select length(5)
select sum(y) from a
select sum('a')
select avg(true)
select lower(x) from a
select round(1.5::float8, 2)
select add(1)
select add('a', true)
select add(1, 2, nope => 3)
select add(a => 1, 2)
select amb(1, 2)
select poly(1, 'a'::text)
select poly('a', 'b')
select polyarr(1)
select proc(1)
select x(1)
select count()
select upper(distinct 'a')
select upper('a') filter (where true)
select upper(*)
select upper('a') over ()
select row_number()
select x, count(*) from a
select x from a group by y
select a.x, count(*) from a group by a.y
select x + 1 from a group by y
select y, (select x) from a group by y
select * from a group by x
select x from a having count(*) > 1
select nokey.v from nokey group by k
select x from a where count(*) > 1
select x from a group by count(*)
select count(*) from a group by 1
select sum(count(*)) from a
select * from a join b on count(*) = 1
select * from generate_series(1, count(*))
insert into a (id) values (count(*))
update a set x = count(*)
update a set x = 1 where sum(x) > 1
delete from a returning count(*)
select row_number() over () from a where row_number() over () = 1
select x from a group by row_number() over ()
select x from a having row_number() over () > 1
select sum(row_number() over ()) from a
select count(*) over w from a
select count(*) over (w order by x) from a window w as (order by x)
select 1 from a window w as (), w as ()
select sum(distinct x) over () from a
select sum(x) over (order by x, y range 1 preceding) from a
select percentile_cont(0.5) from a
select sum(x) within group (order by x) from a
select rank() from a
select x from a order by 2
select x from a order by 'a'
select x, y as x from a order by x
select x from a group by 5
select distinct x from a order by y
select distinct on (x) x, y from a order by y
select x from a union select y from a
select 1 union select 1, 2
select 1 union select 'a'
select 1 union select true
select 1 as x union select 2 order by y
select 1 as x union select 2 order by x + 1
select x from a order by j from posts
select j from posts order by j
select distinct j from posts
select j from posts group by j
select j = j from posts
values (1), (1, 2)
values (1), ('a')
values (1), (true)
select case when 1 then 2 end
select case when true then 1 else 'a' end
select case when true then 1 else true end
select coalesce(1, true)
select coalesce(1, 'a')
select greatest(1, 'x'::text)
select array[1, true]
select array[1, 'a']
select array[]
select array[[1], 2]
select 1 in ('a')
select 1 in (1, true)
select x in ('a', 'b') from a
select (1, 2) = (1, 2, 3)
select (1, 2) in (select 1)
select 1 in (select 1, 2)
select x in (select y from a) from a
select (select 1, 2)
select (select x, y from a)
select 1 = any (1)
select 1 = any ('a')
select 1 = any (array['a'])
select 1 + any (array[1])
select * from a where x
select * from a where 1
select * from a where y
select * from a where 'x'
select not 1
select 1 and true
select true or 'a'
select * from a limit 'x'
select * from a limit x
select * from a limit true
select * from a offset y
select $1
select $1 + $2
select $1 = $2
select coalesce($1, $2) is null
select (x).y from a
select (1).x
select (a).nope from a
select a.x.y from a
select (row(1, 2)).f3
select (p).nope from posts
select x[1] from a
select xs['a'] from posts
select meta[1:2] from users
select y collate "nope" from a
select x collate "C" from a
select xs[1.5] from posts
select * from rec()
select * from tab(1) as t(a int, b text)
select * from generate_series(1, 2) as g(a int)
select * from (select 1) as s (a, b)
select * from a as t (q, w, e, r)
with q as (select 1), q as (select 2) select 1
with q (a, b) as (select 1) select 1
with q as (insert into a values (1)) select * from q
with recursive q as (select * from q) select * from q
with recursive q as (select * from q union select 1) select * from q
with recursive q as (select 1 as n union all select n + 1.5 from q) select * from q
with recursive q as (select 1 as n union all select q1.n from q q1, q q2) select * from q
select (with q as (delete from a returning 1) select 1)
select generate_series(1, 2) from a where generate_series(1, 2) = 1
select case when true then generate_series(1, 2) end
select coalesce(generate_series(1, 2), 1)
select sum(generate_series(1, 2))
select * from a where x = (select count(*) from b having x > 1 and z = 'a')
insert into nope values (1)
insert into a (nope) values (1)
insert into a (id, id) values (1, 2)
insert into a values (1, 2, 'a', 4)
insert into a (id, x) values (1)
insert into a (id, x) values (1, 2, 3)
insert into a (id) select x, y from b
insert into a (id, x) select x from b
insert into a (id) values ('a')
insert into a (id) values (true)
insert into a (id) values (now())
insert into a (id, y) select y, x from a
insert into a (id) select z from b
insert into a (id) values (1), (true)
insert into a (id) values (x)
insert into a (id) values (a.x)
insert into a (id) values (1) returning nope
insert into a (id) values (1) on conflict (x) do nothing
insert into a (id) values (1) on conflict on constraint nope do nothing
insert into a (id) values (1) on conflict do update set x = 1
insert into a (id) values (1) on conflict (id) do update set nope = 1
insert into a (id) values (1) on conflict (id) do update set x = x + 1
insert into a (id) values (1) on conflict (id) do update set x = excluded.nope
insert into a (id) values (1) on conflict (id) do update set x = 'a'
insert into posts (n) values (1) on conflict (n) do nothing
insert into posts (title) values ('a') on conflict (title) do nothing
insert into orgs (id, name) values (1, 'x')
insert into posts (gen) values (1)
insert into posts (id, gen) select 1, 2
insert into agg_view values (null, 1)
insert into users (m) values ('angry')
insert into users (meta) values ('{a}')
insert into users (balance) values ('x')
insert into users (tags) values (1)
insert into posts (p) values (row(1, 2, 3))
insert into posts (p) values (row(1))
insert into posts (ctid) values ('(0,1)')
update nope set x = 1
update a set nope = 1
update a set x = 'a'
update a set x = true
update a set x = y
update a set x = nope
update a set x = 1, x = 2
update a set (x, y) = (1, 2, 3)
update a set (x, y) = (select 1)
update a set x = b.x
update a set x = b.x from b where b.id = c.id
update a t set x = 1 where a.id = 1
update a set x = 1 from (select a.id) q
update posts set gen = 1
update orgs set id = 1
update agg_view set n = 1
update users set m = 'angry'
update users set age = now()
update a set x = 1 returning nope
delete from nope
delete from a where nope = 1
delete from a where x = 'a'
delete from a using b where a.id = b.nope
delete from a using a where true
delete from agg_view
merge into a using b on a.id = b.nope when matched then delete
merge into a using b on a.id = b.id when matched then update set nope = 1
merge into a using b on a.id = b.id when not matched then insert (id) values (a.id)
merge into a using a on true when matched then delete
select * from a for update of b
select distinct x from a for update
select count(*) from a for update
select x from a group by x for update
select x from a union select x from b for update
select ctid from agg_view
select nullif(1, true)
select nullif(1, 'a')
select 1 is distinct from true
select 1 is distinct from 'a'
select 1 between 'a' and 2
select 1 between true and false
select 5 like 'a'
select y like 5 from a
select y similar to 5 from a
select extract(year from 5)
select extract(nope from x) from a
select substring(5 from 1)
select position(1 in 'a')
select trim(5)
select date_trunc('day', 'a')
select now() at time zone 5
select interval 'abc'
select date 'abc'
select users.nope(1)
select full_name(a) from a
select a.full_name from a
select jsonb_build_object('a', x).b from a
select public.nope.x from a
select app.a.x from a
select q.w.e.r.t from a
select a.* from b
select (a).* from b
select row(a.*).x from a
select string_agg(x, ',') from a
select string_agg(y) from a
select array_agg(x, y) from a
select string_agg(distinct y, ',' order by x) from a
select json_agg(distinct j) from posts
select max(j) from posts
select min(active) from users
select sum(x order by y), count(*) from a order by z
select lag(y, 'a') over () from a
select ntile('a') over () from a
select array_append(array[1], 'a')
select array_append(array[1], true)
select array[1] || true
select array[1] || 'a'
select 1 || 2
select meta || 1 from users
select meta - true from users
select meta -> true from users
select meta @> 1 from users
select tags @> array[1] from users
select tags && 'a' from users
select r && 1 from posts
select s || 1 - 'a' from posts
select pos || pos + mail from posts
