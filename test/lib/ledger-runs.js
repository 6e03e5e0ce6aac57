// The two ledger runs: over a faulty network (row D1 of docs/promises.md), and over
// kills of the server (row U1). A run ends after enough events, not at a fixed time:
// a slow machine takes longer.
import assert from 'node:assert/strict'
import { startFaultProxy, random, seed } from './fault-proxy.js'
import { pause, until } from './clients.js'
import { Crowd, fromOneAddress } from './crowd.js'
import { assertIntegrity } from './ledger.js'
import { binary, startServer } from './server.js'
import { percentile } from './sizes.js'

const brisk = { PING_INTERVAL: '2s', PING_TIMEOUT: '2s' } // a vanished connection is noticed within seconds

const times = (list) => `after ${percentile(list, 0.5)} ms (p50), ${percentile(list, 0.99)} ms (p99), ${list.length} times`
const summary = ({ recoveries, pauses, outings }) => `recovered ${times(recoveries)}; ${pauses} pauses in reading, ${outings} outings`

/**
 * Runs clients behind a proxy that breaks their connections, until at least `ms`
 * have passed, `acked` messages are acknowledged, and each fault, pause, outing and
 * cut has happened often enough.
 * @param {{ clients, rooms, ms, every, faultInterval, restless, acked, pauses, outings, cuts }} size `every` is the mean
 *   time in ms between two messages of a client, `faultInterval` the time in ms between two rounds of faults
 * @param {{ times, every }} floods number of bursts to a room, and the time in ms between two of them
 * @param {{ p99: number }} bound of the recoveries, in ms
 */
export async function ledgerOverFaults(t, { clients, rooms, ms, every, faultInterval, restless, acked, pauses, outings, cuts }, floods, { p99 = Infinity } = {}) {
  const dice = random(seed)
  const server = await startServer({ ...fromOneAddress, ...brisk, RATE_VISITOR: 'off' }, { path: binary({ race: false }) })
  const chaos = await startFaultProxy(server.port, { dice, every: faultInterval })
  const crowd = new Crowd(server, dice)
  await crowd.gather(clients, rooms, chaos.url)
  chaos.start()
  const end = performance.now() + ms
  const enough = () => performance.now() >= end && crowd.acked >= acked && crowd.pauses >= pauses && crowd.outings >= outings
    && crowd.cuts >= cuts && Object.values(chaos.counts).every((n) => n > 0)
  await Promise.all([
    crowd.talk(Infinity, every, { over: enough, restless }),
    crowd.flood(floods.times, floods.every, chaos.url),
  ])
  chaos.stop()
  const counts = await crowd.settle()
  t.diagnostic(`SEED=${seed}: ${counts}; ${summary(crowd)}; ${crowd.cuts} cuts of slow readers; `
    + `from the flood recovered ${times(crowd.floodRecoveries)}; faults ${JSON.stringify(chaos.counts)}`)
  assert.ok(percentile(crowd.recoveries, 0.99) <= p99, summary(crowd))
}

/**
 * Runs clients while the server is killed and restarted: four times of five by SIGKILL, once by SIGTERM. At least
 * one message is acknowledged between two kills.
 * @param {{ clients, rooms, every, restless, rounds, maxWait, acked, pauses, outings }} size `rounds` of five kills each,
 *   `maxWait` the longest random wait in ms before a kill
 */
export async function ledgerOverKills(t, { clients, rooms, every, restless, rounds, maxWait, acked, pauses, outings }) {
  const dice = random(seed)
  const server = await startServer({ ...fromOneAddress, ...brisk }, { path: binary({ race: false }) })
  const crowd = new Crowd(server, dice)
  await crowd.gather(clients, rooms)
  let killed = false
  const enough = () => killed && crowd.acked >= acked && crowd.pauses >= pauses && crowd.outings >= outings
  const talking = crowd.talk(Infinity, every, { over: enough, restless })
  const ends = { SIGKILL: 0, SIGTERM: 0 }
  for (let round = 0; round < rounds; round++) {
    const gentle = Math.floor(dice() * 5) // the kill of the round that is a SIGTERM
    for (let i = 0; i < 5; i++) {
      const before = crowd.acked
      await pause(200 + dice() * maxWait)
      await until(() => crowd.acked > before, 'a message is acknowledged', 60_000)
      const signal = i === gentle ? 'SIGTERM' : 'SIGKILL'
      await server.stop(signal)
      ends[signal]++
      assertIntegrity(server)
      await server.start()
    }
  }
  killed = true
  await talking
  const counts = await crowd.settle()
  t.diagnostic(`SEED=${seed}: ${ends.SIGKILL} kills, ${ends.SIGTERM} restarts; ${counts}; ${summary(crowd)}`)
  assert.deepEqual(ends, { SIGKILL: 4 * rounds, SIGTERM: rounds })
}
