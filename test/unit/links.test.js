import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { askForPassword } from '../../public/js/home/password-dialog.js'
import { leaveByLink } from '../../public/js/room/leaving.js'

/** Clicks, and reports whether the script prevented the browser's own action. */
function click(target, keys) {
  const event = Object.assign(new Event('click', { cancelable: true }), keys)
  target.dispatchEvent(event)
  return event.defaultPrevented
}

const keys = [{ ctrlKey: true }, { metaKey: true }, { shiftKey: true }]

describe('a link', () => {
  test('to a private room opens the dialog, unless a key opens it elsewhere', () => {
    const log = []
    const slots = { title: { textContent: '비밀방' }, problem: { textContent: '틀렸습니다' } }
    const form = {
      elements: { password: { removeAttribute: () => {} } }, reset: () => log.push('reset'),
      querySelector: (selector) => slots[selector.match(/"(.*)"/)[1]],
    }
    const dialog = { open: false, querySelector: (selector) => selector === 'form' ? form : new EventTarget(), showModal: () => log.push('show') }
    const link = { dataset: { id: 'r1' }, closest: () => ({ querySelector: () => ({ textContent: '다른 방' }) }) }
    const rows = Object.assign(new EventTarget(), { closest: () => link })
    askForPassword(rows, dialog)
    for (const key of keys) assert.equal(click(rows, key), false, JSON.stringify(key))
    assert.deepEqual(log, [])
    assert.equal(click(rows), true)
    assert.deepEqual({ log, action: form.action, title: slots.title.textContent, problem: slots.problem.textContent },
      { log: ['reset', 'show'], action: '/room/r1/enter', title: '다른 방', problem: '' })
  })

  test('out of the room disconnects, unless a key opens it elsewhere', () => {
    const log = []
    const link = new EventTarget()
    globalThis.addEventListener = () => {}
    leaveByLink(link, { disconnect: () => log.push('disconnect') })
    delete globalThis.addEventListener
    for (const key of keys) click(link, key)
    assert.deepEqual(log, [])
    assert.equal(click(link), false)
    assert.deepEqual(log, ['disconnect'])
  })
})
