// Every control of every page can be reached with the Tab key alone.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { until } from './lib/clients.js'
import { assertNoErrors, desktop, openPage } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { Visitor, member, owner } from './lib/visitor.js'
import { eventTimeout } from './lib/sizes.js'

/**
 * Presses Tab until every present control has had the focus. Fails if a control is not
 * reached, or has the focus outside of the window. Returns the number of controls. In a
 * modal dialog only its own controls count.
 * @param least selectors of controls that must be present
 */
async function tabThrough(page, least = []) {
  await page.evaluate(() => {
    const controls = 'a[href], button, input, select, textarea, summary, audio[controls], video[controls], [role=button], [contenteditable], [tabindex="0"]'
    window.controls = () => [...(document.querySelector('dialog:modal') ?? document).querySelectorAll(controls)]
      .filter((e) => !e.matches(':disabled, [type=hidden]') && !e.closest('[inert]') && e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0)
    window.reached = new Set()
    window.unseen = []
    window.look = () => {
      const e = document.activeElement
      if (e === document.body) return
      const { left, right, top, bottom } = (e.matches('[type=file]') ? e.parentElement : e).getBoundingClientRect()
      const seen = Math.min(right, innerWidth) - Math.max(left, 0) >= 4 && Math.min(bottom, innerHeight) - Math.max(top, 0) >= 4
      if (!seen && !window.reached.has(e)) window.unseen.push(e.outerHTML.slice(0, 150))
      window.reached.add(e)
    }
    window.left = () => window.controls().filter((e) => !window.reached.has(e)).map((e) => e.outerHTML.slice(0, 150))
  })
  const missing = await page.evaluate((selectors) => selectors.filter((s) => !window.controls().some((e) => e.matches(s))), least)
  assert.deepEqual(missing, [], 'missing controls')
  const there = await page.evaluate(() => window.controls().length)
  let left
  for (let presses = 0; presses < 2 * there + 20; presses++) {
    await page.keyboard.press('Tab')
    left = await page.evaluate(() => { window.look(); return window.left() })
    if (left.length === 0) break
  }
  assert.deepEqual(left, [], `of ${there} controls ${left.length} are not reached by Tab`)
  assert.deepEqual(await page.evaluate(() => window.unseen), [], 'controls with the focus outside of the window')
  return there
}

async function signIn(page, visitor, server) {
  const [, name, value] = visitor.cookie.match(/(connect\.sid)=([^;]*)/)
  await page.context().addCookies([{ name, value, url: server.url }])
}

