import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { badgesOf } from '../../public/js/room/people.js'
import { personMenuItems } from '../../public/js/room/person-menu.js'
import { rowContent } from '../../public/js/room/rows.js'

const me = '#111111', other = '#222222'
const t = (key, ...args) => [key, ...args].join(' ')
const page = { lang: 'ko', t }

describe('what a row shows', () => {
  for (const [name, message, want] of [
    ['a message of another person', { kind: 'text', user: other, nick: '밥', chat: '안녕' }, { kind: 'other', name: '밥', text: '안녕', color: other }],
    ['a person without a nickname', { kind: 'text', user: other, chat: '안녕' }, { kind: 'other', name: other, text: '안녕', color: other }],
    ['an own message', { kind: 'text', user: me, chat: '안녕' }, { kind: 'mine', name: me, text: '안녕', color: me }],
    ['a GIF', { kind: 'gif', user: other, gif: 'a.gif' }, { kind: 'other', name: other, text: '', color: other }],
    ['a notice', { kind: 'notice', user: 'system', chat: '밥님이 입장' }, { kind: 'system', name: 'system', text: '밥님이 입장', color: 'system' }],
    ['a damaged message', { kind: 'damaged', user: me }, { kind: 'system', name: me, text: 'room.damaged', color: me, damaged: true }],
    ['a damaged whisper', { kind: 'whisper', damaged: true, user: me, from: me, to: other }, { kind: 'system', name: `whisper.from ${me}`, text: 'room.damaged', color: me, damaged: true }],
    ['an own whisper, in the colour of its recipient', { kind: 'whisper', user: me, to: other, toNick: '밥', chat: '쉿' }, { kind: 'mine', name: 'whisper.to 밥', text: '쉿', color: other }],
    ['a whisper to this visitor', { kind: 'whisper', user: other, from: other, fromNick: '밥', to: me, chat: '쉿' }, { kind: 'other', name: 'whisper.from 밥', text: '쉿', color: other }],
    ['a whisper to oneself', { kind: 'whisper', user: me, from: me, to: me, chat: '쉿' }, { kind: 'mine', name: `whisper.to ${me}`, text: '쉿', color: me }],
  ]) {
    test(name, () => assert.deepEqual(rowContent(message, me, page), { damaged: false, ...want }))
  }
})

describe('a person in the list', () => {
  test('has badges', () => {
    assert.deepEqual(badgesOf({ color: me, muted: true }, me, me), ['you', 'owner', 'muted'])
    assert.deepEqual(badgesOf({ color: other, bot: true }, me, me), ['bot'])
    assert.deepEqual(badgesOf({ color: other }, me, ''), [])
  })
})

describe('the menu of a person', () => {
  const menu = (person, isOwner) => {
    const log = []
    const items = personMenuItems({ color: other, ...person }, isOwner, t, {
      whisper: ({ color }) => log.push(['whisper', color]), moderate: (event, data) => log.push([event, data]),
    })
    return { items, log, labels: items.map(({ label }) => label) }
  }

  test('of a visitor has a whisper only', () => {
    const { items, log, labels } = menu({}, false)
    items[0].act()
    assert.deepEqual([labels, log], [['whisper'], [['whisper', other]]])
  })

  test('of an owner has everything, each with its event', () => {
    const { items, log, labels } = menu({ nick: '밥' }, true)
    assert.deepEqual(labels, ['whisper', 'mute.short 10', 'mute.long', 'kick', 'ban', 'delegate'])
    for (const { act } of items.slice(1)) act()
    items.at(-2).act(true)
    assert.deepEqual(log, [
      ['mute', { person: other, for: 600_000 }], ['mute', { person: other }], ['kick', { person: other }], ['ban', { person: other }],
      ['delegate', { person: other }], ['ban', { person: other, address: true }],
    ])
  })

  test('confirms a kick, a ban and a new owner first', () => {
    const { items } = menu({ nick: '밥' }, true)
    assert.deepEqual(items.map(({ sure }) => sure), [undefined, undefined, undefined, 'kick.sure 밥', 'ban.sure 밥', 'delegate.sure 밥'])
    assert.deepEqual(items.map(({ option }) => option).filter(Boolean), ['ban.address'])
  })

  test('of a muted person has unmute, and that of a bot has no delegate', () => {
    assert.deepEqual(menu({ muted: true }, true).labels, ['whisper', 'unmute', 'kick', 'ban', 'delegate'])
    assert.deepEqual(menu({ bot: true }, true).labels, ['whisper', 'mute.short 10', 'mute.long', 'kick', 'ban'])
  })
})
