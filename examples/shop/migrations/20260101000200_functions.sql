-- What the shop does by itself (triggers) and on request (functions with a URL under /rest/v1/rpc/).

-- Triggers -------------------------------------------------------------------------------------------------------------------

create function private.set_updated_at() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end;
$$;

create trigger profiles_updated_at before update on public.profiles
  for each row execute function private.set_updated_at();
create trigger products_updated_at before update on public.products
  for each row execute function private.set_updated_at();
create trigger stock_updated_at before update on public.stock
  for each row execute function private.set_updated_at();
create trigger reviews_updated_at before update on public.reviews
  for each row execute function private.set_updated_at();
create trigger carts_updated_at before update on public.carts
  for each row execute function private.set_updated_at();
create trigger orders_updated_at before update on public.orders
  for each row execute function private.set_updated_at();

create function public.handle_new_user() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  insert into public.profiles (id, full_name, created_at)
  values (
    new.id,
    coalesce(nullif(trim(new.raw_user_meta_data ->> 'full_name'), ''), split_part(new.email, '@', 1), 'Guest'),
    coalesce(new.created_at, now())
  );
  return new;
end;
$$;

create trigger on_auth_user_created
  after insert on auth.users
  for each row execute function public.handle_new_user();

create function private.keep_price_history() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  insert into public.price_history (product_id, old_price, new_price, changed_by)
  values (new.id, old.price, new.price, auth.uid());
  return null;
end;
$$;

create trigger products_price_history
  after update of price on public.products
  for each row when (old.price is distinct from new.price)
  execute function private.keep_price_history();

-- What a review says about its author is not the author's to say.
create function private.stamp_review() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  first_name text;
begin
  if tg_op = 'UPDATE' then
    new.product_id := old.product_id;
    new.author_id := old.author_id;
  end if;

  select split_part(p.full_name, ' ', 1) into first_name
  from public.profiles p
  where p.id = new.author_id;

  new.author_name := coalesce(first_name, '');
  new.verified := exists (
    select 1
    from public.order_items i
    join public.orders o on o.id = i.order_id
    where i.product_id = new.product_id
      and o.customer_id = new.author_id
      and o.status <> 'cancelled'
  );
  return new;
end;
$$;

create trigger reviews_stamp
  before insert or update on public.reviews
  for each row execute function private.stamp_review();

-- stock_not_negative is the last guard: whoever writes order items, more than there is cannot leave the shelf.
create function private.take_from_stock() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  update public.stock set quantity = quantity - new.quantity where product_id = new.product_id;
  return null;
end;
$$;

create trigger order_items_take_from_stock
  after insert on public.order_items
  for each row execute function private.take_from_stock();

create function private.return_to_stock() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  update public.stock s
  set quantity = s.quantity + i.quantity
  from public.order_items i
  where i.order_id = new.id and s.product_id = i.product_id;
  return null;
end;
$$;

create trigger orders_return_to_stock
  after update of status on public.orders
  for each row when (new.status = 'cancelled' and old.status <> 'cancelled')
  execute function private.return_to_stock();

-- Functions of the API -------------------------------------------------------------------------------------------------------

create function public.search_products(term text) returns setof public.products
language sql stable
set search_path = ''
as $$
  select p.*
  from public.products p
  where p.name ilike '%' || term || '%'
     or p.description ilike '%' || term || '%'
     or lower(term) = any (p.tags)
  order by p.name;
$$;

comment on function public.search_products(text) is 'Products whose name, description or tags match a word, by name.';

-- Takes a row of products, so the API shows it as a column: ?select=name,average_rating
create function public.average_rating(product public.products) returns numeric
language sql stable
set search_path = ''
as $$
  select round(avg(r.rating), 2) from public.reviews r where r.product_id = product.id;
$$;

create function public.cart_total(cart_id uuid) returns numeric
language sql stable
set search_path = ''
as $$
  select coalesce(sum(i.quantity * p.price), 0.00)
  from public.cart_items i
  join public.products p on p.id = i.product_id
  where i.cart_id = cart_total.cart_id;
$$;

comment on function public.cart_total(uuid) is 'What the cart costs now; 0.00 for a cart that is empty or not the caller''s.';

-- Runs with the caller's rights: the policies of carts and cart_items decide.
create function public.add_to_cart(product_id bigint, quantity integer default 1) returns public.cart_items
language plpgsql
set search_path = ''
as $$
declare
  cart uuid;
  item public.cart_items;
