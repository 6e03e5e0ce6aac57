import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { Sequence } from '../../public/js/room/sequence.js'

const tick = () => new Promise(setImmediate)
const messages = (...seqs) => seqs.map((seq) => ({ seq }))

/** A sequence that shows into shown, and whose requests get the answers in turn. */
function start(seq, ...answers) {
  const shown = [], asked = []
  const sequence = new Sequence(seq, (list) => shown.push(...list.map((message) => message.seq ?? message)), async (after) => {
    asked.push(after)
    return answers.shift()
  })
  return { sequence, shown, asked }
}

const page = (seqs, more = false) => ({ ok: true, messages: messages(...seqs), more })

describe('the sequence of a room', () => {
  test('live messages are shown in turn once nothing is missing', () => {
    const { sequence, shown, asked } = start(3)
    sequence.finish()
    for (const message of messages(4, 5)) sequence.receive(message)
    assert.deepEqual({ seq: sequence.seq, shown, asked }, { seq: 5, shown: [4, 5], asked: [] })
  })

  test('a known message is not shown again', () => {
    const { sequence, shown } = start(3)
    sequence.finish()
    for (const message of messages(3, 2, 4, 4)) sequence.receive(message)
    assert.deepEqual(shown, [4])
  })

  test('a message without a number is shown and changes nothing', () => {
    const { sequence, shown, asked } = start(3)
    sequence.finish()
    sequence.receive({ chat: 'not stored' })
    assert.deepEqual({ seq: sequence.seq, shown, asked }, { seq: 3, shown: [{ chat: 'not stored' }], asked: [] })
  })

  test('a gap is requested, and the live messages after it count', async () => {
    const { sequence, shown, asked } = start(1, page([2, 3]))
    sequence.finish()
    sequence.receive({ seq: 4 })
    await tick()
    assert.deepEqual({ seq: sequence.seq, shown, asked }, { seq: 4, shown: [4, 2, 3], asked: [1] })
  })

  test('pages are requested until there are no more', async () => {
    const { sequence, asked } = start(0, page([1, 2], true), page([3], true), page([]))
    assert.deepEqual(await sequence.sync(), { ok: true })
    assert.deepEqual({ seq: sequence.seq, asked }, { seq: 3, asked: [0, 2, 3] })
  })

  test('two syncs at once are one', async () => {
    const { sequence, asked } = start(0, page([1]))
    assert.deepEqual(await Promise.all([sequence.sync(), sequence.sync()]), [{ ok: true }, { ok: true }])
    assert.deepEqual(asked, [0])
  })

  test('live messages during a sync start no other sync', async () => {
    const { sequence, asked } = start(0, page([1, 2]))
    const synced = sequence.sync()
    sequence.receive({ seq: 3 })
    await synced
    assert.deepEqual({ seq: sequence.seq, asked }, { seq: 3, asked: [0] })
    sequence.receive({ seq: 4 })
    assert.deepEqual({ seq: sequence.seq, asked }, { seq: 4, asked: [0] })
  })

  for (const refusal of [null, { ok: false, reason: 'rate_limited' }]) {
    test(`after ${refusal ? 'a refusal' : 'no answer'} the next live message syncs again`, async () => {
      const { sequence, asked } = start(0, refusal, page([1, 2]))
      assert.equal(await sequence.sync(), refusal)
      assert.equal(sequence.seq, 0)
      sequence.receive({ seq: 3 })
      await tick()
      assert.deepEqual({ seq: sequence.seq, asked }, { seq: 3, asked: [0, 0] })
    })
  }

  test('after an interruption live messages wait for the sync', async () => {
    const { sequence, asked } = start(1, page([2]))
    sequence.finish()
    sequence.interrupt()
    sequence.receive({ seq: 3 })
    assert.deepEqual({ seq: sequence.seq, asked }, { seq: 1, asked: [] })
    await sequence.sync()
    assert.equal(sequence.seq, 3)
  })

  test('a gap after the last page is requested by the next live message', async () => {
    const { sequence, asked } = start(0, page([1]), page([2, 3, 4]))
    const synced = sequence.sync()
    sequence.receive({ seq: 4 }) // 2 and 3 are in no page
    await synced
    assert.equal(sequence.seq, 1)
    sequence.receive({ seq: 2 })
    await tick()
    assert.deepEqual({ seq: sequence.seq, asked }, { seq: 4, asked: [0, 1] })
  })

  test('before the first page live messages are shown, and wait', () => {
    const { sequence, shown, asked } = start(1)
    for (const message of messages(2, 4)) sequence.receive(message)
    assert.deepEqual({ seq: sequence.seq, shown, asked }, { seq: 1, shown: [2, 4], asked: [] })
  })

  test('the first message of an empty room is no gap', () => {
    const { sequence, asked } = start(0)
    sequence.finish()
    sequence.receive({ seq: 1 })
    assert.deepEqual({ seq: sequence.seq, asked }, { seq: 1, asked: [] })
  })
})
