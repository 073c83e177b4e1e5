// Drives the sender of docs/webhooks.md against a server of this host, and says what arrived. The certificate is for
// hooks.example.com; that the sender connects to this host at all is the argument `here`, which its own program never gives.
import fs from 'node:fs'
import https from 'node:https'
import net from 'node:net'
import pg from 'pg'
import { Webhook } from 'standardwebhooks'
import { isPublic, post, publicAddress, sendAll } from './sender.mjs'

const pool = new pg.Pool({ options: '-c role=service_role' })
const query = async (text, values) => (await pool.query(text, values)).rows
const secrets = {}
const arrived = []
let asked = 0
const server = https.createServer({ key: fs.readFileSync('key.pem'), cert: fs.readFileSync('cert.pem') }, async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  asked++
  const answers = {
    '/moved': () => response.writeHead(302, { location: `https://hooks.example.com:${server.address().port}/secret` }),
    '/gone': () => response.writeHead(410),
    '/slow': () => response.writeHead(429, { 'retry-after': '3600' }),
    '/date': () => response.writeHead(503, { 'retry-after': new Date(Date.now() + 7_200_000).toUTCString() }),
    '/odd': () => response.writeHead(500, { 'retry-after': 'never' }),
    '/broken': () => { request.socket.destroy(); return response },
    '/long': () => { response.writeHead(200); response.write('x'.repeat(1_000_000)); return response }
  }
  if (request.url in answers) return answers[request.url]().end()
  const genuine = (secrets[request.url] ?? []).map(secret => {
    try { return new Webhook(secret).verify(body, request.headers) && true } catch { return false }
  })
  arrived.push({ path: request.url, method: request.method, genuine, id: request.headers['webhook-id'], headers: request.headers, body })
  response.writeHead(204).end()
})
await new Promise(listening => server.listen(0, '127.0.0.1', listening))
const here = async () => ({ host: '127.0.0.1', port: server.address().port })
const endpoint = async path => {
  const [{ id, secret }] = await query("SELECT * FROM create_webhook_endpoint('https://hooks.example.com' || $1, '{*}')", [path])
  secrets[path] = [secret]
  return id
}
const states = () => query(`SELECT replace(e.url, 'https://hooks.example.com', '') AS path, d.status, d.last_status, d.last_error,
  round(extract(epoch FROM d.next_attempt_at - clock_timestamp()) / 60)::integer AS minutes, e.is_active FROM webhook_deliveries d
  JOIN (SELECT * FROM webhook_status()) e ON e.id = d.endpoint_id WHERE e.url !~ '/ok' ORDER BY e.url`)
const say = (...words) => console.log(...words)

// A thousand bodies, two senders
const ok = await endpoint('/ok')
const owner = new pg.Pool()
await owner.query(fs.readFileSync('bodies.sql', 'utf8').replace(':endpoint', `'${ok}'`))
const sender = async () => { let n = 0, sent; while ((sent = await sendAll(pool, here))) n += sent; return n }
say('two senders send', (await Promise.all([sender(), sender()])).reduce((a, b) => a + b))
say('arrived', arrived.length, 'events', new Set(arrived.map(each => each.id)).size, 'genuine', arrived.filter(each => each.genuine[0]).length,
  'by', [...new Set(arrived.map(each => each.method + ' ' + each.headers['content-type']))].join())
say('delivered', (await query("SELECT count(*)::integer AS n FROM webhook_deliveries WHERE status = 'delivered'"))[0].n)
const refused = (secret, { body, headers }) => { try { new Webhook(secret).verify(body, headers); return 'accepted' } catch (error) { return error.message } }
say('another secret:', refused('whsec_' + 'A'.repeat(43) + '=', arrived[0]))
say('another body:', refused(secrets['/ok'][0], { ...arrived[0], body: arrived[0].body + ' ' }))
say('again after an hour:', refused(secrets['/ok'][0], { ...arrived[0], headers: { ...arrived[0].headers, 'webhook-timestamp': String(arrived[0].headers['webhook-timestamp'] - 3600) } }))

// Two secrets
arrived.length = 0
secrets['/ok'].push((await query('SELECT rotate_webhook_secret($1) AS secret', [ok]))[0].secret)
await query('SELECT test_webhook_endpoint($1)', [ok])
await sender()
say('while a secret is replaced:', arrived[0].genuine.join())

// Answers
for (const path of ['/moved', '/gone', '/slow', '/date', '/odd', '/broken', '/long']) await query('SELECT test_webhook_endpoint($1)', [await endpoint(path)])
asked = 0
await sendAll(pool, here)
say('asked', asked)
for (const { path, status, last_status, last_error, minutes, is_active } of await states())
  say(path, status, last_status, last_error, status === 'pending' ? `in ${minutes} minutes` : '', is_active ? '' : 'disabled')

// Who answers at that address is not who it should be
say('another certificate:', await post({ url: 'https://other.example.com/ok', headers: {}, body: '' }, here).catch(error => error.code))

// Where it does not go by itself
say('not public:', ['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.168.1.1', '198.18.0.1', '203.0.113.9',
  '224.0.0.1', '240.0.0.1', '255.255.255.255', '::', '::1', '::ffff:8.8.8.8', '::ffff:127.0.0.1', '64:ff9b::7f00:1', 'fc00::1', 'fd12::1', 'fe80::1', 'ff02::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '4000::1']
  .filter(address => net.isIP(address) && isPublic(address)).join() || 'none is')
say('public:', ['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.15.0.1', '172.32.0.1', '192.0.1.1', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4017::1'].filter(address => !isPublic(address)).join() || 'all are')
for (const host of ['localhost', '127.0.0.1', '::1', '2130706433', '0x7f.1'])
  say(host, await publicAddress(host).catch(error => error.message.includes('public') ? error.message : error.code))
asked = 0
await query("UPDATE webhook_deliveries SET status = 'pending'").catch(error => say('the sender\'s role:', error.code))
await query('SELECT test_webhook_endpoint($1)', [ok])
say('the sender alone:', await sendAll(pool, () => publicAddress('localhost')), 'sent, asked', asked)
say(...(await query("SELECT status, last_error FROM webhook_deliveries WHERE event_type = 'webhook.test' AND endpoint_id = $1 AND status <> 'delivered'", [ok])).map(each => `${each.status}: ${each.last_error}`))
process.exit()
