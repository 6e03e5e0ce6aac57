// Connection state recovery with stock clients, as in their documentation: after a lost
// connection the socket has the same id, socket.recovered is true, and the missed events
// arrive first. The client needs no code for it.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { startServer } from './lib/server.js'
import { Visitor } from './lib/visitor.js'
import { collect, connected, cut, nextEvent, join, resume, until, transportModes } from './lib/clients.js'

const parser = createRequire(import.meta.url)('socket.io-msgpack-parser')

/** Creates a room with its host, and a guest without a cookie. */
async function visited(server) {
  const host = new Visitor(server)
  await host.get('/')
  const room = await host.createRoom()
  await host.enter(room)
  const guest = await connected(`${server.url}/chat`, { transports: ['websocket'] })
  await join(guest, room)
  return { host, room, guest }
}

describe('connection state recovery', () => {
  let server
  before(async () => { server = await startServer() })

  const kinds = { ...transportModes, 'the msgpack parser': { transports: ['websocket'], parser } }
  for (const [mode, options] of Object.entries(kinds)) {
    test(`recovered socket: receives the missed events once and in order (${mode})`, async () => {
      const [ann, bob] = [new Visitor(server), new Visitor(server)]
      await Promise.all([ann.get('/'), bob.get('/')])
      const room = await ann.createRoom()
      await ann.enter(room)
      await bob.enter(room)
      const socket = await connected(`${server.url}/chat`, { ...options, auth: { room }, extraHeaders: { cookie: bob.cookie } })
      await until(async () => (await socket.emitWithAck('join', room)).ok, 'bob in the room')
      const messages = collect(socket, 'chat')
      await ann.postMessage(room, '하나')
      await until(() => messages.length === 1, 'the first message')

      const id = socket.id
      for (let round = 0; round < 3; round++) {
        let early
        socket.once('connect', () => { early = messages.length })
        const before = messages.length
        await cut(socket)
        await ann.postMessage(room, `둘 ${round}`)
        await ann.postMessage(room, `셋 ${round}`)
        await resume(socket)
        assert.equal(socket.recovered, true, 'socket.recovered')
        assert.equal(socket.id, id)
        assert.equal(early, before + 2, 'messages before the event connect')
        assert.deepEqual(messages.slice(before).map(([m]) => m.chat), [`둘 ${round}`, `셋 ${round}`])
      }
      await ann.postMessage(room, '끝')
      await until(() => messages.length === 8, 'the next live message')
      assert.equal(messages.at(-1)[0].chat, '끝')
      assert.equal((await socket.emitWithAck('chat', '나도')).ok, true, 'a message without another join')
      socket.disconnect()
    })
  }

  test('client without any event before: is recovered', async () => {
    const lobby = await connected(`${server.url}/room`, { transports: ['websocket'] })
    const made = collect(lobby, 'newRoom')
    await cut(lobby)
    await new Visitor(server).createRoom()
    await resume(lobby)
    assert.equal(lobby.recovered, true)
    assert.equal(made.length, 1)
    lobby.disconnect()
  })

  test('client without a cookie: is recovered by its pid', async () => {
    const { host, room, guest } = await visited(server)
    const messages = collect(guest, 'chat')
    await cut(guest)
    await host.postMessage(room, '안녕')
    await resume(guest)
    assert.equal(guest.recovered, true)
    assert.deepEqual(messages.map(([m]) => m.chat), ['안녕'])
    assert.equal((await guest.emitWithAck('chat', '왔어요')).ok, true)
    guest.disconnect()
  })

  test('client that calls disconnect(): gets a new socket', async () => {
    const socket = await connected(`${server.url}/chat`, { transports: ['websocket'] })
    const id = socket.id
    socket.disconnect()
    await resume(socket)
    assert.equal(socket.recovered, false)
    assert.notEqual(socket.id, id)
    socket.disconnect()
  })

  test('recovered client: is refused in a removed room', async () => {
    const { host, room, guest } = await visited(server)
    await cut(guest)
    await host.request('DELETE', `/room/${room}`)
    await resume(guest)
    const answer = await guest.emitWithAck('chat', '아직 있나요')
    assert.equal(answer.ok, false)
    assert.equal(answer.reason, 'not_found')
    guest.disconnect()
  })

  test('RECOVERY_TIME=0s: switches recovery off', async () => {
    const plain = await startServer({ RECOVERY_TIME: '0s' })
    const socket = await connected(`${plain.url}/chat`, { transports: ['websocket'] })
    await cut(socket)
    await resume(socket)
    assert.ok(!socket.recovered, 'recovered: got true, want false')
    socket.disconnect()
  })
})
