// The test cases for stock clients of every major version, each with each transport mode.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { startServer } from './server.js'
import { record } from './client-record.js'
import { collect, pause, until, untilAvailable, transportModes, withTimeout } from './clients.js'
import { eventTimeout } from './sizes.js'

const require = createRequire(import.meta.url)
const parser = require('socket.io-msgpack-parser')
export const clients = {
  '1.7.4': require('sio1'),
  '2.5.0': require('sio2'),
  '3.1.3': require('sio3').io,
  '4.8.4': require('socket.io-client').io,
  '4.8.4 with the msgpack parser': (url, options) => require('socket.io-client').io(url, { parser, ...options }),
}
const { devDependencies } = require('../package.json')
const installed = (name) => devDependencies[name].split('@').at(-1)
assert.deepEqual(Object.keys(clients).slice(0, 4), ['sio1', 'sio2', 'sio3', 'socket.io-client'].map(installed))

/** Returns the name of a client in the README's table. */
function row(version, upgrades) {
  const [number] = version.split(' ')
  if (number !== version) return ['node 4 msgpack', `${number} ${installed('socket.io-msgpack-parser')}`]
  return [`node ${number[0]}${upgrades ? '' : ' carried'}`, number]
}

const refused = (version) => (version[0] < '3' ? 'error' : 'connect_error')
const binary = (value) => Buffer.from(value)

/** Emits an event and waits for the acknowledgement, also with old clients without emitWithAck. */
const emitWithAck = (socket, event, ...args) => untilAvailable(() =>
  withTimeout(eventTimeout, new Promise((resolve) => socket.emit(event, ...args, resolve)), `the answer to ${event}`))

function open(version, url, options) {
  const socket = clients[version](url, { forceNew: true, reconnection: false, ...options })
  return withTimeout(eventTimeout, new Promise((resolve, reject) => {
    socket.on('connect', () => resolve(socket))
    socket.on(refused(version), reject)
  }), `client ${version} to connect`)
}

/**
 * Opens a client and waits for its upgrade, if its options allow one. On a busy machine the probe may take longer
 * than the server allows; the client then stays on polling, and another one is opened.
 */
async function upgraded(version, url, options, attempts = 3) {
  const socket = await open(version, url, options)
  if (options.transports.length === 1) return socket
  const { engine } = socket.io
  let failure
  engine.on('upgradeError', (error) => { failure = error })
  await until(() => engine.transport.name === 'websocket' || failure, 'the upgrade')
  if (engine.transport.name === 'websocket') return socket
  assert.ok(attempts > 1, `upgrade: got ${failure}, want a WebSocket`)
  socket.disconnect()
  return upgraded(version, url, options, attempts - 1)
}

/**
 * Declares the tests of one client version. If the server offers no upgrade, a client that allows it stays on
 * polling and must lose nothing.
 */
