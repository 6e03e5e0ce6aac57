// SIGTERM beside slow clients: the server ends within seconds, with status 0. Row O7 of
// docs/promises.md.
import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import WebSocket from 'ws'
import { relay, startServer } from './lib/server.js'
import { openPage } from './lib/browser.js'
import { connected, nextEvent, until } from './lib/clients.js'
import { Visitor, owner } from './lib/visitor.js'
import { promised } from './lib/sizes.js'

/** Bound in ms: a shutdown takes 2 s, and took 8 s when it waited for slow clients. */
const soon = 3000

/** Opens a TCP connection and sends the parts. socket.answer collects the received bytes. */
async function raw(server, ...parts) {
  const socket = connect(server.port, 'localhost')
  socket.answer = ''
  socket.on('data', (data) => { socket.answer += data })
  socket.on('error', () => {})
  socket.gone = once(socket, 'close')
  await once(socket, 'connect')
  for (const part of parts) socket.write(part)
  return socket
}

/** Starts a POST whose body stays incomplete, and waits until the server reads it. */
async function post(server, v, path, type, body) {
  const socket = await raw(server, `POST ${path} HTTP/1.1\r\nHost: localhost\r\nCookie: ${v.cookie}\r\nContent-Length: 100000\r\n`
    + `Content-Type: ${type}\r\nExpect: 100-continue\r\n\r\n`)
  await until(() => socket.answer.startsWith('HTTP/1.1 100'), '100 Continue')
  socket.write(body)
  return socket
}

const part = '--x\r\nContent-Disposition: form-data; name="gif"; filename="a.gif"\r\n\r\nGIF89a'
const upload = (server, v) => post(server, v, `/room/${v.room}/gif`, 'multipart/form-data; boundary=x', part)

/** Returns a GIF of that many KiB. */
function large(kib = 4500) {
  const pixels = Buffer.alloc(256, 0x49).fill(255, 0, 1)
  return Buffer.concat([Buffer.from('GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x08\0\x08\0\0\x02\x02\x44\x01', 'latin1'),
    ...Array(4 * kib).fill(pixels), Buffer.from([0, 0x3b])])
}

/** Returns a case that connects by WebSocket, requests more than its socket buffers, and stops reading. */
const stalled = (version) => async (server, v) => {
  for (let i = 0; i < 100; i++) assert.equal((await v.postMessage(v.room, 'x'.repeat(2000))).status, 200)
  const ws = new WebSocket(`${server.ws}/socket.io/?EIO=${version}&transport=websocket`, { headers: { cookie: v.cookie } })
  let received = ''
  ws.on('message', (data) => { received += data })
  ws.on('error', () => {})
  const contains = (text) => until(() => received.includes(text), text)
  await contains('"sid"')
  ws.send('40/chat,')
  await contains('40/chat,')
  ws.send(`42/chat,0["join","${v.room}"]`)
  await contains('43/chat,0[')
  for (let n = 1; n < 100; n++) ws.send(`42/chat,${n}["sync",{"room":"${v.room}","after":0}]`)
  await contains('43/chat,1[')
  ws.pause()
  return () => ws.terminate()
}

