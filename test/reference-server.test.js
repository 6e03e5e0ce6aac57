// The same malformed bytes to the official server and to ours: where one closes
// the connection, the other has to. What differs is listed here and in
// docs/protocol.md, and nothing else may.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { startReference } from './lib/reference-process.js'
import { startCanary } from './lib/canary.js'
import { base64Probes, base64TypeProbes, bodyProbes, bodyProbes3, handshakeProbes, handshakeProbes3, webSocketProbes } from './lib/probes.js'
import { probeBody, probeHandshake, probeWebSocket } from './lib/probe-client.js'

// Where our outcome is not the reference's. Ours may be the stricter one only.
const stricter = {
  'a close packet': 'the client has said that it goes',
  'an event with an ack id of 23 digits': 'an answer to another question is worse than none',
  'an unknown namespace of 100 KB': 'nothing is echoed without a limit',
  '1,000,001 bytes in a body': 'its packets are lost, so later ones would follow a hole',
}
const stricter3 = {
  '1,000,001 bytes in a body': 'as in revision 4',
  '100,000 pings': 'a client has one to send in an interval',
}
// Where the outcome is the same, but a request's answer is not.
const answers = {
  'octet-stream': { code: 3 }, // the reference has no body for these three
  'a second POST at once': { code: 3 },
  '1,000,001 bytes in a body': { code: 3, outcome: 'closed' },
  'garbage in a body': { status: 400, code: 3 }, // "ok" there, though the session is closed
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

describe('malformed packets end as with the official server', () => {
  test('there are 73 probes, each with a name of its own', () => {
    const names = [...webSocketProbes, ...handshakeProbes, ...bodyProbes].map(({ name }) => name)
    assert.equal(webSocketProbes.length, 56)
    assert.equal(handshakeProbes.length + bodyProbes.length, 17)
    assert.equal(new Set(names).size, 73)
    for (const name of Object.keys({ ...stricter, ...answers })) assert.ok(names.includes(name), name)
  })

  test('56 over WebSocket', async () => {
    const results = await both(webSocketProbes, reference, (server, probe) => probeWebSocket(server, probe, 4))
    for (const [probe, { theirs }] of results) assert.equal(theirs.outcome, probe.outcome, `the reference: ${probe.name}`)
    assertAsListed(results)
  })

  test('10 handshakes', async () => {
    for (const probe of handshakeProbes) {
      const [theirs, own] = await Promise.all([reference, without3].map((server) => probeHandshake(server, probe)))
      assert.deepEqual(theirs, probe.answer, `the reference: ${probe.name}`)
      assert.deepEqual(own, theirs, probe.name)
    }
  })

  test('7 bodies of a POST', async () => {
    const results = await both(bodyProbes, reference, probeBody)
    assertAsListed(results)
    for (const [{ name, ...probe }, { theirs, own }] of results) {
      assert.deepEqual(theirs, { outcome: probe.outcome, status: probe.status, code: undefined }, `the reference: ${name}`)
      assert.deepEqual(own, { ...theirs, ...answers[name] }, name)
    }
  })

  const agree = 73 - Object.keys(stricter).length
  test(`${agree} of 73 agree`, () => assert.ok(agree >= 69))

  test('handshakes of old clients', async () => {
    for (const probe of handshakeProbes3) {
      const [theirs, own] = await Promise.all([reference3, ours].map((server) => probeHandshake(server, probe)))
      assert.deepEqual(own, theirs, probe.name)
    }
  })

  test('bodies of old clients', async () => {
    const results = await both(bodyProbes3, reference3, (server, probe) => probeBody(server, probe, 3))
    for (const [{ name }, { theirs, own }] of results) {
      assert.equal(own.outcome, stricter3[name] ? 'closed' : theirs.outcome, `${name}: ${JSON.stringify({ theirs, own })}`)
    }
  })

  test('56 over the WebSocket of old clients', async () => {
    const results = await both(webSocketProbes, reference3, (server, probe) => probeWebSocket(server, probe, 3))
    assertAsListed(results)
  })

  test('56 over the WebSocket of old clients whom go-socket.io carries', async () => {
    const results = await both(webSocketProbes, reference3, (server, probe) => probeWebSocket(server, probe, 3), carried)
    assertAsListed(results)
    for (const [{ name }, { own }] of results) { // the one difference: nobody is told why
      assert.equal(own.code, own.outcome === 'closed' ? 1006 : undefined, name)
    }
  })

  test('base64 over WebSocket is taken, unless bytes would be lost', async () => {
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

  test('the mark of base64 before other packets', async () => {
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

  test('a message of ten times the limit is told why', async () => {
    const probe = { frames: [`42["reply","${'x'.repeat(10_000_000)}"]`] }
    assert.deepEqual(await probeWebSocket(reference, probe, 4), { outcome: 'closed', code: 1009 })
    assert.deepEqual(await probeWebSocket(ours, probe, 4), { outcome: 'closed', code: 1009 })
  })

  test('both servers live, and others have not noticed', async () => {
    for (const server of [reference, reference3]) assert.equal(server.child.exitCode ?? server.child.signalCode, null)
    await canary.stop()
    for (const server of [ours, without3, carried]) {
      await server.stop()
      assert.doesNotMatch(server.logs, /panic/)
    }
  })
})

/** Sends each probe to both; some at once, since each waits for answers. */
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

/** Fails for an outcome that differs and is not listed, and for one that is listed and does not. */
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
