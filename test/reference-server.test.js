// Sends the same malformed packets to the official server and to ours: both must close the
// connection, or neither. This file and docs/protocol.md list every difference.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { startReference } from './lib/reference-process.js'
import { startCanary } from './lib/canary.js'
import { base64Probes, base64TypeProbes, bodyProbes, bodyProbes3, handshakeProbes, handshakeProbes3, webSocketProbes } from './lib/probes.js'
import { probeBody, probeHandshake, probeWebSocket } from './lib/probe-client.js'

// Probes after which our server closes the connection and the official server does not.
const stricter = {
  'a close packet': 'the client has announced its end',
  'an event with an ack id of 23 digits': 'an acknowledgement of another event is worse than none',
  'an unknown namespace of 100 KB': 'an echo has a limit',
  '1,000,001 bytes in a body': 'its packets are lost, so later packets would follow a gap',
}
const stricter3 = {
  '1,000,001 bytes in a body': 'as in revision 4',
  '100,000 pings': 'a client sends one in an interval',
}
// Probes with the same outcome but another response.
const otherAnswers = {
  'octet-stream': { code: 3 }, // the official server sends no body for these three
  'a second POST at once': { code: 3 },
  '1,000,001 bytes in a body': { code: 3, outcome: 'closed' },
  'garbage in a body': { status: 400, code: 3 }, // the official server answers "ok" and closes the connection
  'an empty body': { status: 400, code: 3 },
  'bad base64': { status: 400, code: 3 },
  '100,000 pings': { status: 400, code: 3 },
}

let reference, reference3, ours, without3, carried, canary
before(async () => {
  reference = await startReference()
  reference3 = await startReference({ allowEIO3: true })
  ours = await startServer()
  without3 = await startServer({ EIO3_ENGINE: 'off' })
  carried = await startServer({ EIO3_ENGINE: 'go-socket.io' })
  canary = await startCanary(ours)
})
after(() => [reference, reference3].forEach((server) => server?.child.kill()))

