// Everyday situations of programs with package socketio, with the stock client: routers and paths, listeners,
// pages of another origin, and the options of the client. The server is test/situations.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import { join } from 'node:path'
import { situations, startServer } from './lib/server.js'
import { client, collect, connected, nextEvent, transportModes, until } from './lib/clients.js'
import { launchBrowser } from './lib/browser.js'

const stockClient = join(import.meta.dirname, 'node_modules/socket.io-client/dist/socket.io.min.js')
const text = '안녕하세요, é😀!'

let server
before(async () => { server = await startServer({}, { path: situations() }) })
after(() => server.stop())

const addresses = async () => (await fetch(`${server.url}/addresses`)).json()
const heap = async () => Number(await (await fetch(`${server.url}/heap`)).text())

/** Connects, exchanges text and binary, and checks the transport. */
async function exchange(url, options) {
  const socket = await connected(url, options)
  const bytes = Buffer.alloc(100_000, 7)
  const answer = await new Promise((resolve) => socket.emit('echo', text, bytes, (...args) => resolve(args)))
  assert.deepEqual(answer, [text, bytes])
  assert.equal(socket.io.engine.transport.name, options.transports.at(-1))
  socket.disconnect()
}

describe('router', { concurrency: true }, () => {
  for (const [name, options] of Object.entries({
    'net/http': { path: '/socket.io' },
    'net/http below a path': { path: '/api/socket.io' },
    'net/http below a path, without a slash at the end': { path: '/api/socket.io', addTrailingSlash: false },
    Gin: { path: '/gin/socket.io' },
    chi: { path: '/chi/socket.io' },
  })) {
    for (const [mode, transports] of Object.entries(transportModes)) {
      test(`${name}, ${mode}: exchanges events`, () => exchange(server.url, { ...options, ...transports }))
    }
  }
})

describe('listener', { concurrency: true }, () => {
  for (const [mode, transports] of Object.entries(transportModes)) {
    test(`IPv6, ${mode}: exchanges events`, async (t) => {
      const { tcp6 } = await addresses()
      if (!tcp6) return t.skip('this machine has no IPv6 loopback address')
      await exchange(`http://${tcp6}`, transports)
    })

    test(`Unix socket, ${mode}: exchanges events`, async () => {
      const { unix } = await addresses()
      await exchange('http://localhost', { ...transports, agent: new http.Agent({ socketPath: unix }) })
    })
  }
})

// Shutdown waits for requests, and a poll is a request that would last until the deadline of a minute.
test('http.Server.Shutdown alone: ends polls and WebSockets, and stock clients try to connect again', async () => {
  const own = await startServer({}, { path: situations() })
  const sockets = await Promise.all(Object.values(transportModes).map((transports) => connected(own.url, transports)))
  const ended = sockets.map((socket) => nextEvent(socket, 'disconnect'))
  const retries = sockets.map((socket) => nextEvent(socket.io, 'reconnect_attempt'))
  await own.stop('SIGHUP') // checks that the status is 0: Shutdown did not reach its deadline
  for (const [i, reasons] of (await Promise.all(ended)).entries()) {
    assert.match(String(reasons), /transport (close|error)/, Object.keys(transportModes)[i])
  }
  await Promise.all(retries)
  sockets.forEach((socket) => socket.disconnect())
})

test('page of another origin: sends its cookies only with the option withCredentials', async () => {
  const browser = await launchBrowser('--host-resolver-rules=MAP *.example 127.0.0.1')
  try {
    const context = await browser.newContext()
    await context.addCookies([{ name: 'session', value: 'ann', domain: 'api.situation.example', path: '/', httpOnly: true, sameSite: 'Lax' }])
    const page = await context.newPage()
    await page.goto(`http://app.situation.example:${server.port}/page`)
    await page.addScriptTag({ path: stockClient })
    const cookiesOf = (options) => page.evaluate(([url, options]) => new Promise((resolve, reject) => {
      const socket = window.io(url, { forceNew: true, reconnection: false, ...options })
      socket.on('connect_error', reject)
      socket.emit('client', (_address, _forwarded, cookies) => {
        socket.disconnect()
        resolve(cookies)
      })
    }), [`http://api.situation.example:${server.port}`, options])

    for (const [mode, transports] of Object.entries(transportModes)) {
      assert.equal(await cookiesOf({ ...transports, withCredentials: true }), 'session=ann', mode)
    }
    assert.equal(await cookiesOf({ transports: ['polling'] }), '', 'without withCredentials')
  } finally {
    await browser.close()
  }
})

