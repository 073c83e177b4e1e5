// @ts-ignore: plain JavaScript
import * as story from './story.mjs'

const signUp = async (name: string) => (await as(story.service, tx =>
  tx.insert(usersInAuth).values({ email: `${name}@${story.client}.example` }).returning()))[0].id
const ada = story.user(await signUp('ada'))
const ben = story.user(await signUp('ben'))

const [listing] = await as(ada, tx => tx.insert(listings).values({ ...story.listing, sellerId: ada.sub }).returning())
console.log('inserted', listing.title, listing.price, listing.currency, listing.viewCount)
const [updated] = await as(ada, tx => tx.update(listings).set({ ...listing, title: 'Denim jacket, size M' }).where(eq(listings.id, listing.id)).returning())
console.log('updated', updated.title)
const [upserted] = await as(ada, tx => tx.insert(listings).values({ ...listing, title: 'Denim jacket, size L' })
  .onConflictDoUpdate({ target: listings.id, set: { ...listing, title: 'Denim jacket, size L' } }).returning())
console.log('upserted', upserted.title)
const bought = await as(ben, async tx => {
  await tx.execute(sql`select add_to_cart(listing_id => ${listing.id})`)
  const [address] = await tx.insert(shippingAddresses).values({
    userId: ben.sub, name: 'Ben Roth', addressLine1: 'Hafenstr. 7', city: 'Hamburg', stateProvince: 'Hamburg', postalCode: '20459', countryCode: 'DE'
  }).returning()
  return (await tx.execute(sql`select * from checkout(shipping_address_id => ${address.id}, idempotency_key => ${listing.id})`)).rows
})
await as(story.service, tx => tx.execute(sql`select start_payment(${sql.param(bought.map(o => o.order_id))}, 'stripe', ${story.payment})`))
const processed = await as(story.service, tx => tx.execute(sql`select * from record_stripe_event(${sql.param(story.paid)})`))
console.log(processed.rows[0].outcome)
const order = await as(ben, tx => tx.query.orders.findFirst({ where: eq(orders.id, bought[0].order_id as string), with: { items: true } }))
console.log(order!.status, order!.totalAmount, order!.items.length, order!.items[0].title, order!.items[0].quantity)
await as(ada, tx => tx.update(listings).set({ viewCount: 99 }).where(eq(listings.id, listing.id))).catch(({ cause }) =>
  console.log(cause.code, cause.message, cause.hint))
await db.$client.end()
