// Rows D1 and U1 of docs/promises.md: a minute for each, and ten minutes and 300
// kills with SOAK=1.
import { describe, test } from 'node:test'
import { ledgerOverFaults, ledgerOverKills } from '../lib/ledger-runs.js'
import { sized } from '../lib/sizes.js'

describe('messages', () => {
  test('faulty network: loses, duplicates and reorders no message', (t) => ledgerOverFaults(t,
    {
      clients: 200, rooms: 20, ms: sized(60_000, 600_000), every: sized(1000, 900), faultInterval: 2000, interruption: 0.005,
      acked: sized(2000, 100_000), pauses: sized(10, 300), absences: sized(5, 200), cuts: sized(1, 10),
    },
    { times: sized(3, 20), every: sized(12_000, 24_000) }, { p99: sized(15_000, 2000) }))

  test('repeated kills of the server: lose, duplicate and reorder no acknowledged message', (t) => ledgerOverKills(t,
    {
      clients: 50, rooms: 5, every: 100, interruption: 0.005, rounds: sized(8, 75), maxWait: sized(1000, 2800),
      acked: sized(1000, 100_000), pauses: sized(5, 50), absences: sized(5, 50),
    }))
})
