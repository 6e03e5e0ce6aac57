// Short interruptions that must not end anything: lost connections, restarts, clock changes and
// aborted requests. Rows D7, D8 and D9 of docs/promises.md.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from './lib/server.js'
import { startFaultProxy } from './lib/fault-proxy.js'
import { shiftNewestMessage } from './lib/ledger.js'
import { connected, nextEvent, join, pause, transportModes } from './lib/clients.js'
import { eventTimeout, sized } from './lib/sizes.js'
import { Visitor } from './lib/visitor.js'

const leaveGrace = 2000 // ms; the same as in main.go

/** Creates a visitor with a room, and a function that reads the room's history. */
async function visitorWithRoom(server) {
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

const [roomsAtOnce, cutsPerRoom] = sized([3, 1], [6, 6]) // rooms at once; long cuts of each room, and short cuts

// These tests mostly wait for real time to pass, so they run together.
describe('interruption', { concurrency: true }, () => {
  for (const [mode, options] of Object.entries(transportModes)) {
    test(`lost connection of the last member: keeps the room and its history (${mode})`, async (t) => {
      const server = await startServer({}, { path: binary({ race: false }) })
      const counts = { short: 0, long: 0, notices: 0 }
      await Promise.all(Array.from({ length: roomsAtOnce }, async () => {
        const proxy = await startFaultProxy(server.port) // for this room alone
        const { visitor, room, history } = await visitorWithRoom(server)
        const socket = await connected(`${proxy.url}/chat`, { ...options, extraHeaders: { cookie: visitor.cookie }, auth: { room } })
        await join(socket, room)
        const texts = []
        /** Cuts the connection for ms. Returns whether the client was back within the leave grace. */
        const interrupt = async (ms) => {
          texts.push(`before ${texts.length}`)
          assert.equal((await socket.emitWithAck('chat', texts.at(-1))).ok, true)
          const before = await history()
          const lost = nextEvent(socket, 'disconnect')
          const back = nextEvent(socket, 'connect', { retry: true })
          const startedAt = performance.now()
          const cut = proxy.cut(ms)
          await lost
          await cut
          await back
          assert.ok(performance.now() - startedAt >= ms, `reconnect: got it during the cut of ${ms} ms`)
          await join(socket, room)
          const away = performance.now() - startedAt // an upper bound: the server notices the loss later, and the join before its answer
          const after = await history()
          assert.deepEqual(after.slice(0, before.length), before, 'the history from before the cut')
          const notices = after.slice(before.length).map(({ topic }) => topic)
          // The exit of the last member of a room causes no notice, but the return does.
          const allowed = away < leaveGrace ? [''] : ['', 'entered']
          assert.ok(allowed.includes(notices.join()), `notices after ${away} ms: got ${notices}, want one of ${allowed}`)
          counts.notices += notices.length
          return away < leaveGrace
        }
        for (let n = 0; n < cutsPerRoom; n++) {
          while (!await interrupt(500)); // on a busy machine the reconnect may take longer
          counts.short++
          await interrupt(sized(3000, 10_000))
          counts.long++
        }
        const all = await history()
        assert.deepEqual(all.map(({ seq }) => seq), all.map((_, n) => n + 1))
        assert.deepEqual(all.filter(({ kind }) => kind === 'text').map(({ chat }) => chat), texts)
        socket.disconnect()
        proxy.close()
      }))
      t.diagnostic(`${counts.long} long cuts and ${counts.short} short ones in ${roomsAtOnce} rooms, ${counts.notices} notices`)
      assert.ok(counts.long >= sized(3, 34)) // for three transport modes, a hundred in all
      await server.stop()
    })
  }

  test('restart: keeps a room that is empty', async () => {
    const server = await startServer({ EMPTY_ROOM_GRACE: '1s' })
    const { visitor, room, history } = await visitorWithRoom(server)
    const socket = await connected(`${server.url}/chat`, { extraHeaders: { cookie: visitor.cookie } })
    await join(socket, room)
    assert.equal((await socket.emitWithAck('chat', 'still here')).ok, true)
    const before = await history()
    socket.disconnect()
    await server.restart()
    await pause(3500) // longer than the leave grace and EMPTY_ROOM_GRACE
    assert.deepEqual(await history(), before)
    await server.stop()
  })

  test('clock changes: neither reorder nor expire messages', async () => {
    const server = await startServer({ EMPTY_ROOM_GRACE: '1s' })
    const { visitor, room, history } = await visitorWithRoom(server)
    const socket = await connected(`${server.url}/chat`, { extraHeaders: { cookie: visitor.cookie } })
    await join(socket, room)
    const sent = []
    for (const by of ['1h', '-1h', '2h', '-2000h']) {
      for (let n = 0; n < 3; n++) {
        sent.push(`${by} ${n}`)
        assert.equal((await socket.timeout(eventTimeout).emitWithAck('chat', sent.at(-1))).ok, true)
      }
      shiftNewestMessage(server, room, by)
    }
    sent.push('the last')
    assert.equal((await socket.timeout(eventTimeout).emitWithAck('chat', sent.at(-1))).ok, true)
    const ordered = async () => {
      const messages = await history()
      assert.deepEqual(messages.map(({ seq }) => seq), messages.map((_, n) => 1 + n))
      const times = messages.map(({ createdAt }) => Date.parse(createdAt))
      assert.ok(times.some((at, n) => n > 0 && times[n - 1] - at > 3_000_000), 'the stored times are out of order, as intended')
      assert.deepEqual(messages.filter(({ kind }) => kind === 'text').map(({ chat }) => chat), sent)
    }
    await ordered()
    const answer = await socket.emitWithAck('sync', { room, after: 0 })
    assert.deepEqual(answer.messages, await history())
    socket.disconnect()
    await server.restart() // a server that used the times would do so at its start
    await pause(3000) // longer than the leave grace and EMPTY_ROOM_GRACE
    await ordered()
    await server.stop()
  })

  test('aborted requests: never return messages of another room', async (t) => {
    const server = await startServer({ EMPTY_ROOM_GRACE: 'never' }, { path: binary({ race: false }) })
    const rooms = []
    for (let i = 0; i < 8; i++) {
      const { visitor, room } = await visitorWithRoom(server)
      const socket = await connected(`${server.url}/chat`, { transports: ['websocket'], extraHeaders: { cookie: visitor.cookie } })
      await join(socket, room)
      for (let n = 0; n < 20; n++) assert.equal((await socket.emitWithAck('chat', `${room} ${n} ${'x'.repeat(1000)}`)).ok, true)
      socket.disconnect()
      rooms.push({ visitor, room })
    }
    const end = performance.now() + sized(4000, 60_000)
    let complete = 0, aborted = 0
    await Promise.all(Array.from({ length: 64 }, async (_, i) => {
      const { visitor, room } = rooms[i % rooms.length]
      while (performance.now() < end || complete <= 20 || aborted <= 20) {
        const controller = new AbortController()
        const asked = visitor.request('GET', `/room/${room}/messages?limit=100`, { signal: controller.signal })
          .then(async (answer) => ({ status: answer.status, body: await answer.text() }))
        // The abort mostly hits a running request.
        const aborting = pause(Math.random() ** 3 * 1500).then(() => controller.abort())
        try {
          const { status, body } = await asked
          assert.equal(status, 200, body)
          const { messages } = JSON.parse(body)
          const foreign = messages.find((message) => message.room !== room || (message.kind === 'text' && !message.chat.startsWith(room)))
          assert.equal(foreign, undefined)
          assert.equal(messages.filter(({ kind }) => kind === 'text').length, 20)
          complete++
        } catch (error) {
          if (error.name !== 'AbortError') throw error
          aborted++
        }
        await aborting
      }
    }))
    t.diagnostic(`${complete} answers, ${aborted} aborted`)
    const failures = server.logs.split('\n').filter((line) => /status=500|level=ERROR|panic/.test(line))
    assert.deepEqual(failures, [])
    for (const { visitor, room } of rooms) assert.equal((await visitor.get(`/room/${room}/messages`)).status, 200)
    await server.stop()
  })
})