describe('auth', { concurrency: true }, () => {
  let tokens = 0
  const freshToken = () => ({ token: `token ${++tokens}` })

  for (const [mode, transports] of Object.entries(transportModes)) {
    test(`auth as a function, ${mode}: is called again for each connection`, async () => {
      const given = []
      const socket = client(`${server.url}/login`, {
        ...transports,
        auth: (send) => {
          given.push(freshToken())
          send(given.at(-1))
        },
      })
      const hellos = collect(socket, 'hello')
      await until(() => hellos.length === 1, 'the first hello')
      socket.emit('cut')
      await until(() => hellos.length === 2, 'a hello after the reconnect')
      assert.deepEqual(hellos, given.map(({ token }) => [token]))
      socket.disconnect()
    })
  }

  test('auth as an object: is refused after a reconnect until the program changes it', async () => {
    const socket = client(`${server.url}/login`, { auth: freshToken() })
    await nextEvent(socket, 'hello')
    socket.emit('cut')
    const [refusal] = await nextEvent(socket, 'connect_error', { where: (error) => error.message === 'token used' })
    assert.equal(socket.active, false, `active after ${refusal.message}: a refused client does not connect again by itself`)
    socket.auth = freshToken()
    socket.connect()
    assert.deepEqual(await nextEvent(socket, 'hello'), [socket.auth.token])
    socket.disconnect()
  })
})

describe('retries with ackTimeout', { concurrency: true }, () => {
  for (const [name, lost] of Object.entries({ 'not sent': 'silent', 'lost with the connection': 'cut' })) {
    for (const [mode, transports] of Object.entries(transportModes)) {
      test(`acknowledgement that is ${name}, ${mode}: the event arrives again, and its handler does the work once`, async () => {
        const socket = client(`${server.url}/orders`, { ...transports, retries: 1000, ackTimeout: 500 })
        const [error, received, done] = await new Promise((resolve) => {
          socket.emit('order', `${lost} ${mode}`, lost, (...answer) => resolve(answer))
        })
        assert.equal(error, null)
        assert.ok(received >= 2, `times received: got ${received}, want 2, or more on a busy machine`)
        assert.equal(done, 1)
        socket.disconnect()
      })
    }
  }
})

test('socket in 10,000 rooms: joins, receives, leaves, and frees its memory', async (t) => {
  const rooms = 10_000
  const sender = await connected(`${server.url}/rooms`, { transports: ['websocket'] })
  const base = await heap()
  let peak = 0
  for (let round = 0; round < 3; round++) {
    const member = await connected(`${server.url}/rooms`, { transports: ['websocket'] })
    const sent = collect(member, 'sent')
    assert.equal(await member.emitWithAck('join', `round${round}`, rooms), rooms)
    peak = Math.max(peak, await heap())
    await sender.emitWithAck('send', `round${round}-${rooms - 1}`)
    assert.equal(await member.emitWithAck('leave', `round${round}`, rooms / 2), rooms / 2)
    await sender.emitWithAck('send', `round${round}-0`) // left
    await sender.emitWithAck('send', `round${round}-${rooms / 2}`)
    await until(() => sent.length >= 2, 'the events of two rooms')
    assert.deepEqual(sent, [[`round${round}-${rooms - 1}`], [`round${round}-${rooms / 2}`]])
    member.disconnect()
  }
  // What remains is the capacity of the map of rooms, which is used again.
  let rest
  await until(async () => (rest = await heap() - base) < (peak - base) / 2, 'half of the memory freed')
  t.diagnostic(`heap in bytes: ${base} before, at most ${peak - base} more, ${rest} more afterwards`)
  sender.disconnect()
})
