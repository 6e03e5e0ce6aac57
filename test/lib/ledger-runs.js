// The two ledger runs: over a faulty network (row D1 of docs/promises.md), and over
// kills of the server (row U1). A run ends after enough events, not at a fixed time:
// a slow machine takes longer.
import assert from 'node:assert/strict'
import { startFaultProxy, random, seed } from './fault-proxy.js'
import { pause, until } from './clients.js'
import { LoadClients, fromOneAddress } from './load-clients.js'
import { assertIntegrity } from './ledger.js'
import { binary, startServer } from './server.js'
import { percentile } from './sizes.js'

const shortHeartbeat = { PING_INTERVAL: '2s', PING_TIMEOUT: '2s' } // a vanished connection is noticed within seconds

const times = (list) => `after ${percentile(list, 0.5)} ms (p50), ${percentile(list, 0.99)} ms (p99), ${list.length} times`
const summary = ({ recoveries, pauses, absences }) => `recovered ${times(recoveries)}; ${pauses} pauses in reading, ${absences} absences`

/**
 * Runs clients behind a proxy that breaks their connections, until at least `ms`
 * have passed, `acked` messages are acknowledged, and each fault, pause, absence and
 * cut has happened often enough.
 * @param {{ clients, rooms, ms, every, faultInterval, interruption, acked, pauses, absences, cuts }} size `every` is the mean
 *   time in ms between two messages of a client, `faultInterval` the time in ms between two rounds of faults
 * @param {{ times, every }} floods number of bursts to a room, and the time in ms between two of them
 * @param {{ p99: number }} bound of the recoveries, in ms
 */
export async function ledgerOverFaults(t, { clients, rooms, ms, every, faultInterval, interruption, acked, pauses, absences, cuts }, floods, { p99 = Infinity } = {}) {
  const dice = random(seed)
  const server = await startServer({ ...fromOneAddress, ...shortHeartbeat, RATE_VISITOR: 'off' }, { path: binary({ race: false }) })
  const proxy = await startFaultProxy(server.port, { dice, every: faultInterval })
  const load = new LoadClients(server, dice)
  await load.start(clients, rooms, proxy.url)
  proxy.start()
  const end = performance.now() + ms
  const enough = () => performance.now() >= end && load.acked >= acked && load.pauses >= pauses && load.absences >= absences
    && load.cuts >= cuts && Object.values(proxy.counts).every((n) => n > 0)
  await Promise.all([
    load.sendRandomly(Infinity, every, { over: enough, interruption }),
    load.flood(floods.times, floods.every, proxy.url),
  ])
  proxy.stop()
  const counts = await load.stopAndCheck()
  t.diagnostic(`SEED=${seed}: ${counts}; ${summary(load)}; ${load.cuts} cuts of slow readers; `
    + `from the flood recovered ${times(load.floodRecoveries)}; faults ${JSON.stringify(proxy.counts)}`)
  assert.ok(percentile(load.recoveries, 0.99) <= p99, summary(load))
}

/**
 * Runs clients while the server is killed and restarted: four times of five by SIGKILL, once by SIGTERM. At least
 * one message is acknowledged between two kills.
 * @param {{ clients, rooms, every, interruption, rounds, maxWait, acked, pauses, absences }} size `rounds` of five kills each,
 *   `maxWait` the longest random wait in ms before a kill
 */
export async function ledgerOverKills(t, { clients, rooms, every, interruption, rounds, maxWait, acked, pauses, absences }) {
  const dice = random(seed)
  const server = await startServer({ ...fromOneAddress, ...shortHeartbeat }, { path: binary({ race: false }) })
  const load = new LoadClients(server, dice)
  await load.start(clients, rooms)
  let killed = false
  const enough = () => killed && load.acked >= acked && load.pauses >= pauses && load.absences >= absences
  const sending = load.sendRandomly(Infinity, every, { over: enough, interruption })
  const ends = { SIGKILL: 0, SIGTERM: 0 }
  for (let round = 0; round < rounds; round++) {
    const sigtermIndex = Math.floor(dice() * 5) // of the kill of the round that is a SIGTERM
    for (let i = 0; i < 5; i++) {
      const before = load.acked
      await pause(200 + dice() * maxWait)
      await until(() => load.acked > before, 'a message is acknowledged', 60_000)
      const signal = i === sigtermIndex ? 'SIGTERM' : 'SIGKILL'
      await server.stop(signal)
      ends[signal]++
      assertIntegrity(server)
      await server.start()
    }
  }
  killed = true
  await sending
  const counts = await load.stopAndCheck()
  t.diagnostic(`SEED=${seed}: ${ends.SIGKILL} kills, ${ends.SIGTERM} restarts; ${counts}; ${summary(load)}`)
  assert.deepEqual(ends, { SIGKILL: 4 * rounds, SIGTERM: rounds })
}
