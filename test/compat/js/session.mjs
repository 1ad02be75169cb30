// A session of a shop, driven by the official client. Prints one JSON line a call: what the server answered, byte for byte.
// Usage: node session.mjs URL PUBLISHABLE_KEY ADA_TOKEN BEN_TOKEN SECRET_KEY
import { createClient } from '@supabase/supabase-js'

// Node before 22 has no WebSocket, and the client wants one to exist; this session never opens it.
globalThis.WebSocket ??= class {}

const [url, key, adaToken, benToken, secret] = process.argv.slice(2)
let last
const recordingFetch = async (input, init) => {
  const response = await fetch(input, init)
  const body = await response.clone().text()
  last = { status: response.status, range: response.headers.get('content-range'), type: response.headers.get('content-type'), applied: response.headers.get('preference-applied'), body }
  return response
}
const client = (apikey, token) =>
  createClient(url, apikey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: recordingFetch, headers: token ? { Authorization: `Bearer ${token}` } : {} },
  })
const visitor = client(key), ada = client(key, adaToken), ben = client(key, benToken), admin = client(secret)
const ADA = 'aaaaaaaa-0000-4000-8000-000000000001'

const call = async (name, builder) => {
  last = undefined
  const { data, error, count } = await builder
  console.log(JSON.stringify({ name, ...last, count: count ?? null, rows: Array.isArray(data) ? data.length : data === null ? null : 1, error: error?.code ?? null }))
}

// Reading as a visitor.
await call('first products', visitor.from('products').select('name,price,category(name)').order('id').limit(3))
await call('equality', visitor.from('products').select('id,name,price').eq('slug', 'no-such-slug'))
await call('ranges', visitor.from('products').select('id,price').gte('price', 10).lt('price', 20).order('price').order('id'))
await call('in and or', visitor.from('products').select('id').in('id', [1, 2, 3, 999]).or('price.gt.40,name.ilike.*pot*').order('id'))
await call('like', visitor.from('products').select('name').ilike('name', '%cup%').order('name'))
await call('not and is', visitor.from('categories').select('id,name').not('parent', 'is', null).order('id'))
await call('arrays', visitor.from('products').select('id,tags').contains('tags', ['coffee']).order('id').limit(5))
await call('json path', visitor.from('products').select('id,attributes->>material').order('id').limit(5))
await call('embed to-one and to-many', visitor.from('products').select('id,category(id,name,parent(name)),reviews(rating,title)').order('id').limit(4))
await call('embed with inner and filter', visitor.from('products').select('id,reviews!inner(rating)').eq('reviews.rating', 5).order('id').limit(4))
await call('nested order and limit', visitor.from('categories').select('name,products(name,price)').gte('id', 5).order('id').order('price', { referencedTable: 'products', ascending: false }).limit(2, { referencedTable: 'products' }).limit(3))
await call('count exact', visitor.from('products').select('id', { count: 'exact' }).order('id').range(10, 12))
await call('count head', visitor.from('products').select('*', { count: 'exact', head: true }))
await call('single', visitor.from('products').select('id,name').eq('id', 1).single())
await call('single of none', visitor.from('products').select('id,name').eq('id', -1).single())
await call('maybe single of none', visitor.from('products').select('id').eq('id', -1).maybeSingle())
await call('view', visitor.from('product_catalog').select('*').order('id').limit(2))
await call('search function', visitor.rpc('search_products', { term: 'kettle' }).select('id,name').order('id'))
await call('csv', visitor.from('categories').select('id,name').order('id').limit(3).csv())

// What a visitor may not.
await call('orders of others', visitor.from('orders').select('id'))
await call('insert as visitor', visitor.from('reviews').insert({ product_id: 1, author_id: ADA, rating: 5 }))
await call('table without policy', visitor.from('price_history').select('*'))

