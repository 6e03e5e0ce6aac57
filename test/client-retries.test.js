// The delivery options of the stock client (retries, ackTimeout), used as in its documentation:
// row D10 of docs/promises.md.
import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { binary, startServer } from './lib/server.js'
import { random, seed, startFaultProxy } from './lib/fault-proxy.js'
import { Ledger, digest } from './lib/ledger.js'
import { client, connected, pause, until, transportModes } from './lib/clients.js'
import { sized } from './lib/sizes.js'
import { Visitor } from './lib/visitor.js'

const sio2 = createRequire(import.meta.url)('sio2')
const again = { reconnectionDelay: 50, reconnectionDelayMax: 300 }

/** Creates a visitor with a room. */
async function visitorWithRoom(server, max = 50) {
  const visitor = new Visitor(server)
  await visitor.get('/')
  return { visitor, room: await visitor.createRoom({ max }) }
}

const texts = async ({ visitor, room }) =>
  (await (await visitor.get(`/room/${room}/messages?limit=100`)).json()).messages.filter(({ kind }) => kind === 'text').map(({ chat }) => chat)

describe('stock client with retries', () => {
  test('retries: end with the first answer, also if it is a refusal', async () => {
    const server = await startServer()
    const { visitor, room } = await visitorWithRoom(server)
    const socket = await connected(`${server.url}/chat`, { ...again, retries: 10, ackTimeout: 500, extraHeaders: { cookie: visitor.cookie } })
    const emit = (...args) => new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer)))
    assert.deepEqual((await emit('join', room)).map((x) => x?.ok ?? x), [null, true])
    const [error, stored] = await emit('chat', { room, chat: 'one', clientId: 'a-1' })
    assert.equal(error, null)
    assert.equal(stored.ok, true)
    assert.deepEqual(await emit('chat', { room, chat: 'one', clientId: 'a-1' }), [null, stored], 'answer to a repeated clientId')

    // A refusal is an answer as well: the sending program decides what to do.
    const [none, refusal] = await emit('chat', { room, chat: '' })
    assert.equal(none, null)
    assert.deepEqual([refusal.ok, refusal.reason], [false, 'invalid'])
    assert.deepEqual(await texts({ visitor, room }), ['one'])
    socket.disconnect()
    await server.stop()
  })

  test('retries: deliver each message over a crash once and in order', async () => {
    const server = await startServer()
    const { visitor, room } = await visitorWithRoom(server)
    const socket = await connected(`${server.url}/chat`, { ...again, retries: 50, ackTimeout: 500, extraHeaders: { cookie: visitor.cookie } })
    const answers = []
    const total = 30
    socket.emit('join', room, () => {})
    for (let n = 0; n < total; n++) { // the pattern of the official tutorial
      socket.emit('chat', { room, chat: `${n}`, clientId: `${socket.id}-${n}` }, (error, answer) => answers.push({ error, answer }))
    }
    await until(() => answers.length > 5, 'some messages stored')
    await server.stop('SIGKILL')
    const before = answers.length
    await pause(700) // longer than ackTimeout
    await server.start()
    await until(() => answers.length === total, 'every message answered', 60_000)
    assert.ok(before < total, 'answers before the crash: got all of them, want fewer')
    assert.ok(answers.every(({ error, answer }) => error === null && answer.ok), JSON.stringify(answers))
    assert.deepEqual(await texts({ visitor, room }), Array.from({ length: total }, (_, n) => `${n}`))
    socket.disconnect()
    await server.stop()
  })
})

/** The ledger and the received messages of a client, whatever its version. */
class Stock {
  last = 0
  acked = 0
  joined = false
  #covered = 0 // the newest seq received as history; the same messages may arrive live once more
  #n = 0

  constructor(name, room, ledger) {
    const note = ledger.writer(name)
    this.name = name
    this.room = room
    this.note = (op, fields) => note(op, { room, ...fields })
  }

