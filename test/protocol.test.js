// Engine.IO and Socket.IO without a client library: responses of the official protocol, and
// malformed packets.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import net from 'node:net'
import WebSocket from 'ws'
import { startServer } from './lib/server.js'
import { connected, nextEvent, until, withTimeout } from './lib/clients.js'
import { RawSocket, openPolling, polling } from './lib/raw-socket.js'
import { Visitor, owner } from './lib/visitor.js'
import { eventTimeout } from './lib/sizes.js'

describe('protocol', () => {
  let server
  before(async () => { server = await startServer({ NOTICE_INTERVAL: '200ms' }) })

  const json = async (answer) => [answer.status, answer.headers.get('content-type'), await answer.json()]
  const type = 'application/json'
  const bad = (code, message) => [400, type, { code, message }]
  const request = (query, options) => fetch(`${server.url}/socket.io/${query}`, options)

  test('handshake: is answered like the official server', async () => {
    const { answer, packet } = await openPolling(server)
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type'), /^text\/plain; charset=UTF-8$/i)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const { sid, ...rest } = JSON.parse(packet.slice(1))
    assert.equal(packet[0], '0')
    assert.ok(sid.length >= 20, 'a sid of at least 20 characters')
    assert.deepEqual(rest, { upgrades: ['websocket'], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 })
  })

  test('error responses: have the bodies of the official server', async () => {
    assert.deepEqual(await json(await request('?EIO=4&transport=pigeon')), bad(0, 'Transport unknown'))
    assert.deepEqual(await json(await request('?EIO=4')), bad(0, 'Transport unknown'))
    assert.deepEqual(await json(await request('?EIO=4&transport=__proto__')), bad(0, 'Transport unknown'))
    assert.deepEqual(await json(await request('?EIO=4&transport=polling&sid=nobody')), bad(1, 'Session ID unknown'))
    assert.deepEqual(await json(await request('?EIO=4&transport=polling', { method: 'POST', body: '' })), bad(2, 'Bad handshake method'))
    assert.deepEqual(await json(await request('?EIO=4&transport=websocket')), bad(3, 'Bad request'))
    assert.deepEqual(await json(await request('?EIO=2&transport=polling')), bad(5, 'Unsupported protocol version'))
    assert.deepEqual(await json(await request('no-such-file.js')), bad(0, 'Transport unknown'))
  })

  test('foreign origin: is refused over both transports', async () => {
    const origin = 'https://evil.example'
    const answer = await polling(server, '', { headers: { origin } })
    assert.ok(answer.status === 403 || answer.headers.get('access-control-allow-origin') === null, `polling: got status ${answer.status} with an allowed origin, want a refusal`)
    const ws = new WebSocket(`${server.ws}/socket.io/?EIO=4&transport=websocket`, { origin })
    const error = await withTimeout(eventTimeout, new Promise((resolve, reject) => {
      ws.on('error', resolve)
      ws.on('open', () => reject(new Error('got a connection, want a refusal')))
    }), 'the refusal')
    assert.match(error.message, /40[03]/)
  })

  test('client bundle: is served, compressed by Accept-Encoding', async () => {
    for (const [encoding, file] of [['br', 'socket.io.js'], ['gzip', 'socket.io.min.js'], ['', 'socket.io.esm.min.js'], ['br', 'socket.io.msgpack.min.js']]) {
      const answer = await request(file, { headers: { 'accept-encoding': encoding || 'identity' } })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-encoding') ?? '', encoding)
      assert.match(answer.headers.get('content-type'), /^application\/javascript; charset=utf-8$/i)
      assert.match(await answer.text(), /Socket\.IO v4\.8\.4/)
      const again = await request(file, { headers: { 'if-none-match': answer.headers.get('etag'), 'accept-encoding': encoding || 'identity' } })
      assert.equal(again.status, 304)
    }
    const map = await request('socket.io.min.js.map')
    assert.match(map.headers.get('content-type'), /^application\/json/)
    await map.body.cancel()
  })

  test('body over the limit: is answered with 413 and ends only that connection', async () => {
    const canary = await connected(server.url)
    const { sid } = await openPolling(server)
    const answer = await polling(server, `&sid=${sid}`, { method: 'POST', body: '4'.repeat(1_000_001) }).catch(() => ({ status: 413 }))
    assert.equal(answer.status, 413)
    await canary.timeout(3000).emitWithAck('reply', 'still here')
    canary.disconnect()
  })

  test('frame over the limit: ends only that connection', async () => {
    const canary = await connected(server.url)
    const raw = await RawSocket.open(server)
    await raw.connect('/')
    raw.send(`42["reply","${'x'.repeat(1_000_001)}"]`)
    await raw.untilClosed()
    await canary.timeout(3000).emitWithAck('reply', 'still here')
    canary.disconnect()
  })

  const malformed = {
    'an unknown packet type': '4x',
    'an event that is an object': '42{"a":1}',
    'an event without a name': '42[]',
    'an event named by an object': '42[{}]',
    'broken JSON': '42["reply",',
    'deep nesting': `42["reply",${'['.repeat(100_000)}`,
    'a huge count of attachments': '451000000000-["reply","x"]',
    'a negative count of attachments': '45-1-["reply"]',
    'missing attachments': '451-["reply",{"_placeholder":true,"num":0}]',
    'a placeholder out of range': '451-["reply",{"_placeholder":true,"num":9}]',
    'an unannounced binary message': Buffer.from([1, 2, 3]),
    'a huge acknowledgement id': '4299999999999999999999["reply"]',
    'an unexpected acknowledgement': '4342[]',
    'a namespace without end': `40/${'n'.repeat(50_000)}`,
    'a reserved event': '42["disconnect"]',
    'a reserved event, connect': '42["connect_error","x"]',
    'prototype names': '42["__proto__",{"__proto__":{"x":1}}]',
    'an event before connecting to the namespace': '42/chat,["join","x"]',
    'bytes that are not UTF-8': Buffer.from('3432', 'hex'),
    'an empty frame': '',
    'an unknown Engine.IO type': '9',
    'an Engine.IO open from the client': '0{}',
  }
  test('malformed packets: end at most their own connection', async () => {
    const canaries = await Promise.all([
      connected(server.url, { transports: ['websocket'] }),
      connected(server.url, { transports: ['polling'] }),
    ])
    for (const [what, frame] of Object.entries(malformed)) {
      const raw = await RawSocket.open(server)
      await raw.connect('/')
      raw.send(frame)
      for (const canary of canaries) {
        await withTimeout(eventTimeout, canary.timeout(3000).emitWithAck('reply', what), `an acknowledgement after ${what}`)
      }
      raw.close()
      await raw.untilClosed()
    }
    for (const canary of canaries) assert.ok(canary.connected, 'a canary was disconnected')
    const [one, two] = canaries
    await Promise.all([nextEvent(two, 'news'), nextEvent(one, 'news')])
    for (const canary of canaries) canary.disconnect()
  })

  for (const [what, frame] of Object.entries({
    'broken JSON': '42["reply",',
    'an event that is an object': '42{"a":1}',
    'an unannounced binary message': Buffer.from([1, 2, 3]),
    'a huge count of attachments': '451000000000-["reply","x"]',
  })) {
    test(`parse error: ends the connection (${what})`, async () => {
      const raw = await RawSocket.open(server)
      await raw.connect('/')
      raw.send(frame)
      await raw.untilClosed()
    })
  }

  test('invalid UTF-8 in a text frame: closes with 1007', async () => {
    const socket = net.connect(server.port, 'localhost')
    after(() => socket.destroy())
    socket.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    const bytes = []
    socket.on('data', (data) => bytes.push(data))
    await until(() => Buffer.concat(bytes).includes('pingTimeout'), 'the open packet')
    const seen = Buffer.concat(bytes).length
    const text = Buffer.from([0x34, 0x30, 0xc3, 0x28])
    socket.write(Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0, ...text]))
    await withTimeout(eventTimeout, new Promise((resolve) => socket.on('close', resolve)), 'the close')
    const close = Buffer.concat(bytes).subarray(seen)
    assert.equal(close[0], 0x88)
    assert.equal(close.readUInt16BE(2), 1007)
  })

  test('two polls at once: end the connection, as in the official server', async () => {
    const { sid } = await openPolling(server)
    const post = await polling(server, `&sid=${sid}`, { method: 'POST', body: '40' })
    assert.equal(await post.text(), 'ok')
    await (await polling(server, `&sid=${sid}`)).text() // the answer to CONNECT
    const polls = await Promise.all([1, 2].map(() => polling(server, `&sid=${sid}`).catch((error) => error)))
    assert.ok(polls.some((answer) => answer.status === 400 || answer.status === 200), `polls: got ${polls.map(({ status }) => status)}, want 400 or 200`)
    assert.deepEqual(await json(await polling(server, `&sid=${sid}`)), bad(1, 'Session ID unknown'))
  })

  test('sid: gives no access to polling or HTTP', async () => {
    const a = await owner(server)
    const engine = a.chat.io.engine
    await until(() => engine.transport.name === 'websocket', 'the upgrade')
    const own = nextEvent(a.chat, 'chat') // over the WebSocket, so the server has finished the upgrade
    await a.postMessage(a.room, '여기')
    await own
    const stolen = await polling(server, `&sid=${engine.id}`)
    assert.equal(stolen.status, 400)
    const answer = await new Visitor(server).postMessage(a.room, 'no cookie')
    assert.equal(answer.status, 403)
    a.chat.disconnect()
  })
})

