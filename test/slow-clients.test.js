// Clients that do not read, and a client that sends without reading: rows S1, S2, S3 and S5 of
// docs/promises.md. Memory is that of the server process, as the kernel reports it.
import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import WebSocket from 'ws'
import { binary, relay, startServer } from './lib/server.js'
import { connected, nextEvent, pause, until, withTimeout } from './lib/clients.js'
import { startCanary } from './lib/canary.js'
import { MiB, measurable, peak } from './lib/process.js'
import { longTest, percentile, eventTimeout, promised, sized, soak } from './lib/sizes.js'
import { owner } from './lib/visitor.js'

const cuts = (server) => server.logs.split('closing a slow client').length - 1
const skip = !measurable && 'memory is measured on Linux only'

for (const revision of [4, 3]) {
  describe(`stalled readers, revision ${revision}`, { skip }, () => {
    longTest('stalled readers: are cut, cost little memory and do not delay others', async (t) => {
      const server = await startServer({}, { path: relay() })
      const sender = await Raw.open(server, revision)
      const healthy = [await Listener.open(server, revision), await Listener.open(server, revision)]
      const traffic = new SteadySender(sender)

      await traffic.for(sized(2000, 30_000)) // the cost without stalled readers
      const heap = await heapOf(server)
      const alone = { peak: peak(server.pid), p99: percentile(healthy.flatMap(({ latencies }) => latencies), 0.99) }

      // `make soak` compares the times of a quiet machine; otherwise they only detect a
      // room that is blocked. A hundred sockets buffer 4 MB each, a second of copying.
      for (const { stalled, most, half, all } of [
        { stalled: 1, most: 6, half: promised(50), all: promised(200) },
        { stalled: 100, most: 96, half: promised(50), all: promised(3000) },
      ]) {
        const before = cuts(server)
        await Promise.all(Array.from({ length: stalled }, async () => {
          const raw = await Listener.open(server, revision)
          raw.ws.pause()
          return raw
        }))
        healthy.forEach((listener) => { listener.latencies = [] })
        const startedAt = performance.now()
        const sending = traffic.for(sized(3000, 30_000))
        const joins = []
        for (let i = 0; i < 10; i++) {
          const start = performance.now()
          const late = await Listener.open(server, revision)
          joins.push(performance.now() - start)
          late.ws.terminate()
          await pause(100)
        }
        // The server cuts a client after 10 s without progress or with 2 MiB queued.
        await until(() => cuts(server) === before + stalled, `${stalled} cut clients`, promised(12_000))
        const cut = performance.now() - startedAt
        await sending
        await until(() => healthy.every((listener) => listener.last === traffic.sent), 'every message at the other clients', 15_000)

        const grown = (peak(server.pid) - alone.peak) / MiB
        const latencies = healthy.flatMap((listener) => listener.latencies)
        const [median, p99, join] = [percentile(latencies, 0.5), percentile(latencies, 0.99), percentile(joins, 0.5)]
        t.diagnostic(`${stalled} stalled: +${grown.toFixed(1)} MiB, the last was cut after ${Math.round(cut)} ms; `
          + `p50 ${median} ms, p99 ${p99} ms (${alone.p99} ms without), joining ${join} ms, at most ${percentile(joins, 1)} ms`)
        assert.ok(grown <= most, `memory: got ${grown} MiB more, want at most ${most}`)
        assert.ok(median <= half && p99 <= all, `latency of the others: got p50 ${median} ms and p99 ${p99} ms, want at most ${half} and ${all}`)
        // On a quiet machine one stalled client has no effect. A hundred have, while their
        // sockets fill (docs/promises.md).
        if (soak && stalled === 1) assert.ok(p99 <= Math.max(1.5 * alone.p99, 50), `p99 with one stalled client: got ${p99} ms, want at most 50 or 1.5 times ${alone.p99} ms`)
        assert.ok(join <= promised(200), `joins: got ${joins} ms, want a median of at most ${promised(200)}`)
      }
      await until(async () => await heapOf(server) <= heap * 1.1 + 512 * 1024, 'a heap as before', 60_000)
      assert.deepEqual(healthy.map(({ gaps }) => gaps), ['', ''], 'gaps at the other members')
      for (const raw of [sender, ...healthy]) raw.ws.close()
      await server.stop()
    })

    test('fast sender that does not read: is held back by TCP and costs at most 16 MiB', async (t) => {
      const server = await startServer({}, { path: binary({ race: false }) })
      const canary = await startCanary(server)
      const before = peak(server.pid)
      const flood = await Raw.open(server, revision, { namespace: '/chat' })
      flood.ws.pause()
      const events = 50_000
      let failed = false
      flood.ws.on('error', () => { failed = true })
      const frame = `42/chat,7["chat","${'x'.repeat(100)}"]`
      for (let i = 0; i < events && !failed; i++) {
        flood.ws.send(frame)
        if (flood.ws.bufferedAmount > 1 << 20) await until(() => flood.ws.bufferedAmount < 1 << 19 || flood.ws.readyState !== WebSocket.OPEN, 'the sent bytes read or the connection closed')
        if (flood.ws.readyState !== WebSocket.OPEN) break
      }
      await pause(sized(500, 5000))
      const grown = (peak(server.pid) - before) / MiB
      const waits = await canary.stop()
      t.diagnostic(`+${grown.toFixed(1)} MiB; the canary waited for ${percentile(waits, 0.5)} ms, at most ${percentile(waits, 1)} ms`)
      assert.ok(grown <= 16, `memory: got ${grown} MiB more, want at most 16`)
      assert.ok(percentile(waits, 0.5) <= promised(100), `answers of the canary: got ${waits} ms, want a median of at most ${promised(100)}`)
      flood.ws.terminate()
      await server.stop()
    })
  })
}

