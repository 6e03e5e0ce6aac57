// DNS rebinding: a page whose host name resolves to this machine.
// Row W10 of docs/promises.md.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import { startServer } from './lib/server.js'
import { launchBrowser, screenshot } from './lib/browser.js'

/** Returns the status of a request with a Host header, sent to 127.0.0.1. */
function status(server, host, path = '/', method = 'GET') {
  return new Promise((resolve, reject) => {
    http.request({ host: '127.0.0.1', port: server.port, path, method, headers: { host } }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode))
    }).on('error', reject).end()
  })
}

test('server on loopback: refuses a browser whose DNS resolves another name to it', async () => {
  const server = await startServer({ HOST: '127.0.0.1' })
  const browser = await launchBrowser('--host-resolver-rules=MAP *.example 127.0.0.1')
  const page = await (await browser.newContext({ locale: 'ko-KR' })).newPage()
  const address = `http://rebind.example:${server.port}`
  const answer = await page.goto(`${address}/`)
  assert.equal(answer.status(), 421)
  assert.match(await page.locator('body').innerText(), /TRUSTED_PROXIES.*CORS_ORIGIN/s)
  assert.equal(await status(server, 'rebind.example', '*', 'OPTIONS'), 421)
  await screenshot(page, 'rebinding-1280')
  assert.deepEqual(await page.context().cookies(), [])

  // The page now has the origin of the server, so no cross-origin rule protects the server.
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
  assert.equal(server.logs.match(/host refused/g).length, 1, 'lines in the log')
  await browser.close()
  await server.stop()
})

test('Host header: is accepted for names of this machine, with TRUSTED_PROXIES, and for names in CORS_ORIGIN', async () => {
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
