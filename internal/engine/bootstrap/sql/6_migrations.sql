-- What has been applied. The first table is the one that the ecosystem's tools read and write; the second knows what each file looked like.

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
