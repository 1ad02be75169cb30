-- Secrets, encrypted where they lie, as supabase_vault keeps them. The functions that encrypt are the embedded engine's own: the key is beside the database, never in it.
-- stands in for supabase_vault
-- embedded only

create extension if not exists supabase_vault;

create table if not exists vault.secrets (
  id uuid default gen_random_uuid() primary key,
  name text,
  description text default '' not null,
  secret text not null,
  key_id uuid,
  nonce bytea default vault._crypto_aead_det_noncegen(),
  created_at timestamptz default current_timestamp not null,
  updated_at timestamptz default current_timestamp not null
);
create unique index if not exists secrets_name_idx on vault.secrets (name) where name is not null;

create or replace view vault.decrypted_secrets as
  select id, name, description, secret,
    convert_from(vault._crypto_aead_det_decrypt(decode(secret, 'base64'), convert_to(id::text, 'UTF8'), 0::bigint, 'vault'::bytea, nonce), 'UTF8') as decrypted_secret,
    key_id, nonce, created_at, updated_at
  from vault.secrets;

create or replace function vault.create_secret(new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null) returns uuid language plpgsql security definer set search_path = '' as $$
declare
  new_id uuid := gen_random_uuid();
  new_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  insert into vault.secrets (id, name, description, key_id, nonce, secret)
  values (new_id, new_name, new_description, new_key_id, new_nonce,
    encode(vault._crypto_aead_det_encrypt(convert_to(new_secret, 'UTF8'), convert_to(new_id::text, 'UTF8'), 0::bigint, 'vault'::bytea, new_nonce), 'base64'));
  return new_id;
end
$$;

create or replace function vault.update_secret(secret_id uuid, new_secret text default null, new_name text default null, new_description text default null, new_key_id uuid default null) returns void language plpgsql security definer set search_path = '' as $$
declare
  new_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  update vault.secrets s set
    name = coalesce(new_name, s.name),
    description = coalesce(new_description, s.description),
    nonce = case when new_secret is null then s.nonce else new_nonce end,
    secret = case when new_secret is null then s.secret
      else encode(vault._crypto_aead_det_encrypt(convert_to(new_secret, 'UTF8'), convert_to(s.id::text, 'UTF8'), 0::bigint, 'vault'::bytea, new_nonce), 'base64') end,
    updated_at = now()
  where s.id = secret_id;
end
$$;

revoke all on function vault.create_secret(text, text, text, uuid) from public;
revoke all on function vault.update_secret(uuid, text, text, text, uuid) from public;
grant usage on schema vault to service_role;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant execute on function vault.create_secret(text, text, text, uuid), vault.update_secret(uuid, text, text, text, uuid) to service_role;
