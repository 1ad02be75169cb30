-- The roles that projects take for granted. Roles belong to the whole cluster, so they may be there already.

create role anon nologin noinherit;
create role authenticated nologin noinherit;
-- BYPASSRLS is for a superuser to give; without one the role exists and policies decide for it too.
-- optional
create role service_role nologin noinherit bypassrls;
create role service_role nologin noinherit;
create role authenticator login noinherit;
create role supabase_admin nologin noinherit;
create role supabase_auth_admin nologin noinherit createrole;
create role supabase_storage_admin nologin noinherit createrole;
create role dashboard_user nologin createrole createdb;

grant anon, authenticated, service_role to authenticator;
grant authenticator to supabase_storage_admin;
