// Stock clients on slow links send a photo to the real server: row S4 of docs/promises.md.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { startServer } from '../lib/server.js'
import { collect, pause, until, transportModes } from '../lib/clients.js'
import { clients } from '../lib/matrix.js'
import { startSlowLink } from '../lib/slow-link.js'

describe('binary event over a slow link', { concurrency: true }, () => {
  let server
  before(async () => { server = await startServer() })
  after(() => server.stop())

  for (const [bytes, rate] of [[60_000, 5_000], [600_000, 50_000]]) {
    for (const version of ['2.5.0', '4.8.4']) {
      for (const [mode, options] of Object.entries(transportModes)) {
        test(`client ${version}, ${mode}: delivers ${bytes} bytes at ${rate} bytes per second`, async () => {
          const link = await startSlowLink(server.port, { up: rate })
          const socket = clients[version](link.url, { forceNew: true, reconnection: false, ...options })
          const ends = collect(socket, 'disconnect')
          await once(socket, 'connect')
          const answer = await Promise.race([
            new Promise((resolve) => { socket.emit('reply', 'photo', Buffer.alloc(bytes, 7), resolve) }),
            until(() => ends.length > 0, 'a disconnect', 120_000).then(() => assert.fail(`got a disconnect (${ends[0]}), want an acknowledgement`)),
          ])
          assert.ok(answer, JSON.stringify(answer))
          await pause(1000) // the server must not end the connection afterwards
          assert.deepEqual(ends, [])
          socket.disconnect()
          link.stop()
        })
      }
    }
  }
})