test('heartbeat: ends a silent client after interval and timeout', async () => {
  const server = await startServer({ PING_INTERVAL: '300ms', PING_TIMEOUT: '2s' })
  const alive = await connected(server.url)
  const raw = await RawSocket.open(server)
  const start = performance.now()
  await raw.untilClosed()
  const duration = performance.now() - start
  assert.ok(duration > 2000, `end: got it after ${duration} ms, want more than 2000 ms`)
  assert.ok(raw.frames.includes('2'), 'a ping was received')
  assert.ok(alive.connected, 'the stock client was disconnected')
  alive.disconnect()
  await server.stop()
})

test('PING_INTERVAL, PING_TIMEOUT and MAX_HTTP_BUFFER_SIZE: are in the open packet', async () => {
  const server = await startServer({ PING_INTERVAL: '1s', PING_TIMEOUT: '2s', MAX_HTTP_BUFFER_SIZE: '5000' })
  const { packet } = await openPolling(server)
  const { pingInterval, pingTimeout, maxPayload } = JSON.parse(packet.slice(1))
  assert.deepEqual([pingInterval, pingTimeout, maxPayload], [1000, 2000, 5000])
  await server.stop()
})

test('CORS_ORIGIN: allows a listed origin with credentials', async () => {
  const origin = 'https://front.example'
  const server = await startServer({ CORS_ORIGIN: origin })
  const answer = await polling(server, '', { headers: { origin } })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('access-control-allow-origin'), origin)
  assert.equal(answer.headers.get('access-control-allow-credentials'), 'true')
  assert.match(answer.headers.get('vary') ?? '', /origin/i)
  const preflight = await polling(server, '', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
  assert.equal(preflight.status, 204)
  await server.stop()
})
