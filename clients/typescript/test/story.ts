// A sale from the sign-up to the payout over node-postgres, by the types of this package. What a line after @ts-expect-error says is
// refused by the compiler; test/durability/clients.sh compiles and runs the file.
import pg from 'pg'
import { enums, errors, steps } from 'driplo-types'
import type { Args, Database, Enum, Insert, Returns, Row, Update } from 'driplo-types'

// as the types say, and as PostgREST sends them: amounts and counts are numbers
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number)
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })

type Tables = Database['api']['Tables']
type Functions = Database['api']['Functions']
type Claims = { role: 'anon' | 'authenticated' | 'service_role'; sub?: string }

class Session {
  constructor(private readonly client: pg.PoolClient) {}
  async query<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.client.query(text, values)).rows as T[]
  }
  async insert<Name extends keyof Tables & string>(table: Name, row: Insert<Name>): Promise<Row<Name>> {
    const names = Object.keys(row), values = Object.values(row)
    const [made] = await this.query<Row<Name>>(
      `INSERT INTO api.${table} (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')}) RETURNING *`, values)
    return made!
  }
  async update<Name extends keyof Tables & string>(table: Name, id: string, row: Update<Name>): Promise<Row<Name>[]> {
    const names = Object.keys(row)
    return this.query<Row<Name>>(`UPDATE api.${table} SET ${names.map((name, i) => `${name} = $${i + 2}`).join(', ')} WHERE id = $1 RETURNING *`,
      [id, ...Object.values(row)])
  }
  async select<Name extends keyof Tables & string>(table: Name): Promise<Row<Name>[]> {
    return this.query<Row<Name>>(`SELECT * FROM api.${table}`)
  }
  /** Rows of a function that returns a set, else its value. */
  async call<Name extends keyof Functions & string>(name: Name, args: Args<Name>): Promise<Returns<Name>> {
    const named = Object.keys(args).map((arg, i) => `${arg} => $${i + 1}`).join(', ')
    const { rows, fields } = await this.client.query(`SELECT * FROM api.${name}(${named})`, Object.values(args))
    const isValue = fields.length === 1 && fields[0]!.name === name
    return (isValue ? rows[0][name] : rows) as Returns<Name>
  }
}
async function as<T>(claims: Claims, work: (session: Session) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query("SELECT set_config('role', $1, true), set_config('request.jwt.claims', $2, true)", [claims.role, JSON.stringify(claims)])
    const result = await work(new Session(client))
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}
const service: Claims = { role: 'service_role' }
const signUp = (email: string) => as(service, async db =>
  ({ role: 'authenticated', sub: (await db.query<{ id: string }>('INSERT INTO auth.users (email) VALUES ($1) RETURNING id', [email]))[0]!.id }) satisfies Claims)
const said = (text: string) => console.log(text)

const seller = await signUp('seller@example.com')
const buyer = await signUp('buyer@example.com')

const lamp = await as(seller, db => db.insert('listings', { seller_id: seller.sub, title: 'Lamp', description: 'Gives light.', price: 40, quantity: 3, status: 'active' }))
said(`listed ${lamp.title} for ${lamp.price.toFixed(2)} ${lamp.currency}`)
// @ts-expect-error: a counter is the database's to write
await as(seller, db => db.update('listings', lamp.id, { view_count: 7 })).catch((error: pg.DatabaseError) => said(`refused: ${error.code}`))
// @ts-expect-error: a listing has a price
const incomplete: Insert<'listings'> = { seller_id: seller.sub, title: 'Lamp', description: 'Gives light.' }
void incomplete

const visitors = await as({ role: 'anon' }, db => db.select('listings'))
said(`a visitor finds ${visitors.map(listing => listing.title).join(', ')}`)

const [order] = await as(buyer, async db => {
  await db.call('add_to_cart', { listing_id: lamp.id, quantity: 2 })
  for (const line of await db.call('cart_contents', {}))
    said(`in the cart: ${line.quantity} ${line.title ?? '(gone)'}, ${line.problem ?? 'no problem'}`)
  const address = await db.insert('shipping_addresses', {
    user_id: buyer.sub, name: 'Ben Roth', address_line1: 'Hafenstr. 7', city: 'Hamburg', state_province: 'Hamburg', postal_code: '20459', country_code: 'DE' })
  return db.call('checkout', { shipping_address_id: address.id, idempotency_key: 'one' })
})
if (!order) throw new Error('nothing was ordered')
said(`ordered for ${order.total_amount.toFixed(2)} ${order.currency}`)

await as(service, db => db.query("SELECT start_payment($1, 'stripe', 'pi_1')", [[order.order_id]]))
const event = { id: 'evt_1', type: 'payment_intent.succeeded', created: 1700000000, livemode: true,
  data: { object: { id: 'pi_1', amount: 8000, amount_received: 8000, currency: 'usd' } } }
said(`the payment event is ${(await as(service, db => db.query<{ outcome: string }>('SELECT outcome FROM record_stripe_event($1)', [event])))[0]!.outcome}`)

await as(seller, async db => {
  const status: Enum<'order_status'> = await db.call('transition_order', { order_id: order.order_id, to_status: 'preparing' })
  said(`the order is ${status}; from here: ${(steps.order_status[status] ?? []).map(step => `${step.to} by ${step.by.join(' or ')}`).join(', ')}`)
  await db.call('ship_order', { order_id: order.order_id, carrier: enums.shipping_carrier[3], tracking_number: 'JD0123456789' })
})
try {
  // @ts-expect-error: there is no such status
  await as(seller, db => db.call('transition_order', { order_id: order.order_id, to_status: 'lost' }))
} catch (error) {
  said(`a status that is unknown: ${(error as pg.DatabaseError).code}`)
}
try {
  await as(seller, db => db.call('transition_order', { order_id: order.order_id, to_status: 'delivered' }))
} catch (error) {
  said(`not by the seller: ${(error as pg.DatabaseError).code === errors.illegal_order_state}`)
}
said(`the buyer confirms: ${await as(buyer, db => db.call('confirm_delivery', { order_id: order.order_id }))}`)
said(`and completes it: ${await as(buyer, db => db.call('transition_order', { order_id: order.order_id, to_status: 'completed' }))}`)
await as(buyer, db => db.insert('user_ratings', { order_id: order.order_id, rater_user_id: buyer.sub, rated_user_id: seller.sub, type: 'seller', rating: 5 }))
await as(service, db => db.query('SELECT release_seller_funds()'))
const payout = await as(seller, async db => {
  for (const balance of await db.call('seller_balance', { seller_id: seller.sub }))
    said(`the seller has ${balance.available.toFixed(2)} ${balance.currency}`)
  for (const { rating } of await db.select('user_ratings')) said(`and was rated ${rating}`)
  return db.call('request_payout', {})
})
await as(service, db => db.query("SELECT settle_payout($1, 'paid')", [payout]))
for (const { amount, status } of await as(seller, db => db.select('seller_payouts'))) said(`a payout of ${amount.toFixed(2)} is ${status}`)
await pool.end()
