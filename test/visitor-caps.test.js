// Caps on what one visitor can have: requests beyond a cap are refused with a reason, cost little
// memory and do not affect others. Row O5 of docs/promises.md. The rate limits of row O6 are off,
// because they would hide the caps.
import { after, test, before } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from './lib/server.js'
import { startCanary } from './lib/canary.js'
import { connected, until, withTimeout } from './lib/clients.js'
import { MiB, measurable, peak, resetPeak } from './lib/process.js'
import { RawSocket } from './lib/raw-socket.js'
import { percentile, eventTimeout, promised, sized } from './lib/sizes.js'
import { ChatSocket, closeAgents, postForm } from './lib/addresses.js'
import { Visitor, owner } from './lib/visitor.js'

after(closeAgents)

const many = sized(5000, 100_000)
const maxRooms = 16 // rooms that one socket can join
let server
before(async () => {
  const off = ['VISITOR', 'ADDRESS', 'ROOM', 'CREATE_VISITOR', 'CREATE_ADDRESS', 'SESSION_ADDRESS'].map((name) => [`RATE_${name}`, 'off'])
  server = await startServer({ ...Object.fromEntries(off), EMPTY_ROOM_GRACE: 'never' }, { path: binary({ race: false }) })
})

const hex = (i) => i.toString(16).padStart(24, '0')
const color = (i) => `#${i.toString(16).padStart(6, '0')}`

// `frame` returns the packet that is sent n times, `answers` the expected number of each answer.
// With `cut` the server ends the connection after these answers.
const kinds = {
  namespaces: { // at most 300 CONNECT packets a minute, of which the first was for /chat
    frame: (i) => `40/n${i},`, answers: () => ({ 'Invalid namespace': 299 }), cut: true,
  },
  'missing rooms': { frame: (i) => `42/chat,${i}["join","${hex(i)}"]`, answers: (n) => ({ not_found: n }) },
  'joins beyond 16 rooms': {
    async prepare(raw, a) {
      const rooms = []
      for (let i = 1; i <= maxRooms; i++) rooms.push(await a.createRoom())
      rooms.slice(0, -1).forEach((room, i) => raw.send(`42/chat,${i + 1}["join","${room}"]`))
      await raw.until((text) => text.startsWith?.(`43/chat,${maxRooms - 1}[{"ok":true`))
      return rooms.at(-1)
    },
    frame: (i, room) => `42/chat,${i}["join","${room}"]`, answers: (n) => ({ 'invalid room': n }),
  },
  'unknown events': { frame: (i) => `42/chat,${i}["event-${i}",1]`, answers: () => ({}) }, // events without a listener are ignored
  'acknowledged events': { frame: (i) => `42/chat,${i}["sync",{"after":${i}}]`, answers: (n) => ({ ok: n }) },
  // The server emits no events with an acknowledgement, so no acknowledgement is pending.
  'unexpected acknowledgements': { frame: (i) => `43/chat,${i}[1]`, answers: () => ({}) },
  'whispers to missing persons': {
    prepare: async (raw, a) => (await a.chat.timeout(eventTimeout).emitWithAck('join', a.room)).user,
    frame: (i, own) => `42/chat,${i}["whisper",{"to":"${color(i) === own ? '#ffffff' : color(i)}","chat":"x"}]`, answers: (n) => ({ no_person: n }),
  },
  tokens: { frame: (i) => `42/chat,${i}["token",{"nick":"n${i}"}]`, answers: (n) => ({ ok: 20, 'invalid token': n - 20 }) },
  // The last name is stored. Each name is a commit of its own, which takes time.
  names: { frame: (i) => `42/chat,${i}["nick","n${i}"]`, answers: (n) => ({ ok: n }), n: sized(1000, many), kept: true },
}
for (const [name, { prepare, frame, answers, cut, kept, n = many }] of Object.entries(kinds)) {
  test(`${n} ${name}: are answered within 32 MiB and do not affect others`, { skip: !measurable && 'memory is measured on Linux only' }, async (t) => {
    const canary = await startCanary(server)
    const a = await owner(server)
    const raw = await RawSocket.open(server, { cookie: a.cookie })
    await raw.connect('/chat')
    raw.send(`42/chat,0["join","${a.room}"]`)
    await raw.until((text) => text.startsWith?.('43/chat,0['))
    const prepared = await prepare?.(raw, a)
    resetPeak(server.pid)
    const before = peak(server.pid)

    const counted = {}
    let got = 0, refused
    raw.ws.on('message', (data) => {
      raw.frames.length = 0
      const text = data.toString(), answer = outcome(text)
      if (text === '2') raw.send('3') // without a pong the server ends the connection after 45 s
      if (!answer) return
      got++
      refused = answer !== 'ok'
      counted[answer] = (counted[answer] ?? 0) + 1
    })
    const expected = answers(n), all = Object.values(expected).reduce((sum, times) => sum + times, 0)
    const durations = []
    let i = 1
    for (; i <= (cut ? all : Math.min(all, 120)); i++) { // one after another, to measure the time
      const asked = performance.now()
      const answered = new Promise((resolve) => raw.ws.once('message', function check(data) {
        return outcome(data.toString()) ? resolve() : raw.ws.once('message', check)
      }))
      raw.send(frame(i, prepared))
      await withTimeout(eventTimeout, answered, `answer ${i}`)
      if (refused) durations.push(performance.now() - asked)
    }
    let sender = raw
    if (cut) { // the next packet ends the connection; another connection sends the rest at once
      raw.send(frame(i, prepared))
      await raw.untilClosed()
      sender = await RawSocket.open(server, { cookie: a.cookie })
    }
    for (; i <= n && !sender.closed; i++) { // the rest at once, far more than the 64 events that may wait for a handler
      sender.send(frame(i, prepared))
      if (sender.ws.bufferedAmount > 1 << 20) await until(() => sender.ws.bufferedAmount < 1 << 18 || sender.closed, 'the packets read', 60_000)
      // Clients that do not read are tested by row S1.
      if (all > 0 && !cut && i - got > 1000) await until(() => i - got < 500 || sender.closed, 'answers', 60_000)
    }
    if (cut) {
      await sender.untilClosed()
    } else { // the connection still works
      await until(() => got >= all || raw.closed, 'an answer to every packet', sized(60_000, 600_000))
      assert.equal(raw.closed, false, `connection ended after ${got} answers`)
      raw.send(`42/chat,999999999["chat",{"room":"${a.room}","chat":"still here"}]`)
      await raw.until((text) => text.startsWith?.('43/chat,999999999[{"ok":true'), 60_000)
    }
    assert.deepEqual(counted, expected)
    const grown = (peak(server.pid) - before) / MiB
    await canary.stop()
    t.diagnostic(`+${grown.toFixed(1)} MiB${durations.length > 0 ? `; refused in ${percentile(durations, 0.5)} ms (p50), ${percentile(durations, 0.95)} ms (p95)` : ''}`)
    assert.ok(grown <= 32, `memory: got ${grown} MiB more, want at most 32`)
    if (durations.length > 0) assert.ok(percentile(durations, 0.95) <= promised(20), `95th percentile of the refusals: got ${percentile(durations, 0.95)} ms, want at most ${promised(20)}`)
    // Another socket of the same visitor is not affected.
    const { ok, members } = await a.chat.timeout(eventTimeout).emitWithAck('join', a.room)
    assert.equal(ok, true)
    if (kept) assert.deepEqual(members.map(({ nick }) => nick), [`n${n}`])
    raw.ws.terminate()
    a.chat.disconnect()
  })
}

