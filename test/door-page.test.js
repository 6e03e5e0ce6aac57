// The switch that closes a room, and the ban of an address, on the pages: by keyboard, in both languages.
import { before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { nextEvent, until } from './lib/clients.js'
import { assertNoErrors, dark, desktop, openPage, phone, screenshot } from './lib/browser.js'
import { Visitor, member } from './lib/visitor.js'

const languages = {
  ko: {
    options: desktop, refused: '방장이 문을 닫아서 지금은 새로 들어갈 수 없어요.', notice: '방장이 문을 닫았습니다.', badge: '문 닫힘',
    ban: '차단', bans: /같은 주소의 새 사람도 (59|60)분 동안 막음/, none: '차단한 사람이 없어요.',
  },
  en: {
    options: { ...dark, locale: 'en-US' }, refused: 'The owner has closed the door. Nobody new can enter right now.', notice: 'The owner has closed the door.', badge: 'Closed',
    ban: 'Ban', bans: /and newcomers from the same address for (59|60) min/, none: 'Nobody is banned.',
  },
}

describe('door of a room', { concurrency: 2 }, () => {
  let server
  before(async () => { server = await startServer() })

  /** Opens a page that has created a room. */
  async function openNewRoom(options) {
    const ann = await openPage(server, options)
    await ann.goto('/room')
    await ann.fill('input[name=title]', '교실')
    await ann.locator('form[action="/room"] button').click()
    await ann.waitForURL(/\/room\/[0-9a-f]{24}$/)
    await ann.locator('.person').waitFor()
    return { ann, room: new URL(ann.url()).pathname.slice('/room/'.length) }
  }

  for (const [language, words] of Object.entries(languages)) {
    test(`door switch: closes the room, and every page shows it at once (${language})`, async () => {
      const { ann, room } = await openNewRoom(words.options)
      const [bob, list] = await Promise.all([openPage(server, { ...phone, locale: words.options.locale ?? 'ko-KR' }), openPage(server, words.options)])
      await bob.goto(ann.url())
      await bob.locator('.person').nth(1).waitFor({ state: 'attached' })
      await list.goto('/')
      const badge = list.locator(`tr[data-id="${room}"] [data-slot=closed]`)
      assert.equal(await badge.isVisible(), false)

      await ann.locator('#open-panel').press('Enter')
      await ann.locator('#door').press('Space')
      for (const page of [ann, bob]) {
        await page.locator('#door-badge', { hasText: words.badge }).waitFor()
        await page.locator('#chat-list .system', { hasText: words.notice }).waitFor()
      }
      await badge.filter({ hasText: words.badge }).waitFor()
      await ann.locator('#door').scrollIntoViewIfNeeded()
      await screenshot(ann, `door-panel-${language}`)
      await screenshot(bob, `door-room-375-${language}`)

      await list.locator(`tr[data-id="${room}"] .join-btn`).press('Enter')
      await list.locator('.flash', { hasText: words.refused }).waitFor()
      await badge.filter({ hasText: words.badge }).waitFor()
      await screenshot(list, `door-list-${language}`)
      await bob.reload()
      await bob.locator('#door-badge').waitFor()
      await bob.locator('.person').nth(1).waitFor({ state: 'attached' })

      await ann.locator('#door').press('Space')
      await bob.locator('#door-badge').waitFor({ state: 'hidden' })
      await badge.waitFor({ state: 'hidden' })
      await list.locator(`tr[data-id="${room}"] .join-btn`).press('Enter')
      await list.waitForURL(ann.url())
      assertNoErrors([ann, bob, list])
      await Promise.all([ann, bob, list].map((page) => page.context().close()))
    })

    test(`ban: can include the address and is lifted in the list of bans (${language})`, async () => {
      const { ann, room } = await openNewRoom(words.options)
      const flooder = await member(server, room)
      await ann.locator('.person').nth(1).waitFor()
      const kicked = nextEvent(flooder.chat, 'kicked')
      await ann.locator('.person__open').nth(1).press('Enter')
      await ann.locator('.menu button', { hasText: words.ban }).press('Enter')
      await ann.locator('.menu input').waitFor()
      await screenshot(ann, `ban-address-${language}`)
      assert.equal(await ann.locator('.menu input').isChecked(), false)
      await ann.locator('.menu input').press('Space')
      await ann.locator('.menu button', { hasText: words.ban }).press('Enter')
      await kicked
      const again = new Visitor(server)
      await again.get('/')
      assert.match(decodeURIComponent((await again.open(room)).headers.get('location')), /지금은 이 네트워크에서 새로 들어갈 수 없어요/)
      await ann.locator('#open-panel').press('Enter')
      await ann.locator('#bans', { hasText: words.bans }).waitFor()
      await ann.locator('#bans').scrollIntoViewIfNeeded()
      await screenshot(ann, `ban-list-${language}`)
      await ann.locator('#bans button').press('Enter')
      await ann.locator('#bans', { hasText: words.none }).waitFor()
      await again.enter(room)
      assertNoErrors([ann])
      await ann.context().close()
    })
  }

  test('page without scripts: closes and opens the room by a button', async () => {
    const ann = await openPage(server, { ...desktop, javaScriptEnabled: false })
    await ann.goto('/room')
    await ann.fill('input[name=title]', '교실')
    await ann.locator('form[action="/room"] button').click()
    await ann.locator('form[action$="/door"] button', { hasText: '문 닫기' }).click()
    await ann.locator('#door-badge').waitFor()
    const eve = new Visitor(server)
    await eve.get('/')
    assert.equal((await eve.open(new URL(ann.url()).pathname.slice('/room/'.length))).status, 302)
    await screenshot(ann, 'door-noscript')
    await ann.locator('form[action$="/door"] button', { hasText: '문 열기' }).click()
    await ann.locator('#door-badge').waitFor({ state: 'hidden' })
    await eve.enter(new URL(ann.url()).pathname.slice('/room/'.length))
    await ann.context().close()
  })

  test('room removed in another tab: leaves no control of the room on the page', async () => {
    const { ann } = await openNewRoom(desktop)
    const tab = await ann.context().newPage()
    await tab.goto(ann.url())
    await tab.locator('#open-panel').waitFor()
    await tab.locator('.people__remove button').press('Enter')
    await tab.locator('.menu__item--danger').press('Enter')
    await ann.locator('.ended', { hasText: '방이 삭제되었어요.' }).waitFor()
    assert.equal(await ann.locator('.room-top button:visible').count(), 0)
    assertNoErrors([ann])
    await ann.context().close()
  })

  test('exit button: sends a DISCONNECT, and the back button of the browser joins again', async () => {
    const { ann } = await openNewRoom(desktop)
    const bob = await openPage(server)
    const sent = []
    await bob.routeWebSocket('**/socket.io/**', (ws) => {
      const up = ws.connectToServer()
      ws.onMessage((packet) => {
        sent.push(String(packet))
        up.send(packet)
      })
    })
    await bob.goto(ann.url())
    await ann.locator('.person').nth(1).waitFor()
    assert.equal(sent.includes('41/chat,'), false)
    await bob.locator('#exit-btn').click()
    await bob.waitForURL(server.url + '/')
    await until(() => sent.includes('41/chat,'), 'a DISCONNECT packet')
    await ann.locator('#chat-list .system', { hasText: '퇴장' }).waitFor()
    await bob.goBack()
    await ann.locator('.person').nth(1).waitFor()
    await bob.locator('.person').nth(1).waitFor()
    assertNoErrors([ann, bob])
    await Promise.all([ann, bob].map((page) => page.context().close()))
  })
})
