// Two people in Chromium: rooms, messages, restarts and the notice page.
import { test, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { until } from './lib/clients.js'
import { Visitor } from './lib/visitor.js'
import { assertNoErrors, dark, desktop, openPage, phone, screenshot } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'

describe('pages', () => {
  let server
  before(async () => { server = await startServer({ NOTICE_INTERVAL: '500ms' }) })

  test('private room: is created, entered and left by two people who chat', async () => {
    const [ann, bob] = await Promise.all([openPage(server, desktop), openPage(server, phone)])
    await Promise.all([ann.goto('/'), bob.goto('/')])
    await screenshot(ann, 'home-empty-1280')
    await screenshot(bob, 'home-empty-375')

    await ann.locator('main a[href="/room"]').first().click()
    await ann.waitForURL('**/room')
    await screenshot(ann, 'new-room-1280')
    await ann.fill('input[name=title]', '고양이 모임')
    await ann.fill('input[name=max]', '5')
    await ann.fill('input[name=password]', '야옹 & #1')
    await ann.locator('form[action="/room"] button').click()
    await ann.waitForURL(/\/room\/[0-9a-f]{24}$/)
    const id = new URL(ann.url()).pathname.split('/').at(-1)

    const row = bob.locator(`tr[data-id="${id}"]`) // without a reload
    await row.waitFor()
    assert.match(await row.innerText(), /고양이 모임/)
    await screenshot(bob, 'home-375')
    await row.locator('.join-btn').click()
    await bob.fill('dialog input[name=password]', '멍멍')
    await bob.locator('dialog button').last().click()
    await bob.getByText('비밀번호가 틀렸습니다.').waitFor()
    if (!await bob.locator('dialog[open]').count()) await row.locator('.join-btn').click()
    await screenshot(bob, 'password-375')
    await bob.fill('dialog input[name=password]', '야옹 & #1')
    await bob.locator('dialog button').last().click()
    await bob.waitForURL(`**/room/${id}`)
    assert.doesNotMatch(bob.url(), /password/)

    await ann.locator('#chat-list').getByText('님이 입장하셨습니다').first().waitFor()
    await until(async () => (await ann.locator('[data-slot=count]').innerText()) === '2', 'a count of two on Ann’s page')

    const write = async (page, text) => {
      await page.fill('#chat-form [name=chat]', text)
      await page.press('#chat-form [name=chat]', 'Enter')
    }
    await write(ann, '안녕! <b>굵게</b>')
    await bob.locator('#chat-list .other').getByText('안녕! <b>굵게</b>', { exact: true }).waitFor()
    await ann.locator('#chat-list .mine').getByText('안녕! <b>굵게</b>', { exact: true }).waitFor()
    await write(bob, '반가워')
    await ann.locator('#chat-list .other').getByText('반가워').waitFor()

    await bob.setInputFiles('#chat-form input[name=gif]', {
      name: '가짜.gif', mimeType: 'image/gif', buffer: Buffer.from('<!doctype html><script>alert(1)</script>'),
    })
    await bob.getByText('GIF 파일만').first().waitFor()
    assert.equal(await bob.locator('.message--failed, #chat-list img').count(), 0)
    await bob.setInputFiles('#chat-form input[name=gif]', {
      name: '고양이.gif', mimeType: 'image/gif', buffer: Buffer.from(animatedGIF({ width: 120, height: 90 })),
    })
    for (const page of [ann, bob]) {
      const image = page.locator('#chat-list img[src^="/gif/"]')
      await image.waitFor()
      await until(() => image.evaluate((img) => img.complete && img.naturalWidth === 120), 'the GIF painted')
    }
    await screenshot(ann, 'room-1280')
    await screenshot(bob, 'room-375')

    for (const page of [ann, bob]) { // each message once
      assert.equal(await page.locator('#chat-list').getByText('안녕! <b>굵게</b>').count(), 1)
      assert.equal(await page.locator('#chat-list').getByText('반가워').count(), 1)
      assert.equal(await page.locator('#chat-list img[src^="/gif/"]').count(), 1)
    }

    await bob.reload()
    await bob.locator('#chat-list').getByText('안녕! <b>굵게</b>').waitFor()
    await bob.locator('#chat-list .mine').getByText('반가워').waitFor()
    await bob.locator('#chat-list img[src^="/gif/"]').waitFor()
    await write(ann, '새로 고쳐도 그대로')
    await bob.locator('#chat-list').getByText('새로 고쳐도 그대로').waitFor()

    await bob.locator('#exit-btn').click()
    await bob.waitForURL(server.url + '/')
    await ann.locator('#chat-list').getByText('님이 퇴장하셨습니다').first().waitFor()

    const late = await openPage(server, dark)
    await late.goto('/')
    await late.locator(`tr[data-id="${id}"]`).waitFor()
    await screenshot(late, 'home-dark')
    await ann.emulateMedia({ colorScheme: 'dark' })
    await screenshot(ann, 'room-dark')
    await ann.emulateMedia({ colorScheme: 'light' })

    if (!await ann.locator('.people__remove button').isVisible()) await ann.locator('#people-toggle').click()
    await ann.locator('.people__remove button').click()
    await ann.locator('.menu .menu__item--danger').click()
    await late.locator(`tr[data-id="${id}"]`).waitFor({ state: 'detached' })
    assertNoErrors([ann, bob, late], /status of 40[34].*\/enter/)
    await Promise.all([ann, bob, late].map((page) => page.context().close()))
  })

  test('room page: reconnects after a restart without a reload', async () => {
    const own = await startServer()
    const [ann, bob] = await Promise.all([openPage(own), openPage(own)])
    await ann.goto('/room')
    await ann.fill('input[name=title]', '튼튼한 방')
    await ann.locator('form[action="/room"] button').click()
    await ann.waitForURL(/\/room\/[0-9a-f]{24}$/)
    await bob.goto(ann.url())
    await ann.locator('#chat-list').getByText('님이 입장하셨습니다').first().waitFor()
    await own.restart('SIGKILL')
    await ann.fill('#chat-form [name=chat]', '다시 켜졌나요?')
    await ann.press('#chat-form [name=chat]', 'Enter')
    await bob.locator('#chat-list .other').getByText('다시 켜졌나요?').waitFor({ timeout: 60_000 })
    await ann.locator('#chat-list .mine').getByText('다시 켜졌나요?').waitFor()
    assert.equal(await bob.locator('#chat-list').getByText('다시 켜졌나요?').count(), 1)
    assert.equal(await ann.locator('#chat-list').getByText('다시 켜졌나요?').count(), 1)
    assertNoErrors([ann, bob], /ERR_CONNECTION|WebSocket|Failed to load resource/)
    await Promise.all([ann, bob].map((page) => page.context().close()))
    await own.stop()
  })

  test('notice page: shows notices over both transports live', async () => {
    const page = await openPage(server)
    await page.goto('/notice')
    await page.locator('#panel-log-plain').getByText('서버에서 클라이언트로 메시지를 보냅니다.').first().waitFor()
    await page.locator('#panel-log-socketio').getByText('Hello Socket.IO').first().waitFor()
    await screenshot(page, 'notice-1280')
    await page.setViewportSize(phone.viewport)
    await screenshot(page, 'notice-375')
    assertNoErrors([page])
    await page.context().close()
  })

  test('notice page: has one connection after pause and resume', async () => {
    const page = await openPage(server, { ...desktop, locale: 'en-US' })
    const open = new Set() // plain WebSockets
    page.on('websocket', (socket) => {
      if (socket.url().includes('/socket.io/')) return
      open.add(socket)
      socket.on('close', () => open.delete(socket))
    })
    await page.goto('/notice')
    const panel = page.locator('#panel-log-plain')
    await panel.locator('.line--in').first().waitFor()
    await page.evaluate(() => {
      const button = document.querySelector('#panel-log-plain [data-slot=pause]')
      button.click()
      button.click()
    })
    await page.waitForTimeout(4_000) // longer than the delay of a reconnect
    await until(() => open.size === 1, 'one plain WebSocket')
    const before = await panel.locator('.line--in').count()
    await until(async () => await panel.locator('.line--in').count() > before, 'a further notice')
    assert.equal(open.size, 1, 'plain WebSockets')
    assert.match(await panel.locator('.panel-log__state').textContent(), /Connected/)
    await page.setViewportSize(phone.viewport)
    const lines = await panel.locator('.line__way').first().evaluate((way) =>
      Math.round(way.getBoundingClientRect().height / parseFloat(getComputedStyle(way).lineHeight)))
    assert.equal(lines, 1, 'lines of the word "Received"')
    await page.context().close()
  })

  test('join and exit notices: are in the language of the reader, also in the history', async () => {
    const [ann, bob] = await Promise.all([openPage(server, { ...desktop, locale: 'en-US' }), openPage(server)])
    await ann.goto('/room')
    await ann.fill('input[name=title]', 'In English')
    await ann.locator('form[action="/room"] button').click()
    await ann.waitForURL(/\/room\/[0-9a-f]{24}$/)
    await bob.goto(ann.url())
    const notice = ann.locator('#chat-list .system')
    await notice.getByText(' entered.').waitFor()
    await ann.reload()
    await notice.getByText(' entered.').waitFor()
    await ann.context().setOffline(true)
    await bob.goto('/')
    await ann.waitForTimeout(3_000) // after which bob has left
    await bob.goto(ann.url())
    await ann.context().setOffline(false)
    await notice.nth(1).waitFor({ timeout: 60_000 })
    assert.doesNotMatch(await ann.locator('#chat-list').innerText(), /하셨습니다/)
    await Promise.all([ann, bob].map((page) => page.context().close()))
  })

  test('list of rooms: has a room created between the page load and its connection', async () => {
    const ann = await openPage(server)
    let listen
    const held = new Promise((resolve) => { listen = resolve })
    await ann.route('**/socket.io/**', async (route) => { await held; await route.continue() })
    await ann.goto('/')
    const made = await fetch(`${server.url}/room`, {
      method: 'POST', redirect: 'manual', body: new URLSearchParams({ title: '그사이에', max: '3', password: '' }),
    })
    const id = made.headers.get('location').match(/[0-9a-f]{24}/)[0]
    assert.equal(await ann.locator(`tr[data-id="${id}"]`).count(), 0)
    listen()
    await ann.locator(`tr[data-id="${id}"]`).waitFor()
    assertNoErrors([ann])
    await ann.context().close()
  })

  test('list of rooms: has pages, and updates the row of a changed room', async () => {
    const own = await startServer({ RATE_CREATE_VISITOR: '200+1/s', RATE_CREATE_ADDRESS: '200+1/s', MAX_ROOMS_PER_VISITOR: '200' })
    const host = new Visitor(own)
    await host.get('/')
    const ids = []
    for (let i = 0; i < 100; i++) ids.push(await host.createRoom({ title: `방 ${i}` }))
    const page = await openPage(own)
    let listen
    const held = new Promise((resolve) => { listen = resolve })
    await page.route('**/socket.io/**', async (route) => { await held; await route.continue() })
    await page.goto('/')
    assert.equal(await page.locator('#more-rooms').isVisible(), false, 'a next page for 100 rooms')
    ids.push(await host.createRoom({ title: '방 100' }))
    listen()
    await page.locator('#more-rooms').waitFor()
    assert.equal(await page.locator('tbody tr').count(), 100)
    const last = await openPage(own)
    await last.goto('/')
    await last.locator('#more-rooms a').click()
    await last.locator(`tr[data-id="${ids[100]}"]`).waitFor()
    assert.equal(await last.locator('tbody tr').count(), 1)
    await last.reload()
    assert.equal(await last.locator('tbody tr').count(), 1, 'rows after a reload')

    const late = await host.createRoom({ title: '막 만든 방' }) // shown on the last page only
    await last.locator(`tr[data-id="${late}"]`).waitFor()
    assert.equal(await page.locator(`tr[data-id="${late}"]`).count(), 0)
    const chat = await host.join(ids[0])
    assert.equal((await chat.emitWithAck('settings', { room: ids[0], title: '새 이름', max: 5, password: 'pw' })).ok, true)
    const row = page.locator(`tr[data-id="${ids[0]}"]`)
    await row.getByText('새 이름').waitFor()
    assert.match((await row.innerText()).replace(/\s+/g, ' '), /비밀방 . ?\/ ?5/)
    await row.locator('.join-btn').click()
    await page.locator('dialog[open] input[name=password]').waitFor()
    await page.fill('dialog input[name=password]', '틀림')
    await page.keyboard.press('Enter')
    await page.locator('#enter-problem', { hasText: '비밀번호가 틀렸습니다.' }).waitFor()
    await page.fill('dialog input[name=password]', 'pw')
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/room/${ids[0]}`)
    chat.disconnect()
    assertNoErrors([page, last])
    await Promise.all([page, last].map((one) => one.context().close()))
    await own.stop()
  })

  test('missing page: shows a kind message with status 404', async () => {
    const page = await openPage(server)
    const answer = await page.goto('/no-such-page')
    assert.equal(answer.status(), 404)
    await page.getByText('라우터가 없습니다.').waitFor()
    await screenshot(page, 'error-1280')
    await page.goto(`/room/${'f'.repeat(24)}`)
    await page.getByText('존재하지 않는 방입니다.').waitFor()
    assertNoErrors([page], /404/)
    await page.context().close()
  })

  test('pages without scripts: allow creating a room and sending messages', async () => {
    const page = await openPage(server, { ...desktop, javaScriptEnabled: false })
    await page.goto('/room')
    await page.fill('input[name=title]', '스크립트 없이')
    await page.locator('form[action="/room"] button').click()
    await page.waitForURL(/\/room\/[0-9a-f]{24}$/)
    await page.fill('#chat-form [name=chat]', '글만으로')
    await page.locator('#chat-form button[type=submit]').click()
    await page.locator('#chat-list').getByText('글만으로').waitFor()
    await page.context().close()
  })
})
