// Between what was and what comes there is nothing missing: rows D3, D5 and D6
// of docs/promises.md.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from './lib/server.js'
import { Crowd, fromOneAddress } from './lib/crowd.js'
import { random, seed, startFaultProxy } from './lib/fault-proxy.js'
import { insertMessages } from './lib/ledger.js'
import { client, collect, connected, nextEvent, join, until, transportModes } from './lib/clients.js'
import { MiB, measurable, peak, resetPeak } from './lib/process.js'
import { longTest, eventTimeout, promised, sized } from './lib/sizes.js'
import { Visitor } from './lib/visitor.js'

const unlimited = { ...fromOneAddress, RATE_VISITOR: 'off' } // one visitor is many clients here

describe('whoever was away', () => {
  for (const missed of sized([1, 100, 10_000], [1, 100, 10_000, 100_000])) {
    const testOf = missed > 100 ? longTest : test
    testOf(`for ${missed} messages gets them all, in order, while others talk`, async (t) => {
      const server = await startServer(unlimited, { path: binary({ race: false }) })
      const crowd = new Crowd(server, random(seed))
      await crowd.gather(4, 1)
      const [away] = crowd.talkers
      const from = away.last
      await server.stop() // nobody may hear of them live
      await insertMessages(server, away.room, missed, { ledger: crowd.ledger })
      await server.start()
      const begun = performance.now()
      let over = false
      const talking = (async () => { while (!over) await crowd.talk(200, 300, { restless: 0 }) })()
      await until(() => crowd.talkers.every(({ last }) => last >= from + missed), 'they have caught up', 300_000)
      const took = performance.now() - begun
      over = true
      await talking
      const http = performance.now()
      await crowd.ledger.read(crowd.keeper(away.room), away.room)
      const paged = performance.now() - http
      t.diagnostic(`${Math.round(took)} ms by sync, ${Math.round(paged)} ms by GET; ${await crowd.settle()}`)
      if (missed > 10_000) return
      assert.ok(took <= promised(4000), `it took ${took} ms`) // four of them, and the reconnecting
      assert.ok(paged <= promised(1000), `paging took ${paged} ms`)
    })
  }
})

// What a server takes that has just begun is the most: its heap has not grown yet.
test('10,000 messages come to one client within a second, and cost the server little', { skip: !measurable && 'memory is measured on Linux only' }, async (t) => {
  const server = await startServer({}, { path: binary({ race: false }) }) // and within the rate of a visitor
  const keeper = new Visitor(server)
  await keeper.get('/')
  const room = await keeper.createRoom()
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
    const begun = performance.now()
    const seqs = []
    for (let more = true; more;) {
      const answer = await socket.timeout(eventTimeout).emitWithAck('sync', { room, after: seqs.at(-1) ?? 0 })
      assert.equal(answer.ok, true, JSON.stringify(answer))
      seqs.push(...answer.messages.map(({ seq }) => seq))
      more = answer.more
    }
    const took = performance.now() - begun
    const grown = (peak(server.pid) - before) / MiB
    t.diagnostic(`${name}: ${Math.round(took)} ms, +${grown.toFixed(1)} MiB`)
    assert.deepEqual(seqs, seqs.map((_, n) => n + 1))
    assert.ok(seqs.length > 10_000)
    assert.ok(took <= promised(1000), `it took ${took} ms`)
    assert.ok(grown <= sized(24, 8), `it has grown by ${grown} MiB`)
    socket.disconnect()
  }
  await server.stop()
})