begin
  insert into public.carts default values on conflict (customer_id) do nothing;
  select c.id into cart from public.carts c where c.customer_id = (select auth.uid());

  insert into public.cart_items as i (cart_id, product_id, quantity)
  values (cart, add_to_cart.product_id, add_to_cart.quantity)
  on conflict on constraint cart_items_pkey
    do update set quantity = i.quantity + excluded.quantity
  returning i.* into item;

  return item;
end;
$$;

comment on function public.add_to_cart(bigint, integer) is 'Puts a product into the caller''s cart, which is made if there is none.';

-- Runs with its owner's rights, because customers may write neither orders nor stock: hence it asks first whose cart it is.
create function public.place_order(cart_id uuid, address_id bigint, note text default null) returns public.orders
language plpgsql security definer
set search_path = ''
as $$
declare
  caller uuid := auth.uid();
  contact text;
  destination public.addresses%rowtype;
  line record;
  on_hand integer;
  lines integer := 0;
  sum_total numeric(12,2) := 0;
  placed public.orders;
begin
  if caller is null then
    raise exception 'only a signed-in customer can place an order'
      using errcode = 'insufficient_privilege';
  end if;

  -- The lock keeps a second click from placing the order twice.
  perform 1 from public.carts c where c.id = place_order.cart_id and c.customer_id = caller for update;
  if not found then
    raise exception 'cart not found'
      using errcode = 'PT404',
            detail = format('No cart %s belongs to you.', place_order.cart_id);
  end if;

  select * into destination
  from public.addresses a
  where a.id = place_order.address_id and a.customer_id = caller;
  if not found then
    raise exception 'address not found'
      using errcode = 'PT404',
            detail = format('No address %s belongs to you.', place_order.address_id);
  end if;

  contact := coalesce(auth.jwt() ->> 'email', (select u.email from auth.users u where u.id = caller));

  insert into public.orders (customer_id, email, ship_to, note)
  values (
    caller,
    contact,
    jsonb_build_object(
      'street', destination.street,
      'city', destination.city,
      'postal_code', destination.postal_code,
      'country', destination.country
    ),
    place_order.note
  )
  returning * into placed;

  -- In the order of products, so that two orders of the same products wait for each other instead of dead-locking.
  for line in
    select i.product_id, i.quantity, p.name, p.price, p.status
    from public.cart_items i
    join public.products p on p.id = i.product_id
    where i.cart_id = place_order.cart_id
    order by i.product_id
  loop
    select s.quantity into on_hand from public.stock s where s.product_id = line.product_id for update;

    if line.status <> 'published' then
      raise exception '"%" is no longer sold', line.name
        using errcode = 'PT409',
              hint = 'Remove it from the cart and try again.';
    elsif line.quantity > coalesce(on_hand, 0) then
      raise exception 'not enough stock for "%"', line.name
        using errcode = 'PT409',
              detail = format('%s wanted, %s left.', line.quantity, coalesce(on_hand, 0)),
              hint = 'Lower the quantity or remove the product from the cart.';
    end if;

    insert into public.order_items (order_id, product_id, quantity, unit_price)
    values (placed.id, line.product_id, line.quantity, line.price);

    lines := lines + 1;
    sum_total := sum_total + line.quantity * line.price;
  end loop;

  if lines = 0 then
    raise exception 'the cart is empty'
      using errcode = 'PT409',
            hint = 'Put something into it with add_to_cart.';
  end if;

  update public.orders o set total = sum_total where o.id = placed.id returning o.* into placed;
  delete from public.cart_items i where i.cart_id = place_order.cart_id;
  return placed;
end;
$$;

comment on function public.place_order(uuid, bigint, text) is
  'Turns the caller''s cart into an order: all of it or, when anything is short, nothing.';

-- Who may call what ----------------------------------------------------------------------------------------------------------

revoke execute on function public.place_order(uuid, bigint, text) from public, anon;
revoke execute on function public.add_to_cart(bigint, integer) from public, anon;
revoke execute on function public.handle_new_user() from public, anon, authenticated;
grant execute on function public.place_order(uuid, bigint, text) to authenticated;
grant execute on function public.add_to_cart(bigint, integer) to authenticated;
grant execute on function public.search_products(text) to anon, authenticated;
