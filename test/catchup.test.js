// No message is missing between the history and the live events: rows D3, D5 and D6 of
// docs/promises.md.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from './lib/server.js'
import { LoadClients, fromOneAddress } from './lib/load-clients.js'
import { random, seed, startFaultProxy } from './lib/fault-proxy.js'
import { insertMessages } from './lib/ledger.js'
import { client, collect, connected, nextEvent, join, until, transportModes } from './lib/clients.js'
import { MiB, measurable, peak, resetPeak } from './lib/process.js'
import { longTest, eventTimeout, promised, sized } from './lib/sizes.js'
import { Visitor } from './lib/visitor.js'

const unlimited = { ...fromOneAddress, RATE_VISITOR: 'off' } // many clients share one visitor here

describe('client after an absence', () => {
  for (const missed of sized([1, 100, 10_000], [1, 100, 10_000, 100_000])) {
    const testOf = missed > 100 ? longTest : test
    testOf(`client that missed ${missed} messages: gets them in order beside traffic`, async (t) => {
      const server = await startServer(unlimited, { path: binary({ race: false }) })
      const load = new LoadClients(server, random(seed))
      await load.start(4, 1)
      const [away] = load.clients
      const from = away.last
      await server.stop() // so that no client receives them live
      await insertMessages(server, away.room, missed, { ledger: load.ledger })
      await server.start()
      const startedAt = performance.now()
      let over = false
      const sending = (async () => { while (!over) await load.sendRandomly(200, 300, { interruption: 0 }) })()
      await until(() => load.clients.every(({ last }) => last >= from + missed), 'every client caught up', 300_000)
      const duration = performance.now() - startedAt
      over = true
      await sending
      const http = performance.now()
      await load.ledger.read(load.ownerOf(away.room), away.room)
      const paged = performance.now() - http
      t.diagnostic(`${Math.round(duration)} ms by sync, ${Math.round(paged)} ms by GET; ${await load.stopAndCheck()}`)
      if (missed > 10_000) return
      assert.ok(duration <= promised(4000), `four clients, with the reconnect: got ${duration} ms, want at most ${promised(4000)}`)
      assert.ok(paged <= promised(1000), `history by GET: got ${paged} ms, want at most ${promised(1000)}`)
    })
  }
})

// A fresh server needs the most memory, because its heap has not grown yet.
test('10,000 messages by sync: arrive within a second and cost little memory', { skip: !measurable && 'memory is measured on Linux only' }, async (t) => {
  const server = await startServer({}, { path: binary({ race: false }) }) // with the default RATE_VISITOR
  const owner = new Visitor(server)
  await owner.get('/')
  const room = await owner.createRoom()
  await server.stop()
  await insertMessages(server, room, 10_000)
  await server.start()
  for (const name of ['the first', 'the second']) {
    const visitor = new Visitor(server)
    await visitor.get('/')
    const socket = await connected(`${server.url}/chat`, { transports: ['websocket'], extraHeaders: { cookie: visitor.cookie } })
    await join(socket, room)
    resetPeak(server.pid)
    const before = peak(server.pid)
    const startedAt = performance.now()
    const seqs = []
    for (let more = true; more;) {
      const answer = await socket.timeout(eventTimeout).emitWithAck('sync', { room, after: seqs.at(-1) ?? 0 })
      assert.equal(answer.ok, true, JSON.stringify(answer))
      seqs.push(...answer.messages.map(({ seq }) => seq))
      more = answer.more
    }
    const duration = performance.now() - startedAt
    const grown = (peak(server.pid) - before) / MiB
    t.diagnostic(`${name}: ${Math.round(duration)} ms, +${grown.toFixed(1)} MiB`)
    assert.deepEqual(seqs, seqs.map((_, n) => n + 1))
    assert.ok(seqs.length > 10_000, `messages: got ${seqs.length}, want more than 10,000`)
    assert.ok(duration <= promised(1000), `sync: got ${duration} ms, want at most ${promised(1000)}`)
    assert.ok(grown <= sized(24, 8), `memory: got ${grown} MiB more, want at most ${sized(24, 8)}`)
    socket.disconnect()
  }
  await server.stop()
})

