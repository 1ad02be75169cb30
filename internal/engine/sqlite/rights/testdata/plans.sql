rt_user select id, name from profiles
rt_anon select id from profiles
rt_member select id from profiles where name = 'x'
postgres select id from profiles
rt_user insert into profiles (id, name) values ($1, 'x')
rt_user insert into profiles (id, name) values ($1, 'x') returning id
rt_user insert into profiles (id, name) values ($1, 'x') on conflict (id) do update set name = excluded.name
rt_anon insert into profiles (id) values (null)
rt_user update profiles set name = 'x' where id = $1
rt_user update profiles set name = 'x'
rt_user delete from profiles returning *
rt_user select * from orgs where name like 'a%'
rt_user update orgs set name = $1 where id = $2
rt_user insert into orgs (id, name) values (1, 'x')
rt_user delete from orgs
rt_user select * from closed
rt_user insert into closed values (1)
rt_owner select * from owned
rt_owner select * from forced
rt_user select id, up from base_all where v = 'x'
rt_user select id from base_mine
rt_user update base_all set v = 'z' where up = 'X' returning id, up
rt_user update base_mine set v = 'z' where id = 2
rt_user insert into base_checked (id, v) values (1, 'a')
rt_user update base_over set v = 'b'
rt_user select * from counted
rt_user select auth.uid()
rt_user select id from base where owner = (select auth.uid())
rt_user select is_member(id) from orgs
rt_user select twice(id), twice(null), pl(id) from base
rt_user select invoker_count()
rt_user select * from my_orgs() o where o.name = 'x'
rt_user select o.id from orgs o where o.id in (select my_org_ids(auth.uid()))
rt_user select * from guarded
rt_user select id from orgs for update
rt_user with m as (select org_id from members) select o.name from orgs o join m on m.org_id = o.id
rt_user merge into base b using (select 1 as id) s on b.id = s.id when matched then update set v = 'x' when not matched then insert (id) values (s.id)
rt_anon select invoker_count()
rt_user select who(), wraps()
rt_user select id, n, p from calls
