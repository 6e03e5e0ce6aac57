// The room page: list of members, moderation, edits and settings, by keyboard.
import { test, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { until } from './lib/clients.js'
import { assertNoErrors, desktop, openPage, phone, screenshot } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'

const english = { ...desktop, locale: 'en-US' }

/** Presses Tab until the focus is on an element that matches the selector. */
async function tabTo(page, selector, { back = false, most = 40 } = {}) {
  for (let i = 0; i < most; i++) {
    if (await page.evaluate((s) => document.activeElement?.matches(s), selector)) {
      const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle)
      assert.ok(ring !== 'none' || /chat|nick/.test(selector), `focus on ${selector}: got no outline, want one`)
      return
    }
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab')
  }
  assert.fail(`${selector}: not reached by Tab`)
}

const focused = (page, selector) => until(() => page.evaluate((s) => document.activeElement?.matches(s), selector), `the focus on ${selector}`)

/** Opens the menu of a member by keyboard and chooses items in it. */
async function choose(page, who, ...labels) {
  await page.locator('.person__open', { hasText: who }).focus()
  await page.keyboard.press('Enter')
  for (const label of labels) {
    const item = page.locator('.menu button', { hasText: label }).first()
    await item.waitFor()
    for (let presses = 0; !await item.evaluate((e) => e === document.activeElement); presses++) {
      assert.ok(presses < 60, `${label}: not reached by Tab, the focus is on ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 200))}`)
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('Enter')
  }
}

async function write(page, text) {
  await page.locator('#chat').focus()
  await page.keyboard.type(text)
  await page.keyboard.press('Enter')
}

const row = (page, text) => page.locator('#chat-list .message', { hasText: text })
const colorOf = (page) => page.locator('main').getAttribute('data-color')

describe('members on the room page', { concurrency: 2 }, () => {
  let server
  before(async () => { server = await startServer() })

  async function openRoomForTwo(annOptions = desktop, bobOptions = desktop) {
    const [ann, bob] = await Promise.all([openPage(server, annOptions), openPage(server, bobOptions)])
    await ann.goto('/room')
    await ann.fill('input[name=title]', '이름이 길어서 휴대전화 화면 한 줄에는 다 들어가지 않는 방, 그래도 괜찮은 방')
    await ann.locator('form[action="/room"] button').click()
    await ann.waitForURL(/\/room\/[0-9a-f]{24}$/)
    await bob.goto(ann.url())
    await row(ann, /입장하셨습니다|entered/).first().waitFor()
    for (const page of [ann, bob]) await page.locator('.person').nth(1).waitFor({ state: 'attached' })
    return [ann, bob]
  }
  const leave = (...pages) => Promise.all(pages.map((page) => page.context().close()))

  test('keyboard: is enough for names, whispers, delegation and a kick', async () => {
    const [ann, bob] = await openRoomForTwo()
    const [annColor, bobColor] = await Promise.all([colorOf(ann), colorOf(bob)])

    // 1. the list of participants, with names
    await ann.locator('#chat').focus()
    await tabTo(ann, '.person:nth-child(1) .person__open')
    assert.match(await ann.locator('.person').first().innerText(), /나\s*방장/)
    await bob.locator('.person__open', { hasText: '나' }).focus()
    await bob.keyboard.press('Enter')
    await focused(bob, '[name=nick]')
    await bob.keyboard.type('방장')
    await bob.keyboard.press('Enter')
    await bob.locator('#nick-problem', { hasText: '‘관리자’처럼 헷갈릴 수 있는 이름은 쓸 수 없어요.' }).waitFor()
    await focused(bob, '[name=nick]')
    await screenshot(bob, 'people-nick-1280')
    await bob.keyboard.press('Control+A')
    await bob.keyboard.type('철수')
    await bob.keyboard.press('Enter')
    await ann.locator('.person__open', { hasText: '철수' }).waitFor()
    await focused(bob, '.person__open')

    // 2. stored notices
    await ann.reload()
    await row(ann, `${bobColor}님의 이름: 철수`).waitFor()
    await ann.locator('.person').nth(1).waitFor()

    // 3. a whisper
    await choose(ann, '철수', '귓속말')
    await focused(ann, '#chat')
    assert.match(await ann.locator('#mode').innerText(), /철수에게 귓속말/)
    await ann.keyboard.type('둘만 알자')
    await ann.keyboard.press('Enter')
    await row(bob, '둘만 알자').waitFor()
    assert.match(await row(bob, '둘만 알자').innerText(), new RegExp(`${annColor}의 귓속말`))
    assert.match(await row(ann, '둘만 알자').innerText(), /철수에게 귓속말/)
    assert.equal(await row(ann, '둘만 알자').getAttribute('data-color'), bobColor, 'colour of the other member')
    await screenshot(ann, 'people-whisper-1280')
    await ann.keyboard.press('Escape')
    assert.equal(await ann.locator('#mode').isVisible(), false)
    await focused(ann, '#chat')
    await write(ann, '이건 모두에게')
    await row(bob, '이건 모두에게').waitFor()
    for (const page of [ann, bob]) { // a reload shows it again in the same place
      await page.reload()
      await row(page, '둘만 알자').waitFor()
      const texts = await page.locator('#chat-list .message__text').allInnerTexts()
      assert.deepEqual(texts.slice(-2), ['둘만 알자', '이건 모두에게'])
      assert.equal(await row(page, '둘만 알자').count(), 1)
    }

    // 4. delegation; Esc closes a menu and returns the focus
    await ann.locator('.person').nth(1).waitFor()
    await ann.locator('.person__open', { hasText: '철수' }).focus()
    await ann.keyboard.press('Enter')
    await ann.locator('.menu').waitFor()
    await screenshot(ann, 'people-menu-1280')
    await ann.keyboard.press('Escape')
    await focused(ann, '.person__open')
    await choose(ann, '철수', '방장 넘기기', '방장 넘기기')
    await bob.locator('#open-panel').waitFor()
    await ann.locator('#open-panel').waitFor({ state: 'hidden' })
    await ann.locator('.person', { hasText: '철수' }).locator('.badge--owner').waitFor()

    // 5. the new owner kicks the old owner
    await choose(bob, annColor, '내보내기', '내보내기')
    await ann.getByText('방장이 내보냈어요.').waitFor()
    await focused(ann, '.ended a')
    await screenshot(ann, 'people-kicked-1280')
    await row(bob, `${annColor}님을 내보냈습니다.`).waitFor()
    await until(async () => await bob.locator('.person').count() === 1, 'Bob alone in the list')
    await ann.keyboard.press('Enter')
    await ann.waitForURL(server.url + '/')
    assertNoErrors([ann, bob])
    await leave(ann, bob)
  })

  test('own messages: are edited and removed by keyboard and by touch', async () => {
    const [ann, bob] = await openRoomForTwo(english, phone)
    await write(ann, 'helo')
    await row(bob, 'helo').waitFor()
    await ann.keyboard.press('ArrowUp')
    assert.equal(await ann.inputValue('#chat'), 'helo')
    await ann.keyboard.press('Escape')
    assert.equal(await ann.inputValue('#chat'), '')
    await ann.keyboard.press('ArrowUp')
    await ann.keyboard.press('Control+A')
    await ann.keyboard.type('hello')
    await screenshot(ann, 'people-edit-1280')
    await ann.keyboard.press('Enter')
    await row(bob, 'hello').locator('.message__edited', { hasText: '수정됨' }).waitFor()
    await row(ann, 'hello').locator('.message__edited', { hasText: 'edited' }).waitFor()
    await ann.locator('.message--pending').waitFor({ state: 'detached' })

    await bob.setInputFiles('#chat-form input[name=gif]', {
      name: 'cat.gif', mimeType: 'image/gif', buffer: Buffer.from(animatedGIF({ width: 120, height: 90 })),
    })
    await ann.locator('#chat-list img[src^="/gif/"]').waitFor({ state: 'attached' })
    const width = await bob.evaluate(() => Math.max(innerWidth, document.documentElement.scrollWidth))
    assert.equal(width, phone.viewport.width, 'width of the page')
    await bob.locator('.mine[data-seq] .message__bubble').tap()
    await bob.locator('#more').tap()
    await screenshot(bob, 'people-actions-375')
    await bob.locator('.menu button', { hasText: '설명 고치기' }).tap()
    await bob.fill('#chat', '깜빡이는 고양이')
    await bob.locator('.composer__send').tap()
    await ann.locator('#chat-list img[alt="깜빡이는 고양이"]').waitFor({ state: 'attached' })

    // a removed message leaves a placeholder; the owner can remove any message
    await ann.locator('#chat').focus()
    await tabTo(ann, '#more', { back: true })
    await ann.keyboard.press('ArrowUp') // from the GIF to hello
    assert.match(await ann.locator('#more').getAttribute('aria-label'), /hello/)
    await ann.keyboard.press('ArrowDown')
    await ann.keyboard.press('Enter')
    await ann.locator('.menu button', { hasText: 'Delete' }).waitFor()
    await ann.keyboard.press('Enter')
    await ann.keyboard.press('Shift+Tab') // the focus is on Cancel
    await ann.keyboard.press('Enter')
    await row(ann, 'This message was removed.').waitFor()
    await row(bob, '지워진 메시지예요.').waitFor()
    assert.equal(await bob.locator('#chat-list img').count(), 0)
    for (const page of [ann, bob]) {
      await page.reload()
      await row(page, /지워진 메시지예요|was removed/).waitFor()
      await row(page, 'hello').locator('.message__edited', { hasText: /수정됨|edited/ }).waitFor()
    }
    assertNoErrors([ann, bob])
    await leave(ann, bob)
  })

  test('settings panel: freezes the room, changes settings, lists bans and creates tokens', async () => {
    const [ann, bob] = await openRoomForTwo(desktop, { ...phone, colorScheme: 'dark' })
    const bobColor = await colorOf(bob)
    await ann.locator('#open-panel').focus()
    await ann.keyboard.press('Enter')
    await screenshot(ann, 'panel-1280')
    await tabTo(ann, '#freeze')
    await ann.keyboard.press('Space')
    await bob.locator('#closed', { hasText: '방장이 대화를 멈췄어요.' }).waitFor()
    assert.equal(await bob.locator('#chat').getAttribute('readonly'), '')
    assert.equal(await ann.locator('#chat').getAttribute('readonly'), null)
    await screenshot(bob, 'frozen-375-dark')

    await tabTo(ann, '#settings [name=title]')
    await ann.keyboard.press('Control+A')
    await ann.keyboard.type('새 제목')
    await tabTo(ann, '#settings [name=max]')
    await ann.keyboard.press('Control+A')
    await ann.keyboard.type('1')
    await ann.keyboard.press('Enter')
    await ann.locator('[data-problem=capacity]', { hasText: '2명에서 500명' }).waitFor()
    await focused(ann, '#settings [name=max]')
    await ann.keyboard.press('Control+A')
    await ann.keyboard.type('7')
    await tabTo(ann, '#settings [name=password]')
    await ann.keyboard.type('1234')
    await tabTo(ann, '#settings [name=keep]')
    await ann.keyboard.press('Space')
    await ann.keyboard.press('Enter')
    await bob.locator('.room-top [data-slot=title]', { hasText: '새 제목' }).waitFor()
    await bob.locator('#private').waitFor()
    await until(async () => await bob.locator('[data-slot=capacity]').innerText() === '7', 'the new capacity')
    assert.match(await bob.title(), /^새 제목/)

    await tabTo(ann, '#make-token [name=nick]')
    await ann.keyboard.type('날씨봇')
    await ann.keyboard.press('Enter')
    await ann.locator('#made-token').waitFor()
    await ann.locator('#tokens .panel__row', { hasText: '날씨봇' }).waitFor()
    await screenshot(ann, 'panel-token-1280')
    const [, token] = (await ann.inputValue('#made-token textarea')).match(/Bearer (\S+)'/)
    await tabTo(ann, '#freeze', { back: true })
    await ann.keyboard.press('Space')
    await bob.locator('#closed').waitFor({ state: 'hidden' })
    const posted = await fetch(`${ann.url()}/chat`, {
      method: 'POST', body: '{"chat":"맑음"}', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    })
    assert.equal(posted.status, 200)
    await row(bob, '맑음').waitFor()
    assert.match(await row(bob, '맑음').innerText(), /날씨봇/)
    await ann.locator('#tokens button').focus()
    await ann.keyboard.press('Enter')
    await ann.keyboard.press('Shift+Tab')
    await ann.keyboard.press('Enter')
    await ann.locator('#tokens', { hasText: '아직 토큰이 없어요.' }).waitFor()
    await ann.keyboard.press('Escape')
    await focused(ann, '#open-panel')

    await choose(ann, bobColor, '10분 음소거')
    await bob.locator('#closed', { hasText: '지금은 이 방에서 말할 수 없어요.' }).waitFor()
    await ann.locator('.person', { hasText: bobColor }).locator('.badge--muted').waitFor()
    await choose(ann, bobColor, '음소거 해제')
    await bob.locator('#closed').waitFor({ state: 'hidden' })
    await choose(ann, bobColor, '차단', '차단')
    await bob.getByText('이 방에는 더 이상 들어갈 수 없어요.').waitFor()
    await screenshot(bob, 'banned-375-dark')
    await ann.locator('#open-panel').focus()
    await ann.keyboard.press('Enter')
    await ann.locator('#bans button').focus()
    await ann.keyboard.press('Enter')
    await ann.locator('#bans', { hasText: '차단한 사람이 없어요.' }).waitFor()
    assertNoErrors([ann, bob])
    await leave(ann, bob)
  })

  test('missed event: is fetched by one sync, and no message is shown twice', async () => {
    const bob = await openPage(server)
    const syncs = []
    let drop = null // a pattern: the next packet that matches is dropped
    await bob.routeWebSocket('**/socket.io/**', (ws) => {
      const up = ws.connectToServer()
      up.onMessage((packet) => {
        if (!drop?.test(packet)) return ws.send(packet)
        drop = null
      })
      ws.onMessage((packet) => {
        if (String(packet).includes('["sync"')) syncs.push(packet)
        up.send(packet)
      })
    })
    const ann = await openPage(server)
    await ann.goto('/room')
    await ann.fill('input[name=title]', '빠진 것')
    await ann.locator('form[action="/room"] button').click()
    await ann.waitForURL(/\/room\/[0-9a-f]{24}$/)
    await bob.goto(ann.url())
    await row(ann, '입장하셨습니다').first().waitFor()
    await write(ann, '하나')
    await row(bob, '하나').waitFor()
    drop = /^42\/chat,\["edit"/
    await ann.keyboard.press('ArrowUp')
    await ann.keyboard.type(' 반')
    await ann.keyboard.press('Enter')
    await row(ann, '하나 반').locator('.message__edited', { hasText: '수정됨' }).waitFor()
    await until(() => drop === null, 'the dropped edit')
    await write(ann, '둘')
    await row(bob, '둘').waitFor()
    await row(bob, '하나 반').waitFor()
    assert.equal(syncs.length, 1)
    drop = /^42\/chat,\["chat"/
    await write(ann, '셋')
    await row(ann, '셋').and(ann.locator('[data-seq]')).waitFor()
    await write(ann, '넷')
    await row(bob, '넷').waitFor()
    await row(bob, '셋').waitFor()
    assert.equal(syncs.length, 2)
    await write(ann, '다섯')
    await row(bob, '다섯').waitFor()
    assert.equal(syncs.length, 2)
    assert.deepEqual((await bob.locator('#chat-list .other').allInnerTexts()).map((text) => text.match(/하나 반|둘|셋|넷|다섯/)[0]),
      ['하나 반', '둘', '셋', '넷', '다섯'])
    assertNoErrors([ann, bob])
    await leave(ann, bob)
  })

  test('kick during an absence and quit in another tab: end the page with the reason', async () => {
    const [ann, bob] = await openRoomForTwo()
    const tab = await bob.context().newPage()
    await tab.goto(bob.url())
    await tab.locator('.person').nth(1).waitFor()
    await tab.locator('#quit').focus()
    await tab.keyboard.press('Enter')
    await tab.locator('.menu p', { hasText: '완전히 나갈까요?' }).waitFor()
    await tab.keyboard.press('Shift+Tab')
    await tab.keyboard.press('Enter')
    await tab.locator('.ended', { hasText: '방에서 나갔어요.' }).waitFor()
    await bob.locator('.ended', { hasText: '방에서 나갔어요.' }).waitFor()

    await bob.goto(ann.url())
    await ann.locator('.person').nth(1).waitFor()
    const bobColor = await colorOf(bob)
    await bob.context().setOffline(true)
    await choose(ann, bobColor, '내보내기', '내보내기')
    await row(ann, `${bobColor}님을 내보냈습니다.`).waitFor()
    await write(ann, '이제 비밀')
    await bob.context().setOffline(false)
    await bob.locator('.ended', { hasText: '방장이 내보냈어요.' }).waitFor({ timeout: 60_000 })
    assert.equal(await bob.getByText('이제 비밀').count(), 0)
    await leave(ann, bob)
  })

  test('message log: adds each message once, also after a reconnect, and keeps 300', async () => {
    const [ann, bob] = await openRoomForTwo()
    await bob.evaluate(() => {
      window.said = []
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes) for (const node of addedNodes) if (node.matches?.('.message')) window.said.push(node.querySelector('.message__text').textContent)
      }).observe(document.querySelector('#chat-list'), { childList: true })
    })
    await write(ann, '하나')
    await row(bob, '하나').waitFor()
    await write(bob, '둘')
    await row(ann, '둘').waitFor()
    await bob.context().setOffline(true)
    await write(ann, '셋')
    await choose(ann, await colorOf(bob), '귓속말')
    await ann.keyboard.type('넷')
    await ann.keyboard.press('Enter')
    await ann.locator('.message--whisper[data-n]').waitFor()
    await bob.context().setOffline(false)
    await row(bob, '셋').waitFor({ timeout: 60_000 })
    await row(bob, '넷').waitFor()
    const said = await bob.evaluate(() => window.said)
    const notAbsence = (text) => !/님이 (입장|퇴장)하셨습니다/.test(text) // of bob, if he was offline for long
    assert.deepEqual(said.filter(notAbsence).sort(), ['넷', '둘', '셋', '하나'].sort())
    assert.equal(await bob.locator('#status').textContent(), '')

    await bob.evaluate(async () => {
      const folder = document.querySelector('script[type=module]').src.replace('room.js', '')
      const [{ createLog }, { readPage }] = await Promise.all(['room/message-log.js', 'lib/page.js'].map((name) => import(folder + name)))
      const { log } = createLog(document, readPage(document), document.querySelector('main').dataset.color)
      log.receive(Array.from({ length: 1000 }, (_, i) => ({
        user: '#7453ac', chat: `many ${i}`, _id: String(i), seq: 1000 + i, kind: 'text', createdAt: new Date().toISOString(),
      })))
      log.flush()
    })
    assert.equal(await bob.locator('#chat-list .message').count(), 300)
    assert.equal(await bob.locator('#chat-list .message').last().locator('.message__text').textContent(), 'many 999')
    await leave(ann, bob)
  })

  test('own messages and whispers: have the time of the server, also when the clock of the browser is wrong', async () => {
    const [ann, bob] = await openRoomForTwo()
    await ann.clock.setFixedTime(Date.now() - 3 * 3600_000)
    const whisperTo = await colorOf(bob)
    await write(ann, '지금 몇 시')
    await choose(ann, whisperTo, '귓속말')
    await ann.keyboard.type('쉿, 몇 시')
    await ann.keyboard.press('Enter')
    for (const text of ['지금 몇 시', '쉿, 몇 시']) {
      await row(bob, text).waitFor()
      const timeOf = (page) => row(page, text).locator('time').evaluate((time) => [time.dateTime, time.textContent].join(' '))
      const want = await timeOf(bob)
      await until(async () => await timeOf(ann) === want, `the time ${want} of "${text}"`)
    }
    await leave(ann, bob)
  })

  test('names: have a contrast of at least 4.5 in both themes', async () => {
    const page = await openPage(server)
    await page.goto('/room')
    await page.fill('input[name=title]', '색')
    await page.locator('form[action="/room"] button').click()
    await page.waitForURL(/\/room\/[0-9a-f]{24}$/)
    await page.locator('.person').waitFor()
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      const [tried, bad] = await page.evaluate(measureNames, 500)
      assert.equal(tried, 500)
      assert.deepEqual(bad.slice(0, 5), [], colorScheme)
    }
    await leave(page)
  })
})