test('long messages by sync: come in answers that fit into the queue beside live messages', async (t) => {
  const server = await startServer(unlimited, { path: binary({ race: false }) })
  const slow = await startFaultProxy(server.port, { delay: 30 })
  const visitor = new Visitor(server)
  await visitor.get('/')
  const room = await visitor.createRoom()
  await server.stop()
  await insertMessages(server, room, 1000, { name: '가'.repeat(300) })
  await server.start()
  const sender = await connected(`${server.url}/chat`, { transports: ['websocket'], extraHeaders: { cookie: visitor.cookie } })
  await join(sender, room)
  const timer = setInterval(() => sender.emit('chat', { room, chat: '말'.repeat(300) }), 25)
  t.after(() => clearInterval(timer))
  for (const options of [transportModes['polling only'], transportModes['polling, then upgrade']]) {
    await Promise.all(Array.from({ length: 3 }, async () => {
      const socket = client(`${slow.url}/chat`, { ...options, extraHeaders: { cookie: visitor.cookie } })
      const lost = collect(socket, 'disconnect')
      await nextEvent(socket, 'connect')
      let answer = await socket.timeout(60_000).emitWithAck('join', { room, after: 0 })
      const shown = []
      for (;;) {
        assert.equal(answer.ok, true, JSON.stringify(answer))
        shown.push(...answer.messages.map(({ seq }) => seq))
        if (!answer.more) break
        answer = await socket.timeout(60_000).emitWithAck('sync', { room, after: shown.at(-1) })
      }
      assert.deepEqual(lost, [])
      assert.deepEqual(shown, shown.map((_, i) => i + 1))
      assert.ok(shown.length > 1000, `messages: got ${shown.length}, want more than 1,000`)
      socket.disconnect()
    }))
  }
  clearInterval(timer)
  slow.close()
  await server.stop()
})

/** Sends messages to rooms at a rate, through a few sockets for each room. */
class Traffic {
  sent = [] // the seqs of the acknowledged messages
  #rooms
  #senders = []
  #timer
  #n = 0 // number of the next message

  static async in(server, visitor, rooms, each) {
    const traffic = new Traffic()
    traffic.#rooms = rooms
    for (let i = 0; i < rooms.length * each; i++) {
      const socket = await connected(`${server.url}/chat`, { transports: ['websocket'], extraHeaders: { cookie: visitor.cookie } })
      await join(socket, rooms[i % rooms.length])
      traffic.#senders.push(socket)
    }
    return traffic
  }

  /** Sends `rate` messages a second over all rooms from now on. A late timer catches up. */
  flow(rate) {
    this.stop()
    const [startedAt, first] = [performance.now(), this.#n]
    this.#timer = setInterval(() => {
      for (; this.#n < first + (performance.now() - startedAt) * rate / 1000; this.#n++) {
        const [room, sender] = [this.#rooms, this.#senders].map((list) => list[this.#n % list.length])
        sender.emit('chat', { room, chat: `flow ${this.#n}` }, ({ ok, seq }) => ok && this.sent.push(seq))
      }
    }, 5)
  }

  stop() { clearInterval(this.#timer) }
}

/** Reads the history, joins, receives some live messages, and fails if one between them is missing. */
async function joinBetween(server, visitor, room, k) {
  const sources = {
    'the page': async () => Number((await visitor.enter(room)).match(/<main[^>]* data-seq="(\d+)"/)[1]),
    'GET messages': async () => (await (await visitor.get(`/room/${room}/messages?limit=5`)).json()).messages.at(-1).seq,
  }
  const [[from, read], [mode, options]] = [Object.entries(sources)[k % 2], Object.entries(transportModes)[k % 3]]
  const after = await read()
  assert.ok(after > 0, `${from}: got no messages`)
  const socket = client(`${server.url}/chat`, { ...options, extraHeaders: { cookie: visitor.cookie } })
  const live = collect(socket, 'chat')
  await nextEvent(socket, 'connect')
  const joined = await join(socket, { room, after })
  await until(() => live.length >= 3, 'three live messages')
  socket.disconnect()
  const caughtUp = (joined.messages ?? []).map(({ seq }) => seq)
  const newest = caughtUp.at(-1) ?? after
  const shown = [...caughtUp, ...live.map(([{ seq }]) => seq).filter((seq) => seq > newest)]
  assert.deepEqual(shown, shown.map((_, n) => after + 1 + n), `${from}, ${mode}: seqs after ${after}`)
  live.length = 0 // frees memory: the socket stays referenced until the end of the test
}

/** Runs joinBetween for `joiners` clients, `atOnce` at a time, beside `rate` messages a second. */
async function joinBeside(t, server, visitor, rooms, traffic, { rate, joiners, atOnce }) {
  traffic.flow(rate)
  await until(() => traffic.sent.length > 2 * rooms.length, 'traffic in the rooms')
  const [startedAt, before] = [performance.now(), traffic.sent.length]
  for (let i = 0; i < joiners; i += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, k) => joinBetween(server, visitor, rooms[k % rooms.length], Math.floor(k / rooms.length))))
  }
  const flowed = (traffic.sent.length - before) / (performance.now() - startedAt) * 1000
  t.diagnostic(`${joiners} joined, ${atOnce} at a time, beside ${flowed.toFixed(0)} messages a second`)
  assert.ok(flowed >= sized(1, 180), `traffic: got ${flowed} messages a second, want at least ${sized(1, 180)}`)
}

