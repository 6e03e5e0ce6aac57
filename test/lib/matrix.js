// What stock clients of every major version are asked to do, each in each of its
// ways.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { startServer } from './server.js'
import { record } from './client-record.js'
import { collect, pause, until, transportModes, withTimeout } from './clients.js'
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

/** How the README's table names a client. */
function row(version, upgrades) {
  const [number] = version.split(' ')
  if (number !== version) return ['node 4 msgpack', `${number} ${installed('socket.io-msgpack-parser')}`]
  return [`node ${number[0]}${upgrades ? '' : ' carried'}`, number]
}

const refused = (version) => (version[0] < '3' ? 'error' : 'connect_error')
const binary = (value) => Buffer.from(value)

/**
 * Emits and waits for the acknowledgement, without what newer clients bring for it. A busy machine may need longer
 * than the server waits for its store; then the event is sent again, as the answer "unavailable" asks for.
 */
async function ask(socket, event, ...args) {
  const answer = await withTimeout(eventTimeout, new Promise((resolve) => socket.emit(event, ...args, resolve)), `the answer to ${event}`)
  return answer?.reason === 'unavailable' ? ask(socket, event, ...args) : answer
}

function open(version, url, options) {
  const socket = clients[version](url, { forceNew: true, reconnection: false, ...options })
  return withTimeout(eventTimeout, new Promise((resolve, reject) => {
    socket.on('connect', () => resolve(socket))
    socket.on(refused(version), reject)
  }), `client ${version} to connect`)
}

/** A client that has finished its upgrade, if it makes one. */
async function upgraded(version, url, options) {
  const socket = await open(version, url, options)
  if (options.transports.length > 1) {
    await until(() => socket.io.engine.transport.name === 'websocket', 'the upgrade')
  }
  return socket
}

/**
 * The cases of one client. Where the server offers no upgrade, a client that
 * may make one stays on polling, and must lose nothing by it.
 */
