// Pages of other origins, and proxies that make the server's own pages look foreign, with the
// stock client in a browser: row W1 of docs/promises.md.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import { once } from 'node:events'
import { startServer } from './lib/server.js'
import { startProxy } from './lib/proxy.js'
import { launchBrowser } from './lib/browser.js'
import { transportModes } from './lib/transports.js'

let browser
before(async () => { browser = await launchBrowser('--host-resolver-rules=MAP *.example 127.0.0.1') })
after(() => browser.close())

/** Opens a page and loads the stock client of a server. */
async function pageAt(address, client) {
  const page = await (await browser.newContext()).newPage()
  await page.goto(address)
  await page.addScriptTag({ url: client })
  return page
}

/** Connects from a page and emits an event. Resolves to { connected } or to the error of the refusal. */
const connectFrom = (page, url, options) => page.evaluate(([url, options]) => new Promise((resolve) => {
  const socket = window.io(url, { forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 20, ...options })
  let refusals = 0
  socket.on('connect_error', (error) => {
    if (++refusals < (options.refusals ?? 1)) return
    socket.disconnect()
    resolve({ error: error.message })
  })
  socket.on('connect', async () => {
    if (options.transports.length > 1 && socket.io.engine.transport.name !== 'websocket') {
      await new Promise((upgraded) => socket.io.engine.on('upgrade', upgraded))
    }
    socket.emit('reply', 'hello', () => {
      socket.disconnect()
      resolve({ connected: true })
    })
  })
}), [url, options])

test('page of another origin: connects with its own headers if the origin is allowed', async () => {
  const site = http.createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title>'))
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  const { port } = site.address()
  const server = await startServer({ CORS_ORIGIN: `http://friend.example:${port}` })
  const client = `${server.url}/socket.io/socket.io.js`
  const options = { withCredentials: true, extraHeaders: { Authorization: 'Bearer x', 'X-Api-Key': '1' } }

  const friend = await pageAt(`http://friend.example:${port}/`, client)
  for (const transports of [['polling'], ['polling', 'websocket']]) {
    assert.deepEqual(await connectFrom(friend, server.url, { ...options, transports }), { connected: true }, transports.join())
  }
  const foe = await pageAt(`http://foe.example:${port}/`, client)
  for (const mode of Object.values(transportModes)) {
    assert.ok((await connectFrom(foe, server.url, { ...options, ...mode })).error, 'foe.example: got a connection, want an error')
  }
  await friend.context().close()
  await foe.context().close()
  site.close(site.closeAllConnections())
  await server.stop()
})

test('proxy that replaces the Host header: causes one warning with the settings to change', async () => {
  const proxy = await startProxy()
  const origin = `http://chat.example:${proxy.port}`
  const polling = { transports: ['polling'] }
  proxy.target = await startServer()
  const page = await pageAt(`${origin}/`, '/socket.io/socket.io.js')
  assert.ok((await connectFrom(page, '/', { ...polling, refusals: 5 })).error, 'polling: got a connection, want an error')
  assert.ok((await connectFrom(page, '/', transportModes['websocket only'])).error, 'WebSocket: got a connection, want an error')
  const lines = proxy.target.logs.split('\n').filter((line) => line.includes('origin refused'))
  assert.equal(lines.length, 1, lines.join('\n'))
  for (const part of ['level=WARN', `origin=${origin}`, `host=localhost:${proxy.target.port}`, 'CORS_ORIGIN', 'Host header']) {
    assert.ok(lines[0].includes(part), `warning: got ${lines[0]}, want ${part} in it`)
  }
  await proxy.target.stop()

  // With the settings that the warning names, the page connects.
  proxy.target = await startServer({ CORS_ORIGIN: origin })
  for (const [name, mode] of Object.entries(transportModes)) assert.deepEqual(await connectFrom(page, '/', mode), { connected: true }, name)
  await proxy.target.stop()
  await page.context().close()
  proxy.close()

  const passing = await startProxy({ passHost: true })
  passing.target = await startServer({ TRUSTED_PROXIES: '127.0.0.1,::1', SECURE_COOKIES: 'false' })
  const own = await pageAt(`http://chat.example:${passing.port}/`, '/socket.io/socket.io.js')
  for (const [name, mode] of Object.entries(transportModes)) assert.deepEqual(await connectFrom(own, '/', mode), { connected: true }, name)
  assert.doesNotMatch(passing.target.logs, /origin refused/)
  await own.context().close()
  await passing.target.stop()
  passing.close()
})
