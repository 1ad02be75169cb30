-- A shop with something in it. Everything here is the same on each run (but for the updated_at of rows that a trigger touched).

-- People: two customers, one who was suspended, one member of staff, one administrator. The trigger on auth.users makes their
-- profiles. Nobody has a password.

insert into auth.users (id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
values
  ('aaaaaaaa-0000-4000-8000-000000000001', 'authenticated', 'authenticated', 'ada@shop.example', '2026-01-02 09:00:00+00',
   '{"provider": "email", "providers": ["email"]}', '{"full_name": "Ada Byrne"}', '2026-01-02 09:00:00+00', '2026-01-02 09:00:00+00'),
  ('bbbbbbbb-0000-4000-8000-000000000002', 'authenticated', 'authenticated', 'ben@shop.example', '2026-01-03 10:30:00+00',
   '{"provider": "email", "providers": ["email"]}', '{"full_name": "Ben Okafor"}', '2026-01-03 10:30:00+00', '2026-01-03 10:30:00+00'),
  ('cccccccc-0000-4000-8000-000000000003', 'authenticated', 'authenticated', 'cleo@shop.example', '2026-01-04 11:00:00+00',
   '{"provider": "email", "providers": ["email"]}', '{"full_name": "Cleo Marchetti"}', '2026-01-04 11:00:00+00', '2026-01-04 11:00:00+00'),
  ('dddddddd-0000-4000-8000-000000000004', 'authenticated', 'authenticated', 'dina@shop.example', '2026-01-01 08:00:00+00',
   '{"provider": "email", "providers": ["email"]}', '{"full_name": "Dina Novak"}', '2026-01-01 08:00:00+00', '2026-01-01 08:00:00+00'),
  ('eeeeeeee-0000-4000-8000-000000000005', 'authenticated', 'authenticated', 'emil@shop.example', '2026-01-01 08:00:00+00',
   '{"provider": "email", "providers": ["email"]}', '{}', '2026-01-01 08:00:00+00', '2026-01-01 08:00:00+00');

update public.profiles set role = 'staff' where id = 'dddddddd-0000-4000-8000-000000000004';
update public.profiles set role = 'admin', full_name = 'Emil Sørensen' where id = 'eeeeeeee-0000-4000-8000-000000000005';

insert into public.addresses (customer_id, label, street, city, postal_code, country, is_default, created_at)
values
  ('aaaaaaaa-0000-4000-8000-000000000001', 'Home', '12 Quay Street', 'Galway', 'H91 E4X2', 'IE', true, '2026-01-02 09:05:00+00'),
  ('aaaaaaaa-0000-4000-8000-000000000001', 'Studio', '3 Mill Lane', 'Galway', 'H91 A2B3', 'IE', false, '2026-01-05 14:00:00+00'),
  ('bbbbbbbb-0000-4000-8000-000000000002', 'Home', 'Lindenallee 40', 'Leipzig', '04109', 'DE', true, '2026-01-03 10:40:00+00'),
  ('cccccccc-0000-4000-8000-000000000003', 'Home', 'Via dei Mulini 7', 'Lucca', '55100', 'IT', true, '2026-01-04 11:10:00+00');

-- Categories: four aisles, eight shelves.

insert into public.categories (slug, name, position)
values
  ('kitchen', 'Kitchen', 1),
  ('garden', 'Garden', 2),
  ('desk', 'Desk', 3),
  ('outdoors', 'Outdoors', 4);

insert into public.categories (parent, slug, name, position)
select aisle.id, shelf.slug, shelf.name, shelf.position
from (values
  ('kitchen',  'coffee-and-tea',  'Coffee & Tea',    1),
  ('kitchen',  'cookware',        'Cookware',        2),
  ('garden',   'tools',           'Tools',           1),
  ('garden',   'seeds-and-bulbs', 'Seeds & Bulbs',   2),
  ('desk',     'paper',           'Paper',           1),
  ('desk',     'pens-and-ink',    'Pens & Ink',      2),
  ('outdoors', 'camping',         'Camping',         1),
  ('outdoors', 'bags',            'Bags',            2)
) as shelf (aisle, slug, name, position)
join public.categories aisle on aisle.slug = shelf.aisle
order by aisle.position, shelf.position;

-- Products: twenty by hand, a hundred by rule.

insert into public.products (slug, name, description, category, status, price, list_price, tags, attributes, created_at)
select v.slug, v.name, v.description, c.id, v.status::public.product_status, v.price, v.list_price, v.tags::text[], v.attributes::jsonb, v.created_at::timestamptz
from (values
  ('moka-pot-3-cup', 'Moka Pot, 3 Cup', 'Stove-top espresso for one person who is in earnest.',
   'coffee-and-tea', 'published', 34.90, null, '{coffee,aluminium}', '{"material": "aluminium", "capacity_ml": 150}', '2026-01-05 08:00:00+00'),
  ('gooseneck-kettle', 'Gooseneck Kettle', 'Pours where you point it.',
   'coffee-and-tea', 'published', 59.00, 69.00, '{coffee,tea,steel}', '{"material": "steel", "capacity_ml": 900}', '2026-01-05 08:10:00+00'),
  ('stoneware-teapot', 'Stoneware Teapot', 'Glazed by hand; no two are alike.',
   'coffee-and-tea', 'published', 48.50, null, '{tea,stoneware}', '{"material": "stoneware", "capacity_ml": 1100, "handmade": true}', '2026-01-05 08:20:00+00'),
  ('cast-iron-skillet-26', 'Cast Iron Skillet, 26 cm', 'Seasoned, and heavy enough to be left to your grandchildren.',
   'cookware', 'published', 42.00, null, '{iron,pan}', '{"material": "cast iron", "diameter_cm": 26}', '2026-01-06 09:00:00+00'),
  ('copper-saucepan', 'Copper Saucepan', 'Lined with tin. Heats at once, cools at once.',
   'cookware', 'published', 129.00, 149.00, '{copper,pan}', '{"material": "copper", "capacity_ml": 1800}', '2026-01-06 09:10:00+00'),
  ('olive-wood-board', 'Olive Wood Board', 'For bread, cheese and small accidents.',
   'cookware', 'published', 27.50, null, '{wood}', '{"material": "olive wood", "handmade": true}', '2026-01-06 09:20:00+00'),
  ('garden-trowel', 'Garden Trowel', 'Forged in one piece with an ash handle.',
   'tools', 'published', 18.90, null, '{steel,wood}', '{"material": "steel", "length_cm": 31}', '2026-01-07 10:00:00+00'),
  ('bypass-secateurs', 'Bypass Secateurs', 'Clean cuts up to 25 mm; every part can be replaced.',
   'tools', 'published', 39.95, null, '{steel}', '{"material": "steel", "spare_parts": ["blade", "spring"]}', '2026-01-07 10:10:00+00'),
  ('watering-can-9l', 'Watering Can, 9 l', 'Balanced when full, with a brass rose.',
   'tools', 'published', 44.00, 52.00, '{steel,brass}', '{"material": "zinc-plated steel", "capacity_ml": 9000}', '2026-01-07 10:20:00+00'),
  ('heirloom-tomato-seeds', 'Heirloom Tomato Seeds', 'Six old kinds, twenty seeds of each.',
   'seeds-and-bulbs', 'published', 6.50, null, '{seeds,edible}', '{"kinds": 6, "sow": {"from": "03-01", "to": "04-15"}}', '2026-01-08 11:00:00+00'),
  ('white-tulip-bulbs', 'White Tulip Bulbs, 25', 'For the border that is to look calm in April.',
   'seeds-and-bulbs', 'published', 12.00, null, '{bulbs}', '{"kinds": 1, "plant": {"from": "10-01", "to": "11-30"}}', '2026-01-08 11:10:00+00'),
  ('dotted-notebook-a5', 'Dotted Notebook A5', '192 numbered pages that take ink without a shadow.',
   'paper', 'published', 16.00, null, '{paper}', '{"pages": 192, "ruling": "dots"}', '2026-01-09 12:00:00+00'),
  ('cotton-letter-set', 'Cotton Letter Set', 'Twenty sheets, twenty envelopes, one good reason.',
   'paper', 'published', 22.00, null, '{paper,cotton}', '{"sheets": 20, "material": "cotton"}', '2026-01-09 12:10:00+00'),
  ('fountain-pen-fine', 'Fountain Pen, Fine', 'A steel nib that forgives. Works with cartridge and converter.',
   'pens-and-ink', 'published', 64.00, null, '{ink,steel}', '{"nib": "F", "material": "resin"}', '2026-01-10 13:00:00+00'),
  ('iron-gall-ink', 'Iron Gall Ink, 50 ml', 'Writes grey, dries black, outlasts the paper.',
   'pens-and-ink', 'published', 14.20, null, '{ink}', '{"volume_ml": 50, "permanent": true}', '2026-01-10 13:10:00+00'),
  ('enamel-camping-mug', 'Enamel Camping Mug', 'Chips with dignity.',
   'camping', 'published', 11.00, null, '{enamel,steel,coffee}', '{"material": "enamel", "capacity_ml": 350}', '2026-01-11 14:00:00+00'),
  ('two-person-tent', 'Two-Person Tent', 'Up in four minutes, even in rain. Especially in rain.',
   'camping', 'published', 289.00, 340.00, '{canvas}', '{"persons": 2, "weight_g": 2350}', '2026-01-11 14:10:00+00'),
  ('waxed-canvas-rucksack', 'Waxed Canvas Rucksack', 'Twenty litres, two pockets, no logo.',
   'bags', 'published', 118.00, null, '{canvas,leather}', '{"material": "waxed canvas", "volume_l": 20}', '2026-01-12 15:00:00+00'),
  ('titanium-spork', 'Titanium Spork', 'Not for sale yet: we are still looking for the drawer it belongs in.',
   'camping', 'draft', 9.90, null, '{titanium}', '{"material": "titanium", "weight_g": 17}', '2026-01-12 15:10:00+00'),
  ('paper-lantern', 'Paper Lantern', 'No longer made; kept here because people ask.',
   'camping', 'retired', 8.00, null, '{paper}', '{"material": "paper"}', '2026-01-12 15:20:00+00')
) as v (slug, name, description, category, status, price, list_price, tags, attributes, created_at)
join public.categories c on c.slug = v.category
order by v.created_at;

with shelf as (
  select id, row_number() over (order by id) - 1 as place
  from public.categories
  where parent is not null
), made as (
  select
    n,
    (array['Oak', 'Linen', 'Brass', 'Slate', 'Wool', 'Cork', 'Ash', 'Glass', 'Hemp', 'Clay'])[1 + n % 10] as material,
    (array['Tray', 'Jar', 'Basket', 'Hook', 'Stool', 'Lamp', 'Box', 'Stand', 'Mat', 'Bowl'])[1 + n / 10] as thing
  from generate_series(0, 99) as n
)
insert into public.products (slug, name, description, category, status, price, list_price, tags, attributes, created_at)
select
  lower(m.material || '-' || m.thing),
  m.material || ' ' || m.thing,
  format('A %s made of %s, number %s of the workshop series.', lower(m.thing), lower(m.material), m.n + 1),
  s.id,
  case when m.n % 25 = 24 then 'draft'::public.product_status else 'published'::public.product_status end,
  5 + m.n * 37 % 180 + 0.95,
  case when m.n % 12 = 5 then 5 + m.n * 37 % 180 + 10.95 end,
  array['workshop', lower(m.material)],
  jsonb_build_object('material', lower(m.material), 'weight_g', 150 + m.n * 53 % 900, 'handmade', m.n % 3 = 0),
  timestamptz '2026-01-15 09:00:00+00' + m.n * interval '6 hours'
from made m
join shelf s on s.place = m.n % 8
order by m.n;

-- Stock. The tent is sold out, of the copper saucepan two are left.

insert into public.stock (product_id, quantity, reorder_at, updated_at)
select
  p.id,
  case p.slug
    when 'two-person-tent' then 0
    when 'copper-saucepan' then 2
    else 10 + (p.id * 13 % 50)::integer
  end,
  case when p.price >= 100 then 2 else 5 end,
  '2026-02-12 07:00:00+00'
from public.products p
order by p.id;

-- Prices have changed since: the trigger writes it down, and the three rows move to the end of the heap.

update public.products set price = price + 2 where slug in ('wool-lamp', 'cork-lamp', 'ash-lamp');

-- Orders: six of them. Their items are taken from the stock by the trigger.

insert into public.orders (id, customer_id, status, email, ship_to, total, note, placed_at)
values
  ('0de00000-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000001', 'delivered', 'ada@shop.example',
   '{"street": "12 Quay Street", "city": "Galway", "postal_code": "H91 E4X2", "country": "IE"}', 0, null, '2026-02-13 10:00:00+00'),
  ('0de00000-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000002', 'delivered', 'ben@shop.example',
   '{"street": "Lindenallee 40", "city": "Leipzig", "postal_code": "04109", "country": "DE"}', 0, null, '2026-02-14 16:20:00+00'),
  ('0de00000-0000-4000-8000-000000000003', 'aaaaaaaa-0000-4000-8000-000000000001', 'shipped', 'ada@shop.example',
   '{"street": "3 Mill Lane", "city": "Galway", "postal_code": "H91 A2B3", "country": "IE"}', 0, 'Leave it with the potter next door.', '2026-02-20 08:45:00+00'),
  ('0de00000-0000-4000-8000-000000000004', 'cccccccc-0000-4000-8000-000000000003', 'pending', 'cleo@shop.example',
   '{"street": "Via dei Mulini 7", "city": "Lucca", "postal_code": "55100", "country": "IT"}', 0, null, '2026-02-21 19:10:00+00'),
  ('0de00000-0000-4000-8000-000000000005', 'bbbbbbbb-0000-4000-8000-000000000002', 'paid', 'ben@shop.example',
   '{"street": "Lindenallee 40", "city": "Leipzig", "postal_code": "04109", "country": "DE"}', 0, null, '2026-02-27 12:00:00+00'),
  ('0de00000-0000-4000-8000-000000000006', 'aaaaaaaa-0000-4000-8000-000000000001', 'pending', 'ada@shop.example',
   '{"street": "12 Quay Street", "city": "Galway", "postal_code": "H91 E4X2", "country": "IE"}', 0, 'A present, please no invoice.', '2026-02-28 21:30:00+00');

insert into public.order_items (order_id, product_id, quantity, unit_price)
select v.order_id::uuid, p.id, v.quantity, p.price
from (values
  ('0de00000-0000-4000-8000-000000000001', 'moka-pot-3-cup', 1),
  ('0de00000-0000-4000-8000-000000000001', 'enamel-camping-mug', 4),
  ('0de00000-0000-4000-8000-000000000002', 'fountain-pen-fine', 1),
  ('0de00000-0000-4000-8000-000000000002', 'iron-gall-ink', 2),
  ('0de00000-0000-4000-8000-000000000002', 'dotted-notebook-a5', 3),
  ('0de00000-0000-4000-8000-000000000003', 'stoneware-teapot', 1),
  ('0de00000-0000-4000-8000-000000000003', 'wool-lamp', 2),
  ('0de00000-0000-4000-8000-000000000004', 'waxed-canvas-rucksack', 1),
  ('0de00000-0000-4000-8000-000000000005', 'bypass-secateurs', 1),
  ('0de00000-0000-4000-8000-000000000005', 'heirloom-tomato-seeds', 5),
  ('0de00000-0000-4000-8000-000000000006', 'cotton-letter-set', 1)
) as v (order_id, slug, quantity)
join public.products p on p.slug = v.slug
order by v.order_id, p.id;

update public.orders o
set total = (select sum(i.line_total) from public.order_items i where i.order_id = o.id);

-- What a cancelled order had taken goes back to the stock.
update public.orders set status = 'cancelled' where id = '0de00000-0000-4000-8000-000000000004';

-- Reviews: some by hand, most by rule. The trigger adds the author's name and whether the product was bought.

insert into public.reviews (product_id, author_id, rating, title, body, created_at)
select p.id, v.author_id::uuid, v.rating, v.title, v.body, v.created_at::timestamptz
from (values
  ('moka-pot-3-cup', 'aaaaaaaa-0000-4000-8000-000000000001', 5, 'My morning', 'Three cups, or one of mine.', '2026-02-18 07:30:00+00'),
  ('moka-pot-3-cup', 'bbbbbbbb-0000-4000-8000-000000000002', 4, null, 'Good, but the handle gets warm.', '2026-02-19 18:00:00+00'),
  ('enamel-camping-mug', 'aaaaaaaa-0000-4000-8000-000000000001', 4, 'Chipped, with dignity', 'As described.', '2026-02-20 09:00:00+00'),
  ('fountain-pen-fine', 'bbbbbbbb-0000-4000-8000-000000000002', 5, 'It forgives', 'Even my handwriting.', '2026-02-22 20:15:00+00'),
  ('copper-saucepan', 'cccccccc-0000-4000-8000-000000000003', 2, 'Beautiful', 'Too beautiful to use, so I do not.', '2026-02-23 12:00:00+00'),
  ('stoneware-teapot', 'aaaaaaaa-0000-4000-8000-000000000001', 5, null, 'No two are alike; mine is the better one.', '2026-02-26 16:40:00+00')
) as v (slug, author_id, rating, title, body, created_at)
join public.products p on p.slug = v.slug
order by v.created_at;

insert into public.reviews (product_id, author_id, rating, body, created_at)
select
  p.id,
  u.id,
  (1 + (p.id * 7 + u.place * 3) % 5)::smallint,
  (array['Would buy it again.', 'Does what it says.', 'Smaller than I thought.', 'Arrived quickly.'])[1 + (p.id + u.place) % 4],
  timestamptz '2026-02-15 08:00:00+00' + (p.id * 3 + u.place) * interval '1 hour'
from public.products p
cross join (
  select id, row_number() over (order by id) as place
  from public.profiles
  where role = 'customer'
) u
where (p.id + u.place) % 3 = 0 and 'workshop' = any (p.tags)
order by p.id, u.place;

update public.profiles set suspended_at = '2026-02-24 00:00:00+00' where id = 'cccccccc-0000-4000-8000-000000000003';

-- Carts: Ada's can be ordered as it is; Ben wants more saucepans than there are.

insert into public.carts (id, customer_id, created_at, updated_at)
values
  ('ca000000-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000001', '2026-02-28 20:00:00+00', '2026-02-28 20:00:00+00'),
  ('ca000000-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000002', '2026-02-28 20:30:00+00', '2026-02-28 20:30:00+00');

insert into public.cart_items (cart_id, product_id, quantity, added_at)
select v.cart_id::uuid, p.id, v.quantity, v.added_at::timestamptz
from (values
  ('ca000000-0000-4000-8000-000000000001', 'gooseneck-kettle', 1, '2026-02-28 20:01:00+00'),
  ('ca000000-0000-4000-8000-000000000001', 'dotted-notebook-a5', 2, '2026-02-28 20:05:00+00'),
  ('ca000000-0000-4000-8000-000000000002', 'garden-trowel', 1, '2026-02-28 20:31:00+00'),
  ('ca000000-0000-4000-8000-000000000002', 'copper-saucepan', 3, '2026-02-28 20:33:00+00')
) as v (cart_id, slug, quantity, added_at)
join public.products p on p.slug = v.slug
order by v.added_at;
