select * from a where id = '5'
select * from a where id in ('1', '2')
select * from a where y in (1, 2)
select * from users where age > '5' || '0'
select * from users where created_at in ('2020-01-01', now())
select * from users where id in ('a')
select * from users where m in ('x')
select * from users where m = name
select * from users where m::text = name
select * from users where name = m
select * from users where email = 5
select * from users where balance > '5.5'
select * from users where balance in (1, 2.5, '3')
select * from users where active = 1
select * from users where active = 'true'
select * from users where active is 5
select * from users where tags = '{a}'
select * from users where tags = array['a', 1]
select * from users where 'a' = any (tags)
select * from users where any (tags) = 'a'
select * from users where meta = '{}'
select * from users where meta = 'x'
select * from users where meta ->> 'a' = 5
select * from users where (meta ->> 'a')::int = '5'
select * from users where meta -> 'a' > 5
select * from users where meta ? 5
select * from users where j -> 'a' from posts
select j -> 'a', j ->> 'b', j #> '{a}', j::jsonb ? 'a' from posts
select j ? 'a' from posts
select j || '{}' from posts
select coalesce(meta, '{}'), coalesce(meta, 'x') from users
select coalesce(meta, '{}') from users
select coalesce(tags, '{}'), coalesce(tags, array[]::text[]), coalesce(age, '0'), coalesce(m, 'ok') from users
select coalesce(created_at, '2020-01-01'), coalesce(balance, 0), coalesce(active, false), coalesce(age, 0.5) from users
select coalesce(m, 'nope') from users
select coalesce(age, 'x') from users
select coalesce(age, name) from users
select case when active then m else 'sad' end from users
select case when active then m else 'x' end from users
select case when active then age else name end from users
select case when active then age else balance end from users
select case when active then 1 when age > 5 then 2.5 else null end from users
select case m when 'x' then 1 end from users
select case age when 'x' then 1 end from users
select greatest(created_at, '2020-01-01'), greatest(age, balance), least(name, email), least(m, 'sad') from users
select nullif(m, 'sad'), nullif(name, ''), nullif(age, 0), nullif(balance, 0) from users
select name || age, name || balance, age || name, tags || name, created_at || '' from users
select age || age from users
select balance || balance from users
select m || 'x' from users
select created_at - 5 from users
select created_at + age from users
select created_at + age * interval '1 day', created_at::date + age, age * '1 day'::interval, interval '1 day' * 2.5 from users
select published + 5, published + '1 day', published - '2020-01-01', published - '1 day'::interval from posts
select now() - created_at > '1 day', now() - created_at > interval '1 day' from users
select extract(epoch from now() - created_at), extract(day from age(created_at)), date_part('hour', created_at) from users
select extract(day from published - published) from posts
select date_trunc('day', published), date_trunc('day', created_at), date_trunc('day', created_at, 'utc'), date_trunc('day', iv) from posts, users
select to_char(published, 'YYYY'), to_char(iv, 'HH'), to_char(5, '999'), to_char(5.5, '9.9'), to_char(tm, 'HH') from posts
select round(age / 2), round(balance, 1), round(score), round(score, 1) from users, posts
select round(weight::numeric, 2), round(score::numeric, 2), ceil(age / 2.0), floor(balance) from posts, users
select sum(balance) / count(*), sum(age) / count(*), avg(age)::int, sum(age)::bigint, sum(big) from users, posts
select sum(tags) from users
select sum(m) from users
select sum(active) from users
select avg(created_at) from users
select max(meta) from users
select max(id) from users
select min(tags), max(iv), max(tm), max(published), min(c) from users, posts
select string_agg(age, ',') from users
select string_agg(age::text, ',') from users
select string_agg(m::text, ',' order by m) from users
select array_agg(distinct m order by m), array_agg(meta), array_agg(created_at) from users
select array_agg(tags) from users
select jsonb_object_agg(name, age), jsonb_object_agg(age, name), json_agg(distinct name) from users
select jsonb_build_object('a', age, 'b', tags, 'c', m, 'd', created_at, 'e', null), jsonb_build_object('a') from users
select json_build_object(variadic array['a', 'b']), concat(variadic tags), format('%s', variadic tags) from users
select concat(variadic 'a')
select vsum(), vsum(1)
select vsum(1, 'a')
select vsum('1', 2)
select vsum(variadic '{1,2}')
select vsum(variadic 5)
select upper(name => 'a')
select dflt(1, c => 'x')
select dflt(b => 'x')
select dflt('1'), dflt(1::smallint), dflt(null)
select dflt(1.5)
select dflt(1::bigint)
select amb(1, 2::bigint), amb(1::bigint, 2)
select amb('1', '2')
select polyarr(array['a']), polyarr(null::int[]), poly(null, 1), poly(now(), '2020-01-01')
select poly(1, 2.5)
select poly(m, 'sad') from users
select poly(m, 'nope') from users
select array_append(tags, name), array_append(tags, age) from users
select array_append(tags, name) from users
select array_append(null, 1), array_append(null::int[], 1)
select array_position(tags, 'a'), array_remove(array[1, 2], 1), array_cat(array[1], array[2.5]), array_prepend('a', tags) from users
select unnest(array[1, 2.5]), unnest(tags), unnest('{1}'::int[]) from users
select unnest(5)
select array_length(tags), cardinality(5) from users
select array_to_string(xs, ','), array_to_string(5, ',') from posts
select generate_series(1, 5, 2), generate_series(1, 2.5), generate_series(now(), now() + '1 day', '1 hour')
select generate_series(1, 'x')
select generate_series('2020-01-01', '2020-01-02', '1 day')
select generate_series('2020-01-01'::date, '2020-01-02', '1 day')
select * from generate_series(1, 3) as g(n) where g.n > g
select * from unnest(array[1], array['a'], '{t}'::bool[]) as u(a, b, c)
select * from unnest(array[1]) u where u = 'a'
select * from unnest(array[1]) u(x) where u.x = 1 and x = 1
select * from json_each('{}') where value = 'a'
select key, value from jsonb_each('{}') where value = 'a'
select value from jsonb_array_elements('[]')
select e from jsonb_array_elements('[]') e
select e ->> 'a' from jsonb_array_elements('[]') e
select e.value ->> 'a', e.ordinality from jsonb_array_elements('[]') with ordinality e
select e.v from jsonb_array_elements('[]') with ordinality as e(v, n) where n > 1
select * from jsonb_to_record('{}') as x(a int, b text[], c timestamptz)
select * from jsonb_to_record('{}')
select * from regexp_matches('a', 'b') m
select m[1] from regexp_matches('a', 'b') m
select (regexp_matches('a', 'b'))[1], (regexp_match('a', 'b'))[1], (string_to_array('a,b', ','))[1]
select (array_agg(id order by x))[1] from a
select (select array_agg(id) from a)[1]
select tags[1], tags['x'] from users
select tags[name] from users
select age[1] from users
select meta[1], meta['a']['b'], meta[name] from users
select meta[now()] from users
select sum(x) over (order by id rows 2 preceding), sum(x) over (order by id range between unbounded preceding and current row), sum(x) over (rows between 'a' preceding and current row) from a
select sum(x) over (order by id rows between x preceding and current row) from a
select count(*) over (order by created_at range between '1 day' preceding and current row) from users
select count(*) over (order by name range between 1 preceding and current row) from users
select sum(x) over (groups 1 preceding) from a
select lag(x, 'a') over (order by id) from a
select lag(x, 1, 'a') over (order by id) from a
select lag(x, 1, 0.5) over (order by id) from a
select lag(y, 1, 'z') over w, first_value(x) over w, rank() over w, dense_rank() over w, cume_dist() over w from a window w as (partition by x order by y desc nulls last)
select row_number(1) over () from a
select row_number() over (order by row_number() over ()) from a
select max(sum(x)) over () from a group by y
select sum(x) over () + count(*) from a group by x
select x, sum(x) over () from a group by y
select distinct x, count(*) over (partition by x) from a order by count
select count(distinct x, y) from a
select count(distinct (x, y)) from a
select count(x order by y), sum(distinct x order by x) from a
select sum(distinct x order by y) from a
select array_agg(x order by 1), array_agg(x order by y desc nulls first, id) from a
select percentile_cont(0.5) within group (order by created_at) from users
select percentile_cont('a') within group (order by age) from users
select percentile_cont(array[0.1, 0.5]) within group (order by age), percentile_disc(0.5) within group (order by age desc) from users
select percentile_cont(age) within group (order by age) from users
select mode() within group (order by m), mode(1) within group (order by m) from users
select count(*) filter (where x), count(*) filter (where x > 1) from a
select count(*) filter (where count(*) > 1) from a
select $1 + 1, $1 || 'x'
select $1::int + $2, $3 = any ($4::text[])
select $1 = $1
select * from a where x between $1 and $2 and y like $3
select * from users where tags @> $1 and meta @> $2 and created_at > $3 and m = $4
select * from users where $1 = any (tags) and age = any ($2) and id in ($3, $4)
select * from users where meta ->> $1 = $2 and meta -> $3 = $4
select jsonb_build_object($1, $2)
select jsonb_build_object($1::text, $2::int)
select case when $1 = 1 then $2 else 'a' end, coalesce($3, now()), greatest($4, 1)
select $1 is null
select $1::text is null or x = $2 from a
select count(*) from a having count(*) > $1
select * from generate_series(1, $1) limit $2
select array[$1, 2], array[$2::text], row($3, 1)
select now() - $1, now() - $2::interval, $3 * interval '1 day'
insert into a (id, x, y) values ($1, $2, $3) on conflict (id) do update set x = $4 where a.y = $5
insert into users (email, tags, meta, m, created_at, active) select $1, $2, $3, $4, $5, $6
insert into a (id) values ($1), ($2)
update a set x = $1, y = coalesce($2, y) where id = any ($3)
update a set x = x + $1 where id = $2 returning id + $3
update users set meta = meta || $1, tags = tags || $2, age = age - $3
update users set meta = jsonb_set(meta, $1, $2), balance = balance * $3
delete from a where id = $1 and y is distinct from $2
with x as (select $1 as v) select * from x
with x as (select $1::int as v) select v + $2 from x
select * from (select 'a' as x) s where s.x = 'b'
select * from (select null as x) s where s.x = 1
select * from (select '1' as x) s where s.x = 1
select x + 1 from (values ('1')) v(x)
select x || 1 from (values ('1'), (null)) v(x)
select * from (values (1, 'a'), (2, 2)) v
select * from (values (1, 'a'), (null, null)) v(a, b) where a = '1' and b = 'a'
select * from (values (now()), ('2020-01-01')) v(t)
select * from (values ('a'::mood), ('happy')) v(t)
select 1 as a union all select null union all select 2.5
select 'a' as a union all select null union all select 1
select null union select null
select null union select 'a' union select 1::text
select m from users union select 'ok'
select m from users union select 'nope'
select m from users union select 'ok'::text
select id from users union select id from a
select array[1] union select array[2.5]
select array[1] union select '{2}'
select row(1, 2) union select row(3, 4)
select meta from users union select '{}'
select j from posts union select j from posts
select j from posts union all select j from posts
select name from users except select email from users order by name
(select x from a) intersect (select x from b) limit 1
select x from a union select x from b for update
select x from a order by x limit 1 union select 1
select count(*) from (select 1 union all select 2) q
select * from a join b on a.id = b.a_id and a.y = b.x
select * from a join b on a.nope = b.x
select * from a join b on b.nope = a.x
select * from a join b using (id) where a.id = b.id and id = 1
select a.id, b.id, id from a full join b using (id)
select * from a join b using (id) join users u on u.age = id
select * from a join b using (id) join nokey on id = k
select x from a join b using (id)
select * from a natural join b natural join nokey
select * from a cross join lateral (select a.x + 1 as n) l where n > 1
select * from a left join lateral unnest(array[a.x]) u(v) on u.v = a.x
select * from a, unnest(array[a.x]) u(v), generate_series(1, v) g
select * from unnest(array[a.x]) u(v), a
select * from (select * from a where a.id = b.id) q, b
select (select x from a where a.id = b.nope) from b
select (select count(*) from a where x = b.x and y = b.z) from b
select * from b where x > (select avg(x) from a)
select * from b where x = (select y from a)
select * from b where exists (select nope from a)
select * from b where id in (select id, x from a)
select * from b where id not in (select a_id from b b2 where b2.id = b.id)
select * from b where (id, x) in (select id, y from a)
select * from b where (id, x) = (select id, x from a)
select * from b where id = any (select y from a)
select * from b where id > all (select id from a where a.x = b.x)
select * from b order by (select y from a where a.id = b.a_id), z collate "C" desc
select id, x from b group by id order by z
select x, max(z) from b group by x order by max(id), x desc nulls first
select x from b group by x order by z
select x + 1, count(*) from b group by x + 1 having x + 1 > 2
select x + 1 from b group by x
select x from b group by x + 1
select lower(z), upper(z) from b group by lower(z)
select date_trunc('day', created_at) d, count(*) from users group by d order by d
select date_trunc('day', created_at), count(*) from users group by date_trunc('day', created_at)
select date_trunc('day', created_at), count(*) from users group by date_trunc('hour', created_at)
select u.*, count(*) from users u join members m on m.user_id = u.id group by u.id
select u.name, o.name, count(*) from users u, orgs o group by u.id
select u, count(*) from users u group by u.id
select u.name from users u group by u.email
select m.role from members m group by m.org_id, m.user_id
select m.role from members m group by m.org_id
select p.title, count(*) from post_view p group by p.id
select id from a group by ()
select x, y, sum(id) from a group by x, rollup (y)
select x, grouping(y) from a group by x
select grouping(x) from a
insert into a values ('1', '2', 3)
insert into a values ('x')
insert into a (y) values (5), (now()), (null)
insert into a (x) values (1.5), (2.5::float8), ('3')
insert into a (x) values (true)
insert into users (email, age) values (5, '6')
insert into users (email, created_at) values ('a', 5)
insert into users (email, m) select 'a', 'happy'
insert into users (email, m) select 'a', y from a
insert into users (email, meta) select y, y from a
insert into users (email, meta) values ('a', array[1])
insert into users (email, tags) values ('a', 'b')
insert into users (email, tags) values ('a', '{b}'), ('c', array['d']), ('e', null)
insert into users (id, email) values ('not-a-uuid', 'a')
insert into users (email, active) values ('a', 1)
insert into users (email, active) values ('a', 'yes'), ('b', default)
insert into posts (p) values ((1, 'x')), (null), ('(1,x)')
insert into posts (mail, pos, s) values ('a@b', 5, 'abc')
insert into posts (pos) values ('x')
insert into posts (published, iv, tm, ts) values (now(), '1 day', now(), now())
insert into posts (published) values ('tomorrowish')
insert into posts (iv) values (5)
insert into posts (j) values ('{"a":1}'), ('{}'::jsonb)
insert into posts (xs) values (array[1, 2]), ('{1,2}'), (array['1', '2'])
insert into posts (xs) values (array[1.5])
insert into members select 1, id from users on conflict (user_id, org_id) do nothing
insert into members select 1, id from users on conflict (user_id) do nothing
insert into members (org_id) values (1) on conflict (org_id, user_id) do update set role = excluded.role || members.role || role
insert into members (org_id) values (1) on conflict on constraint members_pkey do nothing returning *, org_id + 1 as n
insert into posts (title) values ('a') on conflict (lower(title)) do update set title = excluded.title || 'x'
insert into posts (title) values ('a') on conflict (upper(title)) do nothing
update a set id = '5', x = '6', y = 7
update a set x = (select y from a)
update a set x = (select id from b where b.id = a.id), y = (select z from b)
update a set (x, y) = (select 1, 2)
update a set (x, y) = row(1, 2)
update a set (x) = (select 1)
update a set x = sum(x) over ()
update a set a.x = 1
update a set x = excluded.x
update posts set p.a = 5, xs = null
update posts set p.nope = 5
update posts set p.a = 'x'
update users set meta['a']['b'] = '5'
update users set meta['a'] = 5
update users set m = name
update users set m = name::mood, tags = string_to_array(name, ','), meta = to_jsonb(name)
update users set created_at = '2020-01-01', balance = 5, active = 'f' where name = 'x' returning *
update users u set name = u2.name from users u2 where u2.id = u.id
update users set name = u2.name from users u2 where u2.id = id
update users u set u.name = 'x'
delete from users u using members m where m.user_id = u.id and m.role = 'x' returning u.id, m.role
delete from users u where users.id = 'x'
delete from users where id = 5
delete from a where (id, x) in (select id, x from b)
select users from users where users is not null
select (users).name, (users).nope from users
select users.name.first from users
select row_to_json(users) ->> 'a', to_json(u) from users, (select 1 as u) u
select row_to_json(x) from (select 1 as a) x
select json_agg(x) from (select id, y from a order by id) x
select array(select row_to_json(x) from (select 1 as a) x)
select t.* from tab(1) t where t.i = 1
select t.nope from tab(1) t
select i, t from tab('x')
select (get_users()).name
select (get_users()).*
select get_users()
select name from get_users() where get_users.age > 5
select * from get_users() as g (a, b)
select full_name(u.*) from users u
select full_name(5)
select full_name(null)
select app.f('5'), app.f(5.5)
select f(1)
select nextval('nope')
select nextval('nope'::regclass)
select 'nope'::regclass
select 'nope'::regtype
select 'public.users'::regclass::oid, 'users'::regclass::text, 5::regclass
select 5::oid::regclass, '5'::oid, 'x'::oid
select current_setting('a'), current_setting('a', 'x'), set_config('a', 5, true)
select set_config('a', 5::text, true)
select pg_sleep(1), pg_advisory_xact_lock(1), hashtext('a'), pg_advisory_xact_lock(hashtext('a'))
select gen_random_uuid()::text || 'x', gen_random_uuid() || 'x'
select trim(5::text), trim('a' from 'b'), ltrim('a'), btrim('a', 'b'), trim(leading from 'a')
select substring('abc', '1'), substring('abc' from 'a'), left('abc', '1')
select 'a' like 'b' escape 'c', 'a' ilike any (array['a']), 'a' not like all (array['b'])
select 5 between 1 and 10, '5' between 1 and 10, now() between '2020-01-01' and '2021-01-01', 'b' between 'a' and 'c'
select 1 = '1', 1 = '1.0'
select 1 = 'x'
select true = 'x'
select 1.5 = 'x'
select '1' + '2'
select '1' || '2', '1' = '2', '1' < '2'
select - '1', + '1', ~ 5, not 'true'
select 1 + null, null = null, null || 'a', null::int = '5'
select 2 ** 3
select 5 ! 
select 1 <> 2, 1 != 2, 1 == 2
select 'a' ~ 5
select 1 % 2.5, 1.5 % 1, 5::float8 % 2
select 1 / 2::float8, 1 / 2::numeric, 1::smallint / 2, 1::bigint / 2::smallint
select 1 & 2, 1 | 2, 1 # 2, 1 << 2, ~1, 1.5 & 1
with recursive p as (select * from q), q as (select 1 as n) select * from p
with recursive p as (select * from q), q as (select * from p) select * from p
with recursive p as (select 1 as n union all select n + 1 from p where n < (select max(m) from q)), q (m) as (values (5)) select * from p
with p as (select * from q), q as (select 1 as n) select * from p
with recursive t as (select 1 as n union all (select n + 1 from t order by n limit 1)) select n from t
with recursive t as (select 1 as n union all select n + 1 from (select * from t) s where n < 3) select n from t
with recursive t as (select 1 as n union all select count(*)::int from t) select n from t
with recursive t as (select 1 as n union all select a.id from a left join t on t.n = a.id) select n from t
with recursive t as (select 1 as n union all select id from a where id in (select n from t)) select n from t
with recursive t (n, s) as (select 1, 'a' union all select n + 1, s || 'b' from t) select n, s from t
with recursive t (n, s) as (select 1, 'a'::varchar(5) union all select n + 1, s || 'b' from t) select n, s from t
with recursive t as (select id, x from a intersect select id, x from t) select 1 from t
with recursive t as (select 1 as n except select n from t) select 1
with recursive t as (insert into a select * from t returning *) select 1
with recursive t as (select 1 as n union all (select n from t except select 5)) select n from t
with recursive t as (select 1 as n union all (select 5 except select n from t)) select n from t
with recursive t as (select 1 as n union all select n + 1 from t right join a on true) select n from t
with recursive t as (select 1 as n union all select n + 1 from a left join b on true, t) select n from t
with recursive t as (select 1 as n union all select sum(n) over ()::int from t) select n from t
with recursive t as (select 1 as n union all select distinct n + 1 from t where n < 5 group by n) select n from t
select * from a left join (with recursive t as (select 1 as n union all select n + 1 from t where n < 3) select * from t) s on s.n = a.id
select (with recursive t as (select 1 as n union all select n + 1 from t where n < 3) select max(n) from t)
select * from a where id in (with q as (select id from b) select id from q)
select 1 + 2, 1 + 2.5, 1::bigint + 1, 1::smallint + 1::smallint, 2 ^ 3, 5 / 2, 5 % 2, -x, @ x, |/ 4.0, 1::float4 + 1, 1 - '2', !! 'a'::tsquery from a
select to_tsvector('english', body), to_tsquery('a'), doc @@ to_tsquery('english', 'a'), ts_rank(doc, to_tsquery('a')), plainto_tsquery('a') from posts
select int4range(1, 5), r @> 3, r && int4range(1, 2), lower(r), upper(r), isempty(r), '[1,2]'::int4range * r from posts
select flags, flags & b'101', x'1f', vb, b'1' from posts
select make_timestamptz(2020, 1, 1, 0, 0, 0), '2020-01-01'::timestamptz + '1 month', tstzrange(now(), null) from users
select jsonb_array_length(meta -> 'xs'), jsonb_path_query(meta, '$.a'), meta @? '$.a', meta @@ '$.a == 1' from users
select r @> 'a' from posts
