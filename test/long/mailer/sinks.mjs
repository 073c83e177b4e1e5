// A mail server and a push service that keep what they get, a JSON line each, and refuse some: sinks.mjs SMTP_PORT HTTP_PORT FILE
import { appendFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'

const [smtpPort, httpPort, file] = process.argv.slice(2)
const keep = entry => appendFileSync(file, JSON.stringify(entry) + '\n')

net.createServer(socket => {
  let buffer = ''
  let to = ''
  let inData = false
  socket.write('220 sink\r\n')
  socket.on('error', () => {})
  socket.on('data', chunk => {
    buffer += chunk
    for (;;) {
      const end = buffer.indexOf(inData ? '\r\n.\r\n' : '\r\n')
      if (end < 0) return
      const line = buffer.slice(0, end)
      buffer = buffer.slice(end + (inData ? 5 : 2))
      if (inData) {
        inData = false
        keep({ mail: to, text: line })
        socket.write('250 kept\r\n')
      } else if (/^EHLO/i.test(line)) socket.write('250-sink\r\n250 SMTPUTF8\r\n')
      else if (/^RCPT/i.test(line)) {
        to = /<(.*)>/.exec(line)[1]
        socket.write(to.startsWith('nobody@') ? '550 no such mailbox\r\n' : to.startsWith('full@') ? '452 mailbox full\r\n' : '250 ok\r\n')
      } else if (/^DATA/i.test(line)) {
        inData = true
        socket.write('354 go on\r\n')
      } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
      else socket.write('250 ok\r\n')
    }
  })
}).listen(smtpPort, '127.0.0.1')

http.createServer((request, response) => {
  let body = ''
  request.on('data', chunk => { body += chunk })
  request.on('end', () => {
    const push = JSON.parse(body)
    keep({ push: push.to, key: request.headers.authorization, ...push })
    response.statusCode = push.to === 'gone' ? 410 : push.to === 'busy' ? 503 : 200
    response.end('push-1')
  })
}).listen(httpPort, '127.0.0.1')