/** Returns the outcome in a packet: ok, the reason of a refusal with its field, or undefined if it is no answer. */
function outcome(text) {
  const [, at, body] = text.match(/^4[34]\/[^,]*,(\d*)\[?(\{.*\})\]?$/s) ?? []
  if (!body || at === '999999999') return undefined
  const { ok, reason, field, message } = JSON.parse(body)
  return ok ? 'ok' : [reason ?? message, field].filter(Boolean).join(' ')
}

test('socket: can join sixteen rooms, and another after leaving one', async () => {
  const host = new Visitor(server), guest = new Visitor(server)
  await host.get('/')
  await guest.get('/')
  const rooms = []
  for (let i = 0; i <= maxRooms; i++) rooms.push(await host.createRoom())
  const [first, last] = [rooms[0], rooms.at(-1)]
  const socket = await connected(`${server.url}/chat`, { extraHeaders: { cookie: guest.cookie } })
  const emitWithAck = (event, ...args) => socket.timeout(eventTimeout).emitWithAck(event, ...args)
  const received = []
  socket.on('chat', ({ room, chat }) => received.push([room, chat]))
  for (const room of rooms.slice(0, maxRooms)) assert.equal((await emitWithAck('join', room)).ok, true)
  assert.equal((await emitWithAck('join', first)).ok, true, 'a room that the socket has joined before')

  const refused = await emitWithAck('join', last)
  assert.deepEqual([refused.ok, refused.reason, refused.field], [false, 'invalid', 'room'])
  const other = await connected(`${server.url}/chat`, { extraHeaders: { cookie: guest.cookie } })
  assert.equal((await other.timeout(eventTimeout).emitWithAck('join', last)).ok, true, 'join by another socket')
  for (const room of rooms) assert.equal((await host.postMessage(room, '하나')).status, 200)
  await until(() => received.length >= maxRooms, 'a message of each joined room')
  assert.deepEqual(received.map(([room]) => room), rooms.slice(0, maxRooms), 'rooms of the received messages')

  assert.equal((await emitWithAck('leave', first)).ok, true)
  assert.equal((await emitWithAck('join', last)).ok, true)
  assert.equal((await emitWithAck('join', first)).field, 'room', 'field of the refusal')
  received.length = 0
  for (const room of rooms) assert.equal((await host.postMessage(room, '둘')).status, 200)
  await until(() => received.length >= maxRooms, 'a message of each room joined now')
  assert.deepEqual(received, rooms.slice(1).map((room) => [room, '둘']))
  socket.disconnect()
  other.disconnect()
})

