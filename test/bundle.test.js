// Client bundles in Chromium: the bundles that the server serves, and old clients as part of a
// page. Each with each transport mode, and after a restart.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { startServer } from './lib/server.js'
import { openPage } from './lib/browser.js'
import { transportModes } from './lib/clients.js'
import { record } from './lib/client-record.js'
import { Visitor } from './lib/visitor.js'

const require = createRequire(import.meta.url)
const dist = (name) => ({ path: join(dirname(require.resolve(`${name}/package.json`)), 'dist/socket.io.js') })
const carried = { EIO3_ENGINE: 'go-socket.io' }
const bundles = {
  'chromium 4': { file: { url: '/socket.io/socket.io.min.js' } },
  'chromium 4 msgpack': { file: { url: '/socket.io/socket.io.msgpack.min.js' } },
  'chromium 2': { file: dist('sio2') },
  'chromium 1': { file: dist('sio1') },
  'chromium 2 carried': { file: dist('sio2'), env: carried },
  'chromium 1 carried': { file: dist('sio1'), env: carried },
}
const { devDependencies } = require('./package.json')
const text = '안녕하세요, é😀!'
const hex = '0001021efffe0a0d'
const lines = Array.from({ length: 10 }, (_, i) => `가나다 ${i} 😀`)

for (const [row, { file, env }] of Object.entries(bundles)) {
  test(`${row}: exchanges events over every transport mode and reconnects after a restart`, async () => {
    const server = await startServer({ NOTICE_INTERVAL: '200ms', ...env })
    const visitor = new Visitor(server)
    await visitor.get('/')
    const room = await visitor.createRoom()
    const page = await openPage(server)
    await page.goto('/healthz') // an almost empty page of this origin
    await page.addScriptTag(file)
    await page.evaluate(inPage)
    const version = file.url ? await served(server, file.url) : devDependencies[`sio${row.split(' ')[1]}`].split('@').at(-1)

    for (const [mode, { transports }] of Object.entries(transportModes)) {
      const last = env ? transports[0] : transports.at(-1)
      const received = await page.evaluate((args) => window.exchange(args), { transports, last, text, room, lines })
      assert.deepEqual(received, { news: 'Hello Socket.IO', reply: [text, hex, hex], chats: [lines, lines] }, mode)
      record(row, version, `${mode}: events`, `${mode}: room`)
    }
    await server.restart()
    const received = await page.evaluate((args) => window.comeBack(args), { room })
    assert.deepEqual(received, Object.keys(transportModes).flatMap(() => [['다시 왔어요'], ['다시 왔어요']]))
    record(row, version, 'reconnects')
    await page.context().close()
    await server.stop()
  })
}

/** Returns the version in the header of a served file. */
async function served(server, path) {
  const [, version] = (await (await fetch(server.url + path)).text()).match(/Socket\.IO v([0-9.]+)/)
  return version
}

/** Runs in the page: defines window.exchange and window.comeBack for the loaded client. */
function inPage() {
  const withTimeout = (promise, what) => Promise.race([promise, new Promise((_, reject) =>
    setTimeout(() => reject(new Error(`timeout: want ${what}`)), 120_000))])
  const emitWithAck = (socket, event, ...args) => withTimeout(new Promise((resolve) => socket.emit(event, ...args, resolve)), `the answer to ${event}`)
  const until = async (check, what) => {
    const end = performance.now() + 120_000
    while (!check()) {
      if (performance.now() > end) throw new Error(`timeout: want ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const hexOf = (data) => {
    if (!(data instanceof ArrayBuffer) && !ArrayBuffer.isView(data)) return String(data)
    return Array.from(new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength), (b) => b.toString(16).padStart(2, '0')).join('')
  }
  const rooms = []

  async function open(namespace, transports, last) {
    const socket = window.io(location.origin + namespace, { transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200 })
    await withTimeout(new Promise((resolve) => socket.on('connect', resolve)), 'the connection')
    await until(() => socket.io.engine.transport.name === last, 'the upgrade')
    return socket
  }

  window.exchange = async ({ transports, last, text, room, lines }) => {
    const [one, two, ...chats] = await Promise.all(['', '', '/chat', '/chat'].map((n) => open(n, transports, last)))
    const news = withTimeout(new Promise((resolve) => one.once('news', resolve)), 'the news')
    const replies = []
    two.on('reply', (...args) => replies.push(args))
    const bytes = new Uint8Array([0, 1, 2, 0x1e, 0xff, 0xfe, 10, 13]).buffer
    const received = { news: await news }
    while (!replies.length) await emitWithAck(one, 'reply', text, { deep: [bytes] }, bytes)
    received.reply = [replies[0][0], hexOf(replies[0][1].deep[0]), hexOf(replies[0][2])]
    one.disconnect()
    two.disconnect()

    const messages = chats.map((socket) => {
      const list = []
      socket.on('chat', (message) => list.push(message.chat))
      return list
    })
    for (const socket of chats) await enter(socket, room)
    for (const line of lines) if (!(await emitWithAck(chats[0], 'chat', line)).ok) throw new Error(`chat refused: ${line}`)
    await until(() => messages.every((list) => list.length === lines.length), 'every message at both clients')
    received.chats = messages.map((list) => list.slice())
    rooms.push({ chats, messages })
    for (const socket of chats) await emitWithAck(socket, 'leave', room)
    return received
  }

  async function enter(socket, room) {
    const answer = await emitWithAck(socket, 'join', room)
    if (answer.reason === 'unavailable') return enter(socket, room) // on a busy machine
    if (!answer.ok) throw new Error(`join refused: ${JSON.stringify(answer)}`)
  }

  window.comeBack = async ({ room }) => {
    const all = []
    for (const { chats, messages } of rooms) {
      for (const list of messages) list.length = 0
      for (const socket of chats) {
        await until(() => socket.connected, 'a reconnect')
        await enter(socket, room)
      }
      await emitWithAck(chats[0], 'chat', '다시 왔어요')
      await until(() => messages.every((list) => list.length === 1), 'the message at both clients')
      all.push(...messages.map((list) => list.slice()))
      for (const socket of chats) socket.disconnect()
    }
    return all
  }
}
