// axe-core finds no accessibility violations on any page in any state, in both languages and
// themes, on a desktop and on a phone. The long form checks every combination.
import { test, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { startServer } from './lib/server.js'
import { until } from './lib/clients.js'
import { assertNoErrors, openPage } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { longTest, eventTimeout, sized } from './lib/sizes.js'
import { Visitor, member, owner } from './lib/visitor.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const [wideLight, phoneDark] = [[1280, 'light'], [375, 'dark']]
const all = [wideLight, [1280, 'dark'], [375, 'light'], phoneDark]
// `make test` checks each state once, `make test-long` in both languages with opposite widths
// and themes, `make soak` in all combinations.
const combinations = {
  'ko-KR': sized([[wideLight], [phoneDark]], [all]),
  'en-US': sized([[phoneDark], [wideLight]], [all]),
}

/** A page that axe-core checks in each state. Reduced motion avoids the colours of transitions. */
class Audit {
  #combinations
  found = []
  states = []

  static async open(server, locale) {
    const audit = new Audit()
    audit.#combinations = combinations[locale]
    audit.page = await openPage(server, { viewport: { width: 1280, height: 800 }, locale, reducedMotion: 'reduce' })
    await audit.page.addInitScript(axe)
    return audit
  }

  /** Runs axe-core on the present state, in the themes and widths of this language. */
  async check(state) {
    this.states.push(state)
    const turns = this.#combinations // by turns in the short form
    for (const [width, theme] of turns[this.states.length % turns.length]) {
      await this.page.setViewportSize({ width, height: 800 })
      await this.page.emulateMedia({ colorScheme: theme })
      const violations = await this.page.evaluate(async () => {
        await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))
        const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
        return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.target.join(' ')} ${node.html.slice(0, 160)} ${node.failureSummary.split('\n')[1]}`))
      })
      this.found.push(...violations.map((line) => `${state}, ${width} px, ${theme}: ${line}`))
    }
    await this.page.setViewportSize({ width: 1280, height: 800 })
  }

  async signIn(visitor, server) {
    const [, name, value] = visitor.cookie.match(/(connect\.sid)=([^;]*)/)
    await this.page.context().addCookies([{ name, value, url: server.url }])
  }
}

const gif = (width, height) => ({ name: 'cat.gif', mimeType: 'image/gif', buffer: Buffer.from(animatedGIF({ width, height })) })
const emitWithAck = async (visitor, event, what) => {
  const answer = await visitor.chat.timeout(eventTimeout).emitWithAck(event, { room: visitor.room, ...what })
  assert.equal(answer.ok, true, JSON.stringify(answer))
  return answer
}

/** Checks the pages outside of a room. */
async function checkPages(audit, secret) {
  const { page } = audit
  await page.goto('/')
  await audit.check('one room')
  await page.locator(`.join-btn[data-id="${secret}"]`).click()
  await page.locator('dialog:modal').waitFor()
  await audit.check('asked for a password')
  await page.fill('dialog [name=password]', 'wrong')
  await page.keyboard.press('Enter')
  await page.locator('#enter-problem:not(:empty)').waitFor()
  await audit.check('a wrong password')
  await page.goto(`/?enter=${secret}`)
  await audit.check('asked for a password at another address')
  await page.goto('/room')
  await page.locator('.forget summary').click()
  await audit.check('form for a room, and asked whether to be forgotten')
  await page.locator('.forget summary').click()
  await page.fill('[name=title]', 'x'.repeat(61))
  await page.locator('form[action="/room"] button').click()
  await page.locator('.flash').waitFor()
  await audit.check('form for a room, refused')
  await page.goto('/notice')
  for (const panel of ['#panel-log-plain ol', '#panel-log-socketio ol']) {
    await until(() => page.locator(panel).evaluate((e) => e.scrollHeight > e.clientHeight), 'a list that can be scrolled')
  }
  await audit.check('notices')
  await page.goto('/nowhere')
  await audit.check('no such page')
  await page.goto(`/room/${'0'.repeat(24)}`)
  await audit.check('no such room')
  await page.goto(`/room/${secret}`)
  await audit.check('no way into a room')
  // The page that a browser without scripts gets for a refused message.
  await page.evaluate((id) => {
    document.body.insertAdjacentHTML('beforeend', `<form method="post" action="/room/${id}/chat" id="blind"><input name="chat" value="  안녕"></form>`)
    document.querySelector('#blind').submit()
  }, secret)
  await page.locator('.unsent').waitFor()
  await audit.check('a refused message')
}

/** Creates a room with every kind of message and two members. */
async function createFullRoom(server) {
  const ann = await owner(server, { title: '다 있는 방', max: 20 })
  const [bob, eve] = await Promise.all([member(server, ann.room), member(server, ann.room)])
  bob.room = eve.room = ann.room
  await emitWithAck(bob, 'nick', { nick: '밥' })
  await emitWithAck(eve, 'nick', { nick: '이브' })
  const { members } = await emitWithAck(ann, 'join')
  const color = (nick) => members.find((m) => m.nick === nick).color
  await emitWithAck(ann, 'token', { nick: '봇' })
  await emitWithAck(ann, 'ban', { person: color('이브') })
  await Promise.all(Array.from({ length: 50 }, (_, i) => (i % 3 ? ann : bob).postMessage(ann.room, `${i}: 꽤 긴 이야기`)))
  await emitWithAck(ann, 'settings', { title: '정말 다 있는 방' })
  const { seq } = await emitWithAck(ann, 'chat', { chat: '틀린 말' })
  await emitWithAck(ann, 'edit', { seq, chat: '맞는 말' })
  await emitWithAck(ann, 'remove', { seq: (await emitWithAck(ann, 'chat', { chat: '지울 말' })).seq })
  await emitWithAck(ann, 'whisper', { to: color('밥'), chat: '밥에게만' })
  await emitWithAck(bob, 'whisper', { to: members.find(({ nick }) => !nick).color, chat: '방장에게만' })
  for (const visitor of [ann, bob]) await visitor.upload(ann.room, animatedGIF({ width: 120, height: 90 }), { name: 'cat.gif' })
  return { ann, bob, bobColor: color('밥') }
}

/** Checks the room in the states of its owner. */
async function checkAsOwner(audit, server, { ann, bob }) {
  const { page } = audit
  await audit.signIn(ann, server)
  await page.goto(`/room/${ann.room}`)
  await page.locator('.person').nth(1).waitFor({ state: 'attached' })
  await page.locator('.message--whisper').nth(1).waitFor()
  await page.evaluate(() => { // the row of a message that a disk has damaged
    const row = document.querySelector('#chat-list .system').cloneNode(true)
    row.classList.add('message--damaged')
    document.querySelector('#chat-list').append(row)
  })
  await page.locator('.message.mine', { hasText: '맞는 말' }).hover()
  await audit.check('every kind of message')
  await page.locator('#more').click()
  await page.locator('.menu button').nth(1).waitFor()
  await audit.check('menu of a message')
  await page.locator('.menu__item--danger').click()
  await audit.check('asked whether to remove')
  await page.keyboard.press('Escape')
  await page.locator('button.gif').last().click()
  await audit.check('a GIF that plays')

  await page.locator('#scroll').evaluate((e) => { e.scrollTop = 0 })
  await bob.postMessage(ann.room, '새 글')
  await page.locator('#newer').waitFor()
  for (const [state, words, good] of [['offline', 'offline', false], ['online again', 'online', true], ['without the client', 'still', false]]) {
    await page.locator('#connection').evaluate((banner, [key, isGood]) => {
      banner.textContent = JSON.parse(document.querySelector('#page-data').textContent).sentences[`room.${key}`]
      banner.classList.toggle('banner--good', isGood)
      banner.hidden = false
    }, [words, good])
    await audit.check(state)
  }
  await page.locator('#connection').evaluate((banner) => { banner.hidden = true })
  await page.locator('#newer').click()

  await page.locator('.person__open', { hasText: '밥' }).click()
  await page.locator('.menu button').nth(5).waitFor()
  await audit.check('menu of a person')
  await page.locator('.menu button').first().click() // a whisper
  await page.locator('#mode').waitFor()
  await page.fill('#chat', 'x'.repeat(2001))
  await page.keyboard.press('Enter')
  await page.locator('#chat-problem:not(:empty)').waitFor()
  await audit.check('a whisper that is too long')
  await page.keyboard.press('Escape')
  await page.locator('.person__open', { has: page.locator('.badge--you') }).click()
  await page.fill('[name=nick]', 'x'.repeat(21))
  await page.keyboard.press('Enter')
  await page.locator('#nick-problem:not(:empty)').waitFor()
  await audit.check('a name that is refused')
  await page.keyboard.press('Escape')
  await page.locator('#quit').click()
  await audit.check('asked whether to leave')
  await page.keyboard.press('Escape')

  let release
  const held = new Promise((resolve) => { release = resolve })
  await page.route('**/gif', async (route) => { await held; await route.abort() })
  await page.setInputFiles('#chat-form input[name=gif]', gif(60, 40))
  await page.locator('.message--pending').waitFor()
  await page.locator('#drop').evaluate((e) => { e.hidden = false })
  await audit.check('an upload under way, and a file above the page')
  await page.locator('#drop').evaluate((e) => { e.hidden = true })
  release()
  await page.locator('.message--failed button').nth(1).waitFor()
  await audit.check('an upload that failed')
  await page.locator('.mine[data-seq]', { hasText: '맞는 말' }).hover()
  await page.locator('#more').click()
  await page.locator('.menu button').first().click()
  await page.locator('#mode').waitFor()
  await audit.check('an edit')
  await page.keyboard.press('Escape')

  await page.setViewportSize({ width: 375, height: 800 })
  await page.locator('#people-toggle').click()
  await audit.check('list of people on a phone')
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.locator('#open-panel').click()
  await page.locator('#bans button').waitFor()
  await page.fill('#make-token [name=nick]', '봇 2')
  await page.locator('#make-token button').click()
  await page.locator('#made-token').waitFor()
  await audit.check('settings')
  await page.fill('#settings [name=max]', '1')
  await page.locator('#settings .button--primary').click()
  await page.locator('[data-problem=capacity]:not(:empty)').waitFor()
  await audit.check('settings that are refused')
  await page.fill('#settings [name=max]', '20')
  await page.locator('#settings .button--primary').click()
  await page.locator('[data-slot=saved]:not(:empty)').waitFor()
  await page.locator('#tokens button').first().click()
  await audit.check('settings saved, and asked whether to end a token')
}

/** Checks the room in the states of a member who is muted and then kicked. */
async function checkAsMember(audit, server, { ann, bob, bobColor }) {
  const { page } = audit
  await audit.signIn(bob, server)
  await page.goto(`/room/${ann.room}`)
  await page.locator('.person').nth(1).waitFor({ state: 'attached' })
  await emitWithAck(ann, 'settings', { frozen: true })
  await page.locator('#closed:not(:empty)').waitFor()
  await audit.check('frozen')
  await emitWithAck(ann, 'settings', { frozen: false })
  await emitWithAck(ann, 'mute', { person: bobColor })
  await page.locator('.badge--muted').waitFor()
  await page.locator('#closed:not(:empty)').waitFor()
  await audit.check('muted')
  await emitWithAck(ann, 'kick', { person: bobColor })
  await page.locator('.ended').waitFor()
  await audit.check('kicked')
}

describe('accessibility', { concurrency: 2 }, () => {
  let server
  before(async () => {
    server = await startServer({
      RATE_VISITOR: 'off', RATE_ROOM: 'off', RATE_CREATE_VISITOR: 'off', RATE_CREATE_ADDRESS: 'off', MAX_ROOMS_PER_VISITOR: '200', EMPTY_ROOM_GRACE: 'never',
    })
    const host = new Visitor(server)
    await host.get('/')
    await Promise.all(Array.from({ length: 101 }, (_, i) => host.createRoom({ title: `방 ${i}` })))
  })

  for (const locale of Object.keys(combinations)) {
    const testIn = locale === 'ko-KR' ? test : longTest // the other language differs in its words only
    testIn(`axe-core: finds no violations on the pages in ${locale}`, async () => {
      const small = await startServer({ NOTICE_INTERVAL: '100ms' })
      const fewRooms = await Audit.open(small, locale)
      await fewRooms.page.goto('/')
      await fewRooms.check('no rooms')
      const ann = await owner(small)
      await fewRooms.signIn(ann, small)
      await fewRooms.page.goto(`/room/${ann.room}`)
      await fewRooms.page.locator('.person').waitFor({ state: 'attached' })
      await fewRooms.check('an empty room')
      await fewRooms.page.context().clearCookies()
      const host = new Visitor(small)
      await host.get('/')
      await checkPages(fewRooms, await host.createRoom({ title: '비밀방', password: 'pw' }))
      await fewRooms.page.context().close()
      await small.stop()

      const manyRooms = await Audit.open(server, locale)
      await manyRooms.page.goto('/')
      await manyRooms.check('list of rooms')
      await manyRooms.page.locator('#more-rooms a').click()
      await manyRooms.page.waitForURL(/after=/)
      await manyRooms.check('last page of rooms')
      await manyRooms.page.context().close()
      assert.deepEqual([...fewRooms.found, ...manyRooms.found], [])
    })

    testIn(`axe-core: finds no violations in a room in ${locale}`, async () => {
      const people = await createFullRoom(server)
      const asOwner = await Audit.open(server, locale)
      await checkAsOwner(asOwner, server, people)
      const asMember = await Audit.open(server, locale)
      await checkAsMember(asMember, server, people)
      assert.deepEqual([...asOwner.found, ...asMember.found], [])
      assertNoErrors([asOwner.page, asMember.page], /ERR_FAILED/)
      await Promise.all([asOwner, asMember].map(({ page }) => page.context().close()))
    })
  }

  test('axe-core: reports a button without a name and a low contrast', async () => {
    const audit = await Audit.open(server, 'ko-KR')
    await audit.page.goto('/room')
    await audit.page.evaluate(() => {
      document.querySelector('main form button').textContent = ''
      document.querySelector('main h1').style.color = 'var(--color-line)'
    })
    await audit.check('broken')
    assert.match(audit.found.join('\n'), /button-name/)
    assert.match(audit.found.join('\n'), /color-contrast/)
    await until(() => audit.page.url().endsWith('/room'), 'the page /room')
    await audit.page.context().close()
  })
})
