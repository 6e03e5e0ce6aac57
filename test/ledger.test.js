// No message is lost, duplicated or reordered: the short forms of rows D1 and U1 of
// docs/promises.md. Every client records what it sends and receives, and test/ledger
// checks the records. The long forms are in long/ledger.test.js.
import { describe, test } from 'node:test'
import { ledgerOverFaults, ledgerOverKills } from './lib/ledger-runs.js'

describe('messages', { concurrency: true }, () => {
  test('faulty network: loses, duplicates and reorders no message', (t) => ledgerOverFaults(t,
    { clients: 40, rooms: 4, ms: 0, every: 400, faultInterval: 500, interruption: 0.02, acked: 400, pauses: 3, absences: 3, cuts: 1 },
    { times: 1, every: 0 }))

  test('repeated kills of the server: lose, duplicate and reorder no acknowledged message', (t) => ledgerOverKills(t,
    { clients: 20, rooms: 4, every: 60, interruption: 0.01, rounds: 1, maxWait: 300, acked: 200, pauses: 2, absences: 2 }))
})
