import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { isFinal, isTemporary, request, retryDelay, wait } from '../../public/js/lib/socket.js'
import { pauseAfter } from '../../public/js/room/upload.js'

describe('what an answer means', () => {
  for (const [reason, final, temporary, delay] of [
    ['invalid', true, false, 0], ['too_large', true, false, 0], ['not_found', true, false, 0], ['banned', true, false, 0],
    ['foreign', true, false, 0], ['no_route', true, false, 0], ['no_method', true, false, 0],
    ['rate_limited', false, true, 1_500], ['unavailable', false, true, 1_500], ['internal', false, false, 1_500],
    ['frozen', false, false, 0], ['muted', false, false, 0], ['forbidden', false, false, 0], ['storage_full', false, false, 0],
  ]) {
    test(reason, () => assert.deepEqual([isFinal(reason), isTemporary(reason), retryDelay({ ok: false, reason })], [final, temporary, delay]))
  }

  test('retryAfter replaces the default delay, but does not make a final refusal temporary', () => {
    assert.equal(retryDelay({ reason: 'rate_limited', retryAfter: 70 }), 70)
    assert.equal(retryDelay({ reason: 'frozen', retryAfter: 70 }), 0)
    assert.equal(retryDelay(null), 1_500)
  })

  test('without a reason the HTTP status decides', () => {
    const final = [400, 404, 405, 413, 415], others = [0, 200, 403, 429, 500, 502, 503]
    assert.deepEqual([...final, ...others].filter((status) => isFinal('', status)), final)
    assert.equal(isFinal('rate_limited', 413), false)
    assert.equal(isFinal(undefined), false)
  })

  test('an upload waits twice as long after each attempt, or for retryAfter if that is longer, and up to a quarter more', () => {
    assert.deepEqual([1, 2, 3, 4].map((n) => pauseAfter(n, 0, 0)), [1_500, 3_000, 6_000, 12_000])
    assert.equal(pauseAfter(1, 5_000, 0), 5_000)
    assert.equal(pauseAfter(1, 0, 1), 1_875)
    for (let i = 0; i < 100; i++) assert.ok(pauseAfter(1, 0) >= 1_500 && pauseAfter(1, 0) <= 1_875)
  })

  test('a request resolves to its answer, or to null', async () => {
    const socket = (emitWithAck) => ({ timeout: (ms) => (assert.equal(ms, 8_000), { emitWithAck }) })
    assert.deepEqual(await request(socket(async (event, data) => ({ ok: true, event, data })), 'nick', 1), { ok: true, event: 'nick', data: 1 })
    assert.equal(await request(socket(() => Promise.reject(new Error('operation has timed out'))), 'nick'), null)
  })

  test('wait resolves after its time and not before', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let done = false
    const waiting = wait(10).then(() => { done = true })
    t.mock.timers.tick(9)
    await Promise.resolve()
    assert.equal(done, false)
    t.mock.timers.tick(1)
    await waiting
  })
})
