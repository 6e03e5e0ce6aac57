// Stock clients that missed more than fits into their queue: the server sends the missed events as the client reads
// them. Row D11 of docs/promises.md.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { relay, startServer } from './lib/server.js'
import { client, collect, connected, cut, nextEvent, resume, until, transportModes } from './lib/clients.js'
import { longTest } from './lib/sizes.js'
import { startSlowLink } from './lib/slow-link.js'

const parser = createRequire(import.meta.url)('socket.io-msgpack-parser')
const kinds = { ...transportModes, 'the msgpack parser': { transports: ['websocket'], parser } }

describe('recovered client', () => {
  let server
  let publisher
  before(async () => {
    server = await startServer({}, { path: relay() })
    publisher = await connected(`${server.url}/resume`, { transports: ['websocket'] })
  })
  after(() => server.stop())

  const publish = (first, last, size) => publisher.emitWithAck('publish', first, last, size)

  /** Connects a client and waits until it has received the first event. */
  async function subscribe(url, options) {
    const socket = client(`${url}/resume`, { reconnection: false, ...options })
    const parts = collect(socket, 'part')
    await nextEvent(socket, 'connect')
    await publish(1, 1, 10)
    await until(() => parts.length === 1, 'the first event')
    return { socket, parts, id: socket.id }
  }

  /** Waits for event `last`. Fails unless the socket is the same and has received the events from 1 once and in order. */
  async function assertReceived({ socket, parts, id }, last) {
    await until(() => parts.at(-1)[0] >= last || !socket.connected, `event ${last}; got ${parts.length}`)
    assert.deepEqual(parts.map(([i]) => i), Array.from({ length: last }, (_, i) => i + 1))
    assert.equal(socket.recovered, true)
    assert.equal(socket.id, id)
  }

  const sizes = { '10,000 events': [10_000, 10], '16 MiB': [1_600, 10_300] }
  for (const [way, options] of Object.entries(kinds)) {
    for (const [amount, [last, size]] of Object.entries(sizes)) {
      test(`${way}: receives ${amount} once, in order, and live events after them`, async () => {
        const subscriber = await subscribe(server.url, options)
        await cut(subscriber.socket)
        await publish(2, last, size)
        await resume(subscriber.socket)
        await publish(last + 1, last + 50, 10)
        await assertReceived(subscriber, last + 50)
        subscriber.socket.disconnect()
      })
    }
  }

  /** Cuts the connection of a client on a slow link several times while the client receives the events that it missed. */
  async function overSlowLink(options, { rate, last, size, cuts }) {
    const link = await startSlowLink(server.port, { down: rate })
    const subscriber = await subscribe(link.url, options)
    const { socket, parts } = subscriber
    await cut(socket)
    await publish(2, last, size)
    let live = last
    for (let i = 1; i <= cuts; i++) {
      await resume(socket)
      const target = Math.floor(last * i / (cuts + 1))
      await until(() => parts.length > target || !socket.connected, `event ${target}; got ${parts.length}`)
      assert.ok(parts.length < last, 'the cut is in the middle')
      await cut(socket)
      await publish(live + 1, ++live, 10)
    }
    await resume(socket)
    await publish(live + 1, ++live, 10)
    await assertReceived(subscriber, live)
    socket.disconnect()
    link.stop()
  }

  for (const [way, options] of Object.entries(transportModes)) {
    test(`${way}: receives every event over a slow link with two cuts`, () => overSlowLink(options, { rate: 1_000_000, last: 300, size: 10_000, cuts: 2 }))
    longTest(`${way}: receives 16 MiB over a slow link with eight cuts`, () => overSlowLink(options, { rate: 500_000, last: 1_600, size: 10_000, cuts: 8 }))
  }

  test('events evicted during the replay: end the recovery without a gap', async () => {
    const link = await startSlowLink(server.port, { down: 200_000 })
    const { socket, parts, id } = await subscribe(link.url, { transports: ['websocket'] })
    await cut(socket)
    await publish(2, 1_600, 10_000)
    const end = nextEvent(socket, 'disconnect')
    await resume(socket)
    await publish(1_601, 4_000, 10_000) // more than the log keeps
    await end
    assert.deepEqual(parts.map(([i]) => i), Array.from({ length: parts.length }, (_, i) => i + 1))
    assert.ok(parts.length < 1_600, `events before the end: got ${parts.length}, want fewer than 1,600`)
    await resume(socket)
    assert.ok(!socket.recovered, 'recovered: got true, want false')
    assert.notEqual(socket.id, id)
    socket.disconnect()
    link.stop()
  })
})

test('middleware that starts over: gives a client that comes back a new socket', async () => {
  const server = await startServer({}, { path: relay() })
  const socket = client(`${server.url}/startover`, { reconnection: false, transports: ['websocket'] })
  await nextEvent(socket, 'connect')
  for (let round = 0; round < 2; round++) {
    const { id } = socket
    await cut(socket)
    await resume(socket)
    assert.equal(socket.recovered, false)
    assert.notEqual(socket.id, id)
  }
  socket.disconnect()
  await server.stop()
})
