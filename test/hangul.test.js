// Enter with an input method, in every order of events that browsers and systems produce.
// The events come from Chromium's own input pipeline (CDP), except strayBreak: Chromium
// adds no line break after a key that the page has prevented, so a script makes it.
import { test, before, after, describe } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { until } from './lib/clients.js'
import { assertNoErrors, openPage } from './lib/browser.js'
import { owner } from './lib/visitor.js'

// The steps of an order, with the event that each step must cause.
const compose = (text) => ({ event: `compositionupdate ${text}`, method: 'Input.imeSetComposition', args: { text, selectionStart: text.length, selectionEnd: text.length } })
const end = (text) => ({ event: `compositionend ${text}`, method: 'Input.insertText', args: { text } })
const endWithoutText = { event: 'compositionend ', method: 'Input.imeSetComposition', args: { text: '', selectionStart: 0, selectionEnd: 0 } }
const insert = (text) => ({ event: `insertText ${text}`, method: 'Input.insertText', args: { text } })
const lineBreak = { event: 'insertLineBreak', method: 'Input.dispatchKeyEvent', args: { type: 'char', text: '\r' } }
const strayBreak = {
  event: 'insertLineBreak', method: 'Runtime.evaluate', args: {
    expression: `{
      const box = document.querySelector('#chat')
      if (box.dispatchEvent(new InputEvent('beforeinput', { inputType: 'insertLineBreak', bubbles: true, cancelable: true }))) box.setRangeText('\\n')
    }`,
  },
}
const shift = 8
const alt = 1
const ctrl = 2

function down(key, code, keyCode, { modifiers = 0, repeat = false } = {}) {
  // Chromium adds a line break unless the page prevents it.
  const native = keyCode === 13 && modifiers !== alt ? { type: 'keyDown', text: '\r' } : { type: 'rawKeyDown' }
  const args = { ...native, key, code, windowsVirtualKeyCode: keyCode, modifiers, autoRepeat: repeat }
  return { event: `keydown ${key} ${keyCode}`, method: 'Input.dispatchKeyEvent', args }
}
const enter = down('Enter', 'Enter', 13)
const enter229 = down('Enter', 'Enter', 229)
const process = down('Process', 'Enter', 229)
const unidentified = down('Unidentified', '', 229) // a phone reports no key
const up = { event: 'keyup Enter', method: 'Input.dispatchKeyEvent', args: { type: 'keyUp', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 } }

// name, steps, the sent message, the rest in the text field
const orders = [
  // Korean: one Enter commits the syllable and sends.
  ['Chrome on macOS reports the key twice', [compose('안녕'), enter229, end('안녕'), enter, up], '안녕', ''],
  ['Chrome on macOS, without the second key', [compose('안녕'), enter229, end('안녕'), up], '안녕', ''],
  ['Chrome on Windows', [compose('안녕'), process, end('안녕'), up], '안녕', ''],
  ['Chrome on Windows, the key follows', [compose('안녕'), process, end('안녕'), enter, up], '안녕', ''],
  ['Chrome on Windows, the number pad', [compose('안녕'), down('Process', 'NumpadEnter', 229), end('안녕'), up], '안녕', ''],
  ['Firefox adds the line break after the composition', [compose('안녕'), process, end('안녕'), strayBreak], '안녕', ''],
  ['Linux reports the plain key during the composition', [compose('안녕'), enter, end('안녕'), up], '안녕', ''],
  ['Linux ends the composition first', [compose('안녕'), end('안녕'), enter, up], '안녕', ''],
  ['Linux clears the composition and then inserts its text', [compose('안녕'), process, endWithoutText, insert('안녕'), up], '안녕', ''],
  ['Safari ends the composition first', [compose('안녕'), end('안녕'), enter229, up], '안녕', ''],
  ['the composition ends first, the key is the input method’s', [compose('안녕'), end('안녕'), process, up], '안녕', ''],
  ['Safari, with a line break after the key', [compose('안녕'), end('안녕'), enter229, strayBreak], '안녕', ''],
  ['Android reports a line break only', [compose('안녕'), end('안녕'), unidentified, lineBreak], '안녕', ''],
  ['Android names the key by its code', [compose('안녕'), down('Unidentified', 'Enter', 229), end('안녕')], '안녕', ''],
  ['macOS composes decomposed letters', [compose('안녕'.normalize('NFD')), enter229, end('안녕'.normalize('NFD')), up], '안녕'.normalize('NFD'), ''],
  ['single letters', [compose('ㅋ'), process, end('ㅋ'), up], 'ㅋ', ''],
  ['no composition, though the key is the input method’s', [insert('hello'), process, up], 'hello', ''],
  ['no composition', [insert('hello'), enter, up], 'hello', ''],
  ['no composition, the number pad', [insert('hello'), down('Enter', 'NumpadEnter', 13), up], 'hello', ''],
  ['with Ctrl', [insert('hello'), down('Enter', 'Enter', 13, { modifiers: ctrl }), up], 'hello', ''],
  ['a key that is held sends once', [insert('hello'), enter, down('Enter', 'Enter', 13, { repeat: true }), up], 'hello', ''],

  // Shift+Enter adds a line, during a composition too.
  ['Shift+Enter', [insert('가'), down('Enter', 'Enter', 13, { modifiers: shift }), up], null, '가\n'],
  ['Shift+Enter on macOS', [compose('안녕'), down('Enter', 'Enter', 229, { modifiers: shift }), end('안녕'), down('Enter', 'Enter', 13, { modifiers: shift }), up], null, '안녕\n'],
  ['Shift+Enter on Windows', [compose('안녕'), down('Process', 'Enter', 229, { modifiers: shift }), end('안녕'), lineBreak, up], null, '안녕\n'],
  ['Alt+Enter opens a list of Hanja on macOS', [compose('한'), down('Enter', 'Enter', 229, { modifiers: alt }), compose('漢'), enter229, end('漢'), up], null, '漢'],

  // In other languages Enter accepts a candidate, and only the next Enter sends.
  ['Japanese in Chrome on macOS', [compose('日本'), enter229, end('日本'), up], null, '日本'],
  ['Japanese in Chrome on Windows', [compose('日本'), process, end('日本'), up], null, '日本'],
  ['Japanese in Safari', [compose('日本'), end('日本'), enter229, up], null, '日本'],
  ['Japanese, the key is the input method’s behind the composition', [compose('日本'), end('日本'), process, up], null, '日本'],
  ['Japanese, the plain key', [compose('にほん'), enter, end('にほん'), up], null, 'にほん'],
  ['Chinese letters that Enter takes as they are', [compose('nihao'), process, end('nihao'), up], null, 'nihao'],
  ['a Hanja chosen on Windows', [compose('한'), process, end('漢'), up], null, '漢'],
  ['a Hanja with its reading', [compose('한'), process, end('한(漢)'), up], null, '한(漢)'],
  ['Enter is forgotten when the composition goes on', [compose('안'), process, down('Process', 'KeyS', 229), compose('안녕'), end('안녕')], null, '안녕'],
  ['a composition that is given up', [compose('안'), down('Escape', 'Escape', 229), endWithoutText], null, ''],
]

