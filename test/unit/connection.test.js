import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { RoomConnection } from '../../public/js/room/connection.js'
import { RoomState } from '../../public/js/room/room-state.js'
import { Sequence } from '../../public/js/room/sequence.js'

const me = '#111111'
const tick = async () => { for (let i = 0; i < 5; i++) await new Promise(setImmediate) }
const welcome = { ok: true, user: me, seq: 3, state: { title: '방', owner: me }, members: [{ color: me }], whispers: 2, messages: [{ seq: 3 }] }

/** A connection whose socket answers requests by answer(event, data); log lists what happens. */
function start(answer, { isReload = false } = {}) {
  const log = []
  const socket = Object.assign(new EventEmitter(), {
    connected: false, active: true, asked: [],
    timeout: () => ({
      emitWithAck: async (event, data) => {
        socket.asked.push({ event, ...data })
        const result = answer(event, data)
        if (!result) throw new Error('operation has timed out')
        return result
      },
    }),
    off: () => socket.removeAllListeners(),
    connect: () => log.push('connect'),
    disconnect: () => { socket.connected = false; log.push('disconnect') },
  })
  const connection = new RoomConnection('room1', me, {
    isReload, reload: () => log.push('reload'), reopen: () => log.push('reopen'), showEnded: (reason) => log.push(`ended ${reason}`),
  })
  const shown = []
  const parts = {
    state: new RoomState(me, { title: '' }),
    sequence: new Sequence(2, (list) => shown.push(...list), (after) => connection.request('sync', { after })),
    whispers: { receive: ({ n }) => log.push(`whisper ${n}`), catchUp: (newest) => log.push(`whispers ${newest}`), stop: () => log.push('stop whispers') },
    outbox: { use: (used) => { parts.used = used }, resume: () => log.push('resume'), stop: () => log.push('stop outbox') },
  }
  connection.start(socket, parts)
  const open = () => { socket.connected = true; socket.emit('connect'); return tick() }
  const cut = () => { socket.connected = false; socket.emit('disconnect', 'transport close') }
  const events = () => socket.asked.map(({ event }) => event)
  return { connection, socket, log, shown, parts, open, cut, events }
}