test('long messages come in pieces that fit beside what comes live', async (t) => {
  const server = await startServer(unlimited, { path: binary({ race: false }) })
  const slow = await startFaultProxy(server.port, { delay: 30 })
  const visitor = new Visitor(server)
  await visitor.get('/')
  const room = await visitor.createRoom()
  await server.stop()
  await insertMessages(server, room, 1000, { name: '가'.repeat(300) })
  await server.start()
  const speaker = await connected(`${server.url}/chat`, { transports: ['websocket'], extraHeaders: { cookie: visitor.cookie } })
  await join(speaker, room)
  const talk = setInterval(() => speaker.emit('chat', { room, chat: '말'.repeat(300) }), 25)
  t.after(() => clearInterval(talk))
  for (const options of [transportModes['polling only'], transportModes['polling, then upgrade']]) {
    await Promise.all(Array.from({ length: 3 }, async () => {
      const socket = client(`${slow.url}/chat`, { ...options, extraHeaders: { cookie: visitor.cookie } })
      const lost = collect(socket, 'disconnect')
      await nextEvent(socket, 'connect')
      let answer = await socket.timeout(10_000).emitWithAck('join', { room, after: 0 })
      const shown = []
      for (;;) {
        assert.equal(answer.ok, true, JSON.stringify(answer))
        shown.push(...answer.messages.map(({ seq }) => seq))
        if (!answer.more) break
        answer = await socket.timeout(10_000).emitWithAck('sync', { room, after: shown.at(-1) })
      }
      assert.deepEqual(lost, [])
      assert.deepEqual(shown, shown.map((_, i) => i + 1))
      assert.ok(shown.length > 1000)
      socket.disconnect()
    }))
  }
  clearInterval(talk)
  slow.close()
  await server.stop()
})

/** Lets rooms say so much a second together, through a few sockets each. */
class Talk {
  said = [] // the seqs of what was
  #rooms
  #speakers = []
  #timer
  #n = 0 // what is said next

  static async in(server, visitor, rooms, each) {
    const talk = new Talk()
    talk.#rooms = rooms
    for (let i = 0; i < rooms.length * each; i++) {
      const socket = await connected(`${server.url}/chat`, { transports: ['websocket'], extraHeaders: { cookie: visitor.cookie } })
      await join(socket, rooms[i % rooms.length])
      talk.#speakers.push(socket)
    }
    return talk
  }

  /** From now on: a late timer makes up for what it owes. */
  flow(rate) {
    this.stop()
    const [begun, first] = [performance.now(), this.#n]
    this.#timer = setInterval(() => {
      for (; this.#n < first + (performance.now() - begun) * rate / 1000; this.#n++) {
        const [room, speaker] = [this.#rooms, this.#speakers].map((list) => list[this.#n % list.length])
        speaker.emit('chat', { room, chat: `flow ${this.#n}` }, ({ ok, seq }) => ok && this.said.push(seq))
      }
    }, 5)
  }

  stop() { clearInterval(this.#timer) }
}

/** Reads what there is, joins, hears some of what comes then, and looks whether anything is missing between the two. */
async function joinBetween(server, visitor, room, k) {
  const sources = {
    'the page': async () => Number((await visitor.enter(room)).match(/<main[^>]* data-seq="(\d+)"/)[1]),
    'GET messages': async () => (await (await visitor.get(`/room/${room}/messages?limit=5`)).json()).messages.at(-1).seq,
  }
  const [[from, read], [mode, options]] = [Object.entries(sources)[k % 2], Object.entries(transportModes)[k % 3]]
  const after = await read()
  assert.ok(after > 0, `${from} shows nothing`)
  const socket = client(`${server.url}/chat`, { ...options, extraHeaders: { cookie: visitor.cookie } })
  const live = collect(socket, 'chat')
  await nextEvent(socket, 'connect')
  const joined = await socket.timeout(30_000).emitWithAck('join', { room, after })
  assert.equal(joined.ok, true, JSON.stringify(joined))
  await until(() => live.length >= 3, 'it goes on', 30_000)
  socket.disconnect()
  const told = (joined.messages ?? []).map(({ seq }) => seq)
  const newest = told.at(-1) ?? after
  const shown = [...told, ...live.map(([{ seq }]) => seq).filter((seq) => seq > newest)]
  assert.deepEqual(shown, shown.map((_, n) => after + 1 + n), `${from}, ${mode}: a hole after ${after}`)
  live.length = 0 // the socket is kept until the end of the test
}

/** So many join, some at a time, beside so many messages a second. */
async function joinBeside(t, server, visitor, rooms, talk, { rate, joiners, atOnce }) {
  talk.flow(rate)
  await until(() => talk.said.length > 2 * rooms.length, 'they talk')
  const [begun, before] = [performance.now(), talk.said.length]
  for (let i = 0; i < joiners; i += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, k) => joinBetween(server, visitor, rooms[k % rooms.length], Math.floor(k / rooms.length))))
  }
  const flowed = (talk.said.length - before) / (performance.now() - begun) * 1000
  t.diagnostic(`${joiners} joined, ${atOnce} at a time, beside ${flowed.toFixed(0)} messages a second`)
  assert.ok(flowed >= sized(1, 180), `only ${flowed} messages a second`)
}

