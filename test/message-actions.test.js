// The button that opens the menu of a message.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { assertNoErrors, openPage } from './lib/browser.js'
import { owner } from './lib/visitor.js'

test('message menu: the button stands beside a tapped message, also if the button was hidden', async () => {
  const server = await startServer()
  const host = await owner(server)
  const page = await openPage(server)
  await page.goto(`/room/${host.room}`)
  await page.locator('.person').nth(1).waitFor()
  const placed = page.evaluate(() => new Promise((resolve) => {
    const [list, more] = [document.querySelector('#chat-list'), document.querySelector('#more')]
    new MutationObserver((_, observer) => {
      const bubble = list.querySelector('.mine[data-seq] .message__bubble')
      if (!bubble) return
      observer.disconnect()
      const wasHidden = more.hidden
      bubble.click()
      new MutationObserver(() => {
        resolve({ wasHidden, gap: Math.round(bubble.getBoundingClientRect().left - more.getBoundingClientRect().right) })
      }).observe(more, { attributeFilter: ['hidden'] })
    }).observe(list, { childList: true, subtree: true, attributes: true })
  }))
  await page.fill('#chat', '안녕')
  await page.press('#chat', 'Enter')
  assert.deepEqual(await placed, { wasHidden: true, gap: 0 })
  assertNoErrors([page])
  await page.context().close()
  host.chat.disconnect()
  await server.stop()
})