// Mistakes.
await call('unknown table', visitor.from('nothing').select('*'))
await call('unknown column', visitor.from('products').select('nope'))
await call('unknown filter column', visitor.from('products').select('id').eq('nope', 1))
await call('bad integer', visitor.from('products').select('id').eq('id', 'abc'))
await call('unknown embed', visitor.from('products').select('id,nothing(x)'))
await call('unknown function', visitor.rpc('nothing'))

// Ada shops.
await call('own profile', ada.from('profiles').select('id,full_name,role,newsletter,created_at').eq('id', ADA).single())
await call('own orders', ada.from('orders').select('number,status,order_items(quantity,unit_price,products(name))').order('number'))
await call('address insert', ada.from('addresses').insert({ id: 9001, street: '1 Engine Row', city: 'London', postal_code: 'N1', country: 'GB' }).select('id,customer_id,city').single())
await call('address update', ada.from('addresses').update({ city: 'Oxford' }).eq('id', 9001).select('id,city'))
await call('address upsert', ada.from('addresses').upsert({ id: 9001, street: '2 Engine Row', city: 'Bath', postal_code: 'N1', country: 'GB' }).select('id,street,city'))
await call('bulk insert', ada.from('addresses').insert([{ id: 9002, street: 's', city: 'X', postal_code: '1', country: 'GB' }, { id: 9003, street: 's', city: 'Y', postal_code: '2', country: 'GB' }]).select('id').order('id'))
await call('duplicate key', ada.from('addresses').insert({ id: 9002, street: 's', city: 'X', postal_code: '1', country: 'GB' }))
await call('missing value', ada.from('addresses').insert({ id: 9004, street: null, city: 'X', postal_code: '1', country: 'GB' }))
await call('address of ben unseen', ben.from('addresses').select('id').eq('id', 9001))
await call('update of a foreign row', ben.from('addresses').update({ city: 'Z' }).eq('id', 9001).select('id'))
await call('delete', ada.from('addresses').delete().in('id', [9001, 9002, 9003]).select('id').order('id'))
await call('delete without answer', ada.from('addresses').delete().eq('id', 9001))
await call('not a buyer', ada.from('reviews').insert({ product_id: 120, author_id: ADA, rating: 6 }))
await call('rating out of range', admin.from('reviews').insert({ product_id: 120, author_id: ADA, rating: 6, created_at: '2026-01-01', updated_at: '2026-01-01' }))
await call('unknown product', admin.from('reviews').insert({ product_id: 99999, author_id: ADA, rating: 5 }))
await call('still in use', admin.from('categories').delete().eq('id', 5))
await call('several rows of one', admin.from('products').select('id').lt('id', 3).single())
await call('duplicate slug', admin.from('products').insert({ slug: 'moka-pot-3-cup', name: 'x', price: 1, category: 5 }))
await call('ignored duplicate', admin.from('categories').upsert({ id: 1, slug: 'kitchen', name: 'x' }, { ignoreDuplicates: true }).select('id,name'))
await call('range of enum', admin.from('orders').select('number').gte('status', 'shipped').order('number'))
await call('text match', visitor.from('products').select('id').textSearch('name', 'pot').order('id'))
await call('many in one', admin.from('products').select('id,price,on_sale,tags,attributes,created_at').in('id', [3, 1]).order('price', { ascending: false }))
await call('cart total', ada.rpc('cart_total', { cart_id: 'ca000000-0000-4000-8000-000000000001' }))
await call('order refused', ben.rpc('place_order', { cart_id: 'ca000000-0000-4000-8000-000000000002', address_id: 3 }))
await call('order placed', ada.rpc('place_order', { cart_id: 'ca000000-0000-4000-8000-000000000001', address_id: 1 }).select('number,status'))
await call('order seen', ada.from('orders').select('number,status,order_items(quantity,products(name))').order('number', { ascending: false }).limit(1))

// The server's own key sees all.
await call('all orders', admin.from('orders').select('number,status').order('number'))
await call('table without policy by secret key', admin.from('price_history').select('*', { count: 'exact', head: true }))
