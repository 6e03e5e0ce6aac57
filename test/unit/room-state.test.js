import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { RoomState, stateOf } from '../../public/js/room/room-state.js'

const me = '#111111', other = '#222222'
const room = { title: '방', max: 10, owner: other, private: false, frozen: false, keep: false, closed: false }

describe('the state of a room', () => {
  test('is read from the attributes of the page', () => {
    assert.deepEqual(
      stateOf({ capacity: '12', owner: me, private: 'true', frozen: 'false', keep: 'true', closed: 'false', seq: '3' }),
      { title: '', max: 12, owner: me, private: true, frozen: false, keep: true, closed: false })
  })

  test('a listener is called with the current state, and after each change', () => {
    const state = new RoomState(me, room), heard = []
    state.subscribe(({ room, people }) => heard.push([room.title, people.length]))
    state.update({ title: '새 방' })
    state.setPeople([{ color: me }])
    assert.deepEqual(heard, [['방', 0], ['새 방', 0], ['새 방', 1]])
  })

  test('an update keeps the other fields', () => {
    const state = new RoomState(me, room)
    state.update({ owner: me })
    assert.deepEqual(state.room, { ...room, owner: me })
  })

  for (const [name, change, people, want] of [
    ['an open room', {}, [{ color: me }], { isOwner: false, closedReason: '' }],
    ['a frozen room', { frozen: true }, [{ color: me }], { isOwner: false, closedReason: 'frozen' }],
    ['the owner’s own frozen room', { frozen: true, owner: me }, [{ color: me }], { isOwner: true, closedReason: '' }],
    ['a muted visitor', {}, [{ color: me, muted: true }], { isOwner: false, closedReason: 'silent' }],
    ['a muted visitor of a frozen room', { frozen: true }, [{ color: me, muted: true }], { isOwner: false, closedReason: 'frozen' }],
    ['a mute of somebody else', {}, [{ color: me }, { color: other, muted: true }], { isOwner: false, closedReason: '' }],
    ['a visitor who is not among the people', {}, [{ color: other, muted: true }], { isOwner: false, closedReason: '' }],
  ]) {
    test(name, () => {
      const state = new RoomState(me, room)
      state.update(change)
      state.setPeople(people)
      assert.deepEqual({ isOwner: state.isOwner, closedReason: state.closedReason }, want)
    })
  }

  test('mutes end by themselves, each at its time', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let now = 0
    t.mock.method(performance, 'now', () => now)
    const pass = (ms) => {
      now += ms
      t.mock.timers.tick(ms)
    }
    const state = new RoomState(me, room)
    const heard = []
    state.subscribe(({ people }) => heard.push(people.filter(({ muted }) => muted).map(({ color }) => color).join()))
    state.setPeople([{ color: me, muted: true, mutedFor: 1_000 }, { color: other, muted: true, mutedFor: 2_000 }, { color: '#3', muted: true }])
    pass(1_000)
    assert.equal(state.closedReason, 'silent')
    pass(1)
    assert.equal(state.closedReason, '')
    pass(1_000)
    pass(1_000_000)
    assert.deepEqual(heard, ['', `${me},${other},#3`, `${other},#3`, '#3'])
  })

  test('a mute of a month waits as long as a timer can', (t) => {
    const delays = []
    t.mock.method(globalThis, 'setTimeout', (fn, ms) => { delays.push(ms) })
    new RoomState(me, room).setPeople([{ color: me, muted: true, mutedFor: 30 * 24 * 3600_000 }])
    assert.deepEqual(delays, [2 ** 31 - 1])
  })

  test('the timer of a later mute replaces the earlier one', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const state = new RoomState(me, room)
    let changes = 0
    state.setPeople([{ color: me, muted: true, mutedFor: 1_000 }])
    state.setPeople([{ color: me }])
    state.subscribe(() => changes++)
    t.mock.timers.tick(5_000)
    assert.deepEqual([changes, state.closedReason], [1, ''])
  })
})
