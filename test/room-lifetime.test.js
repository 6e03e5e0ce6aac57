// Rooms and connections over reloads and restarts, and the removal of empty rooms.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { collect, nextEvent, pause, until, transportModes } from './lib/clients.js'
import { Visitor, member, owner } from './lib/visitor.js'
import { longTest, promised } from './lib/sizes.js'

for (const signal of ['SIGTERM', 'SIGKILL']) {
  for (const [mode, options] of Object.entries(transportModes)) {
    test(`clients: reconnect after ${signal}, and no message is lost (${mode})`, async () => {
      const server = await startServer()
      const a = await owner(server, { title: '남는 방' }, options)
      const b = await member(server, a.room, options)
      const texts = ['하나', '둘', '셋']
      for (const text of texts) assert.equal((await a.postMessage(a.room, text)).status, 200)

      const back = [a, b].map(({ chat }) => nextEvent(chat, 'connect', { retry: true }))
      await server.restart(signal)
      await Promise.all(back)

      const html = await b.enter(a.room)
      let from = 0
      for (const text of texts) {
        const at = html.indexOf(text, from)
        assert.ok(at >= 0, `history: got no ${text} after the one before`)
        from = at
      }
      const heardA = collect(a.chat, 'chat')
      const heardB = collect(b.chat, 'chat')
      await until(async () => { // the textbook's page rejoins by itself after a moment
        if (heardA.length > 0 && heardB.length > 0) return true
        assert.equal((await b.postMessage(a.room, '다시')).status, 200)
        await pause(200)
      }, 'new messages at both clients')
      a.chat.disconnect()
      b.chat.disconnect()
      await server.stop()
    })
  }
}

test('room: survives reloads of its only member', async () => {
  const server = await startServer({ EMPTY_ROOM_GRACE: '2s' })
  const watcher = new Visitor(server).socket('/room')
  await nextEvent(watcher, 'connect')
  const removed = collect(watcher, 'removeRoom')
  const a = await owner(server)
  await a.postMessage(a.room, '아직 여기')
  for (let reload = 0; reload < 3; reload++) {
    a.chat.disconnect()
    await pause(300)
    assert.match(await a.enter(a.room), /아직 여기/)
    a.chat = await a.join(a.room)
  }
  await pause(2500)
  assert.deepEqual(removed, [])
  assert.match(await a.enter(a.room), /아직 여기/)
  await server.stop()
})

test('empty room: is removed after the grace period and announced in the lobby', async () => {
  const server = await startServer({ EMPTY_ROOM_GRACE: '500ms' })
  const watcher = new Visitor(server).socket('/room')
  await nextEvent(watcher, 'connect')
  const a = await owner(server)
  await a.postMessage(a.room, '곧 사라질 말')
  const gone = nextEvent(watcher, 'removeRoom', { where: (id) => id === a.room })
  const left = performance.now()
  a.chat.disconnect()
  await gone
  assert.ok(performance.now() - left >= 450, 'the room was removed before the end of EMPTY_ROOM_GRACE')
  const answer = await a.open(a.room)
  assert.match(decodeURIComponent(answer.headers.get('location')), /존재하지 않는 방입니다/)
  await server.stop()
})

test('EMPTY_ROOM_GRACE=never: keeps an empty room over a restart', async () => {
  const server = await startServer({ EMPTY_ROOM_GRACE: 'never' })
  const a = await owner(server)
  a.chat.disconnect()
  await pause(3000) // longer than the leave grace of 2 s
  await server.restart()
  await a.enter(a.room)
  await server.stop()
})

test('second tab: causes no join and no exit notice', async () => {
  const server = await startServer()
  const a = await owner(server)
  const joins = collect(a.chat, 'join')
  const exits = collect(a.chat, 'exit')
  const b = await member(server, a.room)
  await until(() => joins.length === 1, 'the join of the other member')
  const second = await b.join(a.room)
  await pause(300)
  assert.equal(joins.length, 1, 'join notices after a second tab')
  second.disconnect()
  await pause(2500) // longer than the leave grace of 2 s
  assert.deepEqual(exits, [], 'exit notices after closing one of two tabs')
  await server.stop()
})

test('SIGTERM: ends a busy server within seconds', async () => {
  const server = await startServer({ NOTICE_INTERVAL: '100ms' })
  const sockets = []
  for (const options of Object.values(transportModes)) sockets.push((await owner(server, {}, { ...options, reconnection: false })).chat)
  const start = performance.now()
  await server.stop('SIGTERM')
  const duration = performance.now() - start
  assert.ok(duration < promised(5000), `stop: got ${duration} ms, want less than ${promised(5000)}`)
  await until(() => sockets.every((socket) => !socket.connected), 'every client disconnected')
})

longTest('connections: stay open for eight seconds and still work', async () => {
  const server = await startServer({ PING_INTERVAL: '2s', NOTICE_INTERVAL: '3s' })
  const people = []
  for (const options of Object.values(transportModes)) people.push(await owner(server, {}, options))
  const cuts = people.map(({ chat }) => collect(chat, 'disconnect'))
  await pause(8000)
  assert.deepEqual(cuts, [[], [], []])
  for (const visitor of people) {
    const own = nextEvent(visitor.chat, 'chat')
    assert.equal((await visitor.postMessage(visitor.room, '아직 있어요')).status, 200)
    await own
  }
  await server.stop()
})