describe('probe', () => {
  test('probes: are 73 with distinct names', () => {
    const names = [...webSocketProbes, ...handshakeProbes, ...bodyProbes].map(({ name }) => name)
    assert.equal(webSocketProbes.length, 56)
    assert.equal(handshakeProbes.length + bodyProbes.length, 17)
    assert.equal(new Set(names).size, 73)
    for (const name of Object.keys({ ...stricter, ...otherAnswers })) assert.ok(names.includes(name), name)
  })

  test('56 WebSocket probes: have the outcome of the official server', async () => {
    const results = await both(webSocketProbes, reference, (server, probe) => probeWebSocket(server, probe, 4))
    for (const [probe, { theirs }] of results) assert.equal(theirs.outcome, probe.outcome, `official server: ${probe.name}`)
    assertAsListed(results)
  })

  test('10 handshakes: are answered like the official server', async () => {
    for (const probe of handshakeProbes) {
      const [theirs, own] = await Promise.all([reference, without3].map((server) => probeHandshake(server, probe)))
      assert.deepEqual(theirs, probe.answer, `official server: ${probe.name}`)
      assert.deepEqual(own, theirs, probe.name)
    }
  })

  test('7 POST bodies: have the outcome of the official server', async () => {
    const results = await both(bodyProbes, reference, probeBody)
    assertAsListed(results)
    for (const [{ name, ...probe }, { theirs, own }] of results) {
      assert.deepEqual(theirs, { outcome: probe.outcome, status: probe.status, code: undefined }, `official server: ${name}`)
      assert.deepEqual(own, { ...theirs, ...otherAnswers[name] }, name)
    }
  })

  const agree = 73 - Object.keys(stricter).length
  test(`probes: ${agree} of 73 have the outcome of the official server`, () => assert.ok(agree >= 69, `got ${agree}, want at least 69`))

  test('handshakes of old clients: are answered like the official server', async () => {
    for (const probe of handshakeProbes3) {
      const [theirs, own] = await Promise.all([reference3, ours].map((server) => probeHandshake(server, probe)))
      assert.deepEqual(own, theirs, probe.name)
    }
  })

  test('POST bodies of old clients: have the outcome of the official server', async () => {
    const results = await both(bodyProbes3, reference3, (server, probe) => probeBody(server, probe, 3))
    for (const [{ name }, { theirs, own }] of results) {
      assert.equal(own.outcome, stricter3[name] ? 'closed' : theirs.outcome, `${name}: ${JSON.stringify({ theirs, own })}`)
    }
  })

  test('56 WebSocket probes of old clients: have the outcome of the official server', async () => {
    const results = await both(webSocketProbes, reference3, (server, probe) => probeWebSocket(server, probe, 3))
    assertAsListed(results)
  })

  test('56 WebSocket probes of old clients carried by go-socket.io: have the outcome of the official server', async () => {
    const results = await both(webSocketProbes, reference3, (server, probe) => probeWebSocket(server, probe, 3), carried)
    assertAsListed(results)
    for (const [{ name }, { own }] of results) { // the only difference: no close code
      assert.equal(own.code, own.outcome === 'closed' ? 1006 : undefined, name)
    }
  })

  test('base64 over WebSocket: is accepted unless bytes would be lost', async () => {
    for (const revision of [3, 4]) {
      const probes = base64Probes.filter((probe) => probe.revision === revision)
      const send = (server, probe) => probeWebSocket(server, probe, revision)
      for (const own of revision === 3 ? [ours, carried] : [ours]) {
        for (const [{ name, loses }, { theirs, own: { outcome } }] of await both(probes, reference3, send, own)) {
          assert.deepEqual([name, theirs.outcome, outcome], [name, 'open', loses ? 'closed' : 'open'])
        }
      }
    }
  })

  test('base64 prefix before other packets: has the listed outcome', async () => {
    for (const revision of [3, 4]) {
      const probes = base64TypeProbes.filter((probe) => probe.revision === revision)
      const send = (server, probe) => probeWebSocket(server, probe, revision)
      for (const own of revision === 3 ? [ours, carried] : [ours]) {
        for (const [{ name, outcome, stricter }, { theirs, own: got }] of await both(probes, reference3, send, own)) {
          assert.deepEqual([name, theirs.outcome, got.outcome], [name, outcome, stricter ? 'closed' : outcome])
        }
      }
    }
  })

  test('message of ten times the limit: is closed with 1009', async () => {
    const probe = { frames: [`42["reply","${'x'.repeat(10_000_000)}"]`] }
    assert.deepEqual(await probeWebSocket(reference, probe, 4), { outcome: 'closed', code: 1009 })
    assert.deepEqual(await probeWebSocket(ours, probe, 4), { outcome: 'closed', code: 1009 })
  })

  test('servers: still work, and the canary was not affected', async () => {
    for (const server of [reference, reference3]) assert.equal(server.child.exitCode ?? server.child.signalCode, null)
    await canary.stop()
    for (const server of [ours, without3, carried]) {
      await server.stop()
      assert.doesNotMatch(server.logs, /panic/)
    }
  })
})

/** Sends each probe to both servers, eight at a time, because each waits for answers. */
async function both(probes, theirs, send, own = ours) {
  const results = new Map()
  const queue = [...probes]
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let probe; (probe = queue.shift());) {
      const [a, b] = await Promise.all([send(theirs, probe), send(own, probe)])
      results.set(probe, { theirs: a, own: b })
    }
  }))
  return results
}

/** Fails for a difference that is not listed, and for a listed difference that does not occur. */
function assertAsListed(results) {
  for (const [{ name }, { theirs, own }] of results) {
    const expected = { [name]: theirs.outcome }
    if (name in stricter) {
      assert.deepEqual([theirs.outcome, own.outcome], ['open', 'closed'], `${name}: listed as stricter`)
    } else {
      assert.deepEqual({ [name]: own.outcome }, expected)
    }
  }
}
