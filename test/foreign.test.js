// Clients in other languages chat with a stock client.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startServer } from './lib/server.js'
import { connected, join as enter, transportModes, withTimeout } from './lib/clients.js'
import { record } from './lib/client-record.js'
import { Visitor } from './lib/visitor.js'

const here = import.meta.dirname
const goClient = join(here, 'tmp/goclient')
// An unordered client handles each packet in a goroutine of its own, so a message can
// overtake an earlier one within the client. The test compares its messages sorted.
const clients = {
  'python-socketio of Debian': {
    row: 'python',
    // When polling, it treats the close packet of a stopping server as a final disconnect.
    restart: (mode) => (mode === 'polling only' ? 'SIGKILL' : 'SIGTERM'),
    command: ['/usr/bin/python3', join(here, 'foreign/client.py')],
    prepare: () => execFileSync(join(here, 'python.sh'), { stdio: 'inherit' }),
  },
  'karagenc/socket.io-go 0.1.0': {
    row: 'go',
    // It does not reconnect to a server with connection state recovery: its own parser
    // refuses the packet that it then sends.
    restart: () => null,
    unordered: true,
    command: [goClient],
    prepare() {
      mkdirSync(join(here, 'tmp'), { recursive: true })
      execFileSync('go', ['build', '-o', goClient, '.'], { cwd: join(here, 'foreign/goclient'), stdio: 'inherit' })
    },
  },
  'karagenc/socket.io-go 0.1.0, without recovery': {
    row: 'go',
    env: { RECOVERY_TIME: '0s' },
    restart: () => 'SIGTERM',
    unordered: true,
    command: [goClient],
    prepare() {}, // built by the case above
  },
}

const text = '안녕하세요, é😀!'
const bytes = Buffer.from([0, 1, 2, 0x1e, 0xff, 0xfe, 10, 13])

for (const [name, { row, env, restart, unordered, command, prepare }] of Object.entries(clients)) {
  describe(name, () => {
    let server, room
    const reconnected = {} // by mode, the version of the client
    const comparable = (chats) => (unordered ? chats.toSorted() : chats)
    before(async () => {
      prepare()
      server = await startServer({ NOTICE_INTERVAL: '200ms', ...env })
      const visitor = new Visitor(server)
      await visitor.get('/')
      room = await visitor.createRoom()
    })

    for (const [mode, { transports }] of Object.entries(transportModes)) {
      const signal = restart(mode)
      const back = signal ? ', also after a restart' : ''
      test(`${mode}: exchanges news, acknowledgements, Korean, binary and messages of a room${back}`, async (t) => {
        const [notice, chat] = [await connected(server.url), await connected(`${server.url}/chat`)]
        t.after(() => [notice, chat].forEach((socket) => socket.disconnect()))
        const relayed = []
        notice.on('reply', (...args) => {
          relayed.push(args.slice(0, 3))
          notice.emit('reply', ...args.slice(0, 3))
        })
        await enter(chat, room)
        const received = []
        chat.on('chat', (message) => {
          received.push(message.chat)
          if (received.length === 10) chat.emit('chat', '여기도')
        })

        const [path, ...args] = [...command, server.url, transports.join(), room]
        const program = spawn(path, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 })
        const output = createInterface(program.stdout)[Symbol.asyncIterator]()
        const next = async (what) => JSON.parse((await withTimeout(60_000, output.next(), what)).value ?? 'null')
        const lines = Array.from({ length: 10 }, (_, i) => `가나다 ${i} 😀`)
        const { version, chats, ...others } = await next('what the client received')
        assert.deepEqual(comparable(chats), comparable([...lines, '여기도']))
        assert.deepEqual(others, {
          news: 'Hello Socket.IO',
          transport: transports.at(-1),
          answer: { ok: true },
          reply: [text, bytes.toString('hex'), bytes.toString('hex')],
          join: true,
          acked: lines.map(() => true),
        })
        assert.ok(relayed.length > 0, 'relayed replies: got none')
        for (const args of relayed) assert.deepEqual(args, [text, { deep: [bytes] }, bytes])
        assert.deepEqual(received.slice(0, 10), lines)
        record(row, version, `${mode}: events`, `${mode}: room`)

        if (!signal) {
          program.kill()
          return
        }
        await server.restart(signal)
        assert.deepEqual(await next('what the client received after the restart'), {
          back: ['/', '/chat'], transport: transports.at(-1), join: true, acked: true, chat: '다시',
        })
        reconnected[mode] = version
        if (Object.keys(transportModes).every((each) => reconnected[each])) record(row, version, 'reconnects')
      })
    }
  })
}
