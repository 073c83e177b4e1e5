// @ts-ignore: plain JavaScript
import * as story from './story.mjs'
const signUp = async (name: string) => (await as(story.service, tx => tx.users.create({ data: { email: `${name}@${story.client}.example` } }))).id
const ada = story.user(await signUp('ada'))
const ben = story.user(await signUp('ben'))

const { id } = await as(ada, tx => tx.listings.create({ data: { ...story.listing, seller_id: ada.sub } }))
const listing = await as(ada, tx => tx.listings.findUniqueOrThrow({ where: { id } })) as any
console.log('inserted', listing.title, listing.price.toFixed(2), listing.currency, listing.view_count)
const updated = await as(ada, tx => tx.listings.update({ where: { id }, data: { ...listing, title: 'Denim jacket, size M' } }))
console.log('updated', updated.title)
const wanted = { ...listing, title: 'Denim jacket, size L' }
const upserted = await as(ada, tx => tx.listings.upsert({ where: { id }, create: wanted, update: wanted }))
console.log('upserted', upserted.title)
const bought = await as(ben, async tx => {
  await tx.$queryRaw`select add_to_cart(listing_id => ${id}::uuid)`
  const address = await tx.shipping_addresses.create({ data: { ...story.address, user_id: ben.sub } })
  return tx.$queryRaw<{ order_id: string }[]>`select * from checkout(shipping_address_id => ${address.id}::uuid, idempotency_key => ${id})`
})
await as(story.service, tx => tx.$queryRaw`select start_payment(${bought.map(o => o.order_id)}::uuid[], 'stripe', ${story.payment})::text`)
const processed: any = await as(story.service, tx => tx.$queryRaw`select * from record_stripe_event(${story.paid})`)
console.log(processed[0].outcome)
const order = await as(ben, tx => tx.orders.findUniqueOrThrow({ where: { id: bought[0].order_id }, include: { order_items: true } }))
console.log(order.status, order.total_amount.toFixed(2), order.order_items.length, order.order_items[0].title, order.order_items[0].quantity)
await as(ada, tx => tx.listings.update({ where: { id }, data: { view_count: 99 } })).catch(error => {
  const { originalCode, originalMessage, hint } = error.meta.driverAdapterError.cause
  console.log(originalCode, originalMessage, hint)
})
await prisma.$disconnect()