test('join by many clients at once in ten rooms: leaves no gap between history and live messages', async (t) => {
  const server = await startServer(unlimited, { path: binary({ race: false }) })
  const visitor = new Visitor(server)
  await visitor.get('/')
  const rooms = []
  for (let i = 0; i < 10; i++) {
    rooms.push(await visitor.createRoom({ max: 10 }))
    await visitor.enter(rooms[i])
  }
  const traffic = await Traffic.in(server, visitor, rooms, 1)
  t.after(() => traffic.stop())
  const [rate, joiners, atOnce] = sized([60, 100, 50], [200, 500 * 20, 500])
  await joinBeside(t, server, visitor, rooms, traffic, { rate, joiners, atOnce })
  traffic.stop()
  await server.stop()
})

describe('one room with traffic', () => {
  let server, visitor, room, traffic

  before(async () => {
    server = await startServer(unlimited, { path: binary({ race: false }) })
    visitor = new Visitor(server)
    await visitor.get('/')
    room = await visitor.createRoom({ max: 10 })
    await visitor.enter(room)
    traffic = await Traffic.in(server, visitor, [room], 5)
    traffic.flow(45)
  })
  after(() => traffic.stop())

  test('join by many clients: leaves no gap between history and live messages', async (t) => {
    // This process with all the clients is the bottleneck: fifty joiners receive 200
    // messages a second each while they read pages.
    const [rate, joiners, atOnce] = sized([45, 100, 10], [200, 500 * 20, 50])
    await joinBeside(t, server, visitor, [room], traffic, { rate, joiners, atOnce })
    traffic.flow(45)
  })

  test('upgrade: keeps the order of events in both directions', async () => {
    const [rounds, inFlight] = [sized(50, 10_000), sized(25, 50)]
    for (let i = 0; i < rounds; i += 10) {
      await Promise.all(Array.from({ length: 10 }, async () => {
        const socket = client(`${server.url}/chat`, { ...transportModes['polling, then upgrade'], extraHeaders: { cookie: visitor.cookie } })
        const live = collect(socket, 'chat')
        const upgraded = new Promise((resolve) => socket.io.once('open', () => socket.io.engine.once('upgrade', resolve)))
        await nextEvent(socket, 'connect')
        const joined = socket.timeout(eventTimeout).emitWithAck('join', room)
        const pendingAnswers = Array.from({ length: inFlight }, (_, n) => socket.timeout(eventTimeout).emitWithAck('chat', { room, chat: `over ${n}` }))
        await upgraded
        const answers = await Promise.all(pendingAnswers)
        assert.ok(answers.every(({ ok }) => ok), JSON.stringify(answers.find(({ ok }) => !ok)))
        const seqs = answers.map(({ seq }) => seq)
        assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b), 'seqs of the sent messages')
        await until(() => live.at(-1)?.[0].seq >= seqs.at(-1), 'the last sent message')
        socket.disconnect()
        const { seq } = await joined
        const shown = live.map(([message]) => message.seq).filter((n) => n > seq)
        assert.deepEqual(shown, shown.map((_, n) => seq + 1 + n), 'seqs of the received messages')
        live.length = 0
      }))
    }
  })
})