test('visitor: can own fifty rooms', async (t) => {
  const canary = await startCanary(server)
  const visitor = new Visitor(server)
  await visitor.get('/')
  const rooms = []
  for (let i = 0; i < 50; i++) rooms.push(await visitor.createRoom({ max: 2 }))
  if (measurable) resetPeak(server.pid)
  const before = measurable ? peak(server.pid) : 0
  const { cookie } = visitor, durations = []
  const refused = async () => {
    const answer = await postForm(server, '/room', { title: '방', max: '2' }, { headers: { cookie } })
    assert.deepEqual([answer.status, answer.headers['x-reason']], [409, 'too_many_rooms'])
    return answer.duration
  }
  for (let i = 0; i < 100; i++) durations.push(await refused()) // one after another, to measure the time
  let left = sized(1000, many)
  await Promise.all(Array.from({ length: 8 }, async () => { while (left-- > 0) await refused() }))
  const grown = measurable ? (peak(server.pid) - before) / MiB : 0
  await canary.stop()
  t.diagnostic(`refused in ${percentile(durations, 0.5)} ms (half), ${percentile(durations, 0.95)} ms (95 of 100); +${grown.toFixed(1)} MiB`)
  assert.ok(percentile(durations, 0.95) <= promised(20), `95th percentile of the refusals: got ${percentile(durations, 0.95)} ms, want at most ${promised(20)}`)
  assert.ok(grown <= 32, `memory: got ${grown} MiB more, want at most 32`)
  assert.equal((await visitor.request('DELETE', `/room/${rooms[0]}`)).status, 200)
  await visitor.createRoom()
})

test('arguments of a megabyte: are refused and not echoed', async (t) => {
  const a = new Visitor(server)
  await a.get('/')
  if (measurable) resetPeak(server.pid)
  const before = measurable ? peak(server.pid) : 0
  assert.equal((await a.form('/room', { title: 'x'.repeat(1 << 20), max: '5' })).status, 413)
  assert.equal((await a.form('/room', { title: 'x'.repeat(61), max: '5' })).status, 400)
  const room = await a.createRoom()
  const socket = await ChatSocket.open(server, { cookie: a.cookie })
  assert.equal((await socket.emitWithAck('join', room)).ok, true)
  const long = 'x'.repeat(900_000), durations = []
  for (const [event, argument] of Object.entries({
    chat: { chat: long }, edit: { seq: 1, chat: long }, nick: { nick: long }, settings: { title: long }, token: { nick: long },
    kick: { person: long }, join: { room: long }, whisper: { to: '#000000', chat: long },
  })) {
    for (let i = 0; i < sized(1, 13); i++) {
      const send = socket.prepare(event, argument)
      const startedAt = performance.now()
      const { ok, reason, field, ...rest } = await withTimeout(eventTimeout, send(), event)
      durations.push(performance.now() - startedAt)
      assert.deepEqual([ok, reason, field], [false, 'invalid', 'argument'], event)
      assert.ok(JSON.stringify(rest).length < 1000, `${event}: got ${JSON.stringify(rest).length} bytes in the answer, want less than 1,000`)
    }
  }
  t.diagnostic(`refused in ${percentile(durations, 0.5)} ms (half)`)
  assert.ok(percentile(durations, 0.5) <= promised(20), `median of the refusals: got ${percentile(durations, 0.5)} ms, want at most ${promised(20)}`)
  if (measurable) assert.ok((peak(server.pid) - before) / MiB <= 32, `memory: got ${(peak(server.pid) - before) / MiB} MiB more, want at most 32`)
  socket.close()
})
