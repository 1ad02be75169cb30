-- Files: buckets, objects and the helpers of their policies.

grant usage on schema storage to anon, authenticated, service_role;
grant all on schema storage to supabase_storage_admin, dashboard_user;

create type storage.buckettype as enum ('STANDARD', 'ANALYTICS', 'VECTOR');

-- The folders of an object's name, without its last part.
create or replace function storage.foldername(name text) returns text[] language sql immutable as $$
  select (string_to_array(name, '/'))[1 : array_length(string_to_array(name, '/'), 1) - 1]
$$;

-- The last part of an object's name.
create or replace function storage.filename(name text) returns text language sql immutable as $$
  select (string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)]
$$;

-- What follows the last dot of the last part; all of it when there is no dot.
create or replace function storage.extension(name text) returns text language sql immutable as $$
  select reverse(split_part(reverse((string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)]), '.', 1))
$$;

-- The storage operation under way, such as storage.object.upload.
create or replace function storage.operation() returns text language sql stable as $$
  select current_setting('storage.operation', true)
$$;

create table if not exists storage.buckets (
  id text primary key,
  name text not null,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  public boolean default false,
  avif_autodetection boolean default false,
  file_size_limit bigint,
  allowed_mime_types text[],
  owner_id text,
  type storage.buckettype default 'STANDARD' not null,
  versioning_status text default 'DISABLED' not null,
  constraint buckets_versioning_status_check check (versioning_status in ('DISABLED', 'ENABLED', 'SUSPENDED')),
  constraint buckets_versioning_standard_only_check check ((type = 'STANDARD') or (versioning_status = 'DISABLED'))
);
create unique index if not exists bname on storage.buckets (name);

create table if not exists storage.objects (
  id uuid default gen_random_uuid() primary key,
  bucket_id text,
  name text,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  last_accessed_at timestamptz default now(),
  metadata jsonb,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored,
  version text,
  owner_id text,
  user_metadata jsonb,
  archived_at timestamptz,
  is_delete_marker boolean default false not null,
  is_versioned boolean default false not null,
  constraint "objects_bucketId_fkey" foreign key (bucket_id) references storage.buckets(id)
);
create unique index if not exists bucketid_objname on storage.objects (bucket_id, name);
create index if not exists idx_objects_bucket_id_name on storage.objects (bucket_id, name collate "C");
create index if not exists idx_objects_bucket_id_name_lower on storage.objects (bucket_id, lower(name) collate "C");
create index if not exists name_prefix_search on storage.objects (name text_pattern_ops);

create table if not exists storage.buckets_analytics (
  name text not null,
  type storage.buckettype default 'ANALYTICS' not null,
  format text default 'ICEBERG' not null,
  created_at timestamptz default now() not null,
  updated_at timestamptz default now() not null,
  id uuid default gen_random_uuid() primary key,
  deleted_at timestamptz
);
create unique index if not exists buckets_analytics_unique_name_idx on storage.buckets_analytics (name) where deleted_at is null;

create table if not exists storage.buckets_vectors (
  id text primary key,
  type storage.buckettype default 'VECTOR' not null,
  created_at timestamptz default now() not null,
  updated_at timestamptz default now() not null
);

create table if not exists storage.migrations (
  id integer primary key,
  name varchar(100) not null,
  hash varchar(40) not null,
  executed_at timestamp default current_timestamp,
  constraint migrations_name_key unique (name)
);

create table if not exists storage.s3_multipart_uploads (
  id text primary key,
  in_progress_size bigint default 0 not null,
  upload_signature text not null,
  bucket_id text not null,
  key text not null,
  version text not null,
  owner_id text,
  created_at timestamptz default now() not null,
  user_metadata jsonb,
  metadata jsonb,
  constraint s3_multipart_uploads_bucket_id_fkey foreign key (bucket_id) references storage.buckets(id)
);
create index if not exists idx_multipart_uploads_list on storage.s3_multipart_uploads (bucket_id, key, created_at);

create table if not exists storage.s3_multipart_uploads_parts (
  id uuid default gen_random_uuid() primary key,
  upload_id text not null,
  size bigint default 0 not null,
  part_number integer not null,
  bucket_id text not null,
  key text not null,
  etag text not null,
  owner_id text,
  version text not null,
  created_at timestamptz default now() not null,
  constraint s3_multipart_uploads_parts_upload_id_fkey foreign key (upload_id) references storage.s3_multipart_uploads(id) on delete cascade,
  constraint s3_multipart_uploads_parts_bucket_id_fkey foreign key (bucket_id) references storage.buckets(id)
);

create table if not exists storage.vector_indexes (
  id text default gen_random_uuid() primary key,
  name text not null,
  bucket_id text not null,
  data_type text not null,
  dimension integer not null,
  distance_metric text not null,
  metadata_configuration jsonb,
  created_at timestamptz default now() not null,
  updated_at timestamptz default now() not null,
  constraint vector_indexes_bucket_id_fkey foreign key (bucket_id) references storage.buckets_vectors(id)
);
create unique index if not exists vector_indexes_name_bucket_id_idx on storage.vector_indexes (name, bucket_id);

create or replace function storage.get_size_by_bucket() returns table (size bigint, bucket_id text) language sql stable as $$
  select sum((o.metadata ->> 'size')::bigint)::bigint, o.bucket_id from storage.objects o group by o.bucket_id
$$;

create or replace function storage.update_updated_at_column() returns trigger language plpgsql as $$
begin
  new.updated_at = now();
  return new;
end
$$;

create trigger update_objects_updated_at before update on storage.objects for each row execute function storage.update_updated_at_column();

alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
alter table storage.buckets_analytics enable row level security;
alter table storage.buckets_vectors enable row level security;
alter table storage.migrations enable row level security;
alter table storage.s3_multipart_uploads enable row level security;
alter table storage.s3_multipart_uploads_parts enable row level security;
alter table storage.vector_indexes enable row level security;

grant all on all tables in schema storage to supabase_storage_admin, dashboard_user, service_role;
grant all on storage.buckets, storage.objects to anon, authenticated;
grant select on storage.buckets_vectors, storage.vector_indexes, storage.s3_multipart_uploads, storage.s3_multipart_uploads_parts to anon, authenticated;

-- optional
alter table storage.buckets owner to supabase_storage_admin;
-- optional
alter table storage.objects owner to supabase_storage_admin;
-- optional
alter table storage.buckets_analytics owner to supabase_storage_admin;
-- optional
alter table storage.buckets_vectors owner to supabase_storage_admin;
-- optional
alter table storage.migrations owner to supabase_storage_admin;
-- optional
alter table storage.s3_multipart_uploads owner to supabase_storage_admin;
-- optional
alter table storage.s3_multipart_uploads_parts owner to supabase_storage_admin;
-- optional
alter table storage.vector_indexes owner to supabase_storage_admin;
