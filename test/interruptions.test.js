// What looks like an end and is none: rows D7, D8 and D9 of docs/promises.md.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from './lib/server.js'
import { startFaultProxy } from './lib/fault-proxy.js'
import { shiftNewestMessage } from './lib/ledger.js'
import { connected, nextEvent, join, pause, transportModes } from './lib/clients.js'
import { eventTimeout, sized } from './lib/sizes.js'
import { Visitor } from './lib/visitor.js'

const leaveGrace = 2000 // ms; the same as in main.go

/** A visitor with a room, and all that was said in it. */
async function keeper(server) {
  const visitor = new Visitor(server)
  await visitor.get('/')
  const room = await visitor.createRoom()
  const history = async () => {
    const all = []
    for (let before = ''; before !== undefined;) {
      const { messages, more } = await (await visitor.get(`/room/${room}/messages?limit=100&before=${before}`)).json()
      all.unshift(...messages)
      before = more ? messages[0].seq : undefined
    }
    return all
  }
  return { visitor, room, history }
}

const [lanes, blips] = sized([3, 1], [6, 6]) // in so many rooms at once, so many long cuts one after another, and as many short ones

// They mostly wait for real time to pass, so they wait together.
describe('what looks like an end and is none', { concurrency: true }, () => {
  for (const [mode, options] of Object.entries(transportModes)) {
    test(`the last member's connection is cut for a while, and the room stays (${mode})`, async (t) => {
      const server = await startServer({}, { path: binary({ race: false }) })
      const counts = { short: 0, long: 0, told: 0 }
      await Promise.all(Array.from({ length: lanes }, async () => {
        const chaos = await startFaultProxy(server.port) // of this room alone
        const { visitor, room, history } = await keeper(server)
        const socket = await connected(`${chaos.url}/chat`, { ...options, extraHeaders: { cookie: visitor.cookie }, auth: { room } })
        await join(socket, room)
        const texts = []
        /** Cuts the connection for ms, and reports whether the client was back before it counted as gone. */
        const blip = async (ms) => {
          texts.push(`before ${texts.length}`)
          assert.equal((await socket.emitWithAck('chat', texts.at(-1))).ok, true)
          const before = await history()
          const lost = nextEvent(socket, 'disconnect')
          const back = nextEvent(socket, 'connect', { retry: true })
          const begun = performance.now()
          const cut = chaos.cut(ms)
          await lost
          await cut
          await back
          assert.ok(performance.now() - begun >= ms, 'it came through the cut')
          await join(socket, room)
          const away = performance.now() - begun // at most: the server missed it later, and it was back before the answer
          const after = await history()
          assert.deepEqual(after.slice(0, before.length), before, 'what was there is not there any more')
          const notices = after.slice(before.length).map(({ topic }) => topic)
          // An empty room is not told that its last member has left, but who comes back has come.
          const allowed = away < leaveGrace ? [''] : ['', 'entered']
          assert.ok(allowed.includes(notices.join()), `a blip of ${away} ms was told as ${notices}`)
          counts.told += notices.length
          return away < leaveGrace
        }
        for (let n = 0; n < blips; n++) {
          while (!await blip(500)); // a busy machine may take longer to come back
          counts.short++
          await blip(sized(3000, 10_000))
          counts.long++
        }
        const all = await history()
        assert.deepEqual(all.map(({ seq }) => seq), all.map((_, n) => n + 1))
        assert.deepEqual(all.filter(({ kind }) => kind === 'text').map(({ chat }) => chat), texts)
        socket.disconnect()
        chaos.close()
      }))
      t.diagnostic(`${counts.long} long blips and ${counts.short} short ones in ${lanes} rooms, ${counts.told} of them told`)
      assert.ok(counts.long >= sized(3, 34)) // three ways, a hundred in all
      await server.stop()
    })
  }

  test('a room that is empty while the server restarts is still there', async () => {
    const server = await startServer({ EMPTY_ROOM_GRACE: '1s' })
    const { visitor, room, history } = await keeper(server)
    const socket = await connected(`${server.url}/chat`, { extraHeaders: { cookie: visitor.cookie } })
    await join(socket, room)
    assert.equal((await socket.emitWithAck('chat', 'still here')).ok, true)
    const before = await history()
    socket.disconnect()
    await server.restart()
    await pause(3500) // longer than it takes to leave and to be removed
    assert.deepEqual(await history(), before)
    await server.stop()
  })

  test('clocks do not order messages, and expire nothing', async () => {
    const server = await startServer({ EMPTY_ROOM_GRACE: '1s' })
    const { visitor, room, history } = await keeper(server)
    const socket = await connected(`${server.url}/chat`, { extraHeaders: { cookie: visitor.cookie } })
    await join(socket, room)
    const said = []
    for (const by of ['1h', '-1h', '2h', '-2000h']) {
      for (let n = 0; n < 3; n++) {
        said.push(`${by} ${n}`)
        assert.equal((await socket.timeout(eventTimeout).emitWithAck('chat', said.at(-1))).ok, true)
      }
      shiftNewestMessage(server, room, by)
    }
    said.push('the last')
    assert.equal((await socket.timeout(eventTimeout).emitWithAck('chat', said.at(-1))).ok, true)
    const ordered = async () => {
      const messages = await history()
      assert.deepEqual(messages.map(({ seq }) => seq), messages.map((_, n) => 1 + n))
      const times = messages.map(({ createdAt }) => Date.parse(createdAt))
      assert.ok(times.some((at, n) => n > 0 && times[n - 1] - at > 3_000_000), 'the times are out of order, as they were made')
      assert.deepEqual(messages.filter(({ kind }) => kind === 'text').map(({ chat }) => chat), said)
    }
    await ordered()
    const answer = await socket.emitWithAck('sync', { room, after: 0 })
    assert.deepEqual(answer.messages, await history())
    socket.disconnect()
    await server.restart() // whoever goes by times would do so at the start
    await pause(3000)
    await ordered()
    await server.stop()
  })

  test('requests that are given up never show another room', async (t) => {
    const server = await startServer({ EMPTY_ROOM_GRACE: 'never' }, { path: binary({ race: false }) })
    const rooms = []
    for (let i = 0; i < 8; i++) {
      const { visitor, room } = await keeper(server)
      const socket = await connected(`${server.url}/chat`, { transports: ['websocket'], extraHeaders: { cookie: visitor.cookie } })
      await join(socket, room)
      for (let n = 0; n < 20; n++) assert.equal((await socket.emitWithAck('chat', `${room} ${n} ${'x'.repeat(1000)}`)).ok, true)
      socket.disconnect()
      rooms.push({ visitor, room })
    }
    const end = performance.now() + sized(4000, 60_000)
    let whole = 0, given = 0
    await Promise.all(Array.from({ length: 64 }, async (_, i) => {
      const { visitor, room } = rooms[i % rooms.length]
      while (performance.now() < end || whole <= 20 || given <= 20) {
        const giveUp = new AbortController()
        const asked = visitor.request('GET', `/room/${room}/messages?limit=100`, { signal: giveUp.signal })
          .then(async (answer) => ({ status: answer.status, body: await answer.text() }))
        // In the middle of it, mostly; a timer of milliseconds is late by microseconds.
        const ticking = pause(Math.random() ** 3 * 1500).then(() => giveUp.abort())
        try {
          const { status, body } = await asked
          assert.equal(status, 200, body)
          const { messages } = JSON.parse(body)
          const foreign = messages.find((message) => message.room !== room || (message.kind === 'text' && !message.chat.startsWith(room)))
          assert.equal(foreign, undefined)
          assert.equal(messages.filter(({ kind }) => kind === 'text').length, 20)
          whole++
        } catch (error) {
          if (error.name !== 'AbortError') throw error
          given++
        }
        await ticking
      }
    }))
    t.diagnostic(`${whole} answers, ${given} given up`)
    const failures = server.logs.split('\n').filter((line) => /status=500|level=ERROR|panic/.test(line))
    assert.deepEqual(failures, [])
    for (const { visitor, room } of rooms) assert.equal((await visitor.get(`/room/${room}/messages`)).status, 200)
    await server.stop()
  })
})
