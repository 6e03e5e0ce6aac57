// Bytes of a first visit on the network: row W9 of docs/promises.md.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { assertNoErrors, openPage } from './lib/browser.js'
import { until } from './lib/clients.js'
import { owner } from './lib/visitor.js'

const maxBytes = 75 * 1024

/** Returns realistic text that differs for each i. */
function line(i) {
  const phrases = [
    '안녕하세요! 오늘 수업은 몇 시에 시작해요?', 'I think the second example is wrong: line 12 never runs.',
    'ㅋㅋㅋㅋ 저도 그렇게 생각했어요', '네, 알겠습니다. 그럼 내일 아침에 봐요 😀', 'Could you send the link again, please?',
    '과제 제출은 금요일까지예요', '소켓이 끊기면 다시 연결되나요?', 'It reconnects by itself, after a second or two.',
  ]
  return `${phrases[i % phrases.length]} ${(i * 7919 + 13).toString(36)} ${'가나다라마바사'.slice(i % 5, i % 7)}`
}

/** Records the transferred bytes of each request of a page, headers included. */
async function meter(page) {
  const transfers = new Map()
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  session.on('Network.responseReceived', ({ requestId, type, response }) => {
    transfers.set(requestId, { type, path: new URL(response.url).pathname, headers: response.headers, bytes: 0, done: false })
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const transfer = transfers.get(requestId)
    if (transfer) Object.assign(transfer, { bytes: encodedDataLength, done: true })
  })
  return transfers
}

const isClient = ({ path }) => path.startsWith('/socket.io/') || path.includes('/vendor/')
const counted = ['Document', 'Stylesheet', 'Script', 'Image', 'Other']

test('first visit to a room with 50 messages: transfers at most 75 KiB without the stock client', async (t) => {
  const server = await startServer({ RATE_VISITOR: 'off' })
  const host = await owner(server)
  for (let i = 0; i < 60; i++) assert.equal((await host.postMessage(host.room, line(i))).status, 200)

  const page = await openPage(server)
  const transfers = await meter(page)
  await page.goto(`/room/${host.room}`)
  await page.locator('.people__list li').first().waitFor() // the room's script has joined the room
  const own = () => [...transfers.values()].filter((transfer) => counted.includes(transfer.type) && !isClient(transfer))
  await until(() => own().every(({ done }) => done), 'every file loaded')

  assert.equal(await page.locator('#chat-list .message').count() >= 50, true)
  assert.ok(own().length > 10, `files: got ${own().length}, want more than 10`)
  const total = own().reduce((sum, { bytes }) => sum + bytes, 0)
  t.diagnostic(`${own().length} files, ${total} bytes`)
  assert.ok(total <= maxBytes, `got ${total} bytes, want at most ${maxBytes}: ${own().map(({ path, bytes }) => `${path} ${bytes}`).join(', ')}`)
  for (const { path, headers } of own()) {
    const coding = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-encoding')?.[1]
    assert.equal(coding, 'br', path)
  }
  assertNoErrors([page])
  await page.context().close()
  host.chat.disconnect()
  await server.stop()
})

test('first visit over plain HTTP, where Chromium accepts gzip only: transfers at most 75 KiB', async (t) => {
  const server = await startServer({ RATE_VISITOR: 'off' })
  const host = await owner(server)
  for (let i = 0; i < 60; i++) assert.equal((await host.postMessage(host.room, line(i))).status, 200)
  const files = new Set([`/room/${host.room}`])
  let total = 0
  for (const path of files) { // the loop adds files to the set
    const answer = await fetch(server.url + path, { headers: { cookie: host.cookie, 'accept-encoding': 'gzip' } })
    assert.equal(answer.headers.get('content-encoding'), 'gzip', path)
    const headers = [...answer.headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 20)
    total += Number(answer.headers.get('content-length')) + headers
    const text = await answer.text()
    for (const [, found] of text.matchAll(/(?:href|src)="(\/public\/[^"]+)"/g)) files.add(found)
    for (const [, found] of text.matchAll(/from ["'](\.[^"']+)["']/g)) {
      const module = new URL(found, server.url + path).pathname
      if (!module.includes('/vendor/')) files.add(module)
    }
  }
  t.diagnostic(`${files.size} files, ${total} bytes`)
  assert.ok(files.size > 10 && total <= maxBytes, `got ${files.size} files with ${total} bytes, want more than 10 with at most ${maxBytes}`)
  host.chat.disconnect()
  await server.stop()
})