describe('stalled stock client', () => {
  for (const [name, env] of Object.entries({ 'with recovery': {}, 'without recovery': { RECOVERY_TIME: '0s' } })) {
    test(`stalled stock client ${name}: is cut, reconnects by itself and misses no message`, (t) => cutAndReconnect(t, env))
  }
})

async function cutAndReconnect(t, env) {
  // The traffic exceeds the rate limits of a room.
  const server = await startServer({ RATE_VISITOR: 'off', RATE_ROOM: 'off', RATE_ADDRESS: 'off', ...env }, { path: binary({ race: false }) })
  const a = await owner(server, { max: 10 })
  const stalled = await connected(`${server.url}/chat`, { transports: ['websocket'], reconnectionDelay: 50 })
  const messages = []
  stalled.on('chat', (message) => messages.push(message))
  const joined = await stalled.timeout(eventTimeout).emitWithAck('join', { room: a.room })
  assert.equal(joined.ok, true)
  const held = joined.seq // the newest message that the page would show
  const reasons = []
  stalled.on('disconnect', (reason) => reasons.push(reason))

  const wire = stalled.io.engine.transport.ws._socket
  wire.pause()
  const speakers = await Promise.all(Array.from({ length: 20 }, () => Raw.open(server, 4, { namespace: '/chat', cookie: a.cookie })))
  for (const speaker of speakers) await speaker.emitWithAck('/chat', ['join', a.room])
  const text = '😀'.repeat(2000) // 8 KB, the largest message
  const startedAt = performance.now()
  let sent = 0
  while (cuts(server) === 0) {
    for (const speaker of speakers) speaker.ws.send(`42/chat,${JSON.stringify(['chat', { room: a.room, chat: text }])}`)
    sent += speakers.length
    await pause(110) // each sends nine a second
  }
  t.diagnostic(`cut after ${Math.round(performance.now() - startedAt)} ms and ${sent} messages`)
  assert.equal(cuts(server), 1)

  const back = nextEvent(stalled, 'connect')
  wire.resume()
  await back
  assert.deepEqual(reasons, ['transport close'])

  // A recovered client receives what it missed. Any other client catches up like the page:
  // it joins with its newest seq, then syncs.
  assert.equal(Boolean(stalled.recovered), !env.RECOVERY_TIME)
  const seen = () => messages.filter(({ seq }) => seq).map(({ seq }) => seq)
  if (!stalled.recovered) {
    let after = Math.max(held, ...seen())
    let answer = await stalled.timeout(eventTimeout).emitWithAck('join', { room: a.room, after })
    assert.equal(answer.ok, true)
    for (;;) {
      messages.push(...(answer.messages ?? []))
      if (!answer.more) break
      after = Math.max(...seen())
      answer = await stalled.timeout(eventTimeout).emitWithAck('sync', { room: a.room, after })
      if (answer.retryAfter) await pause(answer.retryAfter)
    }
  }
  const [{ seq: newest }] = (await (await a.get(`/room/${a.room}/messages?limit=1`)).json()).messages
  await until(() => Math.max(...seen()) >= newest, 'the newest message')
  const seqs = [...new Set(seen())].sort((x, y) => x - y)
  assert.deepEqual(seqs, Array.from({ length: seqs.length }, (_, i) => held + 1 + i), 'seqs of the received messages')
  assert.equal(seqs.length, seen().length, 'number of received messages without duplicates')
  for (const speaker of speakers) speaker.ws.terminate()
  stalled.disconnect()
  a.chat.disconnect()
  await server.stop()
}