test('no message falls between history and what comes live when a crowd joins at once', async (t) => {
  const server = await startServer(unlimited, { path: binary({ race: false }) })
  const visitor = new Visitor(server)
  await visitor.get('/')
  const rooms = []
  for (let i = 0; i < 10; i++) {
    rooms.push(await visitor.createRoom({ max: 10 }))
    await visitor.enter(rooms[i])
  }
  const talk = await Talk.in(server, visitor, rooms, 1)
  t.after(() => talk.stop())
  const [rate, joiners, atOnce] = sized([60, 100, 50], [200, 500 * 20, 500])
  await joinBeside(t, server, visitor, rooms, talk, { rate, joiners, atOnce })
  talk.stop()
  await server.stop()
})

describe('one room with talk in it', () => {
  let server, visitor, room, talk

  before(async () => {
    server = await startServer(unlimited, { path: binary({ race: false }) })
    visitor = new Visitor(server)
    await visitor.get('/')
    room = await visitor.createRoom({ max: 10 })
    await visitor.enter(room)
    talk = await Talk.in(server, visitor, [room], 5)
    talk.flow(45)
  })
  after(() => talk.stop())

  test('no message falls between history and what comes live', async (t) => {
    // What bounds it is this process, in which all of them are: fifty joiners hear
    // 200 messages a second each, and the pages that they read are made meanwhile.
    const [rate, joiners, atOnce] = sized([45, 100, 10], [200, 500 * 20, 50])
    await joinBeside(t, server, visitor, [room], talk, { rate, joiners, atOnce })
    talk.flow(45)
  })

  test('the order holds across the upgrade, both ways', async () => {
    const [rounds, inFlight] = [sized(50, 10_000), sized(25, 50)]
    for (let i = 0; i < rounds; i += 10) {
      await Promise.all(Array.from({ length: 10 }, async () => {
        const socket = client(`${server.url}/chat`, { ...transportModes['polling, then upgrade'], extraHeaders: { cookie: visitor.cookie } })
        const live = collect(socket, 'chat')
        const upgraded = new Promise((resolve) => socket.io.once('open', () => socket.io.engine.once('upgrade', resolve)))
        await nextEvent(socket, 'connect')
        const joined = socket.timeout(eventTimeout).emitWithAck('join', room)
        const asks = Array.from({ length: inFlight }, (_, n) => socket.timeout(eventTimeout).emitWithAck('chat', { room, chat: `over ${n}` }))
        await upgraded
        const answers = await Promise.all(asks)
        assert.ok(answers.every(({ ok }) => ok), JSON.stringify(answers.find(({ ok }) => !ok)))
        const seqs = answers.map(({ seq }) => seq)
        assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b), 'what it said is out of order')
        await until(() => live.at(-1)?.[0].seq >= seqs.at(-1), 'it has heard the last of it')
        socket.disconnect()
        const { seq } = await joined
        const shown = live.map(([message]) => message.seq).filter((n) => n > seq)
        assert.deepEqual(shown, shown.map((_, n) => seq + 1 + n), 'what it heard is out of order')
        live.length = 0
      }))
    }
  })
})