export function matrix(version, { env = {}, upgrades = true } = {}) {
  const settled = upgrades ? upgraded : open
  const last = upgrades ? 'websocket' : 'polling'
  const shown = (...facts) => record(...row(version, upgrades), ...facts)

  describe(`client ${version}`, () => {
    let server
    before(async () => { server = await startServer({ NOTICE_INTERVAL: '200ms', ...env }) })

    for (const [mode, options] of Object.entries(transportModes)) {
      test(`${mode}: news, acknowledgements, Korean and binary`, async () => {
        const [one, two] = [await settled(version, server.url, options), await settled(version, server.url, options)]
        const news = collect(one, 'news')
        await until(() => news.length > 1, 'two notices came')
        assert.deepEqual(news[0], ['Hello Socket.IO'])

        const relayed = collect(two, 'reply')
        const bytes = Buffer.from([0, 1, 2, 0x1e, 0xff, 0xfe, 10, 13])
        await until(async () => {
          await ask(one, 'reply', '안녕하세요, é😀!', { deep: [bytes] }, bytes)
          return relayed.length > 0
        }, 'the reply was relayed')
        const [text, nested, plain] = relayed[0]
        assert.equal(text, '안녕하세요, é😀!')
        assert.deepEqual(binary(nested.deep[0]), bytes)
        assert.deepEqual(binary(plain), bytes)
        one.disconnect()
        two.disconnect()
        shown(`${mode}: talk`)
      })

      test(`${mode}: a room of /chat`, async () => {
        const [owner, guest] = [await settled(version, `${server.url}/chat`, options), await settled(version, `${server.url}/chat`, options)]
        const room = await makeRoom(server)
        assert.equal((await ask(owner, 'join', room)).ok, true)
        assert.equal((await ask(guest, 'join', { room })).ok, true)
        const heard = [owner, guest].map((socket) => collect(socket, 'chat'))
        const sent = []
        for (let i = 0; i < 20; i++) sent.push(ask(owner, 'chat', `가나다 ${i} 😀`))
        const answers = await Promise.all(sent)
        assert.ok(answers.every((a) => a.ok), JSON.stringify(answers.find((a) => !a.ok)))
        await until(() => heard.every((list) => list.length === 20), 'both heard all twenty')
        for (const list of heard) {
          assert.deepEqual(list.map(([m]) => m.chat), answers.map((_, i) => `가나다 ${i} 😀`))
        }
        const left = collect(owner, 'exit')
        guest.disconnect()
        await until(() => left.length === 1, 'the guest has left')
        owner.disconnect()
        shown(`${mode}: room`)
      })

      test(`${mode}: an unknown namespace is refused`, async () => {
        const socket = clients[version](`${server.url}/no-such`, { forceNew: true, reconnection: false, ...options })
        const error = await withTimeout(eventTimeout, new Promise((resolve) => socket.on(refused(version), resolve)), 'the refusal')
        assert.equal(error.message ?? error, 'Invalid namespace')
        socket.disconnect()
      })
    }

    test('in every way, clients come back after a restart and chat on', async () => {
      const url = `${server.url}/chat`
      const again = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200 }
      const sockets = await Promise.all(Object.values(transportModes).flatMap((options) =>
        [0, 1].map(() => settled(version, url, { ...options, ...again }))))
      const room = await makeRoom(server)
      for (const socket of sockets) assert.equal((await ask(socket, 'join', room)).ok, true)
      assert.equal((await ask(sockets[0], 'chat', '전')).ok, true)

      const gone = sockets.map((socket) => collect(socket, 'disconnect'))
      const back = sockets.map((socket) => collect(socket, 'connect'))
      await server.restart()
      await until(() => back.every((list) => list.length === 1), 'everyone is back')
      assert.ok(gone.every((list) => list.length === 1), 'each was cut off once')

      for (const socket of sockets) assert.equal((await ask(socket, 'join', room)).ok, true)
      const heard = sockets.map((socket) => collect(socket, 'chat'))
      const said = sockets.map((_, i) => `${i}: 다시, é, 😀`)
      for (const [i, socket] of sockets.entries()) assert.equal((await ask(socket, 'chat', said[i])).ok, true)
      await until(() => heard.every((list) => list.length === said.length), 'everyone heard everyone')
      for (const list of heard) assert.deepEqual(list.map(([m]) => m.chat), said)
      sockets.forEach((socket) => socket.disconnect())
      shown('reconnects')
    })

    test('a hundred clients that talk while they upgrade lose nothing', { timeout: 60_000 }, async () => {
      const lost = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
        await pause(i * 10)
        const socket = clients[version](server.url, { forceNew: true, reconnection: false })
        let gone = null
        socket.on('disconnect', (reason) => { gone ??= reason })
        const answered = []
        socket.on('connect', () => {
          for (let n = 0; n < 2; n++) answered.push(ask(socket, 'reply', n))
        })
        await until(() => answered.length > 0, 'the connection', 15_000)
        for (let n = 0; n < 8; n++) {
          await pause(50)
          answered.push(ask(socket, 'reply', n))
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

/** All clients in one room. */
export function together({ env = {}, upgrades = true } = {}) {
  test('clients of different versions read each other’s Korean, however each is connected', async () => {
    const server = await startServer(env)
    const sockets = await Promise.all(Object.keys(clients).flatMap((version) =>
      Object.values(transportModes).map((options) => (upgrades || version[0] > '2' ? upgraded : open)(version, `${server.url}/chat`, options))))
    const room = await makeRoom(server)
    for (const socket of sockets) assert.equal((await ask(socket, 'join', room)).ok, true)
    const heard = sockets.map((socket) => collect(socket, 'chat'))
    const said = sockets.map((_, i) => `${i}: 안녕, é, 😀, Ã`)
    for (const [i, socket] of sockets.entries()) assert.equal((await ask(socket, 'chat', said[i])).ok, true)
    await until(() => heard.every((list) => list.length === said.length), 'everyone heard everyone')
    for (const list of heard) assert.deepEqual(list.map(([m]) => m.chat), said)
    sockets.forEach((socket) => socket.disconnect())
    await server.stop()
  })
}

/** A public room, made the way a page makes one. */
async function makeRoom(server) {
  const answer = await fetch(`${server.url}/room`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ title: '호환성', max: '50', password: '' }),
  })
  return answer.headers.get('location').match(/[0-9a-f]{24}/)[0]
}
