rt_user select * from profiles
rt_anon select * from profiles
rt_anon select * from orgs
rt_anon insert into orgs (id) values (1)
rt_user select * from hidden
rt_user select 1 from hidden
rt_user select count(*) from hidden
rt_user select * from private.t
rt_user select * from app.t
rt_user insert into app.t values (1)
rt_user update app.t set v = 'x'
rt_user delete from app.t
rt_anon select * from app.t
rt_user select id, a from cols
rt_user select b from cols
rt_user select * from cols
rt_user select count(*) from cols
rt_user select cols from cols
rt_user select 1 from cols
rt_user select id from cols where b = 'x'
rt_user select id from cols order by c
rt_user select ctid from cols
rt_user update cols set a = 'x'
rt_user update cols set b = 'x'
rt_user update cols set a = b
rt_user update cols set a = 'x' where id = 1
rt_user update cols set a = 'x' where c = 'y'
rt_user update cols set a = 'x' returning b
rt_user update cols set a = 'x' returning a
rt_user insert into cols (id, a) values (1, 'x')
rt_user insert into cols (id, b) values (1, 'x')
rt_user insert into cols values (1)
rt_user insert into cols (id) values (1) returning *
rt_user insert into cols (id) values (1) returning id
rt_user insert into cols (id) values (1) on conflict do nothing
rt_user insert into cols (id) values (1) on conflict (id) do nothing
rt_user insert into cols (id, a) values (1, 'x') on conflict (id) do update set a = excluded.a
rt_user insert into cols (id, a) values (1, 'x') on conflict (id) do update set a = excluded.b
rt_user insert into cols (id, a) values (1, 'x') on conflict (id) do update set b = 'x'
rt_user delete from cols
rt_user select id from cols for update
rt_user select id from app.t for update
rt_member select * from orgs
rt_member select * from hidden
rt_group select * from orgs
rt_owner select * from owned
rt_owner select * from forced
rt_owner select * from hidden
rt_bypass select * from profiles
rt_bypass select * from orgs
rt_user select * from looped
rt_user update looped set id = 1
rt_user insert into looped values (1, 2)
rt_user select * from loop_a
rt_user delete from loop_b
postgres select * from looped
rt_user select * from base_all
rt_user select * from base_mine
rt_user select * from secret_view
rt_anon select * from base_all
rt_anon select * from secret_view
rt_user insert into secret_view values (1)
rt_user insert into base_all (id, v) values (1, 'x')
rt_user insert into base_all (id, up) values (1, 'x')
rt_user update base_all set up = 'x'
rt_user update base_all set v = up
rt_user delete from base_all where up = 'X'
rt_user insert into counted values (null, 1)
rt_user update counted set n = 1
rt_user delete from counted
rt_user update base_over set v = 'y'
rt_user select refused()
rt_user select * from refused()
rt_user select pl(1), twice(2), auth.uid()
rt_user select is_member(1), invoker_count()
rt_user select * from my_orgs()
rt_anon select * from my_orgs()
rt_user select * from my_org_ids(auth.uid())
rt_anon select auth.uid()
rt_group select auth.uid()
rt_group select * from profiles
rt_user with x as (select * from hidden) select 1 from x
rt_user select (select count(*) from hidden)
rt_user select * from orgs where id in (select id from hidden)
rt_user select * from orgs o left join hidden h on true
rt_user insert into orgs select id from hidden
rt_user delete from orgs using hidden
rt_user with d as (delete from hidden returning *) select * from d
rt_user merge into orgs o using app.t t on o.id = t.id when matched then update set name = t.v
rt_user merge into cols c using app.t t on c.id = t.id when matched then delete
rt_user select * from guarded
rt_user select nextval('sq')
