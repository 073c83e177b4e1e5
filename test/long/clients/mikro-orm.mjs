import * as story from './story.mjs'

// every column of these tables, as a project has them that was made from the database
const whole = async (name, tableName) => new EntitySchema({
  name, tableName, schema: 'public',
  properties: Object.fromEntries((await orm.em.getConnection().execute(story.columns.replace('$1', '?'), [tableName])).map(column => [column.name, {
    type: column.type === 'jsonb' ? 'json' : column.type.replace(/\(.*\)/, ''), columnType: column.type, nullable: column.nullable,
    fieldName: column.name, primary: column.name === 'id', ...(column.has_default ? { defaultRaw: 'as it is' } : {})
  }]))
})
orm.discoverEntity([await whole('Item', 'listings'), await whole('Address', 'shipping_addresses')])

const signUp = async name => (await as(story.service, em =>
  em.execute('insert into auth.users (email) values (?) returning id', [`${name}@${story.client}.example`])))[0].id
const ada = story.user(await signUp('ada'))
const ben = story.user(await signUp('ben'))

const { id } = await as(ada, async em => {
  const created = em.create('Item', { ...story.listing, seller_id: ada.sub })
  await em.flush()
  return created
})
const listing = await as(ada, em => em.findOneOrFail('Item', { id }))
console.log('inserted', listing.title, listing.price, listing.currency, listing.view_count)
const saved = await as(ada, async em => Object.assign(await em.findOneOrFail('Item', { id }), { title: 'Denim jacket, size S' }))
console.log('saved', saved.title)
const row = { ...listing, title: 'Denim jacket, size M' }
await as(ada, em => em.nativeUpdate('Item', { id }, row))
console.log('updated', (await as(ada, em => em.findOneOrFail('Item', { id }))).title)
const upserted = await as(ada, em => em.upsert('Item', { ...listing, title: 'Denim jacket, size L' }, { onConflictFields: ['id'] }))
console.log('upserted', upserted.title)
const orders = await as(ben, async em => {
  await em.execute('select add_to_cart(listing_id => ?)', [id])
  const address = em.create('Address', { ...story.address, user_id: ben.sub })
  await em.flush()
  return em.execute('select * from checkout(shipping_address_id => ?, idempotency_key => ?)', [address.id, id])
})
await as(story.service, em => em.execute("select start_payment(array[?]::uuid[], 'stripe', ?)", [orders[0].order_id, story.payment]))
const [processed] = await as(story.service, em => em.execute('select * from record_stripe_event(?)', [story.paid]))
console.log(processed.outcome)
const order = await as(ben, em => em.findOneOrFail('Order', { id: orders[0].order_id }, { populate: ['items'] }))
console.log(order.status, order.total_amount, order.items.length, order.items[0].title, order.items[0].quantity)
await as(ada, em => em.nativeUpdate('Item', { id }, { view_count: 99 })).catch(error =>
  console.log(error.code, error.message.split('\n')[0], error.hint))
await orm.close()
