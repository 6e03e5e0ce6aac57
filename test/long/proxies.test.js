// Stock clients and visitors behind Debian's nginx, Caddy and HAProxy, with the configurations of docs/proxies.md.
import { test, describe, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { situations, startServer } from '../lib/server.js'
import { collect, connected, join, nextEvent, pause, transportModes } from '../lib/clients.js'
import { animatedGIF } from '../lib/gif.js'
import { installProxies, proxyNames, startReverseProxy } from '../lib/reverse-proxies.js'
import { owner } from '../lib/visitor.js'

before(installProxies)

for (const name of proxyNames) {
  describe(`behind ${name}`, () => {
    let server, proxy, chat, chatProxy
    before(async () => {
      server = await startServer({}, { path: situations() })
      proxy = await startReverseProxy(name, server.port)
      chat = await startServer({ TRUSTED_PROXIES: '127.0.0.1,::1', SECURE_COOKIES: 'false' })
      chatProxy = await startReverseProxy(name, chat.port)
    })
    after(async () => {
      await Promise.all([proxy.stop(), chatProxy.stop()])
      await Promise.all([server.stop(), chat.stop()])
    })

    for (const [mode, { transports }] of Object.entries(transportModes)) {
      test(`${mode}: a page of the same host exchanges events`, async () => {
        const socket = await connected(proxy.url, { transports, extraHeaders: { origin: proxy.url } })
        const [text, bytes] = ['안녕하세요 😀'.repeat(10_000), Buffer.alloc(500_000, 7)]
        const answer = await new Promise((resolve) => socket.emit('echo', text, bytes, (...args) => resolve(args)))
        assert.deepEqual(answer, [text, bytes])
        const [, forwarded] = await new Promise((resolve) => socket.emit('client', (...args) => resolve(args)))
        assert.equal(forwarded, '127.0.0.1', 'X-Forwarded-For')
        assert.equal(socket.io.engine.transport.name, transports.at(-1))
        socket.disconnect()
      })

      test(`${mode}: a page of another host is refused`, async () => {
        await assert.rejects(connected(proxy.url, { transports, extraHeaders: { origin: 'http://foe.example' } }), /xhr poll error|websocket error/)
      })

      test(`${mode}: a member of the chat receives messages, also after a restart of the server`, async () => {
        const ann = await owner(chatProxy, {}, { transports })
        await sayAndHear(ann, '안녕')
        const again = nextEvent(ann.chat, 'connect', { retry: true })
        await chat.restart()
        await again
        await sayAndHear(ann, '다시')
        ann.chat.disconnect()
      })
    }

    test('upload: the chat accepts a GIF of almost 5 MiB', async () => {
      const ann = await owner(chatProxy)
      await join(ann.chat, ann.room)
      const gif = Buffer.concat([animatedGIF().subarray(0, -1), comment(4_900_000), Buffer.of(0x3b)])
      const received = nextEvent(ann.chat, 'chat', { where: (message) => message.gif })
      const answer = await ann.upload(ann.room, gif)
      assert.equal(answer.status, 200, await answer.text())
      await received
      ann.chat.disconnect()
    })
  })
}

test('idle connection: stays open for longer than the server is silent', async () => {
  const server = await startServer({}, { path: situations() })
  const proxies = await Promise.all(proxyNames.map((name) => startReverseProxy(name, server.port)))
  const clients = await Promise.all(proxies.flatMap(({ url }) => Object.values(transportModes).map((mode) => connected(url, mode))))
  const ends = clients.map((socket) => collect(socket, 'disconnect'))
  await pause(30_000) // the server sends a ping every 25 s, and nothing else
  assert.deepEqual(ends.flat(), [])
  for (const socket of clients) assert.equal(await socket.emitWithAck('echo', 'hello'), 'hello')
  clients.forEach((socket) => socket.disconnect())
  await Promise.all(proxies.map((proxy) => proxy.stop()))
  await server.stop()
})

/** Joins the room, posts a message over HTTP and waits until the socket receives it. */
async function sayAndHear(visitor, text) {
  await join(visitor.chat, visitor.room)
  const received = nextEvent(visitor.chat, 'chat', { where: ({ chat }) => chat === text })
  assert.equal((await visitor.postMessage(visitor.room, text)).status, 200)
  await received
}

/** Returns a comment block of a GIF with about that many bytes. */
function comment(bytes) {
  const block = Buffer.alloc(256, 0x20)
  block[0] = 255
  return Buffer.concat([Buffer.of(0x21, 0xfe), ...Array(Math.floor(bytes / 256)).fill(block), Buffer.of(0)])
}
