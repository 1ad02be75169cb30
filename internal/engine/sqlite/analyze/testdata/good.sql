select 1
select 1, 'a', null, true, 1.5, 1e3, 3000000000, 99999999999999999999
select * from a
select a.*, b.z from a join b on a.id = b.a_id
select * from a join b using (id)
select * from a natural join b
select * from a left join b using (id, x)
select * from a full join b using (id)
select x from a join b using (x)
select a.x, b.x from a join b using (x)
select j.* from (a join b using (id)) as j
select j.id from (a join b on a.id = b.id) as j (id, q, w, e, r, t, u)
select a from a
select (a).x from a
select (a.*).y from a
select count(*), sum(x), avg(x), min(y), max(y), sum(id::bigint), avg(id::float8), sum(1.5) from a
select sum(balance), avg(balance), max(balance), stddev(balance) from users
select string_agg(name, ',' order by name desc) from users
select array_agg(id), array_agg(tags), json_agg(users), jsonb_agg(name), jsonb_object_agg(email, name), json_object_agg(email, 1) from users where tags is not null
select bool_and(active), bool_or(active), every(active), count(distinct age), count(name) filter (where active) from users
select percentile_cont(0.5) within group (order by age), percentile_disc(0.5) within group (order by name), mode() within group (order by m) from users
select row_number() over (), rank() over (order by x), lag(x) over w, lead(x, 2, 0) over w, sum(x) over (partition by y order by id rows between 1 preceding and current row) from a window w as (order by id)
select first_value(y) over (order by x), ntile(4) over (order by x), percent_rank() over (order by x), nth_value(x, 2) over () from a
select x, count(*) from a group by x having count(*) > 1 order by 2 desc
select id, y, count(*) from a group by id
select x + 1 as q from a group by q
select x, y, grouping(x, y), count(*) from a group by rollup (x, y)
select x, y from a group by grouping sets ((x), (y), ())
select x, y from a group by cube (x, y)
select distinct x from a order by x
select distinct on (x) x, y from a order by x, y desc
select x as foo from a order by foo
select y from a order by x + 1
select 1 union select 2
select 1 union all select 2.5
select 'a' union select 'b'
select null union select 1
select '1' union select 2
select 1 as x union select 2 order by x
select x from a union select x from b intersect select 3 order by 1 limit 3
select y::varchar(3) from a union select y::varchar(3) from a
values (1, 'a'), (2, 'b')
values (1), (2.5) order by 1
select * from (values (1, 'a'), (2, null)) v (i, t)
with q as (select 1 as x) select * from q
with q (a, b) as (values (1, 2)) select a + b from q
with recursive t(n) as (values (1) union all select n + 1 from t where n < 10) select sum(n) from t
with recursive t as (select 1 as n, 'a'::text as path union all select n + 1, path || 'b' from t where n < 5) select * from t
with ins as (insert into a (id) values (1) returning *) select * from ins
with d as (delete from a returning id) select count(*) from d
select * from a, lateral (select * from b where b.a_id = a.id) l
select * from a left join lateral (select z from b where b.a_id = a.id limit 1) l on true
select * from generate_series(1, 3)
select * from generate_series(1, 3) g
select g from generate_series(1, 3) g
select g.n from generate_series(1, 3) as g(n)
select * from generate_series(1, 3) with ordinality
select * from generate_series('2020-01-01'::timestamptz, now(), '1 day')
select * from unnest(array[1,2], array['a','b']) as u(i, t)
select * from rows from (generate_series(1,2), unnest(array['a','b'])) as q(a, b)
select * from json_each('{"a":1}'), jsonb_each_text('{"a":1}'), jsonb_array_elements('[1]')
select * from jsonb_to_recordset('[{"a":1}]') as x(a int, b text)
select * from get_users()
select * from tab(1)
select * from outs(1)
select * from rec() as r(a int, b text)
select id, generate_series(1, 2) from a
select unnest(tags), name from users
select tab(1)
select (tab(1)).*
select outs(1), (outs(1)).b
select jsonb_array_elements(meta) -> 'x' from users
select regexp_split_to_table('a b', ' ')
select full_name(users), users.full_name from users
select u.full_name from users u
select (u).full_name, (u).name from users u
select u.*, full_name(u) from users u
select id from users where email = 'x' and age > '5' and m = 'happy' and created_at > '2020-01-01' and tags @> '{a}' and meta @> '{"a":1}'
select id from users where age in (1, 2, 3) and name in ('a', 'b') and id in (select user_id from members)
select id from users where age not in (1, 2.5)
select id from users where (id, age) in (select user_id, 3 from members)
select (1, 2) = (1, 2), (1, 'a') < (2, 'b'), row(1, 2) is null, (1, 2) <> (3, 4)
select 1 = any (array[1, 2]), 'a' = any ('{a,b}'), age = any (array[1, 2]), name like any (array['a%']), age <> all ('{1,2}') from users
select 1 = any (select x from a), 1 > all (select x from a)
select exists (select 1), (select max(x) from a), array(select x from a), array(select y from a order by id)
select case when x > 1 then 'a' else 'b' end, case x when 1 then 2.5 when 2 then 3 end, case when true then null end from a
select coalesce(x, 0), coalesce(y, 'z'), coalesce(null, null), nullif(x, 1), nullif('a', 'b'), greatest(1, 2.5), least('a', 'b') from a
select x is distinct from 1, y is not distinct from null, x is null, (x > 1) is true, (x > 1) is not unknown from a
select x between 1 and 3, y between 'a' and 'b', x not between symmetric 3 and 1, created_at between '2020-01-01' and now() from a, users
select y like 'a%', y not ilike 'b', y similar to 'c', y ~ 'd', y !~* 'e', y like 'a!%' escape '!' from a
select 'a' || 'b', 'a' || 1, 1 || 'a', y || x, array[1] || 2, array[1] || array[2], 1 || array[2], tags || 'x', tags || '{a}', meta || '{}' from a, users
select now(), current_date, current_timestamp, localtimestamp, current_time, localtime, current_timestamp(3), current_user, session_user, user, current_schema, current_catalog, current_role
select now() - '1 day', now() - interval '1 day', now() - now(), current_date + 1, current_date - current_date, date '2020-01-01' + time '10:00', current_date + interval '1 hour', now() at time zone 'utc', ts at time zone 'utc' from posts
select extract(year from now()), date_part('year', now()), date_trunc('day', now()), extract(epoch from iv), age(now(), now()), to_char(now(), 'YYYY') from posts
select interval '1' year, interval '1:30' minute to second, '1 day'::interval day, timestamp '2020-01-01', time with time zone '10:00+02'
select substring('abc' from 2 for 1), substring('abc', 2), position('a' in 'b'), trim(both 'x' from 'y'), overlay('a' placing 'b' from 1), upper('a'), length('a'), char_length('a')
select meta -> 'a', meta ->> 'a', meta #> '{a,b}', meta #>> '{a}', meta -> 0, meta ? 'a', meta ?| array['a'], meta - 'a', meta['a'], meta['a']['b'], meta[0] from users
select jsonb_build_object('a', 1), jsonb_set(meta, '{a}', '1'), to_jsonb(users), row_to_json(users), jsonb_pretty(meta), jsonb_typeof(meta) from users
select array[1, 2], array[1, 2.5], array['a', null], array[[1, 2], [3, 4]], array[]::int[], '{1,2}'::int[], array[1,2][1], (array[1,2])[1:1], xs[1], xs[1:2] from posts
select row(1, 'a'), (1, 2), row(a.*), row(a.*, 1) from a
select p, (p).a, (p).b, row(1, 'x')::pair, (row(1, 'x')::pair).b from posts
select mail, pos, s, pos + 1, mail || 'x', 'a@b'::email, 5::posint, upper(mail), mail = 'x' from posts
select 'abc'::varchar(2), 'abc'::char(2), 'abc'::text, 1.234::numeric(5,2), '1.5'::numeric, 1::text, '5'::int, 5::varchar, 'x'::bytea, true::int, 1::bool, 'happy'::mood, m::text, 'a'::"char" from users
select cast(x as text), cast('1' as int), x::float8::numeric::int8 from a
select text(x), int4(y::numeric), date(now()), float8(x), name('a') from a, (select '1'::text as y2) q
select id::text::uuid, md5('a')::uuid from users
select add(1, 2), add(1, 2, 3), add(a => 1, b => 2), add(1, b => 2), dflt(1), dflt(1, 'x'), dflt(b => 'z', a => 1), vsum(1, 2, 3), vsum(variadic array[1, 2])
select poly(1, 2), poly('a'::text, 'b'), poly(1.5, 2.5), polyarr(array[1]), polyarr('{a}'::text[])
select nothing(), nextval('sq'), currval('sq'), nextval('sq'::regclass), 'users'::regclass, 'app.users'::regclass, 'int4'::regtype, 'public'::regnamespace
select app.f(1), pg_catalog.upper('a'), gen_random_uuid(), random(), pi(), floor(1.5), ceil(2.5::float8), round(1.55, 1), round(1.5::float8), abs(-1), mod(5, 2), power(2, 3), sqrt(4), trunc(1.5)
select concat('a', 1, null), concat_ws(',', 'a', 2), format('%s %s', 1, 'a'), array_length(tags, 1), cardinality(tags), array_to_string(tags, ','), string_to_array('a,b', ','), array_append(tags, 'x'), array_position(tags, 'x'), array_cat(tags, tags) from users
select raw, encode(raw, 'hex'), decode('aa', 'hex'), length(raw), raw || '\x00' from posts
select c, c || 'x', c = 'a', length(c), c::text from posts
select min(m), max(m), array_agg(m), m < 'happy' from users group by m
select id from users order by created_at desc nulls last, name limit 5 offset 2
select id from users limit '5'
select id from users limit all
select id from users order by id fetch first 3 rows with ties
select * from users for update
select u.id from users u, orgs o for share of o
select ctid, tableoid, xmin from a
select a.ctid, a.tableoid::regclass from a
select y collate "C" from a order by y collate "POSIX"
select x from a where exists (select from b where b.a_id = a.id)
select from a
select a.id, (select count(*) from b where b.a_id = a.id) as n from a
select (select a.x) from a group by a.x
select (select sum(a.x)) from a
select sum(x) filter (where y is not null) over (order by id) from a
select count(*) over (partition by x), x from a
select x, sum(count(*)) over () from a group by x
select lower(y) from a group by lower(y)
select lower(y) || 'x' from a group by lower(y)
select a.y, count(b.id) from a left join b on b.a_id = a.id group by a.id
select public.a.x from public.a
select app.users.label from app.users
select users.label from app.users
select * from only a
select "id" from "a" as "A b" where "A b".x = 1
select u.email e from users u where u.active
select * from users where active and not active or active is null
select * from post_view
select * from agg_view
select $1::int, $2::text
select * from a where x = $1 and y = $2
select * from users where id = $1
select * from a limit $1 offset $2
select x + $1 from a
select $1 || 'a', y || $2 from a
select coalesce($1, 1), case when $2 then 1 end
select * from a where x in ($1, $2)
select * from a where x = any ($1)
select $1
select upper($1), length($2)
insert into a values (1, 2, 'x')
insert into a (id, y) values (1, 'x'), (2, default) returning *
insert into a (id) select x from b
insert into a (id, x, y) select id, x, z from b on conflict do nothing
insert into a (id, x) values (1, 2) on conflict (id) do update set x = excluded.x, y = a.y || 'z' where a.x < excluded.x returning id, x
insert into a as t (id, x) values (1, 2) on conflict on constraint a_pkey do update set x = t.x + 1
insert into posts (title) values ('x') on conflict (lower(title)) do nothing
insert into posts (n) values (1) on conflict (n) where big > 0 do nothing
insert into posts default values returning id, gen
insert into posts (title, published, score, xs, p, mail, iv, m_unused) select 'a', '2020-01-01', 1, '{1}', row(1, 'x'), 'a@b', '1 day', 1 where false
insert into posts (title, published, score, xs, p, mail, iv) values ('a', '2020-01-01', 1, '{1}', row(1, 'x'), 'a@b', '1 day')
insert into users (email, m, meta, tags, balance) values ($1, $2, $3, $4, $5) returning id
insert into users (email) select 'a' union select 'b'
insert into orgs (id, name) overriding system value values (1, 'x')
insert into orgs (name) values ('x') returning orgs.*
insert into members (org_id, user_id) select o.id, u.id from orgs o cross join users u returning org_id as o
insert into post_view (title) values ('x') returning id
update a set x = x + 1 where id = 1 returning *
update a set x = b.x, y = z from b where b.a_id = a.id returning a.id, b.z
update a as t set x = 1 where t.id = 2
update a set (x, y) = (1, 'z')
update a set (x, y) = (select x, z from b limit 1)
update a set x = default, y = null
update users set m = 'sad', meta = meta || '{"a":1}', tags = array_append(tags, 'x'), balance = balance * 1.1, age = '5', created_at = now()
update users set meta['a'] = '1', name = 5
update users set age = $1, name = $2 where id = $3
update post_view set title = 'x' where id = 1
delete from a where id = 1 returning *
delete from a using b where a.id = b.a_id and b.z = 'x' returning b.z
delete from a as t where t.x > 1
with t as (select id from a) delete from a where id in (select id from t)
merge into a using b on a.id = b.a_id when matched then update set x = b.x when not matched then insert (id, x) values (b.id, b.x)
merge into a t using (select 1 as k) s on t.id = s.k when matched and t.x > 1 then delete when not matched then do nothing
select a.x::numeric(8,2), balance * 2, balance + 1, round(balance), name || '', name::text, upper(name), coalesce(name, 'x'), case when true then name end from a, users
select max(name), min(created_at), sum(age), sum(score), sum(weight), sum(n), sum(big), avg(n), sum(iv), avg(iv) from users, posts
select array_agg(distinct x order by x) from a
select string_agg(distinct y, ',') from a
select corr(x, id), regr_slope(x, id), var_pop(x), bit_and(x), bool_and(x > 1) from a
select json_build_array(1, 'a', null), json_object('{a,b}'), to_json(1), to_json('a'::text), array_to_json(array[1])
select x from a tablesample_unused
select t.x from a t
select * from (select x, y from a) s where s.x = 1
select s from (select x, y from a) s
select (s).x from (select x, y from a) s
select s.x, count(*) from (select x from a) s group by s.x
select * from a cross join b
select * from a right join b on a.id = b.id
select * from (a cross join b) left join users u on u.age = a.x
select * from a, b where a.id = b.id and a.x = b.x
select * from a a1, a a2 where a1.id = a2.x
select max(id) from a having max(id) > 1
select 'a' as "A B", 1 as "select"
select x y from a
select date '2020-01-01', timestamp with time zone '2020-01-01 00:00:00+00', bool 't', int '5', numeric '1.50'
select 'infinity'::timestamptz, 'now'::timestamptz, 'today'::date, 'epoch'::timestamp
select '2020-01-01'::date = current_date, '10:00'::time < current_time::time
select 1::bigint = 1, 1::smallint = 1.5, 1.5 = 1.5::float8, 1::float4 = 1::float8, 'a'::varchar = 'b'::text, 'a'::char(3) = 'b'::text, name = email from users
select not true, true and null, null or false, not null
select null::int + 1, null + 1, -null::int
select x::text || y, x || y from a
select greatest(x, 1.5), greatest(now(), '2020-01-01'), least(current_date, now()) from a
select array_agg(a) from a
select row_to_json(s) from (select 1 as a, 'b' as b) s
select to_jsonb(a) ->> 'x' from a
select count(a.*), count(a) from a
select jsonb_agg(jsonb_build_object('id', a.id, 'bs', (select jsonb_agg(b) from b where b.a_id = a.id))) from a
select * from a where (x, y) > (1, 'a') order by x, y limit 1
select * from a where row(x, id) = row(1, 2)
select * from a where id = (select max(id) from a)
select * from a where x > all (array[1, 2]) and y = any (array['a', 'b']::text[])
select * from users where m in ('sad', 'ok') and m <> 'happy' and m = any (array['sad'::mood])
select * from users where created_at::date = '2020-01-01' and age::text like '1%'
select * from posts where published + 1 > now() and ts < now() and tm > '10:00'
select * from users where email ilike '%' || $1 || '%'
select * from users where meta ->> 'a' = 'b' and (meta ->> 'n')::int > 1 and meta -> 'a' = '1'
select pg_typeof(1), current_setting('a.b', true), set_config('a', 'b', true)
select nullif(current_setting('x', true), '')::uuid
select (current_setting('x', true)::jsonb ->> 'sub')::uuid
select sum(x) as total from a order by total
select x as y, y as x from a order by x
select 1 order by 1
select distinct x, y from a order by y, x
select x from a group by 1 order by 1
select x, count(*) as c from a group by x order by c desc, x
select extract('dow' from published), published - published, published + iv, iv * 2, iv / 2, -iv, tm + iv, ts - ts from posts
select n + big, n * score, weight + 1, score + 1, big * 1.5, n / 2, big / n from posts
select 1::int2 + 1::int8, 2::int2 * 2.5::numeric, 1::oid = 5, 5::oid
select 'x' = 'y', 'a' < 'b', 'a' || null, null || null
select string_to_array('a', null), array[null], array[null]::text[], array['a', 'b']::varchar[]
select bit_length('a'), ascii('a'), chr(65), repeat('a', 3), reverse('a'), split_part('a', 'b', 1), left('a', 1), lpad('a', 5), strpos('a', 'b'), initcap('a'), translate('a', 'b', 'c'), regexp_replace('a', 'b', 'c', 'g'), regexp_match('a', 'b'), regexp_matches('a', 'b')
select make_date(2020, 1, 1), make_interval(days => 3), make_interval(1, 2), justify_days(iv), isfinite(now()), clock_timestamp(), timeofday(), to_timestamp(5), to_date('a', 'b') from posts
select * from users u join members m on m.user_id = u.id join orgs o on o.id = m.org_id where o.name = 'x' order by u.name limit 10
select u.id, u.name, (select count(*) from posts p where p.author = u.id) as posts, array(select m.role from members m where m.user_id = u.id) as roles from users u
select o.*, coalesce(jsonb_agg(m) filter (where m.user_id is not null), '[]') as members from orgs o left join members m on m.org_id = o.id group by o.id
select date_trunc('month', created_at) as month, count(*) from users group by 1 order by 1
select date_trunc('month', created_at)::date as month, count(*)::int from users group by month
select extract(hour from created_at)::int h, count(*) from users group by h having count(*) > 2
select * from users where lower(email) = lower($1) limit 1
select * from users where created_at > now() - ($1 || ' days')::interval
select * from users where ($1::text is null or name = $1) and ($2::int is null or age > $2)
select id from users where tags && array['a', 'b'] and not (tags @> array['c'])
select id from users where meta @> jsonb_build_object('a', 1) and meta #>> '{b,c}' = 'd'
select id from users where exists (select 1 from members m where m.user_id = users.id and m.role in ('admin', 'owner'))
select count(*) filter (where m = 'happy'), count(*) filter (where m = 'sad') * 100.0 / count(*) from users
select name, rank() over (partition by m order by balance desc nulls last) from users
select *, row_number() over (order by id) as rn from (select id, x from a) q
select lag(balance) over (order by created_at), balance - lag(balance, 1, 0::numeric) over (order by created_at) from users
select to_char(balance, '999.99'), to_number('12', '99'), to_char(created_at, 'DD/MM/YYYY') from users
select coalesce(name, email, 'anonymous') || ' <' || email || '>' from users
select case m when 'happy' then 1 when 'sad' then -1 else 0 end as score from users
select sum(case when active then 1 else 0 end), avg(case when active then age end) from users
select x::int8 / 2.0, (x / 2)::numeric(4,1), round(x / 3.0, 2), x % 2 = 0 from a
select string_agg(y, ', ' order by x desc, y) from a
select jsonb_object_agg(id, y) from a
select generate_series(1, 3) as n, 'x' as c
select d::date from generate_series('2020-01-01'::date, '2020-02-01'::date, '1 day'::interval) d
select n, n * n as sq from generate_series(1, 10) as n where n % 2 = 0
select k, v from jsonb_each('{"a":1}'::jsonb) as e(k, v)
select e.key, e.value ->> 'x' from users, jsonb_each(meta) e
select t.tag, count(*) from users, unnest(tags) as t(tag) group by t.tag
select t, i from unnest(array['a','b']) with ordinality as u(t, i)
select (jsonb_populate_record(null::pair, '{"a":1}')).*
select * from jsonb_populate_recordset(null::a, '[]')
select * from json_to_record('{"a":1}') as (a int, b jsonb)
with recursive tree as (select id, a_id, 0 as depth from b where a_id is null union all select b.id, b.a_id, tree.depth + 1 from b join tree on b.a_id = tree.id) select * from tree order by depth
with x as (select id from a), y as (select id from x) select * from y
with upd as (update a set x = x + 1 returning id, x) insert into b (id, x) select id, x from upd returning *
insert into users as u (email) values ('a') on conflict (email) do update set age = u.age + 1 where u.age < 10
insert into a select * from a
insert into a select x.id, x.x from b x
insert into a (id, x, y) values (1, default, upper('x')) returning id as "ID", y || 'z'
insert into a (id) select generate_series(1, 10)
insert into b (id, a_id) select row_number() over (), a.id from a
update users set name = upper(name), meta = jsonb_set(meta, '{a}', to_jsonb(5)) where id in (select user_id from members) returning id, name
update users u set age = s.n from (select author, count(*) as n from posts group by author) s where s.author = u.id
update posts set published = now(), score = 1, weight = 2, big = 3, title = null, xs = array[1,2], j = '{"a":1}'
update posts set xs = xs || 5, iv = iv + '1 day', tm = now()::time, ts = now()
delete from users where id not in (select author from posts where author is not null)
select array_remove(tags, 'a'), array_replace(tags, 'a', 'b'), tags[1:2], tags[array_length(tags, 1)], array_ndims(tags), 'a' = any (tags) from users
select p.*, p.title from posts p
select nokey.* from nokey order by 1, 2
select nullif(trim(name), '') from users
select regexp_replace(name, '[^a-z]', '', 'g'), substring(name from '[0-9]+'), name ~* '^a' from users
select floor(random() * 10)::int, ceil(1.2)::bigint, round(2.5), sign(-2), greatest(1, 2, null)
select md5('a'), encode(sha256('a'), 'hex'), convert_to('a', 'UTF8'), quote_literal('a'), quote_ident('a')
select 'a' in ('a', 'b'), 1 in (1), null in (1, 2), x in (1, null) from a
select x = 1 or y = 'b' and not x > 3 from a
select x, y from a except select x, z from b
select * from (select 1 as a union select 2) q where a > 1
select 1 as a, 2 as b union all select 3, 4 order by a desc, 2 limit 1 offset 1
(select x from a order by x limit 1) union all (select x from b order by x limit 1)
select (select y from a where id = 1) || 'x', (select 5) + 1
select not exists (select 1 from a), exists (select 1 from a) and true
select x from a where id = (select min(id) from a) and y = (select max(y) from a)
select age(created_at), extract(day from age(created_at)), created_at::date - 7, created_at - '1 week'::interval, current_date - 30 from users
select row_to_json(u.*), to_jsonb(u), u::text from users u
select (u.meta -> 'address' ->> 'city')::text, (meta -> 'n')::int, (meta ->> 'b')::boolean from users u
select 2 ^ 3, 5 / 2, 5 % 2, -x, @ x, |/ 4.0, 1::float4 + 1, 1 - '2' from a
insert into users (email, name) values ('a', 'b') on conflict (email) do update set name = excluded.name, meta = coalesce(users.meta, '{}') || excluded.meta returning *, xmax
