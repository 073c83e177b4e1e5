// What the programs of the story have in common.
export const client = process.env.CLIENT
export const service = { role: 'service_role' }
export const user = id => ({ role: 'authenticated', sub: id })

export const listing = { title: 'Denim jacket', description: 'Worn twice.', price: '45.00', status: 'active' }
export const address = {
  name: 'Ben Roth', address_line1: 'Hafenstr. 7', city: 'Hamburg', state_province: 'Hamburg', postal_code: '20459', country_code: 'DE'
}
export const payment = `pi_${client}`
export const paid = {
  id: `evt_${client}`, type: 'payment_intent.succeeded', created: 1700000000, livemode: true,
  data: { object: { id: payment, amount: 4500, amount_received: 4500, currency: 'usd' } }
}

// For mappers that do not read the database: each column of a table, with its type and whether it may be null or has a default.
export const columns = `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable, a.atthasdef as has_default
  from pg_attribute a where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`
