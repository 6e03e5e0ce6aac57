import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { Whispers } from '../../public/js/room/whispers.js'

const time = (n) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString()
const whisper = (n) => ({ n, from: '#1', chat: `w${n}`, createdAt: time(n) })
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => whisper(first + i))

/** A server with whispers 1 to count, of which an answer has at most two, and a log that shows those since a time. */
function start({ count = 0, since = '', refusals = [] } = {}) {
  const asked = []
  const log = { since, live: [], shown: [], receive: (list) => log.live.push(...list), prepend: (list) => { log.shown = list.map(({ n }) => n) } }
  const server = { count }
  const whispers = new Whispers(log, async (after) => {
    asked.push(after)
    if (refusals.length) return refusals.shift()
    const rest = range(after + 1, server.count)
    return { ok: true, whispers: rest.slice(0, 2), more: rest.length > 2 }
  }, 2)
  return { whispers, log, asked, server }
}

const live = ({ live }) => live.map(({ n }) => n)

describe('whispers', () => {
  test('a live whisper is shown as a message of its author', () => {
    const { whispers, log } = start()
    whispers.receive(whisper(1))
    assert.deepEqual(log.live, [{ ...whisper(1), kind: 'whisper', user: '#1' }])
  })

  test('a known whisper is not shown again', () => {
    const { whispers, log } = start()
    for (const n of [1, 2, 2, 1]) whispers.receive(whisper(n))
    assert.deepEqual(live(log), [1, 2])
  })

  test('a gap is requested', async () => {
    const { whispers, log, asked } = start({ count: 3 })
    whispers.receive(whisper(1))
    await whispers.receive(whisper(3))
    assert.deepEqual({ asked, shown: log.shown }, { asked: [1], shown: [1, 2, 3] })
  })

  test('a new page requests the last page only', async () => {
    const { whispers, log, asked } = start({ count: 9, since: time(8) })
    await whispers.catchUp(9)
    assert.deepEqual({ asked: asked.slice(0, 1), shown: log.shown }, { asked: [7], shown: [8, 9] })
  })

  test('all pages since the last known one are requested', async () => {
    const { whispers, log, asked, server } = start({ count: 1 })
    await whispers.catchUp(1)
    server.count = 6
    await whispers.catchUp(6)
    assert.deepEqual({ asked, shown: log.shown }, { asked: [0, 1, 3, 5], shown: [1, 2, 3, 4, 5, 6] })
  })

  test('nothing is requested when no whisper is missing', async () => {
    const { whispers, asked } = start()
    await whispers.catchUp(0)
    whispers.receive(whisper(1))
    await whispers.catchUp(1)
    assert.deepEqual(asked, [])
  })

  test('older whispers are requested back to the oldest message of the page', async () => {
    const { whispers, log, asked } = start({ count: 9, since: time(8) })
    await whispers.catchUp(9)
    asked.length = 0
    log.since = time(4)
    await whispers.show()
    assert.deepEqual({ asked, shown: log.shown }, { asked: [3, 1], shown: [4, 5, 6, 7, 8, 9] })
  })

  test('a page without older messages shows all whispers, each once', async () => {
    const { whispers, log } = start({ count: 9 })
    await whispers.catchUp(9)
    assert.deepEqual(log.shown, [1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('a live whisper that arrives during a request is kept once', async () => {
    const { whispers, log } = start({ count: 3, since: time(1) })
    whispers.receive(whisper(1))
    const caughtUp = whispers.catchUp(3)
    whispers.receive(whisper(2))
    await caughtUp
    assert.deepEqual({ live: live(log), shown: log.shown }, { live: [1, 2], shown: [1, 2, 3] })
  })

  test('a request that fails after stop is not retried', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { whispers, asked } = start({ count: 1, refusals: [null] })
    const caughtUp = whispers.catchUp(1)
    whispers.stop()
    await caughtUp
    t.mock.timers.tick(2_000)
    assert.equal(asked.length, 1)
  })

  test('a request is retried after a temporary refusal or no answer, and not after a final refusal or stop', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    for (const [refusal, stops, want] of [
      [{ ok: false, reason: 'rate_limited', retryAfter: 50 }, false, 2],
      [null, false, 2],
      [{ ok: false, reason: 'forbidden' }, false, 1],
      [null, true, 1],
    ]) {
      const { whispers, asked } = start({ count: 1, refusals: [refusal] })
      await whispers.catchUp(1)
      if (stops) whispers.stop()
      t.mock.timers.tick(2_000)
      assert.equal(asked.length, want, JSON.stringify({ refusal, stops }))
    }
  })
})
