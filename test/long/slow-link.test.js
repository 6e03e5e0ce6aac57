// Stock clients on slow networks at the program itself: row S4 of docs/promises.md.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import net from 'node:net'
import { once } from 'node:events'
import { startServer } from '../lib/server.js'
import { collect, pause, until, transportModes } from '../lib/clients.js'
import { clients } from '../lib/matrix.js'

/** Starts a proxy that carries `rate` bytes per second from a client to the server. */
async function startSlowLink(target, rate) {
  const listener = net.createServer(async (client) => {
    const server = net.connect(target, 'localhost')
    for (const end of [client, server]) end.on('error', () => { client.destroy(); server.destroy() })
    server.pipe(client)
    for await (const chunk of client) {
      for (let at = 0; at < chunk.length; at += rate / 20) {
        server.write(chunk.subarray(at, at + rate / 20))
        await pause(50)
      }
    }
    server.end()
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return { url: `http://localhost:${listener.address().port}`, stop: () => listener.close() }
}

describe('binary event over a slow link', { concurrency: true }, () => {
  let server
  before(async () => { server = await startServer() })
  after(() => server.stop())

  for (const [bytes, rate] of [[60_000, 5_000], [600_000, 50_000]]) {
    for (const version of ['2.5.0', '4.8.4']) {
      for (const [mode, options] of Object.entries(transportModes)) {
        test(`client ${version}, ${mode}: delivers ${bytes} bytes at ${rate} bytes per second`, async () => {
          const link = await startSlowLink(server.port, rate)
          const socket = clients[version](link.url, { forceNew: true, reconnection: false, ...options })
          const ends = collect(socket, 'disconnect')
          await once(socket, 'connect')
          const answer = await Promise.race([
            new Promise((resolve) => { socket.emit('reply', 'photo', Buffer.alloc(bytes, 7), resolve) }),
            until(() => ends.length > 0, 'a disconnect', 120_000).then(() => assert.fail(`got a disconnect (${ends[0]}), want an acknowledgement`)),
          ])
          assert.ok(answer, JSON.stringify(answer))
          await pause(1000)
          assert.deepEqual(ends, [])
          socket.disconnect()
          link.stop()
        })
      }
    }
  }
})
