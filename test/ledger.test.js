// Nothing lost, nothing doubled, order kept: rows D1 and U1 of docs/promises.md.
// Every client writes down what it does and sees; test/ledger checks that.
import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from './lib/server.js'
import { Crowd, fromOneAddress } from './lib/crowd.js'
import { random, seed, startChaos } from './lib/chaos.js'
import { assertWhole } from './lib/ledger.js'
import { pause } from './lib/clients.js'
import { nth, sized } from './lib/soak.js'

const brisk = { ...fromOneAddress, PING_INTERVAL: '2s', PING_TIMEOUT: '2s' } // who has vanished is missed soon

const told = ({ recoveries }) => `recovered after ${nth(recoveries, 0.5)} ms (p50), ${nth(recoveries, 0.99)} ms (p99), ${recoveries.length} times`

describe('the ledger', () => {
  test('holds while the network breaks', async (t) => {
    const dice = random(seed)
    const server = await startServer(brisk, { path: binary({ race: false }) })
    const chaos = await startChaos(server.port, { dice })
    const crowd = new Crowd(server, dice)
    await crowd.gather(200, 20, chaos.url)
    chaos.start()
    await crowd.talk(sized(60_000, 600_000), sized(1000, 900))
    chaos.stop()
    const counts = await crowd.settle()
    t.diagnostic(`SEED=${seed}: ${counts}; ${told(crowd)}; faults ${JSON.stringify(chaos.counts)}`)
    assert.ok(crowd.acked >= sized(2000, 100_000), `only ${crowd.acked} messages`)
    assert.ok(Object.values(chaos.counts).every((n) => n > 0), 'a fault has never happened')
    assert.ok(nth(crowd.recoveries, 0.99) <= sized(15_000, 2000), told(crowd))
  })

  test('holds while the server is killed again and again', async (t) => {
    const dice = random(seed)
    const server = await startServer(fromOneAddress, { path: binary({ race: false }) })
    const crowd = new Crowd(server, dice)
    await crowd.gather(50, 5)
    const cycles = sized(30, 300)
    let over = false
    const talking = (async () => { while (!over) await crowd.talk(1000, 100, { restless: 0 }) })()
    for (let i = 0; i < cycles; i++) {
      await pause(200 + dice() * sized(1600, 2800))
      await server.stop('SIGKILL')
      assertWhole(server)
      await server.start()
    }
    over = true
    await talking
    const counts = await crowd.settle()
    t.diagnostic(`SEED=${seed}: ${cycles} kills; ${counts}; ${told(crowd)}`)
    assert.ok(crowd.acked >= sized(1000, 100_000), `only ${crowd.acked} messages`)
  })
})
