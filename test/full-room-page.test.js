// The room page with 30 members: the owner reaches the settings without scrolling.
import { test, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { until } from './lib/clients.js'
import { assertNoErrors, openPage, screenshot } from './lib/browser.js'
import { longTest } from './lib/sizes.js'
import { Visitor, member, owner } from './lib/visitor.js'

const sizes = [[1280, 800], [1920, 1080], [375, 667]]

describe('page of a room with 30 members', () => {
  let server, ann
  before(async () => {
    server = await startServer({ RATE_VISITOR: 'off', RATE_ROOM: 'off' })
    ann = await owner(server, { title: '서른 명이 넘게 들어와 있는 교실의 아주 긴 이름', max: 50 })
    await Promise.all(Array.from({ length: 30 }, () => member(server, ann.room)))
  })

  /** Reports whether the middle of an element is on the screen and not covered by anything. */
  const reachable = (page, selector) => page.locator(selector).evaluate((e) => {
    const { left, right, top, bottom, width, height } = e.getBoundingClientRect()
    const inside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight
    return inside && width >= 44 && height >= 44 && e.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2))
  })

  for (const [width, height] of sizes) {
    for (const locale of ['ko-KR', 'en-US']) {
      const testIn = locale === 'ko-KR' && width < 1920 ? test : longTest
      testIn(`settings: are reachable without scrolling at ${width}×${height} in ${locale}`, async () => {
        const page = await openPage(server, { viewport: { width, height }, locale })
        const [, name, value] = ann.cookie.match(/(connect\.sid)=([^;]*)/)
        await page.context().addCookies([{ name, value, url: server.url }])
        await page.goto(`/room/${ann.room}`)
        await page.locator('.person').nth(30).waitFor({ state: 'attached' })
        assert.equal(await reachable(page, '#open-panel'), true, 'the settings button is visible')
        assert.equal(await page.locator('.room-top').evaluate((e) => e.offsetHeight < 70), true, 'the header has one line')
        await screenshot(page, `reach-${width}-${locale}`)

        if (width < 960) await page.locator('#people-toggle').click()
        for (const selector of ['#open-panel', '.person:first-child button', '#quit', '.people__remove button']) {
          await until(() => reachable(page, selector), `${selector} visible beside the list of people`)
        }
        await screenshot(page, `reach-people-${width}-${locale}`)
        await page.locator('.person').last().scrollIntoViewIfNeeded()
        assert.equal(await reachable(page, '.person:last-child button'), true, 'the list scrolls to its end')
        assert.equal(await reachable(page, '#quit'), true, 'the quit button stays visible')

        await page.locator('#open-panel').click()
        await until(() => page.locator('#freeze').evaluate((e) => {
          const { top, bottom } = e.getBoundingClientRect()
          return top > 0 && bottom < innerHeight
        }), 'the freeze switch visible')
        await page.locator('#freeze').check()
        await page.locator('#chat-list .system', { hasText: /멈췄|paused/ }).first().waitFor()
        await page.locator('#freeze').uncheck()
        assertNoErrors([page])
        await page.context().close()
      })
    }
  }

  test('settings button: is hidden from members who do not own the room', async () => {
    const page = await openPage(server)
    await page.goto(`/room/${ann.room}`)
    await page.locator('.person').nth(30).waitFor()
    assert.equal(await page.locator('#open-panel').isVisible(), false)
    await page.context().close()
  })
})

test('capacity of a new room: is 50 in the form, and 10 with COMPAT=strict or for a program that sends none', async () => {
  for (const [compat, suggested] of [['safe', '50'], ['strict', '10']]) {
    const server = await startServer({ COMPAT: compat })
    const page = await openPage(server)
    await page.goto('/room')
    assert.equal(await page.locator('[name=max]').inputValue(), suggested)
    await page.fill('[name=title]', '새 방')
    await page.locator('form[action="/room"] button').click()
    await page.waitForURL(/\/room\/[0-9a-f]{24}$/)
    assert.equal(await page.locator('[data-slot=capacity]').textContent(), suggested)

    const program = new Visitor(server)
    await program.get('/')
    const made = await program.json('/room', { title: '프로그램' })
    const html = await (await program.get(made.headers.get('location'))).text()
    assert.match(html, /data-capacity="10"/)
    const posted = await program.form('/room', { title: '빈 칸 없이' })
    assert.match(await (await program.get(posted.headers.get('location'))).text(), /data-capacity="10"/)
    await page.context().close()
    await server.stop()
  }
})
