// Every control of every page is reached with the Tab key, and nothing else.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { until } from './lib/clients.js'
import { assertNoComplaints, desktop, person } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { Visitor, member, owner } from './lib/visitor.js'
import { nth, patience } from './lib/soak.js'

/**
 * Presses Tab until every control that is there now has had the focus, and fails
 * if one is left out, or has the focus where nobody sees it. Returns how many
 * there were. Where a modal dialog is open, that is all there is.
 * @param least selectors of controls that must be among them
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
  assert.deepEqual(missing, [], 'these are not there at all')
  const there = await page.evaluate(() => window.controls().length)
  let left
  for (let presses = 0; presses < 2 * there + 20; presses++) {
    await page.keyboard.press('Tab')
    left = await page.evaluate(() => { window.look(); return window.left() })
    if (left.length === 0) break
  }
  assert.deepEqual(left, [], `of ${there} controls ${left.length} are not reached by Tab`)
  assert.deepEqual(await page.evaluate(() => window.unseen), [], 'these have the focus outside of what is seen')
  return there
}

async function signIn(page, visitor, server) {
  const [, name, value] = visitor.cookie.match(/(connect\.sid)=([^;]*)/)
  await page.context().addCookies([{ name, value, url: server.url }])
}

describe('every control is reached by Tab', { concurrency: 2 }, () => {
  let server
  before(async () => {
    server = await startServer({
      RATE_VISITOR: 'off', RATE_ROOM: 'off', RATE_CREATE_VISITOR: 'off', RATE_CREATE_ADDRESS: 'off', MAX_ROOMS_PER_VISITOR: '200', EMPTY_ROOM_GRACE: 'never',
    })
  })

  test('in the list of rooms, its dialog and the form for a room', async () => {
    const keeper = new Visitor(server)
    await keeper.get('/')
    const secret = await keeper.createRoom({ title: '비밀방', password: 'pw' })
    for (let i = 0; i < 105; i++) await keeper.createRoom({ title: `방 ${i}` })
    const page = await person(server)
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
    assertNoComplaints([page])
    await page.goto('/nowhere')
    await tabThrough(page, ['.button--primary'])
    await page.context().close()
  })

  /** A room with everything in it that can be in a room, its owner, and the owner's page. */
  async function fullRoom(options = desktop) {
    const ann = await owner(server, { title: '다 있는 방', max: 20 })
    const tell = async (event, what) => {
      const answer = await ann.chat.timeout(patience).emitWithAck(event, { room: ann.room, ...what })
      assert.equal(answer.ok, true, JSON.stringify(answer))
      return answer
    }
    const [bob, eve] = [await member(server, ann.room), await member(server, ann.room)]
    for (const [visitor, nick] of [[bob, '밥'], [eve, '이브']]) {
      await visitor.chat.timeout(patience).emitWithAck('nick', { room: ann.room, nick })
    }
    const colors = Object.fromEntries((await tell('join')).members.map(({ nick, color }) => [nick, color]))
    await tell('token', { nick: '봇' })
    await tell('ban', { person: colors['이브'] })
    for (let i = 0; i < 70; i++) await (i % 2 ? ann : bob).say(ann.room, `${i}: 꽤 긴 이야기`)
    assert.equal((await bob.upload(ann.room, animatedGIF({ width: 60, height: 40 }))).status, 200)
    for (let i = 70; i < 100; i++) await (i % 2 ? ann : bob).say(ann.room, `${i}: 꽤 긴 이야기`)
    const page = await person(server, options)
    await signIn(page, ann, server)
    await page.goto(`/room/${ann.room}`)
    await page.locator('.person').nth(1).waitFor({ state: 'attached' })
    await page.locator('button.gif').waitFor()
    await page.locator('#more').waitFor({ state: 'attached' })
    return { page, ann, bob, colors }
  }

  test('in a room, and in all that opens there', async () => {
    const { page, bob, ann } = await fullRoom()
    const always = ['#exit-btn', '#scroll', '#older', 'button.gif', '#more', '.person:nth-child(1) button', '.person:nth-child(2) button', '#autoplay', '#open-panel', '#quit',
      '.people__remove button', '#chat', '[type=file]', '[type=submit]']
    // who comes back to the messages from below is not carried away from what is there
    const scrolled = () => page.locator('#scroll').evaluate((e) => e.scrollTop)
    const end = await scrolled()
    assert.ok(end > 1000)
    for (const stop of ['#chat', '[type=file]', '#more']) {
      await until(() => page.evaluate((s) => document.activeElement.matches(s), stop), `the focus is on ${stop}`)
      if (stop !== '#more') await page.keyboard.press('Shift+Tab')
    }
    assert.match(await page.locator('#more').getAttribute('aria-label'), /99: /)
    assert.equal(await scrolled(), end)

    await page.locator('#scroll').evaluate((e) => { e.scrollTop = 0 })
    await bob.say(ann.room, '새 글')
    await page.locator('#newer').waitFor()
    await tabThrough(page, [...always, '#newer'])

    // the menu of a person
    await page.locator('.person__open', { hasText: '밥' }).press('Enter')
    await page.locator('.menu button').nth(5).waitFor()
    await tabThrough(page, ['.menu button', ...always])
    // and what is asked before a ban
    await page.locator('.person__open', { hasText: '밥' }).press('Enter')
    await page.locator('.menu button', { hasText: '차단' }).press('Enter')
    await page.locator('.menu input').waitFor()
    await tabThrough(page, ['.menu input', '.menu button', ...always])
    // a whisper that cannot be sent, while one changes one's name
    await page.locator('.person__open', { hasText: '밥' }).press('Enter')
    await page.locator('.menu button', { hasText: '귓속말' }).press('Enter')
    await page.locator('#mode').waitFor()
    await bob.chat.timeout(patience).emitWithAck('quit', { room: ann.room })
    await page.locator('#chat').fill('늦었다')
    await page.keyboard.press('Enter')
    await page.locator('.message--failed button').nth(1).waitFor()
    await page.locator('.person__open', { hasText: '나' }).press('Enter')
    await page.locator('#nickname').waitFor()
    await tabThrough(page, ['.message--failed button:nth-of-type(1)', '.message--failed button:nth-of-type(2)', '#mode button', '[name=nick]', '#nickname [data-cancel]', '#nickname .button--primary', '#older', '#more'])

    // the owner's panel
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
    assertNoComplaints([page])
    await page.context().close()
  })

  test('in a narrow window', async () => {
    const narrow = { viewport: { width: 375, height: 700 } }
    const { page, ann, bob } = await fullRoom(narrow)
    await tabThrough(page, ['#people-toggle', '#exit-btn', '#scroll', '#older', 'button.gif', '#more', '#chat', '[type=file]', '[type=submit]'])
    await page.locator('#people-toggle').press('Enter')
    await page.locator('.person').nth(1).waitFor()
    await tabThrough(page, ['#people-toggle', '.person:nth-child(2) button', '#autoplay', '#open-panel', '#quit', '.people__remove button', '#chat'])
    await page.locator('#open-panel').press('Enter')
    await page.locator('#bans button').waitFor()
    await tabThrough(page, ['#bans button', '#tokens button'])

    // who is not the owner, and has said something above only
    await bob.say(ann.room, '밥의 말')
    for (let i = 0; i < 30; i++) await ann.say(ann.room, `${i}: 앤의 말`)
    const other = await person(server, narrow)
    await signIn(other, bob, server)
    await other.goto(`/room/${ann.room}`)
    await other.locator('.person').nth(1).waitFor({ state: 'attached' })
    await other.locator('#more:not([hidden])').waitFor({ state: 'attached' })
    const more = other.locator('#more')
    await other.locator('#chat').focus()
    await other.keyboard.press('Shift+Tab') // to the file
    await other.keyboard.press('Shift+Tab')
    assert.equal(await more.evaluate((e) => e === document.activeElement && e.getBoundingClientRect().top > 0), true, 'the focus is seen')
    assert.match(await more.getAttribute('aria-label'), /밥의 말/)
    await tabThrough(other, ['#scroll', '#more', '#chat'])
    assertNoComplaints([page, other])
    await page.context().close()
    await other.context().close()
  })

  test('and what is not would be noticed', async () => {
    const page = await person(server)
    await page.goto('/room')
    await page.locator('main form button').evaluate((e) => { e.tabIndex = -1 })
    await assert.rejects(tabThrough(page), /of \d+ controls 1 are not reached by Tab/)
    await page.goto('/room')
    await page.locator('main form button').evaluate((e) => { e.style.position = 'fixed'; e.style.left = '-1000px' })
    await assert.rejects(tabThrough(page), /outside of what is seen/)
    await until(() => page.url().endsWith('/room'), 'nothing was sent')
    await page.context().close()
  })
})
