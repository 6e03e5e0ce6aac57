// What a stock client does at a server that offers it one transport only (engineio.ConnOptions).
import { test, before } from 'node:test'
import assert from 'node:assert/strict'
import { startServer, relay } from './lib/server.js'
import { client, collect, nextEvent } from './lib/clients.js'

let server
before(async () => { server = await startServer({}, { path: relay() }) })

test('polling only: a stock client stays on polling and tries no upgrade', async () => {
  const socket = client(server.url, { query: { offer: 'polling' } })
  const attempts = []
  socket.io.once('open', () => {
    for (const event of ['upgrading', 'upgrade', 'upgradeError', 'error']) socket.io.engine.on(event, () => attempts.push(event))
  })
  const errors = collect(socket, 'connect_error')
  await nextEvent(socket, 'connect')
  for (let i = 0; i < 3; i++) assert.equal(await socket.emitWithAck('echo', 'hello'), 'hello')
  assert.equal(socket.io.engine.transport.name, 'polling')
  assert.deepEqual(attempts, [])
  assert.deepEqual(errors, [])
})

test('polling only: a stock client with transports: ["websocket"] reports connect_error', async () => {
  const socket = client(server.url, { query: { offer: 'polling' }, transports: ['websocket'] })
  const [error] = await nextEvent(socket, 'connect_error')
  assert.equal(error.message, 'websocket error')
})

test('websocket only: a stock client with default transports reports connect_error and tries polling again', async () => {
  const socket = client(server.url, { query: { offer: 'websocket' } })
  for (let i = 0; i < 2; i++) {
    const [error] = await nextEvent(socket, 'connect_error')
    assert.equal(error.message, 'xhr poll error')
    assert.equal(error.description, 400)
  }
  const response = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling&offer=websocket`)
  assert.deepEqual(await response.json(), { code: 0, message: 'Transport unknown' })
})

for (const options of [{ transports: ['websocket'] }, { tryAllTransports: true }]) {
  test(`websocket only: a stock client with ${JSON.stringify(options)} connects`, async () => {
    const socket = client(server.url, { query: { offer: 'websocket' }, ...options })
    await nextEvent(socket, 'connect')
    assert.equal(await socket.emitWithAck('echo', 'hello'), 'hello')
    assert.equal(socket.io.engine.transport.name, 'websocket')
  })
}
