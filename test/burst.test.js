// Programs that emit many events at once, or disconnect a client after them: stock clients
// receive every event, as from the official server. Rows S6 and S8 of docs/promises.md.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { relay, startServer } from './lib/server.js'
import { startReference } from './lib/reference-process.js'
import { collect, until, transportModes } from './lib/clients.js'
import { clients } from './lib/matrix.js'

const bursts = [[3000, 10], [100, 20_000]]
const numbers = (count) => Array.from({ length: count }, (_, i) => i)

/** Opens a client that records events, connects and disconnects. */
function open(version, server, namespace, options) {
  const socket = clients[version](server.url + namespace, { forceNew: true, reconnectionDelay: 50, ...options })
  return {
    socket,
    parts: collect(socket, 'part'),
    connects: collect(socket, 'connect'),
    ends: collect(socket, 'disconnect'),
  }
}

const heardNumbers = ({ parts }) => parts.map(([i]) => i)

for (const [name, start] of [['this server', () => startServer({}, { path: relay() })], ['the official server', () => startReference({ allowEIO3: true })]]) {
  describe(`bursts of ${name}`, { concurrency: 4 }, () => {
    let server
    before(async () => { server = await start() })
    after(() => server.stop())

    for (const version of ['2.5.0', '4.8.4']) {
      for (const [mode, options] of Object.entries(transportModes)) {
        test(`client ${version}, ${mode}: receives every event of a burst`, async () => {
          const client = open(version, server, '/', options)
          await until(() => client.connects.length === 1, 'the connection')
          for (const [count, size] of bursts) {
            client.socket.emit('burst', count, size)
            await until(() => client.parts.length >= count, `${count} events of ${size} bytes; ended ${client.ends}`)
            assert.deepEqual(heardNumbers(client), numbers(count))
            client.parts.length = 0
          }
          assert.deepEqual(client.ends, [])
          client.socket.disconnect()
        })

        test(`client ${version}, ${mode}: receives 600 KB that a connect handler emits`, async () => {
          const client = open(version, server, '/greedy', options)
          await until(() => client.parts.length >= 30, `30 events; ended ${client.ends}`)
          assert.deepEqual(heardNumbers(client), numbers(30))
          assert.deepEqual([client.connects.length, client.ends.length], [1, 0], 'connects and disconnects')
          client.socket.disconnect()
        })

        test(`client ${version}, ${mode}: receives every event emitted before disconnect(true)`, async () => {
          const client = open(version, server, '/', options)
          await until(() => client.connects.length === 1, 'the connection')
          client.socket.emit('leave', 50, 20_000)
          await until(() => client.ends.length > 0, 'a disconnect')
          assert.deepEqual(heardNumbers(client), numbers(50))
          assert.deepEqual(client.ends[0][0], 'io server disconnect')
          assert.equal(client.connects.length, 1)
          client.socket.disconnect()
        })
      }
    }
  })
}