/** A minimal Socket.IO client that stores no received messages. */
class Raw {
  #pending = new Map()
  #id = 1000

  static async open(server, revision, { namespace = '/', cookie } = {}) {
    const raw = new this()
    raw.ws = new WebSocket(`${server.ws}/socket.io/?EIO=${revision}&transport=websocket`, {
      perMessageDeflate: false, headers: cookie ? { cookie } : {},
    })
    raw.ws.on('error', () => {})
    if (revision === 3) { // in Engine.IO 3 the client pings
      const ping = setInterval(() => raw.ws.readyState === WebSocket.OPEN && raw.ws.send('2'), 20_000).unref()
      raw.ws.on('close', () => clearInterval(ping))
    }
    const prefix = namespace === '/' ? '40' : `40${namespace},`
    await withTimeout(eventTimeout, new Promise((resolve) => raw.ws.on('message', (data, binary) => {
      const text = binary ? '' : data.toString()
      if (text === '2') raw.ws.send('3')
      if (text.startsWith('0{') && !(revision === 3 && namespace === '/')) raw.ws.send(prefix)
      if (text.startsWith(prefix) || (revision === 3 && text === `40${namespace}`)) resolve()
      const [, id, answer] = text.slice(0, 1000).match(/^43(?:\/\w+,)?(\d+)(.*)/s) ?? []
      raw.#pending.get(Number(id))?.(answer)
      raw.onText?.(text)
    })), 'the connection')
    return raw
  }

  /** Emits an event and waits for the acknowledgement. */
  async emitWithAck(namespace, args) {
    const id = this.#id++
    const answered = new Promise((resolve) => this.#pending.set(id, resolve))
    this.ws.send(`42${namespace === '/' ? '' : `${namespace},`}${id}${JSON.stringify(args)}`)
    return withTimeout(eventTimeout, answered, 'an acknowledgement')
  }
}

/** A member of the room of SteadySender that records latencies and gaps. */
class Listener extends Raw {
  latencies = []
  gaps = ''
  last

  static async open(server, revision) {
    const raw = await super.open(server, revision)
    await raw.emitWithAck('/', ['join', 'room'])
    return raw
  }

  onText(text) {
    const [, n, at] = text.slice(0, 60).match(/^42\["said",(\d+),([\d.]+),/) ?? []
    if (n === undefined) return
    if (this.last !== undefined && Number(n) !== this.last + 1) this.gaps += `got ${n} after ${this.last}; `
    this.last = Number(n)
    this.latencies.push(performance.now() - Number(at))
  }
}

/** Sends 64 KiB 180 times a second. */
class SteadySender {
  sent = 0
  #sender
  #body = 'x'.repeat(64 << 10)

  constructor(sender) { this.#sender = sender }

  async for(ms) {
    const startedAt = performance.now()
    for (let i = 0; performance.now() - startedAt < ms; i++) {
      this.#sender.ws.send(`42["say","room",${++this.sent},${performance.now().toFixed(2)},"${this.#body}"]`)
      await pause(Math.max(0, startedAt + (i + 1) * 1000 / 180 - performance.now()))
    }
  }
}

const heapOf = async (server) => Number(await (await fetch(`${server.url}/heap`)).text())
