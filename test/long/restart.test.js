// The time that connected clients need to recover from a restart: row O7 of docs/promises.md.
// The promised times hold on an idle machine: see promised in lib/sizes.js.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { binary, startServer } from '../lib/server.js'
import { connected, nextEvent, join, until } from '../lib/clients.js'
import { percentile, promised } from '../lib/sizes.js'
import { transportModes } from '../lib/transports.js'
import { Visitor, owner } from '../lib/visitor.js'

const clients = 300

test('300 stock clients: are in their rooms within 2 s after a restart beside a slow upload', async (t) => {
  const server = await startServer({ RATE_CONNECT_ADDRESS: 'off' }, { path: binary({ race: false }) })
  const ann = await owner(server, { max: 100 })
  const rooms = [ann.room]
  while (rooms.length < 10) rooms.push(await ann.createRoom({ max: 100 }))
  const visitor = new Visitor(server)
  await visitor.get('/')
  const stock = { reconnectionDelay: 1000, reconnectionDelayMax: 5000, randomizationFactor: 0.5 } // the defaults of the stock client
  const sockets = []
  for (let i = 0; i < clients; i++) {
    const mode = Object.values(transportModes)[i % 3]
    const socket = await connected(`${server.url}/chat`, { ...mode, ...stock })
    await join(socket, rooms[i % 10])
    sockets.push(socket)
  }
  const slow = connect(server.port, 'localhost')
  slow.on('error', () => {})
  slow.write(`POST /room/${ann.room}/gif HTTP/1.1\r\nHost: localhost\r\nCookie: ${ann.cookie}\r\nContent-Length: 100000\r\n`
    + 'Content-Type: multipart/form-data; boundary=x\r\nExpect: 100-continue\r\n\r\n')
  await once(slow, 'data')

  let closed = Infinity
  const back = sockets.map(async (socket, i) => {
    await nextEvent(socket, 'disconnect', { ms: 20_000 })
    closed = Math.min(closed, performance.now())
    await nextEvent(socket, 'connect', { ms: 20_000, retry: true })
    await join(socket, rooms[i % 10])
    return performance.now()
  })
  const signalled = performance.now()
  await server.restart()
  const gap = performance.now() - closed
  const waits = (await Promise.all(back)).map((at) => at - closed)
  t.diagnostic(`the sockets were closed after ${Math.round(closed - signalled)} ms, and ${Math.round(gap)} ms later the next server listened; `
    + `in a room again after ${percentile(waits, 0.5)} ms (half), ${percentile(waits, 0.99)} ms (99 of 100), ${percentile(waits, 1)} ms (all)`)
  assert.ok(closed - signalled <= promised(2000), `close of the sockets: got ${closed - signalled} ms after SIGTERM, want at most ${promised(2000)}`)
  assert.ok(gap <= promised(500), `start of the next server: got ${gap} ms after the close, want at most ${promised(500)}`)
  assert.ok(percentile(waits, 0.99) <= promised(2000), `99th percentile of the rejoins: got ${percentile(waits, 0.99)} ms, want at most ${promised(2000)}`)
  sockets.forEach((socket) => socket.disconnect())
  ann.chat.disconnect()
  await server.stop()
})

test('second server on the same folder: starts as soon as the first has stopped', async (t) => {
  const server = await startServer({}, { path: binary({ race: false }) })
  const ann = await owner(server)
  const closed = nextEvent(ann.chat, 'disconnect', { ms: 10_000 }).then(() => performance.now())
  const stopped = server.stop()
  await until(() => server.logs.includes('msg=stopping'), 'the first server stopping')
  await server.start()
  const gap = performance.now() - await closed
  t.diagnostic(`${Math.round(gap)} ms`)
  assert.ok(gap <= promised(500), `start of the next server: got ${gap} ms after the close, want at most ${promised(500)}`)
  ann.chat.disconnect()
  await stopped
  await server.stop()
})
