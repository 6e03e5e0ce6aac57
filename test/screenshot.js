// Takes docs/screenshot.png of the running server: `make screenshot`.
import { test } from 'node:test'
import { join } from 'node:path'
import { startServer } from './lib/server.js'
import { openPage } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'

test('docs/screenshot.png: is taken of the running server', async () => {
  const server = await startServer()
  const view = { viewport: { width: 1120, height: 700 } }
  const [ann, bob] = await Promise.all([openPage(server, view), openPage(server, view)])
  await ann.goto('/room')
  await ann.fill('input[name=title]', '고양이 모임')
  await ann.locator('form[action="/room"] button').click()
  await ann.waitForURL(/\/room\/[0-9a-f]{24}$/)
  await bob.goto(ann.url())
  await ann.locator('#chat-list').getByText('입장').waitFor()
  const write = async (page, text) => {
    await page.fill('#chat-form [name=chat]', text)
    await page.press('#chat-form [name=chat]', 'Enter')
    await ann.locator('#chat-list').getByText(text).waitFor()
  }
  await write(ann, '오늘 찍은 고양이 보여 줄게요')
  await write(bob, '좋아요! GIF로 올려 주세요 😺')
  await ann.setInputFiles('#chat-form input[name=gif]', { name: '고양이.gif', mimeType: 'image/gif', buffer: Buffer.from(cat()) })
  await ann.locator('#chat-list img[src^="/gif/"]').waitFor()
  await write(bob, 'Hello from the other side of the room!')
  await write(bob, '새로 고쳐도 그대로 있네요')
  await ann.waitForTimeout(600)
  await ann.screenshot({ path: join(import.meta.dirname, '../docs/screenshot.png') })
  await server.stop()
})

/** A cat that blinks. */
function cat() {
  const inside = (x, y, cx, cy, rx, ry) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1
  const ear = (x, y, cx) => y > 18 && y < 60 && Math.abs(x - cx) < (y - 18) * 0.55
  return animatedGIF({
    width: 200, height: 150, delay: 80,
    palette: ['fde8c8', 'f0a040', '5a3a20', 'ffffff'],
    draw: (x, y, frame) => {
      const blink = frame === 1
      for (const cx of [78, 122]) {
        if (blink ? Math.abs(y - 78) < 2 && Math.abs(x - cx) < 9 : inside(x, y, cx, 78, 6, 9)) return 2
        if (!blink && inside(x, y, cx + 2, 74, 2, 3)) return 3
      }
      if (inside(x, y, 100, 94, 5, 4)) return 2
      if ((Math.abs(y - 100 - Math.abs(x - 100) * -0.1) < 1.5 && Math.abs(x - 100) < 12)) return 2
      for (const dy of [92, 98]) if (Math.abs(y - dy - (Math.abs(x - 100) - 30) * 0.08) < 1 && Math.abs(x - 100) > 24 && Math.abs(x - 100) < 62) return 2
      if (inside(x, y, 100, 86, 48, 42) || ear(x, y, 66) || ear(x, y, 134)) return 1
      return 0
    },
  })
}