describe('Enter with an input method', () => {
  let server, ann, page, cdp
  const received = []
  before(async () => {
    server = await startServer({ RATE_VISITOR: 'off', RATE_ROOM: 'off' })
    ann = await owner(server, { title: '한글' })
    ann.chat.on('chat', ({ chat }) => received.push(chat))
    page = await openPage(server)
    await page.goto(`/room/${ann.room}`)
    await page.locator('.person').nth(1).waitFor()
    cdp = await page.context().newCDPSession(page)
    await page.evaluate(() => {
      window.log = []
      const box = document.querySelector('#chat')
      for (const type of ['keydown', 'keyup']) box.addEventListener(type, (e) => window.log.push(`${type} ${e.key}${type === 'keydown' ? ` ${e.keyCode}` : ''}`), true)
      for (const type of ['compositionupdate', 'compositionend']) box.addEventListener(type, (e) => window.log.push(`${type} ${e.data}`), true)
      box.addEventListener('beforeinput', (e) => {
        if (e.inputType === 'insertLineBreak') window.log.push('insertLineBreak')
        else if (e.inputType === 'insertText' && e.data !== '\n') window.log.push(`insertText ${e.data}`)
      }, true)
    })
  })
  after(() => page.context().close())

  // After two tasks every timer of the events has run. The log shows sent messages at once.
  const result = () => page.evaluate(() => new Promise((resolve) => {
    setTimeout(() => setTimeout(() => resolve({
      value: document.querySelector('#chat').value,
      log: window.log.splice(0),
      sent: [...document.querySelectorAll('.mine [data-slot=text]')].map((text) => text.textContent),
    })))
  }))

  for (const [pace, play] of [
    ['with a pause after each event', async (steps) => { for (const { method, args } of steps) await cdp.send(method, args) }],
    ['all events at once', (steps) => Promise.all(steps.map(({ method, args }) => cdp.send(method, args)))],
  ]) {
    for (const [name, steps, text, left] of orders) {
      test(`Enter: ${text === null ? 'does not send' : 'sends once'} (${name}, ${pace})`, async () => {
        await page.fill('#chat', '')
        const before = (await result()).sent
        await play(steps)
        const { value, log, sent } = await result()
        let at = -1
        for (const { event } of steps) {
          at = log.indexOf(event, at + 1)
          assert.notEqual(at, -1, `events: got ${log.join(', ')}, want ${event} in its place`)
        }
        assert.deepEqual({ sent: sent.slice(before.length), left: value }, { sent: text === null ? [] : [text], left })
      })
    }
  }

  test('sent messages: reach the other members once', async () => {
    await page.fill('#chat', '끝')
    await page.locator('#chat-form [type=submit]').click()
    await until(() => received.at(-1) === '끝', 'the last message')
    assert.deepEqual(received, [...[...orders, ...orders].flatMap(([, , text]) => text ?? []), '끝'])
  })

  test('Enter: sends after an accepted candidate', async () => {
    for (const step of [process, enter229]) {
      await page.fill('#chat', '')
      const before = received.length
      for (const { method, args } of [compose('日本'), step, end('日本'), up, enter, up]) await cdp.send(method, args)
      await until(() => received.length > before, 'the message')
      assert.equal(received.at(-1), '日本')
    }
  })

  test('second key event of a press: does not send the draft after an edit', async () => {
    await page.fill('#chat', '')
    await page.keyboard.type('old')
    await page.keyboard.press('Enter')
    await page.locator('.mine[data-seq]', { hasText: 'old' }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.locator('#mode').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.type('draft')
    await page.locator('.mine[data-seq]', { hasText: 'old' }).hover()
    await page.locator('#more').click()
    await page.locator('.menu button', { hasText: '고치기' }).first().click()
    await page.locator('#mode').waitFor()
    await page.keyboard.press('Control+A')
    const before = received.length
    for (const { method, args } of [compose('안녕'), enter229, end('안녕')]) await cdp.send(method, args)
    await until(async () => (await result()).value === 'draft', 'the draft in the text field after the edit')
    for (const { method, args } of [enter, strayBreak, up]) await cdp.send(method, args)
    assert.equal((await result()).value, 'draft')
    await page.keyboard.press('Enter')
    await until(() => received.length > before, 'the draft as a message')
    assert.deepEqual(received.slice(before), ['draft'])
    assertNoErrors([page])
  })
})
