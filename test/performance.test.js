// Start time, memory and a large room, with generous bounds that only a serious regression exceeds.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from './lib/server.js'
import { nextEvent, withTimeout } from './lib/clients.js'
import { MiB, measurable, resident } from './lib/process.js'
import { RawSocket } from './lib/raw-socket.js'
import { Visitor, owner } from './lib/visitor.js'
import { longTest, eventTimeout, promised } from './lib/sizes.js'

const path = binary({ race: false }) // the race detector costs time and memory

test('server: serves the first page within a second in 60 MiB', async (t) => {
  const start = performance.now()
  const server = await startServer({}, { path })
  const answer = await fetch(server.url)
  assert.equal(answer.status, 200)
  await answer.text()
  const duration = Math.round(performance.now() - start)
  t.diagnostic(`first page ${duration} ms after the start`)
  assert.ok(duration < promised(1000), `first page: got ${duration} ms after the start, want less than ${promised(1000)}`)

  await Promise.all(Array.from({ length: 20 }, () => fetch(server.url).then((page) => page.text())))
  const rss = residentMiB(server.pid)
  if (rss !== undefined) {
    t.diagnostic(`${rss} MiB resident`)
    assert.ok(rss < 60, `resident memory: got ${rss} MiB, want less than 60`)
  }
  await server.stop()
})

longTest('room with a thousand WebSockets: delivers a message within a second', async (t) => {
  const server = await startServer({ NOTICE_SOCKETIO: 'false', RATE_ADDRESS: 'off' }, { path }) // all clients have one address
  const a = await owner(server, { max: 500 })
  a.chat.on('disconnect', (reason) => t.diagnostic(`the owner lost the connection: ${reason}`))
  const visitors = []
  for (let i = 0; i < 100; i++) { // ten tabs each
    const visitor = new Visitor(server)
    await visitor.enter(a.room)
    visitors.push(visitor)
  }
  const sockets = []
  for (let i = 0; i < 1000; i += 100) {
    sockets.push(...await Promise.all(visitors.map((visitor) => RawSocket.open(server, { cookie: visitor.cookie }))))
  }
  await Promise.all(sockets.map(async (raw) => {
    await raw.connect('/chat')
    raw.send(`42/chat,["join","${a.room}"]`)
  }))
  const rss = residentMiB(server.pid)
  await withTimeout(eventTimeout, untilJoined(a, sockets), 'every socket in the room')

  const start = performance.now()
  const own = nextEvent(a.chat, 'chat', { where: ({ chat }) => chat === '모두에게' })
  assert.equal((await a.postMessage(a.room, '모두에게')).status, 200)
  await own
  await Promise.all(sockets.map((raw) => raw.until((frame) => frame.includes('모두에게'), 60_000)))
  const duration = Math.round(performance.now() - start)
  assert.ok(sockets.every((raw) => !raw.closed), 'every socket is open')
  t.diagnostic(`1,000 had it ${duration} ms after sending; ${rss} MiB resident with them connected`)
  assert.ok(duration < promised(1000), `delivery: got ${duration} ms, want less than ${promised(1000)}`)
  for (const raw of sockets) raw.close()
  a.chat.disconnect()
  await server.stop()
})

/** Sends messages until every socket has received one. */
async function untilJoined(a, sockets) {
  for (let i = 0; ; i++) {
    const text = `들리나요 ${i}`
    assert.equal((await a.postMessage(a.room, text)).status, 200)
    const all = await Promise.all(sockets.map((raw) => raw.until((frame) => frame.includes(text), 2000).then(() => true, () => false)))
    if (all.every(Boolean)) return
  }
}

const residentMiB = (pid) => (measurable ? Math.round(resident(pid) / MiB) : undefined)