export function testVersion(version, { env = {}, upgrades = true } = {}) {
  const connect = upgrades ? upgraded : open
  const last = upgrades ? 'websocket' : 'polling'
  const recordFacts = (...facts) => record(...row(version, upgrades), ...facts)

  describe(`client ${version}`, () => {
    let server
    before(async () => { server = await startServer({ NOTICE_INTERVAL: '200ms', ...env }) })

    for (const [mode, options] of Object.entries(transportModes)) {
      test(`${mode}: exchanges news, acknowledgements, Korean and binary`, async () => {
        const [one, two] = [await connect(version, server.url, options), await connect(version, server.url, options)]
        const news = collect(one, 'news')
        await until(() => news.length > 1, 'two notices')
        assert.deepEqual(news[0], ['Hello Socket.IO'])

        const relayed = collect(two, 'reply')
        const bytes = Buffer.from([0, 1, 2, 0x1e, 0xff, 0xfe, 10, 13])
        await until(async () => {
          await emitWithAck(one, 'reply', '안녕하세요, é😀!', { deep: [bytes] }, bytes)
          return relayed.length > 0
        }, 'a relayed reply')
        const [text, nested, plain] = relayed[0]
        assert.equal(text, '안녕하세요, é😀!')
        assert.deepEqual(binary(nested.deep[0]), bytes)
        assert.deepEqual(binary(plain), bytes)
        one.disconnect()
        two.disconnect()
        recordFacts(`${mode}: events`)
      })

      test(`${mode}: sends and receives messages in a room`, async () => {
        const [owner, guest] = [await connect(version, `${server.url}/chat`, options), await connect(version, `${server.url}/chat`, options)]
        const room = await createRoom(server)
        assert.equal((await emitWithAck(owner, 'join', room)).ok, true)
        assert.equal((await emitWithAck(guest, 'join', { room })).ok, true)
        const received = [owner, guest].map((socket) => collect(socket, 'chat'))
        const sent = []
        for (let i = 0; i < 20; i++) sent.push(emitWithAck(owner, 'chat', `가나다 ${i} 😀`))
        const answers = await Promise.all(sent)
        assert.ok(answers.every((a) => a.ok), JSON.stringify(answers.find((a) => !a.ok)))
        await until(() => received.every((list) => list.length === 20), '20 messages at both clients')
        for (const list of received) {
          assert.deepEqual(list.map(([m]) => m.chat), answers.map((_, i) => `가나다 ${i} 😀`))
        }
        const left = collect(owner, 'exit')
        guest.disconnect()
        await until(() => left.length === 1, 'the exit of the guest')
        owner.disconnect()
        recordFacts(`${mode}: room`)
      })

      test(`${mode}: is refused an unknown namespace`, async () => {
        const socket = clients[version](`${server.url}/no-such`, { forceNew: true, reconnection: false, ...options })
        const error = await withTimeout(eventTimeout, new Promise((resolve) => socket.on(refused(version), resolve)), 'the refusal')
        assert.equal(error.message ?? error, 'Invalid namespace')
        socket.disconnect()
      })
    }

    test('every transport mode: reconnects after a restart and chats again', async () => {
      const url = `${server.url}/chat`
      const again = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200 }
      const sockets = await Promise.all(Object.values(transportModes).flatMap((options) =>
        [0, 1].map(() => connect(version, url, { ...options, ...again }))))
      const room = await createRoom(server)
      for (const socket of sockets) assert.equal((await emitWithAck(socket, 'join', room)).ok, true)
      assert.equal((await emitWithAck(sockets[0], 'chat', '전')).ok, true)

      const gone = sockets.map((socket) => collect(socket, 'disconnect'))
      const back = sockets.map((socket) => collect(socket, 'connect'))
      await server.restart()
      await until(() => back.every((list) => list.length === 1), 'every client reconnected')
      assert.ok(gone.every((list) => list.length === 1), `disconnects of each client: got ${gone.map((list) => list.length)}, want 1`)

      for (const socket of sockets) assert.equal((await emitWithAck(socket, 'join', room)).ok, true)
      const received = sockets.map((socket) => collect(socket, 'chat'))
      const texts = sockets.map((_, i) => `${i}: 다시, é, 😀`)
      for (const [i, socket] of sockets.entries()) assert.equal((await emitWithAck(socket, 'chat', texts[i])).ok, true)
      await until(() => received.every((list) => list.length === texts.length), 'every message at every client')
      for (const list of received) assert.deepEqual(list.map(([m]) => m.chat), texts)
      sockets.forEach((socket) => socket.disconnect())
      recordFacts('reconnects')
    })

    test('100 clients: lose no event that they send during the upgrade', { timeout: 60_000 }, async () => {
      const lost = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
        await pause(i * 10)
        const socket = clients[version](server.url, { forceNew: true, reconnection: false })
        let gone = null
        socket.on('disconnect', (reason) => { gone ??= reason })
        const answered = []
        socket.on('connect', () => {
          for (let n = 0; n < 2; n++) answered.push(emitWithAck(socket, 'reply', n))
        })
        await until(() => answered.length > 0, 'the connection', 15_000)
        for (let n = 0; n < 8; n++) {
          await pause(50)
          answered.push(emitWithAck(socket, 'reply', n))
        }
        const results = await Promise.allSettled(answered)
        await until(() => socket.io.engine.transport.name === last, 'the upgrade', 15_000)
        const failed = gone ?? results.find((r) => r.status === 'rejected')?.reason
        socket.disconnect()
        return failed
      }))
      assert.deepEqual(lost.filter(Boolean), [])
    })
  })
}

/** Declares the test with all client versions in one room. */
export function testVersionsTogether({ env = {}, upgrades = true } = {}) {
  test('clients of every version: receive each other’s Korean messages over every transport mode', async () => {
    const server = await startServer(env)
    const sockets = await Promise.all(Object.keys(clients).flatMap((version) =>
      Object.values(transportModes).map((options) => (upgrades || version[0] > '2' ? upgraded : open)(version, `${server.url}/chat`, options))))
    const room = await createRoom(server)
    for (const socket of sockets) assert.equal((await emitWithAck(socket, 'join', room)).ok, true)
    const received = sockets.map((socket) => collect(socket, 'chat'))
    const texts = sockets.map((_, i) => `${i}: 안녕, é, 😀, Ã`)
    for (const [i, socket] of sockets.entries()) assert.equal((await emitWithAck(socket, 'chat', texts[i])).ok, true)
    await until(() => received.every((list) => list.length === texts.length), 'every message at every client')
    for (const list of received) assert.deepEqual(list.map(([m]) => m.chat), texts)
    sockets.forEach((socket) => socket.disconnect())
    await server.stop()
  })
}

/** Creates a public room by the same request as the page. */
async function createRoom(server) {
  const answer = await fetch(`${server.url}/room`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ title: '호환성', max: '50', password: '' }),
  })
  return answer.headers.get('location').match(/[0-9a-f]{24}/)[0]
}