/**
 * Runs in the page: measures the painted contrast of names and of texts in bubbles. The
 * colours are random, and the corners of the RGB cube.
 */
function measureNames(count) {
  const pixel = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const paint = (...layers) => { // the blended colour, in sRGB
    for (const layer of layers) {
      pixel.fillStyle = layer
      pixel.fillRect(0, 0, 1, 1)
    }
    return pixel.getImageData(0, 0, 1, 1).data
  }
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)
  const grounds = (element) => {
    const layers = []
    for (let e = element; e; e = e.parentElement) layers.unshift(getComputedStyle(e).backgroundColor)
    return ['white', ...layers]
  }
  const contrast = (element) => {
    const behind = grounds(element)
    const [a, b] = [light(paint(...behind)), light(paint(...behind, getComputedStyle(element).color))].sort((x, y) => y - x)
    return (a + 0.05) / (b + 0.05)
  }

  const row = document.querySelector('template#message').content.firstElementChild.cloneNode(true)
  document.querySelector('#chat-list').append(row)
  const person = document.querySelector('.person')
  const button = person.querySelector('button')
  const hovered = getComputedStyle(document.documentElement).getPropertyValue('--color-sunken')
  let seed = 1
  const random = () => (seed = seed * 16807 % 2147483647) / 2147483647
  const corners = ['00', '7f', 'ff'].flatMap((r) => ['00', '7f', 'ff'].flatMap((g) => ['00', '7f', 'ff'].map((b) => `#${r}${g}${b}`)))
  const bad = []
  let tried = 0
  for (let i = 0; i < count; i++) {
    const color = corners[i] ?? `#${Math.floor(random() * 0xffffff).toString(16).padStart(6, '0')}`
    row.style.setProperty('--visitor', color)
    person.style.setProperty('--visitor', color)
    tried++
    const measured = { head: contrast(row.querySelector('.message__user')), list: contrast(person.querySelector('.visitor')) }
    button.style.setProperty('background', hovered)
    measured.hovered = contrast(person.querySelector('.visitor'))
    button.style.removeProperty('background')
    for (const kind of ['other', 'mine']) {
      row.className = `message ${kind}`
      measured[`text of ${kind}`] = contrast(row.querySelector('.message__text'))
    }
    for (const [where, ratio] of Object.entries(measured)) if (!(ratio >= 4.5)) bad.push(`${color} ${where} ${ratio.toFixed(2)}`)
  }
  row.remove()
  return [tried, bad]
}