  receive(message, op = 'recv') {
    if (message.seq <= this.#covered) return
    if (op === 'recovered') this.#covered = message.seq
    if (message.seq > this.last + 1) this.note('gap', { seq: message.seq }) // only notices may be missing
    this.note(op, { seq: message.seq, id: message._id, sha: digest(message.chat ?? ''), cid: message.clientId })
    this.last = Math.max(this.last, message.seq)
  }

  /** Handles the answer to a join with the last seq. Returns false if the join has to be repeated. */
  handleJoin(answer) {
    if (!answer?.ok) return false
    if (!this.joined) this.note('join', { seq: answer.seq, reason: answer.user })
    if (!this.joined) this.last = this.#covered = answer.seq
    this.joined = true
    for (const message of answer.messages ?? []) if (message.seq > this.last) this.receive(message, 'recovered')
    if (answer.messages?.length) this.#covered = Math.max(this.#covered, answer.messages.at(-1).seq)
    return true
  }

  draft() {
    const chat = `${this.name} says ${this.#n}`
    const clientId = `${this.name}-${this.#n++}` // clientOffset in the official tutorial
    return { room: this.room, chat, clientId }
  }

  send({ chat, clientId }) { this.note('send', { cid: clientId, sha: digest(chat) }) }

  ack({ clientId }, answer) {
    assert.equal(answer.ok, true, JSON.stringify(answer))
    this.note('ack', { cid: clientId, seq: answer.seq, id: answer._id })
    this.acked++
  }
}

/** Connects client 4.8.4 with retries. */
function modern(stock, url, options) {
  const socket = client(`${url}/chat`, { ...again, ...options, retries: 1000, ackTimeout: 1000 })
  let waiting = [] // live messages until the join is answered
  const live = (message) => (waiting ? waiting.push(message) : stock.receive(message))
  socket.onAny((event, message) => message?.room === stock.room && message.seq && live(message))
  socket.on('connect', () => {
    if (socket.recovered && !waiting) return
    waiting ??= []
    socket.emit('join', { room: stock.room, ...(stock.joined && { after: stock.last }) }, (error, answer) => {
      if (!stock.handleJoin(answer)) return
      const held = waiting ?? []
      waiting = null
      held.forEach((message) => stock.receive(message))
    })
  })
  stock.postMessage = () => new Promise((resolve, reject) => {
    const draft = stock.draft()
    stock.send(draft)
    socket.emit('chat', draft, (error, answer) => {
      if (error) return reject(error)
      try { resolve(stock.ack(draft, answer)) } catch (violated) { reject(violated) }
    })
  })
  stock.sync = () => socket.timeout(3000).emitWithAck('sync', { room: stock.room, after: stock.last })
  return socket
}

/** Connects client 2.5.0, which has neither retries nor recovery. It repeats messages without an answer. */
function old(stock, url, options) {
  const socket = sio2(`${url}/chat`, { forceNew: true, ...again, ...options })
  let waiting = []
  const live = (message) => (waiting ? waiting.push(message) : stock.receive(message))
  for (const event of ['chat', 'notice', 'join', 'exit', 'edit', 'remove']) {
    socket.on(event, (message) => message?.room === stock.room && message.seq && live(message))
  }
  socket.on('connect', () => {
    waiting ??= []
    const join = () => socket.emit('join', { room: stock.room, ...(stock.joined && { after: stock.last }) }, (answer) => {
      if (!stock.handleJoin(answer)) return setTimeout(join, 300)
      const held = waiting ?? []
      waiting = null
      held.forEach((message) => stock.receive(message))
    })
    join()
  })
  const emitWithAck = (...args) => new Promise((resolve) => {
    setTimeout(resolve, 1000)
    socket.emit(...args, resolve)
  })
  stock.postMessage = async () => {
    const draft = stock.draft()
    for (;;) {
      stock.send(draft)
      const answer = await emitWithAck('chat', draft)
      if (answer?.ok) return stock.ack(draft, answer)
      await pause(answer?.retryAfter ?? 100)
    }
  }
  stock.sync = () => emitWithAck('sync', { room: stock.room, after: stock.last })
  return socket
}

for (const [name, make] of Object.entries({ 'client 4.8.4 with retries': modern, 'client 2.5.0': old })) {
  test(`${name}: loses and duplicates nothing over a faulty network`, async (t) => {
    const dice = random(seed)
    const server = await startServer({ PING_INTERVAL: '2s', PING_TIMEOUT: '2s' }, { path: binary({ race: false }) })
    const proxy = await startFaultProxy(server.port, { dice, kinds: ['reset', 'finish', 'stall'], every: 1000, share: 0.2 })
    const { visitor, room } = await visitorWithRoom(server)
    const ledger = new Ledger()
    const stocks = [], sockets = []
    for (let i = 0; i < 9; i++) {
      const person = new Visitor(server)
      await person.get('/')
      stocks.push(new Stock(`stock-${i}`, room, ledger))
      sockets.push(make(stocks[i], proxy.url, { ...Object.values(transportModes)[i % 3], extraHeaders: { cookie: person.cookie } }))
    }
    await until(() => stocks.every(({ joined }) => joined), 'every client in the room', 60_000)
    proxy.start()
    const end = performance.now() + sized(2000, 60_000)
    await Promise.all(stocks.map(async (stock) => {
      while (performance.now() < end || stock.acked <= 5) {
        await stock.postMessage()
        await pause(100 + dice() * 300)
      }
    }))
    proxy.stop()
    await pause(3000) // until the exits of lost connections are announced
    const head = (await ledger.read(visitor, room)).at(-1).seq
    for (const stock of stocks) {
      await until(async () => {
        if (stock.last >= head) return true
        stock.note('gap', { seq: head + 1 })
        const answer = await stock.sync().catch(() => null)
        for (const message of answer?.messages ?? []) if (message.seq > stock.last) stock.receive(message, 'recovered')
        return stock.last >= head
      }, `${stock.name} has the newest message`, 15_000)
    }
    await ledger.read(visitor, room)
    await server.stop()
    sockets.forEach((socket) => socket.disconnect())
    t.diagnostic(`SEED=${seed}: ${ledger.check(server)}; faults ${JSON.stringify(proxy.counts)}`)
  })
}
