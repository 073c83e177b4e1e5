import * as story from './story.mjs'

const signUp = async name => (await as(story.service, tx =>
  tx`insert into auth.users (email) values (${`${name}@${story.client}.example`}) returning id`))[0].id
const ada = story.user(await signUp('ada'))
const ben = story.user(await signUp('ben'))

const [listing] = await as(ada, tx => tx`insert into listings ${tx({ ...story.listing, seller_id: ada.sub })} returning *`)
console.log('inserted', listing.title, listing.price, listing.currency, listing.view_count)
const [updated] = await as(ada, tx =>
  tx`update listings set ${tx({ ...listing, title: 'Denim jacket, size M' })} where id = ${listing.id} returning *`)
console.log('updated', updated.title)
const wanted = { ...listing, title: 'Denim jacket, size L' }
const [upserted] = await as(ada, tx => tx`insert into listings ${tx(wanted)} on conflict (id) do update set ${tx(wanted)} returning *`)
console.log('upserted', upserted.title)
const orders = await as(ben, async tx => {
  await tx`select add_to_cart(listing_id => ${listing.id})`
  const [address] = await tx`insert into shipping_addresses ${tx({ ...story.address, user_id: ben.sub })} returning id`
  return tx`select * from checkout(shipping_address_id => ${address.id}, idempotency_key => ${listing.id})`
})
await as(story.service, tx => tx`select start_payment(${orders.map(order => order.order_id)}, 'stripe', ${story.payment})`)
const [processed] = await as(story.service, tx => tx`select * from record_stripe_event(${story.paid})`)
console.log(processed.outcome)
const [order] = await as(ben, tx => tx`select o.*, (select jsonb_agg(i) from order_items i where i.order_id = o.id) as items
  from orders o where id = ${orders[0].order_id}`)
console.log(order.status, order.total_amount, order.items.length, order.items[0].title, order.items[0].quantity)
await as(ada, tx => tx`update listings set view_count = 99 where id = ${listing.id}`).catch(error =>
  console.log(error.code, error.message, error.hint))
await sql.end()
