import { jsonArrayFrom } from 'kysely/helpers/postgres'
import * as story from './story.mjs'

const signUp = async name => (await as(story.service, tx =>
  tx.insertInto('auth.users').values({ email: `${name}@${story.client}.example` }).returning('id').executeTakeFirst())).id
const ada = story.user(await signUp('ada'))
const ben = story.user(await signUp('ben'))

const listing = await as(ada, tx =>
  tx.insertInto('listings').values({ ...story.listing, seller_id: ada.sub }).returningAll().executeTakeFirst())
console.log('inserted', listing.title, listing.price, listing.currency, listing.view_count)
// node-postgres reads jsonb as a value and writes an array as one of PostgreSQL's
const row = { ...listing, images: '[]', image_urls: '[]' }
const updated = await as(ada, tx => tx.updateTable('listings').set({ ...row, title: 'Denim jacket, size M' })
  .where('id', '=', listing.id).returningAll().executeTakeFirst())
console.log('updated', updated.title)
const upserted = await as(ada, tx => tx.insertInto('listings').values({ ...row, title: 'Denim jacket, size L' })
  .onConflict(conflict => conflict.column('id').doUpdateSet({ ...row, title: 'Denim jacket, size L' })).returningAll().executeTakeFirst())
console.log('upserted', upserted.title)
const orders = await as(ben, async tx => {
  await sql`select add_to_cart(listing_id => ${listing.id})`.execute(tx)
  const address = await tx.insertInto('shipping_addresses').values({ ...story.address, user_id: ben.sub }).returning('id').executeTakeFirst()
  return (await sql`select * from checkout(shipping_address_id => ${address.id}, idempotency_key => ${listing.id})`.execute(tx)).rows
})
await as(story.service, tx => sql`select start_payment(${orders.map(order => order.order_id)}, 'stripe', ${story.payment})`.execute(tx))
const processed = await as(story.service, tx => sql`select * from record_stripe_event(${story.paid})`.execute(tx))
console.log(processed.rows[0].outcome)
const order = await as(ben, tx => tx.selectFrom('orders').selectAll().where('id', '=', orders[0].order_id)
  .select(order => jsonArrayFrom(order.selectFrom('order_items').selectAll().whereRef('order_items.order_id', '=', 'orders.id')).as('items'))
  .executeTakeFirst())
console.log(order.status, order.total_amount, order.items.length, order.items[0].title, order.items[0].quantity)
await as(ada, tx => tx.updateTable('listings').set({ view_count: 99 }).where('id', '=', listing.id).execute()).catch(error =>
  console.log(error.code, error.message, error.hint))
await db.destroy()
