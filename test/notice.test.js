// The namespace /: a notice every few seconds, and relayed replies.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import WebSocket from 'ws'
import { record } from './lib/client-record.js'
import { startServer } from './lib/server.js'
import { client, collect, connected, nextEvent, pause, until, transportModes, withTimeout } from './lib/clients.js'
import { eventTimeout } from './lib/sizes.js'

/** Emits a reply until check() returns true. The relay is volatile, so a busy client may miss one. */
async function replyUntilReceived(socket, reply, check) {
  await until(async () => {
    socket.emit('reply', ...[reply].flat())
    await pause(100)
    return check()
  }, 'the reply at the other clients')
}

describe('namespace /', () => {
  let server
  before(async () => { server = await startServer({ NOTICE_INTERVAL: '200ms' }) })

  for (const [mode, options] of Object.entries(transportModes)) {
    describe(mode, () => {
      test('news: arrives repeatedly until the client disconnects', async () => {
        const socket = client(server.url, options)
        const news = collect(socket, 'news')
        await until(() => news.length >= 3, 'three notices')
        assert.deepEqual(news[0], ['Hello Socket.IO'])
        socket.disconnect()
        const before = news.length
        await pause(500)
        assert.equal(news.length, before)
      })

      test('reply: is relayed to the other clients with the id of the sender as last argument', async () => {
        const [one, two, three] = await Promise.all([1, 2, 3].map(() => connected(server.url, options)))
        const own = collect(one, 'reply')
        const others = [two, three].map((socket) => collect(socket, 'reply'))
        await replyUntilReceived(one, 'Hello Node.JS', () => others.every((list) => list.length > 0))
        for (const [first] of others) assert.deepEqual(first, ['Hello Node.JS', one.id])
        await pause(100)
        assert.equal(own.filter(([, id]) => id === one.id).length, 0, 'replies relayed to their sender')
        for (const socket of [one, two, three]) socket.disconnect()
      })

      test('reply: is acknowledged', async () => {
        const socket = await connected(server.url, options)
        await socket.timeout(3000).emitWithAck('reply', 'did you get this?')
        socket.disconnect()
      })

      test('reply: is relayed with its binary data unchanged at every depth', async () => {
        const [one, two] = await Promise.all([1, 2].map(() => connected(server.url, options)))
        const bytes = Buffer.from([0, 1, 2, 0x1e, 0xff, 0xfe, 10, 13])
        const relayed = collect(two, 'reply')
        const reply = [bytes, { nested: [bytes, { deep: bytes }], text: '한글 😀' }, Buffer.alloc(0)]
        await replyUntilReceived(one, reply, () => relayed.length > 0)
        const [first, second, empty, id] = relayed[0]
        assert.equal(id, one.id)
        assert.deepEqual(Buffer.from(first), bytes)
        assert.deepEqual(Buffer.from(second.nested[0]), bytes)
        assert.deepEqual(Buffer.from(second.nested[1].deep), bytes)
        assert.equal(second.text, '한글 😀')
        assert.equal(empty.length ?? empty.byteLength, 0)
        one.disconnect()
        two.disconnect()
      })

      test('unknown namespace: is refused with the text of the official server', async () => {
        const socket = client(`${server.url}/no-such-namespace`, options)
        const [error] = await nextEvent(socket, 'connect_error')
        assert.equal(error.message, 'Invalid namespace')
        socket.disconnect()
      })
    })
  }

  test('reply: is relayed between clients of different transports', async () => {
    const sockets = await Promise.all(Object.values(transportModes).map((options) => connected(server.url, options)))
    for (const sender of sockets) {
      const others = sockets.filter((socket) => socket !== sender)
      const relayed = others.map((socket) => collect(socket, 'reply'))
      const from = (list) => list.find(([, id]) => id === sender.id)
      await replyUntilReceived(sender, { from: sender.id }, () => relayed.every(from))
      for (const list of relayed) assert.deepEqual(from(list)[0], { from: sender.id })
    }
    for (const socket of sockets) socket.disconnect()
  })

  test('plain WebSocket: receives the greeting, and its answer is logged', async () => {
    const socket = new WebSocket(server.ws)
    const greetings = []
    socket.on('message', (data, binary) => greetings.push([data.toString(), binary]))
    await until(() => greetings.length >= 2, 'two greetings')
    assert.deepEqual(greetings[0], ['서버에서 클라이언트로 메시지를 보냅니다.', false])
    socket.send('클라이언트에서 서버로 답장을 보냅니다')
    await until(() => server.logs.includes('클라이언트에서 서버로 답장을 보냅니다'), 'the answer in the log')
    socket.close()
    await withTimeout(eventTimeout, new Promise((resolve) => socket.on('close', resolve)), 'the close')
    record('plain', '', 'notice')
  })

  test('reply: is logged with the address of its sender', async () => {
    const socket = await connected(server.url)
    socket.emit('reply', 'for the log 0417')
    await until(() => /for the log 0417/.test(server.logs), 'the reply in the log')
    const line = server.logs.split('\n').find((one) => one.includes('for the log 0417'))
    assert.match(line, /127\.0\.0\.1|::1/)
    socket.disconnect()
  })
})

test('NOTICE_INTERVAL: is three seconds by default', async () => {
  const server = await startServer()
  const socket = await connected(server.url, { transports: ['websocket'] })
  const start = performance.now()
  await nextEvent(socket, 'news')
  const duration = performance.now() - start
  assert.ok(duration > 1500 && duration < eventTimeout, `first notice: got it after ${duration} ms, want more than 1500 ms`)
  socket.disconnect()
  await server.stop()
})

test('NOTICE_SOCKETIO and NOTICE_WEBSOCKET: switch the notice off', async () => {
  const server = await startServer({ NOTICE_INTERVAL: '100ms', NOTICE_SOCKETIO: 'false', NOTICE_WEBSOCKET: 'false' })
  const socket = await connected(server.url)
  const news = collect(socket, 'news')
  const plain = new WebSocket(server.ws)
  const refused = await withTimeout(eventTimeout, new Promise((resolve) => plain.on('error', resolve)), 'the refusal')
  assert.match(refused.message, /Unexpected server response/)
  await pause(300)
  assert.equal(news.length, 0)
  socket.disconnect()
  await server.stop()
})
