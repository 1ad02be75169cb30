-- What has been applied. schema_migrations and seed_files are what the ecosystem's tools read and write; mainstay_checksums knows what each migration looked like.

create table if not exists supabase_migrations.schema_migrations (
  version text primary key,
  statements text[],
  name text
);

create table if not exists supabase_migrations.mainstay_checksums (
  version text primary key,
  checksum text not null,
  applied_at timestamptz default now() not null
);

create table if not exists supabase_migrations.seed_files (
  path text primary key,
  hash text not null
);
