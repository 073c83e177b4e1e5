import * as story from './story.mjs'

// every column of these tables, as a project has them that was made from the database
const whole = async (name, table) => new EntitySchema({
  name, tableName: table,
  columns: Object.fromEntries((await source.query(story.columns, [table])).map(column => [column.name, {
    type: column.type.replace(/\(.*\)|\[\]/g, ''), array: column.type.endsWith('[]'), nullable: column.nullable,
    ...(column.name === 'id' ? { primary: true, generated: 'uuid' } : column.has_default ? { default: () => 'as it is' } : {})
  }]))
})
const entities = [await whole('Listing', 'listings'), await whole('Address', 'shipping_addresses'), Order, OrderItem]
await source.destroy()
await source.setOptions({ entities }).initialize()

const signUp = async name => (await as(story.service, manager =>
  manager.query('insert into auth.users (email) values ($1) returning id', [`${name}@${story.client}.example`])))[0].id
const ada = story.user(await signUp('ada'))
const ben = story.user(await signUp('ben'))

const entity = await as(ada, manager => manager.save('Listing', { ...story.listing, seller_id: ada.sub }))
const { id } = entity
// once more, as it was saved: the database has set its time of publication meanwhile
await as(ada, manager => manager.save('Listing', Object.assign(entity, { description: 'Worn three times.' })))
const listing = await as(ada, manager => manager.findOneByOrFail('Listing', { id }))
console.log('inserted', listing.title, listing.price, listing.currency, listing.view_count)
const saved = await as(ada, manager => manager.save('Listing', { ...listing, title: 'Denim jacket, size S' }))
console.log('saved', saved.title)
const updated = await as(ada, manager => manager.createQueryBuilder().update('Listing')
  .set({ ...listing, title: 'Denim jacket, size M' }).where({ id }).returning('*').execute())
console.log('updated', updated.raw[0].title)
const upserted = await as(ada, manager => manager.createQueryBuilder().insert().into('Listing')
  .values({ ...listing, title: 'Denim jacket, size L' }).orUpdate(Object.keys(listing), ['id']).returning('*').execute())
console.log('upserted', upserted.raw[0].title)
const orders = await as(ben, async manager => {
  await manager.query('select add_to_cart(listing_id => $1)', [id])
  const address = await manager.save('Address', { ...story.address, user_id: ben.sub })
  return manager.query('select * from checkout(shipping_address_id => $1, idempotency_key => $2)', [address.id, id])
})
await as(story.service, manager => manager.query('select start_payment($1, $2, $3)', [orders.map(o => o.order_id), 'stripe', story.payment]))
console.log((await as(story.service, manager => manager.query('select * from record_stripe_event($1)', [story.paid])))[0].outcome)
const order = await as(ben, manager => manager.findOne('Order', { where: { id: orders[0].order_id }, relations: { items: true } }))
console.log(order.status, order.total_amount, order.items.length, order.items[0].title, order.items[0].quantity)
await as(ada, manager => manager.update('Listing', { id }, { view_count: 99 })).catch(({ driverError }) =>
  console.log(driverError.code, driverError.message, driverError.hint))
await source.destroy()
