import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { loadOlderMessages } from '../../public/js/room/message-log.js'

/** Presses the button of a page whose oldest message is 100. The server sends the answers in turn. */
async function press(t, ...answers) {
  const requested = [], shown = []
  t.mock.method(globalThis, 'fetch', async (path) => {
    requested.push(path)
    return answers.shift()()
  })
  const button = Object.assign(new EventTarget(), { disabled: false, dataset: { path: '/messages' } })
  const log = {
    first: 100, hasOlder: true,
    prepend(messages) {
      shown.push(...messages.map(({ seq }) => seq))
      this.first = Math.min(this.first, ...messages.filter(({ target }) => !target).map(({ seq }) => seq))
    },
    setHasOlder(hasOlder) { this.hasOlder = hasOlder },
  }
  const whispersShown = new Promise((resolve) => { loadOlderMessages(button, log, { show: resolve }) })
  button.dispatchEvent(new Event('click'))
  assert.equal(button.disabled, true, 'disabled during the request')
  await whispersShown
  return { requested, shown, hasOlder: log.hasOlder, disabled: button.disabled }
}

const page = (messages, more) => () => new Response(JSON.stringify({ messages, more }))

describe('the button for older messages', () => {
  test('shows the messages before the oldest', async (t) => {
    assert.deepEqual(await press(t, page([{ seq: 98 }, { seq: 99 }], false)),
      { requested: ['/messages?before=100'], shown: [98, 99], hasOlder: false, disabled: false })
  })

  test('loads the next page while a page has no messages of its own', async (t) => {
    assert.deepEqual(await press(t, page([{ seq: 99, target: 1 }], true), page([{ seq: 98 }], true)),
      { requested: ['/messages?before=100', '/messages?before=99'], shown: [99, 98], hasOlder: true, disabled: false })
  })

  for (const [name, answer] of [
    ['the server cannot be reached', () => Promise.reject(new TypeError('fetch failed'))],
    ['the server refuses', () => new Response('', { status: 503 })],
    ['the connection is lost in the middle of the answer', () => new Response('{"messages":[{"se')],
  ]) {
    test(`can be pressed again when ${name}`, async (t) => {
      assert.deepEqual(await press(t, answer), { requested: ['/messages?before=100'], shown: [], hasOlder: true, disabled: false })
    })
  }
})
