// An Engine.IO sid works only with the session of its handshake: row P9 of docs/promises.md,
// with the stock client.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import WebSocket from 'ws'
import { startServer } from './lib/server.js'
import { connected, join, transportModes } from './lib/clients.js'
import { Visitor } from './lib/visitor.js'

for (const [mode, options] of Object.entries(transportModes)) {
  test(`stolen sid: is answered like an unknown one and does not disturb its owner (${mode})`, async () => {
    const server = await startServer()
    const ann = new Visitor(server), bob = new Visitor(server)
    await ann.get('/')
    await bob.get('/')
    const room = await ann.createRoom()
    for (const cookie of [ann.cookie, undefined]) {
      const socket = await connected(`${server.url}/chat`, { ...options, ...(cookie && { extraHeaders: { cookie } }) })
      socket.on('disconnect', (reason) => assert.fail(reason))
      if (cookie) await ann.get('/room') // a request of a page must not affect the connection
      const thieves = [bob.cookie, '', 'connect.sid=s%3Aabc.def']
      for (const thief of cookie ? thieves : []) {
        const path = `/socket.io/?EIO=4&transport=polling&sid=${socket.io.engine.id}`
        const unknown = `/socket.io/?EIO=4&transport=polling&sid=nobody`
        for (const method of ['GET', 'POST']) {
          const respond = async (to) => {
            const answer = await fetch(server.url + to, { method, headers: thief ? { cookie: thief } : {}, ...(method === 'POST' && { body: '41' }) })
            return [answer.status, await answer.text()]
          }
          assert.deepEqual(await respond(path), await respond(unknown))
        }
        const upgrade = new WebSocket(server.ws + path.replace('polling', 'websocket'), { headers: { cookie: thief } })
        const status = await new Promise((resolve) => {
          upgrade.on('unexpected-response', (_, { statusCode }) => resolve(statusCode))
          upgrade.on('open', () => resolve(101))
        })
        assert.equal(status, 400)
      }
      await join(socket, room)
      socket.off('disconnect')
      socket.disconnect()
    }
    await server.stop()
  })
}
