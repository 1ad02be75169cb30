create role rt_anon;
create role rt_user;
create role rt_group;
create role rt_member;
grant rt_user to rt_member;
create role rt_owner;
create role rt_bypass bypassrls;