/** Each case starts a slow activity and returns a function for after the end of the server. */
const kinds = {
  'uploads': async (server, v) => {
    const sent = await Promise.all([1, 2, 3].map(() => upload(server, v)))
    return async () => {
      for (const socket of sent) {
        await socket.gone
        assert.match(socket.answer, /\r\nHTTP\/1\.1 503 [\s\S]*\r\nRetry-After: \d+\r\n[\s\S]*X-Reason: unavailable\r\n/)
      }
    }
  },
  'forms': async (server, v) => {
    const sent = await Promise.all(['/room', `/room/${v.room}/chat`, `/room/${v.room}/enter`].map((path) =>
      post(server, v, path, 'application/x-www-form-urlencoded', 'title=')))
    return () => Promise.all(sent.map((socket) => socket.gone))
  },
  'posts of a polling client': async (server, v) => {
    const open = await (await v.get('/socket.io/?EIO=4&transport=polling')).text()
    const { sid } = JSON.parse(open.slice(1))
    const socket = await post(server, v, `/socket.io/?EIO=4&transport=polling&sid=${sid}`, 'text/plain', '40')
    return () => socket.gone
  },
  'connections with no request, and with half of one': async (server, v) => {
    const sent = [await raw(server), await raw(server, 'GET / HTTP/1.1\r\nHost: loc')]
    await v.get('/') // accepted after the two connections
    return () => Promise.all(sent.map((socket) => socket.gone))
  },
  'downloads': async (server, v) => {
    assert.equal((await v.upload(v.room, large())).status, 200)
    const { messages } = await (await v.get(`/room/${v.room}/messages`)).json()
    const get = `GET /gif/${messages.at(-1).gif} HTTP/1.1\r\nHost: localhost\r\nCookie: ${v.cookie}\r\n\r\n`
    const reading = await Promise.all([1, 2, 3].map(async () => {
      const socket = await raw(server, get.repeat(4)) // more than the buffers of both sides hold
      await once(socket, 'data')
      return socket.pause()
    }))
    return () => reading.forEach((socket) => socket.destroy())
  },
  'WebSockets that do not read': stalled(4),
  'old clients that do not read': stalled(3),
  'old clients that go-socket.io carries and that do not read': Object.assign(stalled(3), { env: { EIO3_ENGINE: 'go-socket.io' } }),
  'passwords that wait to be hashed': async (server, v) => {
    const room = await v.createRoom({ password: 'secret', max: 100 })
    const visitors = await Promise.all(Array.from({ length: 80 }, async () => {
      const visitor = new Visitor(server)
      await visitor.get('/')
      return visitor
    }))
    const sockets = await Promise.all(visitors.slice(40).map((visitor) =>
      connected(`${server.url}/chat`, { extraHeaders: { cookie: visitor.cookie }, reconnection: false })))
    for (const socket of sockets) socket.emit('join', { room, password: 'secret' })
    const forms = visitors.slice(0, 40).map((visitor) => visitor.form(`/room/${room}/enter`, { password: 'secret' }).catch(() => {}))
    await Promise.race(forms)
    return async () => {
      await Promise.all(forms)
      sockets.forEach((socket) => socket.disconnect())
    }
  },
  'WebSockets without Socket.IO': async (server) => {
    const sockets = await Promise.all([1, 2, 3].map(async () => {
      const ws = new WebSocket(server.ws)
      await once(ws, 'open')
      ws.pause()
      return ws
    }))
    return () => sockets.forEach((ws) => ws.terminate())
  },
}

describe('SIGTERM beside slow clients', { concurrency: 2 }, () => {
  for (const [what, begin] of Object.entries(kinds)) {
    test(`${what}: do not delay the end of the server`, async (t) => {
      const server = await startServer({ RATE_VISITOR: 'off', RATE_ROOM: 'off', RATE_ADDRESS: 'off', ...begin.env })
      const v = await owner(server, {}, { reconnection: false })
      const end = await begin(server, v)
      const startedAt = performance.now()
      await server.stop() // checks the exit status
      const duration = performance.now() - startedAt
      t.diagnostic(`${Math.round(duration)} ms`)
      assert.ok(duration < promised(soon), `stop: got ${duration} ms, want less than ${promised(soon)}`)
      await end()
    })
  }
})

describe('SIGTERM while an event handler runs', () => {
  for (const transport of ['websocket', 'polling']) {
    test(`${transport}: the acknowledgement arrives before the end of the connection`, async () => {
      const server = await startServer({}, { path: relay() })
      const socket = await connected(server.url, { transports: [transport], reconnection: false })
      const waiting = nextEvent(socket, 'waiting')
      const acknowledged = socket.timeout(60_000).emitWithAck('wait', 500)
      await waiting
      const disconnected = nextEvent(socket, 'disconnect')
      const stopped = server.stop()
      assert.equal(await acknowledged, 'done')
      await disconnected
      await stopped
    })
  }
})

test('GIF upload cut by a restart: is retried by the page and stored once', async () => {
  const server = await startServer()
  const ann = await owner(server, { max: 10 })
  const page = await openPage(server)
  await page.goto(`/room/${ann.room}`)
  const network = await page.context().newCDPSession(page)
  const throttle = (uploadThroughput) => network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput })
  await throttle(20_000)
  await page.setInputFiles('#chat-form input[name=gif]', { name: 'a.gif', mimeType: 'image/gif', buffer: large(600) })
  await until(async () => await page.locator('.composer__upload progress').getAttribute('value') > 0, 'upload progress')
  await server.stop()
  assert.match(server.logs, /method=POST route=\/room\/:id\/gif status=503/)
  await throttle(-1)
  await server.start()
  const gifs = page.locator('#chat-list img[src^="/gif/"]')
  await gifs.waitFor({ timeout: 60_000 })
  assert.equal(await page.locator('.message--failed, .message--pending').count(), 0)
  await page.reload()
  await gifs.waitFor()
  const { messages } = await (await ann.get(`/room/${ann.room}/messages`)).json()
  assert.equal(messages.filter(({ kind }) => kind === 'gif').length, 1)
  ann.chat.disconnect()
  await page.context().close()
  await server.stop()
})
