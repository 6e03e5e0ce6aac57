import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { Outbox, newClientId } from '../../public/js/room/outbox.js'

const tick = () => new Promise(setImmediate)

/** A socket that answers emits in turn: an object, or null for a timeout. A function is called first, for its result. */
function socketWith(...answers) {
  const socket = { connected: true, emitted: [] }
  socket.timeout = (ms) => ({
    emitWithAck: async (event, data) => {
      socket.emitted.push(data)
      socket.within = ms
      let answer = answers.shift()
      if (typeof answer === 'function') answer = await answer()
      if (!answer) throw new Error('operation has timed out')
      return answer
    },
  })
  return socket
}

/** A job that writes its results into log. */
const job = (name, log) => ({
  event: 'chat', data: name,
  sent: ({ seq }) => log.push(`${name} sent ${seq}`),
  failed: (reason, retry) => log.push({ name, reason, retry }),
})

async function deliver(socket, ...names) {
  const outbox = new Outbox(), log = []
  outbox.use(socket)
  await Promise.all(names.map((name) => outbox.add(job(name, log))))
  return { outbox, log }
}

/** Lets every timer run as soon as it is set, and lists how long each would have waited. */
function skipTime(t) {
  const waited = []
  t.mock.method(globalThis, 'setTimeout', (fn, ms) => {
    waited.push(ms)
    setImmediate(fn)
  })
  return waited
}

describe('the outbox', () => {
  test('jobs are sent one at a time, in order', async () => {
    let answer
    const socket = socketWith(() => new Promise((resolve) => { answer = resolve }), { ok: true, seq: 2 })
    const outbox = new Outbox(), log = []
    outbox.use(socket)
    outbox.add(job('a', log))
    outbox.add(job('b', log))
    await tick()
    assert.deepEqual(socket.emitted, ['a'])
    answer({ ok: true, seq: 1 })
    await tick()
    assert.deepEqual({ emitted: socket.emitted, log, within: socket.within }, { emitted: ['a', 'b'], log: ['a sent 1', 'b sent 2'], within: 6_000 })
  })

  test('jobs wait for a socket', async () => {
    const outbox = new Outbox(), log = []
    await outbox.add(job('a', log))
    outbox.use(socketWith({ ok: true, seq: 1 }))
    assert.deepEqual(log, [])
    await outbox.resume()
    assert.deepEqual(log, ['a sent 1'])
  })

  test('a job without an answer keeps its place when the connection is lost', async () => {
    const lost = socketWith(() => { lost.connected = false; return null })
    const { outbox, log } = await deliver(lost, 'a', 'b')
    assert.deepEqual({ emitted: lost.emitted, log }, { emitted: ['a'], log: [] })
    const next = socketWith({ ok: true, seq: 1 }, { ok: true, seq: 2 })
    outbox.use(next)
    await outbox.resume()
    assert.deepEqual({ emitted: next.emitted, log }, { emitted: ['a', 'b'], log: ['a sent 1', 'b sent 2'] })
  })

  test('a temporary refusal is repeated after the time that the server names', async (t) => {
    const waited = skipTime(t)
    const socket = socketWith({ ok: false, reason: 'rate_limited', retryAfter: 70 }, { ok: false, reason: 'unavailable' }, { ok: true, seq: 1 })
    const { log } = await deliver(socket, 'a')
    assert.deepEqual({ log, waited, emitted: socket.emitted.length }, { log: ['a sent 1'], waited: [70, 1_500], emitted: 3 })
  })

  test('a job fails after four attempts, and the next one is sent', async (t) => {
    const waited = skipTime(t)
    const socket = socketWith(null, null, null, null, { ok: true, seq: 1 })
    const { log } = await deliver(socket, 'a', 'b')
    assert.deepEqual(waited, [1_500, 1_500, 1_500], 'pauses between the attempts')
    assert.deepEqual(socket.emitted, ['a', 'a', 'a', 'a', 'b'])
    assert.equal(log[0].reason, undefined)
    assert.equal(typeof log[0].retry, 'function')
    assert.equal(log[1], 'b sent 1')
  })

  test('another refusal fails at once, with the server’s sentence, and can be sent again', async () => {
    const socket = socketWith({ ok: false, reason: 'frozen', message: 'paused' }, { ok: true, seq: 1 })
    const { log } = await deliver(socket, 'a')
    assert.equal(log[0].reason, 'paused')
    await log[0].retry()
    assert.equal(log[1], 'a sent 1')
  })

  test('a final refusal cannot be sent again', async () => {
    const { log } = await deliver(socketWith({ ok: false, reason: 'invalid', message: 'no' }), 'a')
    assert.equal(log[0].retry, null)
  })

  test('stop drops the waiting jobs', async () => {
    const outbox = new Outbox(), log = []
    outbox.add(job('a', log))
    outbox.stop()
    const socket = socketWith({ ok: true, seq: 1 })
    outbox.use(socket)
    await outbox.resume()
    assert.deepEqual({ log, emitted: socket.emitted }, { log: [], emitted: [] })
  })

  test('failAll fails the waiting jobs and all later ones', async () => {
    const outbox = new Outbox(), log = []
    outbox.add(job('a', log))
    outbox.failAll()
    assert.deepEqual(log.map(({ name }) => name), ['a'])
    await outbox.add(job('b', log))
    assert.deepEqual(log.map(({ name }) => name), ['a', 'b'])
  })

  test('client ids are unique, also on pages that are not secure', (t) => {
    assert.match(newClientId(), /^[0-9a-f-]{36}$/)
    assert.notEqual(newClientId(), newClientId())
    Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true })
    t.after(() => delete crypto.randomUUID) // the prototype has it
    assert.match(newClientId(), /^\d+-0\.\d+/)
    assert.notEqual(newClientId(), newClientId())
  })
})
