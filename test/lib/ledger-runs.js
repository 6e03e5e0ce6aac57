// The two runs of the ledger: over a network that breaks (row D1 of
// docs/promises.md), and over kills of the server (row U1). A run ends when
// enough has happened, not at a time: a slow machine takes longer.
import assert from 'node:assert/strict'
import { startFaultProxy, random, seed } from './fault-proxy.js'
import { pause, until } from './clients.js'
import { Crowd, fromOneAddress } from './crowd.js'
import { assertIntegrity } from './ledger.js'
import { binary, startServer } from './server.js'
import { percentile } from './sizes.js'

const brisk = { PING_INTERVAL: '2s', PING_TIMEOUT: '2s' } // a connection that vanished is noticed within seconds

const times = (list) => `after ${percentile(list, 0.5)} ms (p50), ${percentile(list, 0.99)} ms (p99), ${list.length} times`
const summary = ({ recoveries, pauses, outings }) => `recovered ${times(recoveries)}; ${pauses} pauses in reading, ${outings} outings`

/**
 * Clients talk behind a proxy that breaks their connections, until at least
 * `ms` are over, `acked` messages are acknowledged and each fault, pause,
 * outing and cut has happened often enough.
 * @param {{ clients, rooms, ms, every, blows, acked, pauses, outings, cuts }} size `every` is the mean time in ms
 *   between two messages of a client, `blows` the time in ms between the faults
 * @param {{ times, every }} floods how often a room is flooded, and how long the flooders rest between
 * @param {{ p99: number }} bound of the recoveries, in ms
 */
export async function ledgerOverFaults(t, { clients, rooms, ms, every, blows, restless, acked, pauses, outings, cuts }, floods, { p99 = Infinity } = {}) {
  const dice = random(seed)
  const server = await startServer({ ...fromOneAddress, ...brisk, RATE_VISITOR: 'off' }, { path: binary({ race: false }) })
  const chaos = await startFaultProxy(server.port, { dice, every: blows })
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
 * Clients talk while the server is killed, four times of five by SIGKILL, and
 * started again. Between two kills at least one message is acknowledged.
 * @param {{ clients, rooms, every, rounds, breath, acked, pauses, outings }} size `rounds` of five kills each, `breath` the
 *   longest random wait in ms before a kill
 */
export async function ledgerOverKills(t, { clients, rooms, every, restless, rounds, breath, acked, pauses, outings }) {
  const dice = random(seed)
  const server = await startServer({ ...fromOneAddress, ...brisk }, { path: binary({ race: false }) })
  const crowd = new Crowd(server, dice)
  await crowd.gather(clients, rooms)
  let killed = false
  const enough = () => killed && crowd.acked >= acked && crowd.pauses >= pauses && crowd.outings >= outings
  const talking = crowd.talk(Infinity, every, { over: enough, restless })
  const ends = { SIGKILL: 0, SIGTERM: 0 }
  for (let round = 0; round < rounds; round++) {
    const gentle = Math.floor(dice() * 5) // one of five
    for (let i = 0; i < 5; i++) {
      const before = crowd.acked
      await pause(200 + dice() * breath)
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