describe('the connection to a room', () => {
  test('joins after the newest number of the page, and passes events to the parts of the page', async () => {
    const { socket, log, shown, parts, open } = start(() => welcome)
    await open()
    assert.deepEqual(socket.asked, [{ event: 'join', room: 'room1', after: 2 }])
    assert.deepEqual(shown, [{ seq: 3 }])
    assert.deepEqual(log, ['resume', 'whispers 2'])
    assert.deepEqual([parts.state.room.title, parts.state.people.length], ['방', 1])
    socket.emit('join', { seq: 4, user: 'system' })
    socket.emit('exit', { seq: 5 })
    socket.emit('chat', { seq: 6, chat: '안녕' })
    assert.deepEqual(shown.slice(1).map(({ seq, topic }) => [seq, topic]), [[4, 'entered'], [5, 'left'], [6, undefined]])
    assert.equal(parts.sequence.seq, 6)
    socket.emit('whisper', { n: 3 })
    socket.emit('participants', { members: [{ color: me }, { color: '#2' }] })
    socket.emit('room', { title: '새 방' })
    assert.deepEqual([log.at(-1), parts.state.people.length, parts.state.room.title], ['whisper 3', 2, '새 방'])
    assert.equal(parts.used, socket)
  })

  test('live messages do not advance the sequence until the new connection has joined', async () => {
    const { socket, parts, open, cut } = start((event) => event === 'join' ? welcome : new Promise(() => {}))
    await open()
    cut()
    socket.emit('chat', { seq: 4 }) // the server sends recovered events before it connects the socket
    assert.equal(parts.sequence.seq, 3)
    await open()
    socket.emit('chat', { seq: 4 })
    assert.equal(parts.sequence.seq, 3)
  })

  test('a room without new messages is joined', async () => {
    const { log, open } = start(() => ({ ...welcome, seq: 2, messages: [] }))
    await open()
    assert.deepEqual(log, ['resume', 'whispers 2'])
  })

  test('requests have no answer without a socket', async () => {
    const connection = new RoomConnection('room1', me, {})
    assert.equal(await connection.request('nick', { nick: 'x' }), null)
  })

  test('the missed messages that a join leaves out are requested', async () => {
    const { events, parts, open } = start((event) => event === 'join'
      ? { ...welcome, seq: 5, more: true } : { ok: true, messages: [{ seq: 4 }, { seq: 5 }], more: false })
    await open()
    assert.deepEqual(events(), ['join', 'sync'])
    assert.equal(parts.sequence.seq, 5)
  })

  test('after an interruption the missed messages are requested before the join', async () => {
    const { events, open, cut } = start((event) => event === 'join' ? welcome : { ok: true, messages: [], more: false })
    await open()
    cut()
    await open()
    assert.deepEqual(events(), ['join', 'sync', 'join'])
  })

  test('a visitor who was kicked during an interruption does not join again', async () => {
    let joined = false
    const { events, log, open, cut } = start((event) => {
      if (event === 'sync') return { ok: false, reason: 'forbidden' }
      joined = true
      return welcome
    })
    await open()
    cut()
    await open()
    assert.ok(joined)
    assert.deepEqual(events(), ['join', 'sync'])
    assert.deepEqual(log.slice(-4), ['stop outbox', 'stop whispers', 'disconnect', 'ended ended'])
  })

  for (const [reason, want] of [
    ['not_found', 'ended removed'], ['banned', 'ended banned'], ['forbidden', 'ended ended'],
    ['full', 'reopen'], ['closed', 'reopen'], ['wrong_password', 'reopen'],
  ]) {
    test(`a join that is refused as ${reason}: ${want}`, async () => {
      const { log, open } = start(() => ({ ok: false, reason }))
      await open()
      assert.equal(log.at(-1), want)
    })
  }

  for (const refusal of [{ ok: false, reason: 'rate_limited', retryAfter: 100 }, { ok: false, reason: 'internal' }, null]) {
    test(`a join with the answer ${refusal?.reason ?? 'null'} is tried again`, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] })
      const answers = [refusal, welcome]
      const { events, log, open } = start(() => answers.shift())
      await open()
      assert.deepEqual({ events: events(), log }, { events: ['join'], log: [] })
      t.mock.timers.tick(refusal?.retryAfter ?? 1_500)
      await tick()
      assert.deepEqual({ events: events(), log }, { events: ['join', 'join'], log: ['resume', 'whispers 2'] })
    })
  }

  test('a lost connection cancels the next attempt to join', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { events, open, cut } = start(() => ({ ok: false, reason: 'internal' }))
    await open()
    cut()
    t.mock.timers.tick(10_000)
    await tick()
    assert.deepEqual(events(), ['join'])
  })

  test('only one attempt to join is scheduled, and none after the end', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { socket, events, open } = start(() => ({ ok: false, reason: 'internal' }))
    await open()
    socket.emit('connect')
    await tick()
    assert.equal(events().length, 2)
    t.mock.timers.tick(1_500)
    await tick()
    assert.equal(events().length, 3)
    socket.emit('kicked', { reason: 'kicked' })
    socket.connected = true
    t.mock.timers.tick(10_000)
    await tick()
    assert.equal(events().length, 3)
  })

  test('a refusal that comes after the end shows nothing', async () => {
    let refuse
    const { socket, log, open } = start(() => new Promise((resolve) => { refuse = resolve }))
    await open()
    socket.emit('kicked', { reason: 'kicked' })
    refuse({ ok: false, reason: 'forbidden' })
    await tick()
    assert.deepEqual(log, ['stop outbox', 'stop whispers', 'disconnect', 'ended kicked'])
  })

  for (const [name, answer, isReload, want] of [
    ['a page of another visitor is loaded again', { ...welcome, user: '#222222' }, false, ['reload']],
    ['a reloaded page of another visitor is kept, for a browser without cookies', { ...welcome, user: '#222222' }, true, ['resume', 'whispers 2']],
    ['a page that is ahead of a restored backup is loaded again', { ...welcome, seq: 1 }, true, ['reload']],
  ]) {
    test(name, async () => {
      const { log, open } = start(() => answer, { isReload })
      await open()
      assert.deepEqual(log, want)
    })
  }

  test('a page whose visitor changes after an interruption is loaded again', async () => {
    let user = me
    const { log, open, cut } = start((event) => event === 'join' ? { ...welcome, user } : { ok: true, messages: [], more: false }, { isReload: true })
    await open()
    cut()
    user = '#222222'
    await open()
    assert.equal(log.at(-1), 'reload')
  })

  for (const [name, emit, want] of [
    ['the room is removed', (socket) => socket.emit('removeRoom'), 'ended removed'],
    ['the visitor is kicked', (socket) => socket.emit('kicked', { reason: 'kicked' }), 'ended kicked'],
    ['the visitor is banned', (socket) => socket.emit('kicked', { reason: 'banned' }), 'ended banned'],
    ['the visitor leaves for good in another tab', (socket) => socket.emit('quit'), 'ended quit'],
    ['the server disconnects', (socket) => socket.emit('disconnect', 'io server disconnect'), 'ended ended'],
    ['the namespace refuses', (socket) => { socket.active = false; socket.emit('connect_error') }, 'ended ended'],
  ]) {
    test(`it ends when ${name}, once`, async () => {
      const { socket, log, open } = start(() => welcome)
      await open()
      emit(socket)
      assert.deepEqual(log.slice(2), ['stop outbox', 'stop whispers', 'disconnect', want])
      emit(socket)
      assert.equal(log.length, 6)
    })
  }

  test('the back button of the browser connects again, but not after the end', async () => {
    const { connection, socket, log, open } = start(() => welcome)
    await open()
    connection.disconnect()
    connection.connect()
    assert.deepEqual(log.slice(-2), ['disconnect', 'connect'])
    socket.emit('quit')
    connection.connect()
    assert.equal(log.at(-1), 'ended quit')
  })

  test('a failed attempt to connect is not the end', async () => {
    const { socket, log, open } = start(() => welcome)
    socket.emit('connect_error')
    await open()
    assert.deepEqual(log, ['resume', 'whispers 2'])
  })

  test('a page that was hidden for more than a minute synchronises', async () => {
    const { connection, events, open, cut } = start((event) => event === 'join' ? welcome : { ok: true, messages: [], more: false })
    await open()
    connection.shown(60_000)
    assert.deepEqual(events(), ['join'])
    connection.shown(60_001)
    await tick()
    assert.deepEqual(events(), ['join', 'sync'])
    cut()
    connection.shown(100_000)
    assert.deepEqual(events(), ['join', 'sync'])
  })
})
