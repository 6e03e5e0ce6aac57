// Thousands of malformed packets, announced attachments that never arrive, and floods of
// heartbeats: rows P2, P3 and P10 of docs/promises.md.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import WebSocket from 'ws'
import { binary, relay, startServer } from './lib/server.js'
import { startCanary } from './lib/canary.js'
import { pause, until, withTimeout } from './lib/clients.js'
import { bodyProbes, handshakeProbes, webSocketProbes } from './lib/probes.js'
import { probeBody, probeHandshake, probeWebSocket } from './lib/probe-client.js'
import { MiB, measurable, peak, resident } from './lib/process.js'
import { longTest, percentile, eventTimeout, promised, sized } from './lib/sizes.js'

longTest('73 probes, repeated: have the same outcome each time and leak no goroutines', async (t) => {
  const fresh = await startServer()
  await (await startCanary(fresh)).stop()
  await pause(1000)
  const baseline = await fresh.goroutines()

  const server = await startServer({ RATE_CONNECT: 'off', RATE_CONNECT_ADDRESS: 'off' })
  const canary = await startCanary(server)
  const outcomes = new Map() // of the first round
  const compare = (name, outcome) => {
    if (!outcomes.has(name)) outcomes.set(name, outcome)
    assert.deepEqual({ name, ...outcome }, { name, ...outcomes.get(name) })
  }
  const rounds = sized(3, 1000)
  for (let round = 0; round < rounds; round++) {
    const queue = [
      ...[3, 4].flatMap((revision) => webSocketProbes.map((probe) => async () =>
        compare(`${probe.name}, ${revision}`, { outcome: (await probeWebSocket(server, probe, revision)).outcome }))),
      ...handshakeProbes.map((probe) => async () => compare(probe.name, await probeHandshake(server, probe))),
      ...bodyProbes.map((probe) => async () => compare(probe.name, await probeBody(server, probe))),
    ]
    await Promise.all(Array.from({ length: 16 }, async () => {
      for (let run; (run = queue.shift());) await run()
    }))
  }
  const waits = await canary.stop()
  t.diagnostic(`${rounds} rounds; the canary waited for ${percentile(waits, 0.5)} ms, at most ${percentile(waits, 1)} ms`)
  await pause(5000)
  const left = await server.goroutines()
  t.diagnostic(`${left} goroutines left, ${baseline} without the probes`)
  assert.ok(left <= baseline + 2, `goroutines: got ${left}, want at most ${baseline + 2}\n${server.logs.slice(-100_000)}`)
  assert.doesNotMatch(server.logs, /DATA RACE|^panic:|msg="panic/m)
})

longTest('announced attachments that never arrive: cost at most 32 MiB and end after 10 s', { skip: !measurable && 'memory is measured on Linux only' }, async (t) => {
  const server = await startServer({}, { path: binary({ race: false }) })
  const canary = await startCanary(server)
  const sockets = []
  for (let i = 0; i < 20; i++) {
    sockets.push(...await Promise.all(Array.from({ length: 50 }, (_, k) => open(server, k % 2 ? 3 : 4))))
  }
  const before = resident(server.pid)
  const startedAt = performance.now()
  const ends = sockets.map(({ gone }) => gone.then(() => performance.now() - startedAt))
  const placeholders = Array.from({ length: 10 }, (_, num) => ({ _placeholder: true, num }))
  for (const { ws } of sockets) ws.send(`4510-${JSON.stringify(['reply', 'x'.repeat(2000), ...placeholders])}`)
  const times = await withTimeout(60_000, Promise.all(ends), 'a close of every connection')
  const grown = (peak(server.pid) - before) / MiB
  t.diagnostic(`+${grown.toFixed(1)} MiB for 1,000; dropped after ${percentile(times, 0)} to ${percentile(times, 1)} ms`)
  assert.ok(grown <= 32, `memory: got ${grown} MiB more, want at most 32`)
  assert.ok(percentile(times, 0) > 9000 && percentile(times, 1) < promised(12_000), `closes: got them after ${percentile(times, 0)} to ${percentile(times, 1)} ms, want 9,000 to ${promised(12_000)}`)
  await canary.stop()
  await server.stop()
})

for (const [revision, heartbeat] of [[4, '3'], [3, '2']]) {
  test(`10,000 unsolicited heartbeats a second, revision ${revision}: start no goroutine and delay no client`, async (t) => {
    const server = await startServer({}, { path: relay() })
    const canary = await open(server, 4)
    const sockets = await Promise.all(Array.from({ length: 50 }, () => open(server, revision)))
    const goroutines = async () => Number(await (await fetch(`${server.url}/goroutines`)).text())
    const before = await goroutines()
    let cut = 0
    for (const socket of sockets) socket.gone.then(() => { cut++ })
    const counts = [], waits = []
    const startedAt = performance.now()
    for (let beat = 0; beat < 40; beat++) { // 2 s: 400 from each connection, below the limit
      for (const { ws } of sockets) for (let i = 0; i < 10; i++) ws.send(heartbeat)
      if (beat % 5 === 0) {
        const asked = performance.now()
        await canary.emitWithAck('echo')
        waits.push(performance.now() - asked)
        counts.push(await goroutines())
      }
      await pause(Math.max(0, startedAt + (beat + 1) * 50 - performance.now()))
    }
    t.diagnostic(`${before} goroutines before, at most ${Math.max(...counts)} during the flood; an answer took at most ${percentile(waits, 1)} ms`)
    assert.ok(Math.max(...counts) <= before + 5, `goroutines: got ${counts}, want at most ${before + 5}`)
    assert.ok(percentile(waits, 0.5) <= promised(100), `answers: got ${waits} ms, want a median of at most ${promised(100)}`)
    assert.equal(cut, 0)
    for (const { ws } of sockets) for (let i = 0; i < 601; i++) ws.send(heartbeat)
    await until(() => cut === 50, 'a close of every flooding connection')
    for (const socket of sockets) assert.equal(await socket.gone, 1008)
    await canary.emitWithAck('echo')
    canary.ws.terminate()
    await server.stop()
  })
}

test('canary: fails when its connection ends', async () => { // a condition of the tests above
  const server = await startServer({}, { path: binary({ race: false }) })
  const canary = await startCanary(server)
  await server.stop()
  await assert.rejects(canary.stop())
})

/** Opens a WebSocket in the namespace "/". gone resolves to its close code. */
async function open(server, revision) {
  const ws = new WebSocket(`${server.ws}/socket.io/?EIO=${revision}&transport=websocket`, { perMessageDeflate: false })
  ws.on('error', () => {})
  const gone = new Promise((resolve) => ws.on('close', resolve))
  const answers = []
  await withTimeout(eventTimeout, new Promise((resolve) => ws.on('message', (data) => {
    const text = data.toString()
    if (text.startsWith('0{') && revision === 4) ws.send('40')
    if (text.startsWith('40')) resolve()
    if (text.startsWith('43')) answers.push(text)
  })), 'the connection')
  const emitWithAck = async (event) => {
    const had = answers.length
    ws.send(`421["${event}"]`)
    await until(() => answers.length > had, 'an acknowledgement')
  }
  return { ws, gone, emitWithAck }
}
