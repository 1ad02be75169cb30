-- Who may do what. Three kinds of people: visitors (the role anon), customers (authenticated) and staff (authenticated, with a
-- profile that says so). The service role passes every policy.

-- Helpers --------------------------------------------------------------------------------------------------------------------

-- Definer functions, so that a policy may ask about a profile without passing the policies of profiles again.

create function private.is_staff() returns boolean
language sql stable security definer
set search_path = ''
as $$
  select exists (
    select 1 from public.profiles where id = (select auth.uid()) and role >= 'staff'
  );
$$;

create function private.is_suspended() returns boolean
language sql stable security definer
set search_path = ''
as $$
  select exists (
    select 1 from public.profiles where id = (select auth.uid()) and suspended_at is not null
  );
$$;

revoke execute on all functions in schema private from public;
grant usage on schema private to anon, authenticated, service_role;
grant execute on function private.is_staff(), private.is_suspended() to anon, authenticated, service_role;

-- Privileges -----------------------------------------------------------------------------------------------------------------

-- The roles of the API get every table privilege when a table is made; policies narrow rows, and this narrows the rest.

revoke insert, update, delete, truncate on all tables in schema public from anon;

revoke update on public.profiles, public.orders from authenticated;
grant update (full_name, newsletter) on public.profiles to authenticated;
grant update (status, note) on public.orders to authenticated;

-- Row-level security ---------------------------------------------------------------------------------------------------------

alter table public.profiles enable row level security;
alter table public.addresses enable row level security;
alter table public.categories enable row level security;
alter table public.products enable row level security;
alter table public.stock enable row level security;
alter table public.price_history enable row level security;
alter table public.reviews enable row level security;
alter table public.carts enable row level security;
alter table public.cart_items enable row level security;
alter table public.orders enable row level security;
alter table public.order_items enable row level security;

-- profiles

create policy "People read their own profile" on public.profiles
  for select to authenticated
  using (id = (select auth.uid()));

create policy "Staff read all profiles" on public.profiles
  for select to authenticated
  using ((select private.is_staff()));

create policy "People update their own profile" on public.profiles
  for update to authenticated
  using (id = (select auth.uid()))
  with check (id = (select auth.uid()));

-- addresses

create policy "Customers keep their own addresses" on public.addresses
  for all to authenticated
  using (customer_id = (select auth.uid()))
  with check (customer_id = (select auth.uid()));

create policy "Staff read all addresses" on public.addresses
  for select to authenticated
  using ((select private.is_staff()));

-- categories

create policy "Everyone reads categories" on public.categories
  for select
  using (true);

create policy "Staff manage categories" on public.categories
  for all to authenticated
  using ((select private.is_staff()))
  with check ((select private.is_staff()));

-- products

create policy "Everyone reads published products" on public.products
  for select to anon, authenticated
  using (status = 'published');

create policy "Staff manage products" on public.products
  for all to authenticated
  using ((select private.is_staff()))
  with check ((select private.is_staff()));

-- stock

create policy "Staff manage stock" on public.stock
  for all to authenticated
  using ((select private.is_staff()))
  with check ((select private.is_staff()));

-- price_history: no policy.

-- reviews

-- The sub-query runs under the policies of products: the reviews of a draft are as hidden as the draft.
create policy "Everyone reads reviews of products they can see" on public.reviews
  for select to anon, authenticated
  using (exists (select 1 from public.products p where p.id = product_id));

create policy "Customers write reviews in their own name" on public.reviews
  for insert to authenticated
  with check (
    author_id = (select auth.uid())
    and exists (select 1 from public.products p where p.id = product_id and p.status = 'published')
  );

create policy "Customers change their own reviews" on public.reviews
  for update to authenticated
  using (author_id = (select auth.uid()))
  with check (author_id = (select auth.uid()));

create policy "Customers and staff delete reviews" on public.reviews
  for delete to authenticated
  using (author_id = (select auth.uid()) or (select private.is_staff()));

-- Restrictive: it takes away from what the others allow.
create policy "Suspended customers write no reviews" on public.reviews
  as restrictive
  for insert to authenticated
  with check (not (select private.is_suspended()));

-- carts

create policy "Customers keep their own cart" on public.carts
  for all to authenticated
  using (customer_id = (select auth.uid()))
  with check (customer_id = (select auth.uid()));

create policy "Customers fill their own cart" on public.cart_items
  for all to authenticated
  using (
    exists (select 1 from public.carts c where c.id = cart_id and c.customer_id = (select auth.uid()))
  )
  with check (
    exists (select 1 from public.carts c where c.id = cart_id and c.customer_id = (select auth.uid()))
    and exists (select 1 from public.products p where p.id = product_id and p.status = 'published')
  );

-- orders

create policy "Customers read their own orders" on public.orders
  for select to authenticated
  using (customer_id = (select auth.uid()));

create policy "Customers cancel their own pending orders" on public.orders
  for update to authenticated
  using (customer_id = (select auth.uid()) and status = 'pending')
  with check (customer_id = (select auth.uid()) and status in ('pending', 'cancelled'));

create policy "Staff manage orders" on public.orders
  for all to authenticated
  using ((select private.is_staff()))
  with check ((select private.is_staff()));

create policy "Customers read the items of their own orders" on public.order_items
  for select to authenticated
  using (
    exists (select 1 from public.orders o where o.id = order_id and o.customer_id = (select auth.uid()))
  );

create policy "Staff manage order items" on public.order_items
  for all to authenticated
  using ((select private.is_staff()))
  with check ((select private.is_staff()));
