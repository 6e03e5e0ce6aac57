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

const settings = { ...fromOneAddress, RATE_VISITOR: 'off' } // for the flood
const brisk = { ...settings, PING_INTERVAL: '2s', PING_TIMEOUT: '2s' } // who has vanished is missed soon

const times = (list) => `after ${nth(list, 0.5)} ms (p50), ${nth(list, 0.99)} ms (p99), ${list.length} times`
const told = ({ recoveries, pauses, outings }) => `recovered ${times(recoveries)}; ${pauses} times somebody did not read, ${outings} times somebody was out`

describe('the ledger', () => {
  test('holds while the network breaks and some do not read', async (t) => {
    const dice = random(seed)
    const server = await startServer(brisk, { path: binary({ race: false }) })
    const chaos = await startChaos(server.port, { dice })
    const crowd = new Crowd(server, dice)
    await crowd.gather(200, 20, chaos.url)
    chaos.start()
    await Promise.all([
      crowd.talk(sized(60_000, 600_000), sized(1000, 900)),
      crowd.flood(sized(3, 20), sized(12_000, 24_000), chaos.url),
    ])
    chaos.stop()
    const counts = await crowd.settle()
    t.diagnostic(`SEED=${seed}: ${counts}; ${told(crowd)}; ${crowd.cuts} were too slow; from the flood recovered ${times(crowd.floodRecoveries)}; faults ${JSON.stringify(chaos.counts)}`)
    assert.ok(crowd.acked >= sized(2000, 100_000), `only ${crowd.acked} messages`)
    assert.ok(Object.values(chaos.counts).every((n) => n > 0), 'a fault has never happened')
    assert.ok(crowd.pauses >= sized(10, 300) && crowd.outings >= sized(5, 200), told(crowd))
    assert.ok(crowd.cuts >= sized(1, 10), `${crowd.cuts} were too slow`)
    assert.ok(nth(crowd.recoveries, 0.99) <= sized(15_000, 2000), told(crowd))
  })

  test('holds while the server is killed and restarted again and again', async (t) => {
    const dice = random(seed)
    const server = await startServer(fromOneAddress, { path: binary({ race: false }) })
    const crowd = new Crowd(server, dice)
    await crowd.gather(50, 5)
    let over = false
    const talking = crowd.talk(Infinity, 100, { over: () => over })
    const ends = { SIGKILL: 0, SIGTERM: 0 }
    for (let round = 0; round < sized(8, 75); round++) {
      const gentle = Math.floor(dice() * 5) // one of five
      for (let i = 0; i < 5; i++) {
        await pause(200 + dice() * sized(1000, 2800))
        const signal = i === gentle ? 'SIGTERM' : 'SIGKILL'
        await server.stop(signal)
        ends[signal]++
        assertWhole(server)
        await server.start()
      }
    }
    over = true
    await talking
    const counts = await crowd.settle()
    t.diagnostic(`SEED=${seed}: ${ends.SIGKILL} kills, ${ends.SIGTERM} restarts; ${counts}; ${told(crowd)}`)
    assert.ok(ends.SIGKILL >= sized(30, 300) && ends.SIGTERM >= sized(5, 50), JSON.stringify(ends))
    assert.ok(crowd.pauses >= sized(5, 50) && crowd.outings >= sized(5, 50), told(crowd))
    assert.ok(crowd.acked >= sized(1000, 100_000), `only ${crowd.acked} messages`)
  })
})
