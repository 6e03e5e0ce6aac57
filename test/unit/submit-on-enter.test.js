// What EnterKey decides, event by event. test/hangul.test.js checks the same orders in Chromium.
import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { EnterKey, isComposing } from '../../public/js/lib/submit-on-enter.js'

const key = (key, code, keyCode, more = {}) => ['keydown', { key, code, keyCode, ...more }]
const enter = key('Enter', 'Enter', 13)
const enter229 = key('Enter', 'Enter', 229)
const processed = key('Process', 'Enter', 229)
const unnamed = key('Unidentified', '', 229)
const up = ['keyup', { key: 'Enter', code: 'Enter' }]
const lineBreak = ['beforeinput', { inputType: 'insertLineBreak', data: null }]
const start = ['compositionstart', {}]
const update = (data) => ['compositionupdate', { data }]
const end = (data) => ['compositionend', { data }]
const insertText = (data) => ['input', { inputType: 'insertText', data }]
const insertComposition = (data) => ['input', { inputType: 'insertCompositionText', data }]
const during = ([type, event]) => [type, { ...event, isComposing: true }]
const withKeys = ([type, event], modifiers) => [type, { ...event, ...modifiers }]

/** Returns the actions for a list of events: one letter for each, s for send, p for prevent, and a dot for "". */
function actions(events) {
  const enterKey = new EnterKey()
  return events.map(([type, event]) => (enterKey[type](event) || '.')[0]).join('')
}

const shift = { shiftKey: true }
const alt = { altKey: true }

describe('Enter', () => {
  for (const [name, events, want] of [
    ['without an input method sends', [enter, up], 's.'],
    ['on the number pad sends', [key('Enter', 'NumpadEnter', 13), up], 's.'],
    ['that is held sends once', [enter, withKeys(enter, { repeat: true }), withKeys(enter, { repeat: true }), up], 'spp.'],
    ['and its line break send once', [enter, lineBreak, up], 'sp.'],
    ['twice sends twice', [enter, up, enter, up], 's.s.'],
    ['with a key of the input method outside of a composition sends', [insertText('hello'), processed, up], '.s.'],
    ['with Shift adds a line', [withKeys(enter, shift), lineBreak, up], '...'],
    ['with Alt is left to the browser', [withKeys(enter, alt), up], '..'],
    ['after Shift+Enter sends', [withKeys(enter, shift), lineBreak, up, enter], '...s'],
    ['reported as a line break only sends', [unnamed, lineBreak], '.s'],
    ['reported as an inserted line feed sends', [['beforeinput', { inputType: 'insertText', data: '\n' }]], 's'],
    ['is not the key of a letter', [key('a', 'KeyA', 65), ['beforeinput', { inputType: 'insertText', data: 'a' }]], '..'],

    ['during a Hangul composition sends its text at the end', [start, update('안녕'), during(enter229), end('안녕'), up], '..ps.'],
    ['during a Hangul composition, repeated after it, sends once', [start, update('안녕'), during(enter229), end('안녕'), enter, up], '..psp.'],
    ['named Process sends', [start, update('안녕'), during(processed), end('안녕'), up], '..ps.'],
    ['with a line break after the composition sends once', [start, update('안녕'), during(processed), end('안녕'), lineBreak], '..psp'],
    ['after a Hangul composition sends', [start, update('안녕'), end('안녕'), enter, up], '...s.'],
    ['after a Hangul composition, as a key of the input method, sends', [start, update('안녕'), end('안녕'), enter229, up], '...s.'],
    ['waits for the text that follows the composition', [start, update('안녕'), during(processed), insertComposition(''), end(''), insertText('안녕'), up], '..p..s.'],
    ['in a decomposed syllable sends', [start, update('안녕'.normalize('NFD')), during(enter229), end('안녕'.normalize('NFD'))], '..ps'],
    ['is forgotten when the composition goes on', [start, update('안'), during(processed), during(key('Process', 'KeyS', 229)), update('안녕'), end('안녕')], '..p...'],
    ['with Shift during a composition adds a line', [start, update('안녕'), during(withKeys(enter229, shift)), end('안녕'), lineBreak, up], '......'],

    ['without the flag isComposing is part of the composition around it', [start, update('안녕'), enter, end('안녕'), up], '..ps.'],
    ['with the flag isComposing alone is part of a composition', [during(enter), up], 'p.'],
    ['with Shift revokes an earlier one without Shift', [start, update('안'), during(processed), during(withKeys(enter229, shift)), end('안')], '..p..'],
    ['sends no text that is typed afterwards', [start, update('안'), during(processed), end('안'), up, insertText('x')], '..ps..'],
    ['sends the text that follows the composition once', [start, update('안'), during(processed), end(''), insertText('안'), insertText('x')], '..p.s.'],
    ['is not sent by another key', [key('a', 'KeyA', 65), insertText('a')], '..'],
    ['after another key sends, also as a key of the input method', [start, update('日本'), end('日本'), key('a', 'KeyA', 65), up, enter229], '.....s'],
    ['accepts a candidate after a key of the input method', [start, update('日本'), end('日本'), key('Process', 'KeyA', 229), enter229], '....p'],

    ['accepts a Japanese candidate', [start, update('日本'), during(enter229), end('日本'), up], '..p..'],
    ['accepts a candidate in Safari', [start, update('日本'), end('日本'), enter229, up], '...p.'],
    ['accepts Hiragana', [start, update('にほん'), during(enter), end('にほん'), up], '..p..'],
    ['accepts Latin letters of a Chinese input method', [start, update('nihao'), during(processed), end('nihao'), up], '..p..'],
    ['accepts a Hanja', [start, update('한'), during(processed), end('漢'), up], '..p..'],
    ['accepts a Hanja with its reading', [start, update('한'), during(processed), end('한(漢)'), up], '..p..'],
    ['after an accepted candidate sends', [start, update('日本'), during(processed), end('日本'), up, enter, up], '..p..s.'],
    ['a second time in Safari sends', [start, update('日本'), end('日本'), enter229, up, enter, up], '...p.s.'],
    ['is not sent by a cancelled composition', [start, update('안'), during(key('Escape', 'Escape', 229)), end('')], '....'],
  ]) {
    test(name, () => assert.equal(actions(events), want))
  }

  test('isComposing: recognises the keys of an input method', () => {
    for (const [event, want] of [[{ isComposing: true, keyCode: 27 }, true], [{ isComposing: false, keyCode: 229 }, true], [{ isComposing: false, keyCode: 27 }, false]]) {
      assert.equal(isComposing(event), want)
    }
  })
})
