-- Schemas, extensions and the rights that new objects of schema public get.

create schema if not exists extensions;
create schema if not exists auth;
create schema if not exists storage;
create schema if not exists realtime;
create schema if not exists graphql_public;
create schema if not exists graphql;
create schema if not exists vault;
create schema if not exists supabase_functions;
create schema if not exists supabase_migrations;

-- optional
create extension if not exists pgcrypto with schema extensions;
-- optional
create extension if not exists "uuid-ossp" with schema extensions;

-- optional
grant usage on schema public to anon, authenticated, service_role;
grant usage on schema extensions, graphql_public, supabase_functions to anon, authenticated, service_role;
grant all on schema extensions to dashboard_user;

alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;

create publication supabase_realtime;
