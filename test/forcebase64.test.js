// Stock clients with forceBase64: true, at our server and at the official server. They send
// and receive binary as base64 text, also over WebSocket.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { startReference } from './lib/reference-process.js'
import { clients } from './lib/matrix.js'
import { collect, nextEvent, until, transportModes, withTimeout } from './lib/clients.js'
import { longTest, eventTimeout } from './lib/sizes.js'

const bytes = Buffer.from([0, 1, 2, 0x1e, 0xff, 0xfe, 10, 13])
const servers = {}
let reference
before(async () => {
  reference = await startReference({ allowEIO3: true })
  servers['the official server'] = reference
  servers.ours = await startServer()
  servers['ours with go-socket.io'] = await startServer({ EIO3_ENGINE: 'go-socket.io' })
})
after(() => reference?.stop())

/** Returns the servers for a client. The official server has the default parser only. */
const serversFor = (version) => ['ours', ...(version.includes('msgpack') ? [] : ['the official server']), ...(version[0] < '3' ? ['ours with go-socket.io'] : [])]

for (const version of Object.keys(clients)) {
  describe(`client ${version} with forceBase64`, () => {
    for (const [mode, options] of Object.entries(transportModes)) {
      for (const name of serversFor(version)) {
        // These two clients behave like the other clients of their revision.
        const testOf = ['1.7.4', '3.1.3'].includes(version) ? longTest : test
        testOf(`${mode}, ${name}: exchanges binary as base64 text`, async () => {
          const upgrades = options.transports.length > 1 && name !== 'ours with go-socket.io'
          const [one, two] = await Promise.all([0, 1].map(() => open(version, servers[name].url, options, upgrades)))
          const relayed = collect(two, 'reply')
          const texts = watchTexts(one)
          const received = watchTexts(two)
          await until(async () => { // the relay is volatile: a client between two polls misses it
            await emitWithAck(one, 'reply', '안녕', { deep: [bytes] }, bytes)
            return relayed.length > 0
          }, 'a relayed reply')
          const [text, nested, plain] = relayed[0]
          assert.deepEqual([text, Buffer.from(nested.deep[0]), Buffer.from(plain)], ['안녕', bytes, bytes])
          // Over the ws package of Node.js, client 1.7.4 sends binary frames whatever the option says.
          for (const list of [texts, received].filter((list) => list.overWebSocket && version !== '1.7.4')) {
            assert.ok(list.length > 0, 'WebSocket messages: got none')
            assert.deepEqual(list.filter((data) => typeof data !== 'string'), [])
          }
          one.disconnect()
          two.disconnect()
        })
      }
    }
  })
}

test('servers: end without a race or a panic', async () => {
  for (const server of Object.values(servers)) await server.stop()
})

async function open(version, url, options, upgrades) {
  const socket = clients[version](url, { forceNew: true, reconnection: false, forceBase64: true, ...options })
  await nextEvent(socket, 'connect')
  if (upgrades) await until(() => socket.io.engine.transport.name === 'websocket', 'the upgrade')
  return socket
}

const emitWithAck = (socket, event, ...args) =>
  withTimeout(eventTimeout, new Promise((resolve) => socket.emit(event, ...args, resolve)), `the answer to ${event}`)

/** Returns a list that collects the WebSocket messages in both directions, if there is a WebSocket. */
function watchTexts(socket) {
  const list = []
  const { ws } = socket.io.engine.transport
  list.overWebSocket = Boolean(ws)
  if (!ws) return list
  const { send } = ws
  ws.send = (data, ...rest) => { list.push(data); return send.call(ws, data, ...rest) }
  ws.addEventListener('message', ({ data }) => list.push(data))
  return list
}