describe('Tab key', { concurrency: 2 }, () => {
  let server
  before(async () => {
    server = await startServer({
      RATE_VISITOR: 'off', RATE_ROOM: 'off', RATE_CREATE_VISITOR: 'off', RATE_CREATE_ADDRESS: 'off', MAX_ROOMS_PER_VISITOR: '200', EMPTY_ROOM_GRACE: 'never',
    })
  })

  test('Tab: reaches every control of the list of rooms, its dialog and the other pages', async () => {
    const host = new Visitor(server)
    await host.get('/')
    const secret = await host.createRoom({ title: '비밀방', password: 'pw' })
    for (let i = 0; i < 105; i++) await host.createRoom({ title: `방 ${i}` })
    const page = await openPage(server)
    await page.goto('/')
    assert.ok(await tabThrough(page, ['.skip', '.join-btn[data-password=true]', '#more-rooms a', 'a[href="/room"]', 'a[href="/notice"]', 'summary', 'a[hreflang]']) > 105)
    await page.locator('summary').press('Enter')
    await tabThrough(page, ['form[action="/logout"] button'])
    await page.locator(`.join-btn[data-id="${secret}"]`).press('Enter')
    await page.locator('dialog:modal').waitFor()
    assert.equal(await tabThrough(page, ['[name=password]', '[data-close]', 'form button']), 3)
    await page.keyboard.press('Escape')
    await page.locator('#more-rooms a').press('Enter')
    await page.waitForURL(/after=/)
    await page.locator('.room-list__first a').waitFor()
    await tabThrough(page, ['.room-list__first a', '.join-btn'])

    await page.goto('/room')
    await tabThrough(page, ['[name=title]', '[name=max]', '[name=password]', '[name=keep]', '.actions a', 'form button'])
    await page.goto('/notice')
    await page.locator('[data-slot=pause]:visible').nth(1).waitFor()
    await tabThrough(page, ['#panel-log-plain button', '#panel-log-socketio button'])
    assertNoErrors([page])
    await page.goto('/nowhere')
    await tabThrough(page, ['.button--primary'])
    await page.context().close()
  })

  /** Creates a room with every kind of control, and opens its page as the owner. */
  async function fullRoom(options = desktop) {
    const ann = await owner(server, { title: '다 있는 방', max: 20 })
    const emitWithAck = async (event, what) => {
      const answer = await ann.chat.timeout(eventTimeout).emitWithAck(event, { room: ann.room, ...what })
      assert.equal(answer.ok, true, JSON.stringify(answer))
      return answer
    }
    const [bob, eve] = [await member(server, ann.room), await member(server, ann.room)]
    for (const [visitor, nick] of [[bob, '밥'], [eve, '이브']]) {
      await visitor.chat.timeout(eventTimeout).emitWithAck('nick', { room: ann.room, nick })
    }
    const colors = Object.fromEntries((await emitWithAck('join')).members.map(({ nick, color }) => [nick, color]))
    await emitWithAck('token', { nick: '봇' })
    await emitWithAck('ban', { person: colors['이브'] })
    for (let i = 0; i < 70; i++) await (i % 2 ? ann : bob).postMessage(ann.room, `${i}: 꽤 긴 이야기`)
    assert.equal((await bob.upload(ann.room, animatedGIF({ width: 60, height: 40 }))).status, 200)
    for (let i = 70; i < 100; i++) await (i % 2 ? ann : bob).postMessage(ann.room, `${i}: 꽤 긴 이야기`)
    const page = await openPage(server, options)
    await signIn(page, ann, server)
    await page.goto(`/room/${ann.room}`)
    await page.locator('.person').nth(1).waitFor({ state: 'attached' })
    await page.locator('button.gif').waitFor()
    await page.locator('#more').waitFor({ state: 'attached' })
    return { page, ann, bob, colors }
  }

  test('Tab: reaches every control of a room, its menus and its panel', async () => {
    const { page, bob, ann } = await fullRoom()
    const always = ['#exit-btn', '#scroll', '#older', 'button.gif', '#more', '.person:nth-child(1) button', '.person:nth-child(2) button', '#autoplay', '#open-panel', '#quit',
      '.people__remove button', '#chat', '[type=file]', '[type=submit]']
    // moving the focus back to the messages does not scroll them
    const scrolled = () => page.locator('#scroll').evaluate((e) => e.scrollTop)
    const end = await scrolled()
    assert.ok(end > 1000, `scroll position: got ${end}, want more than 1000`)
    for (const stop of ['#chat', '[type=file]', '#more']) {
      await until(() => page.evaluate((s) => document.activeElement.matches(s), stop), `the focus on ${stop}`)
      if (stop !== '#more') await page.keyboard.press('Shift+Tab')
    }
    assert.match(await page.locator('#more').getAttribute('aria-label'), /99: /)
    assert.equal(await scrolled(), end)

    await page.locator('#scroll').evaluate((e) => { e.scrollTop = 0 })
    await bob.postMessage(ann.room, '새 글')
    await page.locator('#newer').waitFor()
    await tabThrough(page, [...always, '#newer'])

    // the menu of a member
    await page.locator('.person__open', { hasText: '밥' }).press('Enter')
    await page.locator('.menu button').nth(5).waitFor()
    await tabThrough(page, ['.menu button', ...always])
    // the confirmation of a ban
    await page.locator('.person__open', { hasText: '밥' }).press('Enter')
    await page.locator('.menu button', { hasText: '차단' }).press('Enter')
    await page.locator('.menu input').waitFor()
    await tabThrough(page, ['.menu input', '.menu button', ...always])
    // a whisper that failed, beside the form for the own name
    await page.locator('.person__open', { hasText: '밥' }).press('Enter')
    await page.locator('.menu button', { hasText: '귓속말' }).press('Enter')
    await page.locator('#mode').waitFor()
    await bob.chat.timeout(eventTimeout).emitWithAck('quit', { room: ann.room })
    await page.locator('#chat').fill('늦었다')
    await page.keyboard.press('Enter')
    await page.locator('.message--failed button').nth(1).waitFor()
    await page.locator('.person__open', { hasText: '나' }).press('Enter')
    await page.locator('#nickname').waitFor()
    await tabThrough(page, ['.message--failed button:nth-of-type(1)', '.message--failed button:nth-of-type(2)', '#mode button', '[name=nick]', '#nickname [data-cancel]', '#nickname .button--primary', '#older', '#more'])

    // the settings panel of the owner
    await page.locator('#open-panel').press('Enter')
    await page.locator('#bans button').waitFor()
    await page.locator('#tokens button').waitFor()
    await page.locator('#make-token [name=nick]').fill('봇 2')
    await page.locator('#make-token button').press('Enter')
    await page.locator('#made-token').waitFor()
    await page.locator('#tokens button').nth(1).waitFor()
    const panel = ['.panel__head button', '#freeze', '#door', '#settings [name=title]', '#settings [name=max]', '#settings [name=password]', '#settings [name=keep]', '#settings button',
      '#bans button', '#tokens li:nth-child(1) button', '#tokens li:nth-child(2) button', '#make-token [name=nick]', '#make-token button', '#made-token textarea', '[data-copy]']
    await tabThrough(page, panel)
    await page.locator('#settings [name=password]').fill('pw')
    await page.keyboard.press('Enter')
    await page.locator('#settings [name=open]').waitFor()
    await page.locator('#tokens li:nth-child(1) button').press('Enter')
    await page.locator('.menu button').nth(1).waitFor()
    await tabThrough(page, [...panel, '#settings [name=open]', '.menu button'])
    assertNoErrors([page])
    await page.context().close()
  })

  test('Tab: reaches every control in a narrow window', async () => {
    const narrow = { viewport: { width: 375, height: 700 } }
    const { page, ann, bob } = await fullRoom(narrow)
    await tabThrough(page, ['#people-toggle', '#exit-btn', '#scroll', '#older', 'button.gif', '#more', '#chat', '[type=file]', '[type=submit]'])
    await page.locator('#people-toggle').press('Enter')
    await page.locator('.person').nth(1).waitFor()
    await tabThrough(page, ['#people-toggle', '.person:nth-child(2) button', '#autoplay', '#open-panel', '#quit', '.people__remove button', '#chat'])
    await page.locator('#open-panel').press('Enter')
    await page.locator('#bans button').waitFor()
    await tabThrough(page, ['#bans button', '#tokens button'])

    // a member whose only message is above the visible part
    await bob.postMessage(ann.room, '밥의 말')
    for (let i = 0; i < 30; i++) await ann.postMessage(ann.room, `${i}: 앤의 말`)
    const other = await openPage(server, narrow)
    await signIn(other, bob, server)
    await other.goto(`/room/${ann.room}`)
    await other.locator('.person').nth(1).waitFor({ state: 'attached' })
    await other.locator('#more:not([hidden])').waitFor({ state: 'attached' })
    const more = other.locator('#more')
    await other.locator('#chat').focus()
    await other.keyboard.press('Shift+Tab') // to the file input
    await other.keyboard.press('Shift+Tab')
    assert.equal(await more.evaluate((e) => e === document.activeElement && e.getBoundingClientRect().top > 0), true, 'the focus is on the visible button')
    assert.match(await more.getAttribute('aria-label'), /밥의 말/)
    await tabThrough(other, ['#scroll', '#more', '#chat'])
    assertNoErrors([page, other])
    await page.context().close()
    await other.context().close()
  })

  test('test helper: reports a control that is not reached or not visible', async () => {
    const page = await openPage(server)
    await page.goto('/room')
    await page.locator('main form button').evaluate((e) => { e.tabIndex = -1 })
    await assert.rejects(tabThrough(page), /of \d+ controls 1 are not reached by Tab/)
    await page.goto('/room')
    await page.locator('main form button').evaluate((e) => { e.style.position = 'fixed'; e.style.left = '-1000px' })
    await assert.rejects(tabThrough(page), /outside of the window/)
    await until(() => page.url().endsWith('/room'), 'the page /room')
    await page.context().close()
  })
})
