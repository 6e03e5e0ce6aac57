// A room page with the structure of the textbook's page, in our own words. It replaces the
// server's room page in the browser and has to work unchanged.
import { test, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { until } from './lib/clients.js'
import { assertNoErrors, openPage } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { longTest } from './lib/sizes.js'

const coursePage = ({ port, colour, options }) => `<!doctype html>
<html><head><meta charset="utf-8"><title>compatibility</title><link rel="icon" href="data:,"></head><body>
<fieldset><legend>room</legend><div id="chat-list"></div></fieldset>
<form id="chat-form">
  <label for="gif">GIF</label><input type="file" id="gif" name="gif" accept="image/gif">
  <input type="text" id="chat" name="chat"><button type="submit">send</button>
</form>
<a href="/" id="exit-btn">leave</a>
<script src="/socket.io/socket.io.js"></script>
<script>
  const room = location.pathname.split('/').at(-1)
  const socket = io.connect('http://localhost:${port}/chat', ${JSON.stringify(options)})
  const add = (kind, fill) => {
    const line = document.createElement('div')
    line.classList.add(kind)
    fill(line)
    document.querySelector('#chat-list').append(line)
  }
  const system = ({ chat }) => add('system', (line) => { line.textContent = chat })
  socket.emit('join', room)
  socket.on('join', system)
  socket.on('exit', system)
  socket.on('chat', (data) => add(data.user === '${colour}' ? 'mine' : 'other', (line) => {
    if (data.gif) {
      const image = document.createElement('img')
      image.src = '/gif/' + data.gif
      line.append(image)
    } else {
      line.textContent = data.user + ': ' + data.chat
    }
  }))
  const send = (path, body, headers) => fetch('/room/' + room + path, {
    method: 'POST', body, headers: { accept: 'application/json, text/plain, */*', ...headers },
  }).then((answer) => answer.text())
  document.querySelector('#chat-form').addEventListener('submit', async (event) => {
    event.preventDefault()
    if (!event.target.chat.value) return
    const answer = await send('/chat', JSON.stringify({ chat: event.target.chat.value }), { 'content-type': 'application/json' })
    if (answer === 'ok') event.target.chat.value = ''
  })
  document.querySelector('#gif').addEventListener('change', (event) => {
    const form = new FormData()
    form.append('gif', event.target.files[0])
    send('/gif', form)
  })
</script></body></html>`

/** Opens a page that replaces each room page by the textbook's; the request to the server is still made. */
async function openTextbookPage(server, options) {
  const page = await openPage(server)
  // A fulfilled page has no address, and Chromium asks for permission before such a
  // page connects to this machine.
  await page.context().grantPermissions(['local-network-access'], { origin: server.url })
  await page.route(/\/room\/[0-9a-f]{24}(\?.*)?$/, async (route) => {
    const answer = await route.fetch({ maxRedirects: 0 })
    if (answer.status() !== 200) return route.fulfill({ response: answer })
    const colour = (await answer.text()).match(/<main[^>]*data-color="(#[0-9a-f]{6})"/)[1]
    return route.fulfill({ contentType: 'text/html', body: coursePage({ port: server.port, colour, options }) })
  })
  return page
}

describe('textbook page', () => {
  let server
  before(async () => { server = await startServer() })

  for (const options of [{}, { path: '/socket.io' }, { transports: ['websocket'] }, { transports: ['polling'] }]) {
    const testWith = Object.keys(options).length ? longTest : test
    testWith(`textbook page: sends messages and GIFs with the client options ${JSON.stringify(options)}`, async () => {
      const [ann, bob] = await Promise.all([openTextbookPage(server, options), openTextbookPage(server, options)])
      await ann.goto('/')
      await ann.goto('/room')
      await ann.fill('input[name=title]', '교과서 방')
      await ann.fill('input[name=password]', '1234')
      await ann.locator('form[action="/room"] button').click()
      await ann.waitForURL(/\/room\/[0-9a-f]{24}/)
      const id = new URL(ann.url()).pathname.split('/').at(-1)
      await ann.reload() // a redirected request cannot be fulfilled

      await bob.goto('/')
      await bob.goto(`/room/${id}?password=1234`)
      await ann.locator('.system').getByText('님이 입장하셨습니다.').first().waitFor()

      await ann.fill('#chat', '안녕하세요')
      await ann.press('#chat', 'Enter')
      await ann.locator('.mine').getByText('안녕하세요').waitFor()
      await bob.locator('.other').getByText('안녕하세요').waitFor()
      await until(async () => (await ann.inputValue('#chat')) === '', 'an empty text field after the answer ok')

      await bob.setInputFiles('#gif', { name: 'cat.gif', mimeType: 'image/gif', buffer: Buffer.from(animatedGIF()) })
      for (const [page, kind] of [[ann, '.other'], [bob, '.mine']]) {
        const image = page.locator(`${kind} img[src^="/gif/"]`)
        await image.waitFor()
        await until(() => image.evaluate((img) => img.complete && img.naturalWidth === 8), 'the GIF painted')
      }
      await bob.locator('#exit-btn').click()
      await ann.locator('.system').getByText('님이 퇴장하셨습니다.').first().waitFor()
      assert.equal(await ann.locator('.mine').count(), 1)
      assertNoErrors([ann, bob])
      await Promise.all([ann, bob].map((page) => page.context().close()))
    })
  }
})
