// A kick, ban or removal of the room takes effect at once, also during recovery; and a room
// never holds more members than its capacity. Row A8 of docs/promises.md.
import { test, before } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { collect, connected, cut, nextEvent, pause, resume, untilAvailable, withTimeout } from './lib/clients.js'
import { member, owner } from './lib/visitor.js'
import { eventTimeout, promised } from './lib/sizes.js'

let server
before(async () => { server = await startServer({ RATE_ADDRESS: 'off' }) }) // 50 senders share one address

const colorOf = async (socket, room) => (await socket.timeout(eventTimeout).emitWithAck('join', room)).user

/** Sends messages until the server refuses one or ends the connection, and returns the reason. */
async function sendUntilRefused(socket, room) {
  for (let n = 0; ; n++) {
    if (!socket.connected) return 'disconnected'
    const answer = await socket.timeout(eventTimeout).emitWithAck('chat', { room, chat: `${n}` }).catch(() => null)
    if (!answer || !socket.connected) return 'disconnected'
    if (!answer.ok && answer.reason !== 'rate_limited') return answer.reason
    await pause(answer.retryAfter ?? 20)
  }
}

for (const [verb, reason] of [['kick', 'kicked'], ['ban', 'banned']]) {
  test(`${verb}: ends the connection of a sending member within a second, and no later message is stored`, async () => {
    const a = await owner(server)
    const b = await member(server, a.room)
    const person = await colorOf(b.chat, a.room)
    const firstMessage = nextEvent(a.chat, 'chat')
    const sending = sendUntilRefused(b.chat, a.room)
    await firstMessage
    const [kicked, ended] = [nextEvent(b.chat, 'kicked'), nextEvent(b.chat, 'disconnect')]
    const startedAt = performance.now()
    assert.deepEqual(await a.chat.timeout(eventTimeout).emitWithAck(verb, { room: a.room, person }), { ok: true })
    assert.deepEqual((await kicked)[0], { room: a.room, reason })
    assert.equal((await ended)[0], 'io server disconnect', 'disconnect reason, with which the stock client does not reconnect')
    const duration = performance.now() - startedAt
    assert.ok(duration < promised(1000), `disconnect: got ${duration} ms, want less than ${promised(1000)}`)
    await sending

    const { messages } = await (await a.get(`/room/${a.room}/messages?limit=100`)).json()
    const at = messages.findIndex(({ topic }) => topic === reason)
    assert.ok(at > 0, `notice ${reason}: got index ${at}, want it after the first message`)
    assert.deepEqual(messages.slice(at + 1).filter(({ user }) => user === person), [])
    assert.equal((await b.get(`/room/${a.room}/messages`)).status, 403)
    assert.equal((await b.postMessage(a.room, 'still here?')).status, 403)
    b.chat.connect()
    await nextEvent(b.chat, 'connect')
    const again = await b.chat.timeout(eventTimeout).emitWithAck('join', a.room)
    assert.equal(again.ok, verb === 'kick', again.reason) // a kick lets the member return to a public room
    a.chat.disconnect()
    b.chat.disconnect()
  })
}

test('ban during an absence: keeps the member out of the room after recovery', async () => {
  const a = await owner(server)
  const b = await member(server, a.room)
  const person = await colorOf(b.chat, a.room)
  const first = nextEvent(b.chat, 'chat') // an offset for recovery
  await a.postMessage(a.room, 'before')
  await first
  const messages = collect(b.chat, 'chat'), notices = collect(b.chat, 'notice')
  await cut(b.chat)
  assert.equal((await a.chat.timeout(eventTimeout).emitWithAck('ban', { room: a.room, person })).ok, true)
  assert.equal((await a.postMessage(a.room, 'secret')).status, 200)
  b.chat.off('connect') // the listener would join
  await resume(b.chat)
  assert.equal((await a.postMessage(a.room, 'secret too')).status, 200)
  const answer = await b.chat.timeout(eventTimeout).emitWithAck('sync', { room: a.room, after: 0 })
  assert.equal(answer.reason, 'banned')
  assert.deepEqual([messages, notices], [[], []], 'messages and notices received after the ban')
  a.chat.disconnect()
  b.chat.disconnect()
})

test('removal of a room: disconnects fifty sending members within a second', async (t) => {
  const a = await owner(server, { max: 60 })
  const sockets = await Promise.all(Array.from({ length: 50 }, () => connected(`${server.url}/chat`, { transports: ['websocket'] })))
  for (const socket of sockets) assert.equal((await socket.timeout(eventTimeout).emitWithAck('join', a.room)).ok, true)
  const firstMessages = sockets.map((socket) => nextEvent(socket, 'chat'))
  const sending = sockets.map((socket) => sendUntilRefused(socket, a.room))
  await Promise.all(firstMessages)
  const removals = sockets.map((socket) => collect(socket, 'removeRoom'))
  const late = sockets.map((socket) => {
    const list = []
    for (const event of ['chat', 'notice', 'join', 'exit']) socket.on(event, () => { if (socket.removed) list.push(event) })
    socket.on('removeRoom', () => { socket.removed = true })
    return list
  })
  const ends = sockets.map((socket) => nextEvent(socket, 'disconnect'))
  const startedAt = performance.now() // of the request, not of its answer
  const answer = a.request('DELETE', `/room/${a.room}`)
  const reasons = await withTimeout(eventTimeout, Promise.all(ends), 'a disconnect at every member')
  const duration = Math.round(performance.now() - startedAt)
  t.diagnostic(`fifty members were disconnected ${duration} ms after the request`)
  assert.ok(duration < promised(1000), `disconnects: got ${duration} ms, want less than ${promised(1000)}`)
  assert.equal((await answer).status, 200)
  assert.deepEqual(new Set(reasons.map(([reason]) => reason)), new Set(['io server disconnect']))
  assert.ok(removals.every((events) => events.length === 1 && events[0][0] === a.room), `removeRoom: got ${JSON.stringify(removals)}, want one at each member`)
  for (const outcome of await Promise.all(sending)) assert.ok(['disconnected', 'not_found'].includes(outcome), outcome)
  assert.deepEqual(late.flat(), [], 'events after removeRoom')
  sockets[0].connect()
  await nextEvent(sockets[0], 'connect')
  assert.equal((await sockets[0].timeout(eventTimeout).emitWithAck('join', a.room)).reason, 'not_found')
  for (const socket of sockets) socket.disconnect()
})

test('capacity: admits 49 of 200 simultaneous joins to a room for fifty', async () => {
  const a = await owner(server, { max: 50 })
  const sockets = await Promise.all(Array.from({ length: 200 }, () => connected(`${server.url}/chat`, { transports: ['websocket'] })))
  const join = (socket) => untilAvailable(() => socket.timeout(eventTimeout).emitWithAck('join', a.room)) // the page repeats it, too
  const answers = await Promise.all(sockets.map(join))
  const inside = answers.filter(({ ok }) => ok)
  assert.deepEqual(new Set(answers.filter(({ ok }) => !ok).map(({ reason }) => reason)), new Set(['full']))
  assert.equal(inside.length, 49) // besides the owner
  assert.equal(new Set(inside.map(({ user }) => user)).size, 49, 'distinct colours')
  const { members } = await a.chat.timeout(eventTimeout).emitWithAck('join', a.room)
  assert.equal(members.length, 50)
  for (const socket of sockets) socket.disconnect()
  a.chat.disconnect()
})
