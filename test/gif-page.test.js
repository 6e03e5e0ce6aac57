// GIFs on the room page: still or playing, started by a person or automatically.
import { test, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { pause, until } from './lib/clients.js'
import { assertNoErrors, desktop, openPage, phone, screenshot } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { owner } from './lib/visitor.js'
import { promised } from './lib/sizes.js'

const stripes = animatedGIF({ width: 240, height: 160, draw: (x, y, frame) => (x + frame * 40) % 80 < 40 ? 0 : 1, delay: 15 })
const still = { ...desktop, reducedMotion: 'reduce' }
const animated = { ...desktop, reducedMotion: 'no-preference' }

describe('GIFs on the page', () => {
  let server, host
  before(async () => {
    server = await startServer()
    host = await owner(server, { title: '움짤방' })
    assert.equal((await host.upload(host.room, stripes)).status, 200)
  })

  /** Opens the room in a browser; page.requests collects the paths of requested GIFs. */
  async function visit(options) {
    const page = await openPage(server, options)
    page.requests = []
    page.on('request', (request) => {
      const { pathname } = new URL(request.url())
      if (pathname.startsWith('/gif/')) page.requests.push(pathname)
    })
    await page.goto(`/room/${host.room}`)
    return page
  }

  const gif = (page) => page.locator('#chat-list .gif')
  const untilPressed = (page, want) => until(async () => await gif(page).getAttribute('aria-pressed') === String(want), `the GIF ${want ? 'playing' : 'stopped'}`)

  /** Returns whether the visible picture changes within some frames. */
  async function moves(page) {
    const shoot = async () => (await gif(page).locator('img').screenshot()).toString('base64')
    const first = await shoot()
    for (let i = 0; i < 4; i++) {
      await pause(80)
      if (await shoot() !== first) return true
    }
    return false
  }

  test('GIF: shows the first frame until it is clicked, with reduced motion', async () => {
    const page = await visit(still)
    await gif(page).waitFor()
    await until(async () => !await moves(page), 'a still picture')
    assert.equal(await page.locator('#autoplay').isChecked(), false)
    assert.match(page.requests[0], /^\/gif\/[0-9a-f]{24}\.gif\/poster$/)
    assert.ok(page.requests.every((path) => path.endsWith('/poster')), `requests: got ${page.requests}, want posters only`)
    await screenshot(page, 'gif-still-1280')

    await gif(page).hover()
    await pause(100)
    assert.equal(await gif(page).getAttribute('aria-pressed'), 'false')
    await gif(page).click()
    await untilPressed(page, true)
    await until(() => moves(page), 'a GIF that moves')
    await screenshot(page, 'gif-playing-1280')
    await gif(page).click()
    await untilPressed(page, false)
    await until(async () => !await moves(page), 'a still picture')
    assertNoErrors([page])
    await page.context().close()
  })

  test('GIF: plays for five seconds, and again while the pointer or the focus is on it', async () => {
    const page = await visit(animated)
    assert.equal(await page.locator('#autoplay').isChecked(), true)
    let startedAt
    await until(async () => { // on a slow machine the GIF can stop before the pictures are taken
      await page.reload()
      await untilPressed(page, true)
      startedAt = Date.now()
      return await moves(page)
    }, 'a GIF that moves')
    await until(async () => await gif(page).getAttribute('aria-pressed') === 'false', 'the GIF stopped')
    assert.ok(Date.now() - startedAt <= promised(5500), `playing time: got ${Date.now() - startedAt} ms, want at most ${promised(5500)}`)
    await until(async () => !await moves(page), 'a still picture')

    await gif(page).hover()
    await untilPressed(page, true)
    await until(() => moves(page), 'a GIF that moves')
    await page.mouse.move(2, 2)
    await untilPressed(page, false)

    const button = page.getByRole('button', { name: '고양이: GIF 재생 또는 멈춤' })
    await page.locator('#chat').focus()
    for (let i = 0; i < 12 && !await button.evaluate((b) => b === document.activeElement); i++) await page.keyboard.press('Shift+Tab')
    await untilPressed(page, true)
    await screenshot(page, 'gif-focus-1280')
    await page.keyboard.press('Enter')
    await untilPressed(page, false)
    await page.keyboard.press(' ')
    await untilPressed(page, true)
    await page.keyboard.press('Tab')
    await untilPressed(page, false)
    assertNoErrors([page])
    await page.context().close()
  })

  test('GIF: under the pointer plays for more than five seconds, also if it was still loading', async () => {
    const page = await openPage(server, animated)
    let load
    const held = new Promise((resolve) => { load = resolve })
    await page.route('**/gif/*.gif', async (route) => { await held; await route.continue() })
    await page.goto(`/room/${host.room}`)
    await untilPressed(page, true)
    await gif(page).hover()
    const loaded = page.waitForResponse('**/gif/*.gif')
    load()
    await loaded
    await pause(5500)
    assert.equal(await gif(page).getAttribute('aria-pressed'), 'true')
    await page.context().close()
  })

  test('autoplay switch: stops GIFs and keeps its state after a reload', async () => {
    const page = await visit({ ...phone, reducedMotion: 'no-preference' })
    await untilPressed(page, true)
    await page.locator('#people-toggle').tap()
    await page.getByRole('switch', { name: 'GIF 자동 재생' }).tap()
    await untilPressed(page, false)
    await pause(250) // the panel slides in
    await screenshot(page, 'gif-switch-375')
    await page.reload()
    await gif(page).waitFor()
    await pause(300)
    assert.equal(await gif(page).getAttribute('aria-pressed'), 'false')
    assert.equal(await page.locator('#autoplay').isChecked(), false)
    await gif(page).tap()
    await untilPressed(page, true)
    await gif(page).tap()
    await untilPressed(page, false)
    await page.locator('#people-toggle').tap()
    await page.getByRole('switch').tap()
    await untilPressed(page, true)
    await page.context().close()
  })

  test('GIF: causes no layout shift and no frame without a picture', async () => {
    const quiet = await owner(server, { title: '조용한 방' }) // without joins and exits, whose notices would shift the layout
    await quiet.upload(quiet.room, stripes)
    const page = await openPage(server, still)
    let answer
    const held = new Promise((resolve) => { answer = resolve })
    await page.route('**/poster', async (route) => { await held; await route.continue() })
    await page.addInitScript(() => {
      window.shifts = []
      const where = ({ node }) => node?.className ?? 'something'
      new PerformanceObserver((list) => { for (const { sources } of list.getEntries()) window.shifts.push(...sources.map(where)) })
        .observe({ type: 'layout-shift', buffered: true })
    })
    await page.goto(`/room/${quiet.room}`, { waitUntil: 'domcontentloaded' })
    await gif(page).waitFor()
    const before = await gif(page).boundingBox()
    assert.deepEqual([before.width, before.height], [240, 160], 'size of the reserved place')
    answer()
    await until(() => page.locator('#chat-list img').evaluate((img) => img.complete && img.naturalWidth === 240), 'the poster loaded')
    assert.deepEqual(await gif(page).boundingBox(), before)

    const missing = await page.evaluate(async () => {
      const button = document.querySelector('#chat-list .gif')
      let missing = 0
      for (let frame = 0; frame < 90; frame++) {
        if (frame % 15 === 0) button.click()
        await new Promise(requestAnimationFrame)
        const { complete, naturalWidth } = button.querySelector('img')
        if (!complete || naturalWidth === 0) missing++
      }
      return missing
    })
    assert.equal(missing, 0, 'frames without a picture')
    assert.deepEqual(await page.evaluate('window.shifts'), [], 'layout shifts')
    await page.context().close()
  })

  test('own upload: is replaced in place by the stored GIF', async () => {
    const page = await visit(animated)
    await gif(page).waitFor()
    await page.setInputFiles('#chat-form input[name=gif]', { name: '내 움짤.gif', mimeType: 'image/gif', buffer: Buffer.from(stripes) })
    const mine = page.locator('#chat-list .mine .gif')
    await mine.waitFor()
    assert.equal(await mine.getAttribute('aria-label'), '내 움짤: GIF 재생 또는 멈춤')
    assert.equal(await page.locator('#chat-list .mine').count(), 1)
    assert.equal(await page.locator('#chat-list img[src^="blob:"]').count(), 0)
    assertNoErrors([page])
    await page.context().close()
  })

  test('page without scripts: shows the GIF itself', async () => {
    const page = await visit({ ...desktop, javaScriptEnabled: false })
    const images = page.locator('#chat-list img:visible')
    await until(async () => await images.count() > 0, 'visible images')
    for (const image of await images.all()) assert.match(await image.getAttribute('src'), /^\/gif\/[0-9a-f]{24}\.gif$/)
    assert.equal(await page.locator('#autoplay').isVisible(), false)
    await page.context().close()
  })
})
