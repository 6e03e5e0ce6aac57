import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { continues, newDay, rowBefore } from '../../public/js/room/order.js'

const at = (minutes) => new Date(Date.UTC(2026, 0, 1, 12, minutes)).toISOString()

/**
 * Makes a row from its description: a seq, 'w3@5' for whisper 3 at minute 5, '4@5' for seq 4 at minute 5, 'said' for a
 * line of the page, or 'pending'.
 */
function row(text) {
  const [, whisper, number, minute] = text.match(/^(w?)(\d+)(?:@(\d+))?$/) ?? []
  return { text, seq: whisper || !number ? 0 : Number(number), n: whisper ? Number(number) : 0, time: at(Number(minute ?? 0)), waiting: text === 'pending' }
}

function insert(list, added) {
  const before = rowBefore(list.toReversed(), added)
  return list.toSpliced(before ? list.indexOf(before) + 1 : 0, 0, added)
}

const inserted = (list, added) => insert(list.split(' ').filter(Boolean).map(row), row(added)).map(({ text }) => text).join(' ')

describe('the place of a row', () => {
  for (const [list, added, want] of [
    ['', '1', '1'],
    ['1 2', '3', '1 2 3'],
    ['1 3', '2', '1 2 3'],
    ['2 3', '1', '1 2 3'],
    ['1 pending', '2', '1 2 pending'],
    ['1 pending', 'said', '1 said pending'],
    ['pending', 'said', 'said pending'],
    ['1 pending', 'pending', '1 pending pending'],
    // Lines of the page keep their places.
    ['said 5', '4', '4 said 5'],
    ['1 said 5', '3', '1 said 3 5'],
    ['1 said', '2', '1 said 2'],
    ['1 said pending', '2', '1 said 2 pending'],
    ['1 pending', 'said', '1 said pending'],
    ['said', '1', 'said 1'],
    ['said pending 5', '4', '4 said pending 5'],
    // Whispers stand among messages by time.
    ['1@1 2@3', 'w1@2', '1@1 w1@2 2@3'],
    ['1@1 w1@2', '2@1', '1@1 2@1 w1@2'],
    ['1@2', 'w1@1', 'w1@1 1@2'],
    ['w1@1 w3@3', 'w2@2', 'w1@1 w2@2 w3@3'],
    ['1@1 2@1', 'w1@1', '1@1 2@1 w1@1'],
  ]) {
    test(`${added} into "${list}"`, () => assert.equal(inserted(list, added), want))
  }

  test('messages that come in any order are sorted by seq', () => {
    for (let shift = 0; shift < 20; shift++) {
      let list = []
      for (let i = 0; i < 20; i++) list = insert(list, row(String((i * 7 + shift) % 20 + 1)))
      assert.deepEqual(list.map(({ seq }) => seq), Array.from({ length: 20 }, (_, i) => i + 1))
    }
  })

  test('only the rows after the place are read', () => {
    let read = 0
    function* rows() {
      for (const text of ['9', '8', '7', '6']) {
        read++
        yield row(text)
      }
    }
    assert.equal(rowBefore(rows(), row('10')).text, '9')
    assert.equal(read, 1)
  })
})

describe('groups of rows', () => {
  const by = (user, minutes, separate = false) => ({ user, time: at(minutes), separate })
  const within = 5 * 60_000
  for (const [name, now, before, want] of [
    ['the same person within five minutes', by('#1', 4), by('#1', 0), true],
    ['the same person after five minutes', by('#1', 5), by('#1', 0), false],
    ['another person', by('#1', 1), by('#2', 0), false],
    ['the first row', by('#1', 1), null, false],
    ['a notice or whisper', by('#1', 1, true), by('#1', 0), false],
    ['after a notice or whisper', by('#1', 1), by('#1', 0, true), false],
  ]) {
    test(`${name}: ${want}`, () => assert.equal(continues(now, before, within), want))
  }
})

describe('the day that a row begins', () => {
  const format = { day: (time) => new Date(time).toISOString().slice(0, 10) }
  const on = (day) => ({ time: `2026-01-0${day}T10:00:00.000Z` })
  for (const [name, now, before, want] of [
    ['another day than the row before', on(2), on(1), '2026-01-02'],
    ['the same day', on(2), on(2), ''],
    ['the first row, of an earlier day', on(2), null, '2026-01-02'],
    ['the first row, of today', on(3), null, ''],
  ]) {
    test(`${name}: "${want}"`, () => assert.equal(newDay(now, before, format, new Date('2026-01-03T23:00:00.000Z')), want))
  }
})
