// The room page when the server refuses a GIF: its message, and whether it offers a retry.
import { test, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { until } from './lib/clients.js'
import { desktop, openPage, phone, screenshot } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { header, image, trailer } from './lib/gif-blocks.js'
import { owner } from './lib/visitor.js'

const file = (...parts) => Buffer.from(parts.flat())
const repeat = (n, part) => Array(n).fill(part).flat()
const words = {
  ko: { retry: '다시 보내기', discard: '지우기' },
  en: { retry: 'Retry', discard: 'Delete' },
}
const dot = image({ width: 1, height: 1, pixels: [1] })

/** Files that the page refuses before the upload. */
const byPage = [
  ['a PNG', file([0x89], [...Buffer.from('PNG\r\n\x1a\n')]), 'GIF 파일만 올릴 수 있어요.', 'Only GIF files can be sent.'],
  ['a cut header', file(header()), '이 GIF는 열 수 없어요. 파일이 깨졌을 수 있어요.', 'This GIF can’t be opened. The file may be damaged.'],
  ['6 MB', Buffer.concat([file(header(), dot), Buffer.alloc(6_000_000)]), 'GIF는 5MB까지 올릴 수 있어요.', 'GIFs can be up to 5 MB.'],
  ['65,535 pixels', file(header({ width: 65535, height: 65535 }), dot, trailer), 'GIF는 가로와 세로가 각각 4,096픽셀까지여야 해요.', 'GIFs can be up to 4,096 pixels wide and 4,096 pixels high.'],
]
/** Files that only the server refuses. */
const byServer = [
  ['no frame', file(header(), trailer), '이 GIF는 열 수 없어요. 파일이 깨졌을 수 있어요.', 'This GIF can’t be opened. The file may be damaged.'],
  ['a large area', file(header({ width: 3841, height: 2160 }), dot, trailer), 'GIF 화면이 너무 커요. 3840×2160만 한 크기(약 830만 픽셀)까지 올릴 수 있어요.', 'This GIF’s picture is too big. It can have up to 8.3 million pixels, as many as 3840×2160.'],
  ['1,001 frames', file(header(), repeat(1001, dot), trailer), 'GIF는 1,000프레임까지 올릴 수 있어요.', 'GIFs can have up to 1,000 frames.'],
  ['many pixels', file(header({ width: 1500, height: 1500 }), repeat(900, dot), trailer), 'GIF가 너무 크고 길어요. 가로×세로×프레임 수가 20억을 넘지 않게 줄여 주세요.', 'This GIF is too big and too long. Its width × height × frames can be up to 2 billion.'],
  ['many blocks', file(header(), repeat(140_000, [0x21, 0xfe, 0]), dot, trailer), '이 GIF는 너무 잘게 나뉘어 있어요. 다른 프로그램으로 다시 저장해서 올려 주세요.', 'This GIF is split into too many pieces. Save it again with another program, then send that.'],
]

const choose = (page, buffer) => page.setInputFiles('#chat-form input[name=gif]', { name: 'x.gif', mimeType: 'image/gif', buffer })
const failed = (page) => page.locator('#chat-list .message--failed')
const buttons = (row) => row.locator('[data-slot="state"] button').allInnerTexts()

describe('a refused GIF', () => {
  let server, room
  before(async () => {
    server = await startServer({ RATE_VISITOR: 'off' })
    room = (await owner(server, { max: 100 })).room
  })

  for (const [language, options] of [['ko', { ...desktop, locale: 'ko-KR' }], ['en', { ...phone, locale: 'en-US' }]]) {
    test(`invalid file: is refused with the reason and without a retry button (${language})`, async () => {
      const page = await openPage(server, options)
      await page.goto(`/room/${room}`)
      for (const [what, bytes, ko, en] of byPage) {
        await choose(page, bytes)
        await page.locator('#chat-list .system', { hasText: language === 'ko' ? ko : en }).waitFor().catch((error) => { throw new Error(`${what}: ${error.message}`) })
      }
      assert.equal(await failed(page).count(), 0)
      for (const [what, bytes, ko, en] of byServer) {
        await choose(page, bytes)
        const row = failed(page).filter({ hasText: language === 'ko' ? ko : en })
        await row.waitFor().catch((error) => { throw new Error(`${what}: ${error.message}`) })
        assert.deepEqual(await buttons(row), [words[language].discard], what)
        if (what !== 'many blocks') await row.getByRole('button').click()
      }
      await screenshot(page, `gif-refused-${language}`)
      await failed(page).getByRole('button').click()
      assert.equal(await failed(page).count(), 0)
      await page.context().close()
    })

    test(`page without scripts: shows the reason on an error page (${language})`, async () => {
      const page = await openPage(server, { ...options, javaScriptEnabled: false })
      const [, bytes, ko, en] = byServer[0]
      await page.goto(`/room/${room}`)
      await choose(page, bytes)
      await page.locator('#chat-form button', { hasText: 'GIF' }).click()
      await page.getByText(language === 'ko' ? ko : en).waitFor()
      await screenshot(page, `gif-refused-page-${language}`)
      await page.context().close()
    })
  }
})

test('temporary failure: is retried, and then offers a retry button', async () => {
  const server = await startServer({ RATE_VISITOR: '3+1/s' })
  const { room } = await owner(server)
  const page = await openPage(server)
  const gif = Buffer.from(animatedGIF())
  await page.clock.install()
  await page.goto(`/room/${room}`)
  const retry = failed(page).getByRole('button', { name: words.ko.retry })
  let tries = 0

  /** Makes every upload fail and counts the attempts. */
  const allFail = async (how) => {
    tries = 0
    await page.route('**/gif', (route) => { tries++; return how(route) })
  }
  /** Advances the clock over the pauses between the five attempts. */
  const hurry = async () => {
    for (const [tried, seconds] of [2, 4, 8, 16].entries()) {
      await until(() => tries === tried + 1, `attempt ${tried + 1}`)
      await page.clock.fastForward(seconds * 1000)
    }
  }

  await allFail((route) => route.abort())
  await choose(page, gif)
  await hurry()
  await failed(page).waitFor()
  assert.deepEqual(await buttons(failed(page)), [words.ko.retry, words.ko.discard], 'the network')
  assert.equal(tries, 5)

  for (const [answer, often] of [
    [{ status: 503, headers: { 'X-Reason': 'unavailable' }, body: '지금 GIF를 올리는 사람이 많습니다.' }, 5],
    [{ status: 429, headers: { 'X-Reason': 'quota' }, body: '오늘 올릴 수 있는 만큼 모두 올렸습니다.' }, 1],
    [{ status: 408, headers: { 'X-Reason': 'too_slow' }, body: '보내는 데 너무 오래 걸렸습니다.' }, 1],
    [{ status: 502, body: '<html>a proxy’s words</html>' }, 1],
  ]) {
    await page.unroute('**/gif')
    await allFail((route) => route.fulfill({ contentType: 'text/plain; charset=utf-8', ...answer }))
    await retry.click()
    if (often > 1) await hurry()
    await failed(page).filter({ hasText: answer.headers ? answer.body : '보내지 못했어요' }).waitFor()
    assert.deepEqual(await buttons(failed(page)), [words.ko.retry, words.ko.discard], answer.body)
    assert.doesNotMatch(await failed(page).innerText(), /html/)
    assert.equal(tries, often, answer.body)
  }
  await page.unroute('**/gif')
  await failed(page).getByRole('button', { name: words.ko.retry }).click()
  await page.locator('#chat-list .mine img[src^="/gif/"]').waitFor()
  assert.equal(await page.locator('#chat-list .mine').count(), 1)

  await page.route('**/gif', (route) => route.fulfill({ status: 413, contentType: 'text/html', body: '<html>a proxy’s limit</html>' }))
  await choose(page, gif)
  await failed(page).filter({ hasText: 'GIF는 5MB까지 올릴 수 있어요.' }).waitFor()
  assert.deepEqual(await buttons(failed(page)), [words.ko.discard], 'buttons after the 413 of a proxy')
  await page.context().close()
})
