// Nothing lost, nothing doubled, order kept: the quick forms of rows D1 and U1
// of docs/promises.md. Every client records what it sends and receives;
// test/ledger checks the records. The minute of each row: long/ledger.test.js.
import { describe, test } from 'node:test'
import { ledgerOverFaults, ledgerOverKills } from './lib/ledger-runs.js'

describe('the ledger', { concurrency: true }, () => {
  test('holds while the network breaks and some clients do not read', (t) => ledgerOverFaults(t,
    { clients: 40, rooms: 4, ms: 0, every: 400, faultInterval: 500, restless: 0.02, acked: 400, pauses: 3, outings: 3, cuts: 1 },
    { times: 1, every: 0 }))

  test('holds while the server is killed and restarted again and again', (t) => ledgerOverKills(t,
    { clients: 20, rooms: 4, every: 60, restless: 0.01, rounds: 1, maxWait: 300, acked: 200, pauses: 2, outings: 2 }))
})
