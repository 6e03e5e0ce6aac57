// The room page when the server does not answer as expected: it recovers by itself, or shows the
// reason, and is never stuck.
import { test, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { startServer } from './lib/server.js'
import { pause, until } from './lib/clients.js'
import { openPage } from './lib/browser.js'
import { Visitor, owner } from './lib/visitor.js'

const row = (page, text) => page.locator('#chat-list .message', { hasText: text })
const waitUntilEnded = (page, text) => page.locator('.ended', { hasText: text }).waitFor()
const waitUntilListed = (page) => page.locator('.person', { hasText: '나' }).waitFor({ state: 'attached' })
const colorOf = (page) => page.locator('main').getAttribute('data-color')

async function write(page, text) {
  await page.fill('#chat', text)
  await page.press('#chat', 'Enter')
}

/** Marks a page, to detect a reload. */
const mark = (page) => page.evaluate(() => { window.same = true })
const isSame = (page) => page.evaluate(() => window.same === true)

/**
 * Opens a page with short reconnection delays, whose packets pass through page.wire:
 *
 *  1. onRequest(event, argument) is called for each event of the page. It can return an
 *     answer in place of the server's, or false for no answer.
 *  2. onPacket(packet) can return another packet in place of the server's.
 *  3. cut() ends the connection. After leave() new connections wait until back().
 *  4. joined is true after the first acknowledged join.
 */
async function wired(server) {
  const page = await openPage(server)
  const wire = page.wire = { onRequest: () => {}, onPacket: (packet) => packet, joined: false, cut: () => {} }
  let held = null
  wire.leave = () => {
    held = new Promise((resolve) => { wire.back = resolve })
    return wire.cut()
  }
  await page.route('**/vendor/socket.io.esm.min.js', (route) => route.fulfill({
    contentType: 'text/javascript',
    body: `import { io as open } from './socket.io.esm.min.js?real'
      export const io = (namespace, options) =>
        open(namespace, { ...options, transports: ['websocket'], reconnectionDelay: 50, reconnectionDelayMax: 100 })`,
  }))
  await page.routeWebSocket('**/socket.io/**', async (ws) => {
    await held
    const up = ws.connectToServer()
    wire.cut = () => Promise.all([ws.close(), up.close()])
    up.onMessage((packet) => {
      wire.joined ||= /^43\/chat,\d+\[{"ok":true,.*"members"/.test(packet)
      ws.send(wire.onPacket(packet))
    })
    ws.onMessage((packet) => {
      const [, id, request] = String(packet).match(/^42\/chat,(\d+)(\[.*)$/s) ?? []
      if (!id) return up.send(packet)
      const answer = wire.onRequest(...JSON.parse(request))
      if (answer === undefined) up.send(packet)
      else if (answer) ws.send(`43/chat,${id}${JSON.stringify([answer])}`)
    })
  })
  return page
}

/** Opens a room's page and waits until it has joined. */
async function enter(page, room) {
  await page.goto(`/room/${room}`)
  await waitUntilListed(page)
  if (page.wire) await until(() => page.wire.joined, 'a join of the page')
}

/** Advances the page's clock until check() is true, by less than the heartbeat timeout. */
async function pass(page, check, what) {
  for (let seconds = 0; seconds < 15 && !await check(); seconds++) {
    await page.clock.fastForward(1_000)
    await pause(100)
  }
  await until(check, what)
}

describe('room page', { concurrency: 2 }, () => {
  let server
  before(async () => { server = await startServer({ RATE_VISITOR: 'off', RATE_ROOM: 'off' }) })

  /** Creates a room with its owner, and opens a page in it. */
  async function visit(opened = wired(server)) {
    const [host, page] = await Promise.all([owner(server), opened])
    await enter(page, host.room)
    return { host, page }
  }

  test('older messages: are inserted above a line of the page itself', async () => {
    const host = await owner(server)
    for (let i = 1; i <= 120; i++) await host.chat.emitWithAck('chat', `글 ${i}`)
    const page = await openPage(server)
    await enter(page, host.room)
    const seqs = () => page.locator('#chat-list .message').evaluateAll((rows) => rows.map(({ dataset }) => Number(dataset.seq ?? 0)))
    const ascending = (list) => list.every((seq, i) => i === 0 || list[i - 1] < seq)
    await page.setInputFiles('#chat-form input[name=gif]', { name: '가짜.gif', mimeType: 'image/gif', buffer: Buffer.from('GIF') })
    await page.locator('#chat-list .system', { hasText: 'GIF 파일만' }).waitFor()
    for (let more = 1; more <= 2; more++) {
      const before = await page.locator('#chat-list .message').count()
      await page.locator('#older').click()
      await until(async () => await page.locator('#chat-list .message').count() > before, 'older messages')
      const all = await seqs()
      assert.equal(all.at(-1), 0, 'seq of the last line, which is of the page')
      assert.ok(ascending(all.slice(0, -1)), `${all}`)
    }
    await page.getByText('글 1', { exact: true }).waitFor({ state: 'attached' })
    await host.chat.emitWithAck('chat', '새 글')
    await row(page, '새 글').waitFor()
    assert.equal((await seqs()).at(-2), 0, 'seq of the line before the new message')
    await page.context().close()
  })

  test('older messages: are found beyond pages of edits', async () => {
    const host = await owner(server)
    const { seq } = await host.chat.emitWithAck('chat', '처음 글')
    await host.chat.emitWithAck('chat', '다음 글')
    for (let i = 1; i <= 120; i++) await host.chat.emitWithAck('edit', { seq, chat: `고친 글 ${i}` })
    const page = await openPage(server)
    await enter(page, host.room)
    assert.equal(await page.locator('#chat-list .message.other').count(), 0)
    await page.locator('#older').click()
    await page.getByText('고친 글 120', { exact: true }).waitFor()
    await row(page, '다음 글').waitFor()
    await page.locator('#older').waitFor({ state: 'hidden' })
    await page.context().close()
  })

  test('line without a seq: stays in place and does not affect the order', async () => {
    const { page } = await visit(openPage(server))
    const orders = await page.evaluate(async () => {
      const { placeRow } = await import(document.querySelector('script[type=module]').src.replace('room.js', 'room/order.js'))
      const page = { limits: { groupWithin: 1 }, time: { day: () => '' } }
      const line = (what) => {
        const item = document.createElement('li')
        item.className = `message ${what === 'failed' ? 'message--failed' : ''}`
        item.append(Object.assign(document.createElement('time'), { dateTime: '2026-01-01T00:00:00.000Z' }))
        item.title = what
        if (Number(what)) item.dataset.seq = what
        return item
      }
      return ['said 5 < 4', '1 said 5 < 3', '1 said < 2', '1 said failed < 2', '1 failed < said', 'said < 1'].map((text) => {
        const [there, fresh] = text.split(' < ')
        const list = document.createElement('ol')
        list.append(...there.split(' ').map(line))
        placeRow(list, line(fresh), page)
        return [...list.children].map(({ title }) => title).join(' ')
      })
    })
    assert.deepEqual(orders, ['4 said 5', '1 said 3 5', '1 said 2', '1 said 2 failed', '1 said failed', 'said 1'])
    await page.context().close()
  })

  test('join refused for a moment or not answered: is retried without loss', async () => {
    const host = await owner(server)
    const page = await wired(server)
    await page.clock.install()
    const joins = []
    page.wire.onRequest = (event) => {
      if (event !== 'join') return undefined
      joins.push(event)
      return [{ ok: false, reason: 'unavailable' }, false, { ok: false, reason: 'internal' }, { ok: false, reason: 'rate_limited', retryAfter: 100 }][joins.length - 1]
    }
    await page.goto(`/room/${host.room}`)
    await mark(page)
    await pass(page, () => page.wire.joined, 'a join')
    assert.equal(joins.length, 5)
    await waitUntilListed(page)

    // the same after an absence, with a pending message
    const requests = []
    page.wire.onRequest = (event) => {
      if (!['sync', 'join'].includes(event)) return undefined
      requests.push(event)
      return [false, { ok: false, reason: 'internal' }, undefined, { ok: false, reason: 'unavailable', retryAfter: 100 }][requests.length - 1]
    }
    await page.wire.leave()
    await host.chat.emitWithAck('chat', '그사이에')
    await write(page, '돌아오면')
    page.wire.back()
    await pass(page, () => row(page, '그사이에').count(), 'the missed message')
    const received = new Promise((resolve) => { host.chat.on('chat', ({ chat }) => { if (chat === '돌아오면') resolve() }) })
    await pass(page, () => row(page, '돌아오면').and(page.locator('[data-seq]')).count(), 'the pending message sent')
    await received
    assert.ok(requests.indexOf('join') > 2, `requests: got ${requests}, want join after the syncs`)
    assert.equal(await isSame(page), true)
    await page.context().close()
  })

  test('page of another session than the cookie: is reloaded once', async () => {
    const { host, page } = await visit()
    const before = await colorOf(page)
    const other = new Visitor(server)
    await other.get('/')
    await other.enter(host.room)
    await page.wire.leave()
    await page.context().addCookies(other.cookie.split('; ').map((pair) => {
      const [name, value] = pair.split(/=(.*)/s)
      return { name, value, url: server.url }
    }))
    page.wire.back()
    await until(async () => await colorOf(page) !== before, 'the page of the other session')
    await waitUntilListed(page)
    await write(page, '나예요')
    await page.locator('#chat-list .mine', { hasText: '나예요' }).and(page.locator('[data-seq]')).waitFor()

    // without cookies every page has another session, so a second reload must not follow
    let loads = 0
    page.on('load', () => loads++)
    page.wire.onPacket = (packet) => String(packet).replace(/"user":"#[0-9a-f]{6}","people"/, '"user":"#000000","people"')
    await page.goto(`/room/${host.room}`)
    await until(() => loads === 2, 'a reload')
    await waitUntilListed(page)
    await write(page, '그래도')
    await page.locator('#chat-list .mine', { hasText: '그래도' }).and(page.locator('[data-seq]')).waitFor()
    assert.equal(loads, 2)
    await page.context().close()
  })

  test('page with newer messages than a restored backup: is reloaded', async () => {
    const own = await startServer()
    const host = await owner(own)
    const page = await wired(own)
    await enter(page, host.room)
    await write(page, '남을 글')
    await row(page, '남을 글').and(page.locator('[data-seq]')).waitFor()
    const backup = `${own.dataDir}-backup`
    await own.stop()
    cpSync(own.dataDir, backup, { recursive: true })
    await own.start()
    await waitUntilListed(page)
    for (const text of ['없어질 글', '없어질 다른 글']) {
      await write(page, text)
      await row(page, text).and(page.locator('[data-seq]')).waitFor()
    }
    await own.stop()
    rmSync(own.dataDir, { recursive: true })
    cpSync(backup, own.dataDir, { recursive: true })
    await own.start()
    await row(page, '없어질').first().waitFor({ state: 'detached' })
    await row(page, '남을 글').waitFor()
    await waitUntilListed(page)
    await write(page, '다시 처음')
    await row(page, '다시 처음').and(page.locator('[data-seq]')).waitFor()
    await page.context().close()
    await own.stop()
  })

  test('page that is no member after a reconnect: shows that it is not in the room', async () => {
    const reasons = {
      'kicked': ({ host, color }) => host.chat.emitWithAck('kick', { room: host.room, person: color }),
      'quit in another tab': ({ same, room }) => same.chat.emitWithAck('quit', { room }),
      'logged out in another tab': ({ same }) => same.form('/logout', {}),
    }
    for (const [reason, act] of Object.entries(reasons)) {
      const { host, page } = await visit()
      const same = new Visitor(server)
      same.cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
      same.chat = await same.join(host.room)
      await page.wire.leave()
      await act({ host, same, room: host.room, color: await colorOf(page) })
      page.wire.back()
      await waitUntilEnded(page, '이제 이 방에 있지 않아요.')
      assert.equal(await page.getByText('방장이').count(), 0, reason)
      await page.context().close()
    }
  })

  test('CONNECT_ERROR after a reconnect: ends the page with a message', async () => {
    const { page } = await visit()
    page.wire.onPacket = (packet) => String(packet).startsWith('40/chat,{') ? '44/chat,{"message":"Forbidden"}' : packet
    await page.wire.cut()
    await waitUntilEnded(page, '이제 이 방에 있지 않아요.')
    await page.context().close()
  })

  test('drafts: of a whisper and of a message to all are kept apart', async () => {
    const { host, page } = await visit(openPage(server))
    const received = []
    host.chat.on('whisper', ({ chat }) => received.push(chat))
    const whisperTo = async () => {
      await page.locator('.person', { hasNotText: '나' }).locator('button').click()
      await page.locator('.menu button', { hasText: '귓속말' }).click()
      await page.locator('#mode').waitFor()
    }
    await page.fill('#chat', '모두에게 쓰던 글')
    await whisperTo()
    assert.equal(await page.inputValue('#chat'), '')
    await page.fill('#chat', '쓰다 만 비밀')
    await page.keyboard.press('Escape')
    assert.equal(await page.inputValue('#chat'), '모두에게 쓰던 글')
    await whisperTo()
    await write(page, '비밀')
    await until(() => received.length > 0, 'the whisper')
    assert.deepEqual(received, ['비밀'])
    await page.fill('#chat', '쓰다 만 비밀')
    await page.reload()
    await waitUntilListed(page)
    assert.equal(await page.inputValue('#chat'), '모두에게 쓰던 글')
    await page.press('#chat', 'Enter')
    await page.locator('#chat-list .mine', { hasText: '모두에게 쓰던 글' }).and(page.locator('[data-seq]')).waitFor()
    await page.reload()
    await waitUntilListed(page)
    assert.equal(await page.inputValue('#chat'), '')
    await page.context().close()
  })

  test('browser that stores nothing: joins the room and sends', async () => {
    const host = await owner(server)
    const page = await openPage(server)
    await page.addInitScript(() => { // as with all cookies blocked, which the session of this test needs
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, { get() { throw new DOMException('Access is denied', 'SecurityError') } })
      }
    })
    await enter(page, host.room)
    await write(page, '기억하지 않아도')
    await row(page, '기억하지 않아도').and(page.locator('[data-seq]')).waitFor()
    await page.locator('label:has(#autoplay)').click()
    assert.deepEqual(page.errors, [])
    await page.context().close()
  })

  test('page without the Socket.IO client: shows a banner and still sends', async () => {
    const host = await owner(server)
    const page = await openPage(server)
    const received = new Promise((resolve) => { host.chat.on('chat', ({ chat }) => resolve(chat)) })
    let fail
    const failed = new Promise((resolve) => { fail = resolve })
    await page.route('**/vendor/socket.io.esm.min.js', async (route) => { await failed; await route.abort() })
    await page.goto(`/room/${host.room}`)
    await write(page, '너무 빨리')
    await page.locator('.message--pending', { hasText: '너무 빨리' }).waitFor()
    fail()
    await page.locator('.message--failed', { hasText: '너무 빨리' }).waitFor()
    const banner = page.locator('#connection', { hasText: '새 메시지가 저절로 나타나지 않아요.' })
    await banner.waitFor()
    await write(page, '그래도 간다')
    assert.equal(await received, '그래도 간다')
    await row(page, '그래도 간다').and(page.locator('[data-seq]')).waitFor()
    await banner.waitFor() // on the page loaded by the form
    assert.equal(await page.inputValue('#chat'), '')

    await page.press('#chat', 'ArrowUp')
    await write(page, '고친 글')
    await page.locator('.message--failed', { hasText: '고치지 못했어요' }).waitFor()
    await page.context().close()
  })

  test('request for whispers: is retried after a refusal or no answer', async () => {
    const { host, page } = await visit()
    const to = await colorOf(page)
    assert.equal((await host.chat.emitWithAck('whisper', { room: host.room, to, chat: '들려요?' })).ok, true)
    await row(page, '들려요?').waitFor()
    let requests = 0
    page.wire.onRequest = (event) => {
      if (event !== 'whispers') return undefined
      return [{ ok: false, reason: 'rate_limited', retryAfter: 100 }, { ok: false, reason: 'unavailable' }, false][requests++]
    }
    await page.clock.install()
    await page.reload()
    await pass(page, () => row(page, '들려요?').count(), 'the whisper')
    assert.equal(requests, 4)
    await page.context().close()
  })
})
