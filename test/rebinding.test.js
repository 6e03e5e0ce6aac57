// A page of another site whose name points to this machine (DNS rebinding):
// docs/promises.md, row W10.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import { startServer } from './lib/server.js'
import { screenshot, start } from './lib/browser.js'

/** The status of a request for a host, whatever address it goes to. */
function status(server, host, path = '/', method = 'GET') {
  return new Promise((resolve, reject) => {
    http.request({ host: '127.0.0.1', port: server.port, path, method, headers: { host } }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode))
    }).on('error', reject).end()
  })
}

test('a browser whose DNS points another name to this machine gets nothing of a server on loopback', async () => {
  const server = await startServer({ HOST: '127.0.0.1' })
  const browser = await start('--host-resolver-rules=MAP *.example 127.0.0.1')
  const page = await (await browser.newContext({ locale: 'ko-KR' })).newPage()
  const address = `http://rebind.example:${server.port}`
  const answer = await page.goto(`${address}/`)
  assert.equal(answer.status(), 421)
  assert.match(await page.locator('body').innerText(), /TRUSTED_PROXIES.*CORS_ORIGIN/s)
  assert.equal(await status(server, 'rebind.example', '*', 'OPTIONS'), 421)
  await screenshot(page, 'rebinding-1280')
  assert.deepEqual(await page.context().cookies(), [])

  // The page now has the origin of the server, so no cross-origin rule protects it.
  const seen = await page.evaluate(async () => {
    const status = async (path, options) => (await fetch(path, options)).status
    const socket = (path) => new Promise((resolve) => {
      const ws = new WebSocket(`ws://${location.host}${path}`)
      ws.onopen = () => resolve('open')
      ws.onerror = () => resolve('refused')
    })
    return [
      await status('/'), await status('/main.css'), await status('/healthz'), await status('/socket.io/socket.io.js'),
      await status('/socket.io/?EIO=4&transport=polling'), await status('/room', { method: 'POST', body: new URLSearchParams({ title: 'x' }) }),
      await socket('/socket.io/?EIO=4&transport=websocket'), await socket('/'),
    ]
  })
  assert.deepEqual(seen, [421, 421, 421, 421, 421, 421, 'refused', 'refused'])
  assert.equal(server.logs.match(/host refused/g).length, 1, 'one line a minute')
  await browser.close()
  await server.stop()
})

test('a proxy on the same machine is refused until TRUSTED_PROXIES names it, a name until CORS_ORIGIN has it', async () => {
  for (const [env, want] of [
    [{ HOST: '127.0.0.1' }, { 'chat.school.example': 421, localhost: 200, '127.0.0.1:8005': 200 }],
    [{ HOST: '127.0.0.1', TRUSTED_PROXIES: '127.0.0.1' }, { 'chat.school.example': 200, localhost: 200 }],
    [{ HOST: '127.0.0.1', CORS_ORIGIN: 'https://chat.school.example' }, { 'chat.school.example': 200, 'other.school.example': 421 }],
    [{ HOST: '' }, { 'chat.school.example': 200, '192.168.0.7:8005': 200 }],
  ]) {
    const server = await startServer(env)
    for (const [host, expected] of Object.entries(want)) {
      for (const path of ['/', '/main.css', '/socket.io/?EIO=4&transport=polling']) {
        assert.equal(await status(server, host, path), expected, `${JSON.stringify(env)} ${host}${path}`)
      }
    }
    await server.stop()
  }
})
