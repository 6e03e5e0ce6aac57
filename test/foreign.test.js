// Clients that others have written, in other languages, talk with a stock one.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startServer } from './lib/server.js'
import { connected, ways } from './lib/clients.js'
import { Visitor } from './lib/visitor.js'

const here = import.meta.dirname
const goClient = join(here, 'tmp/goclient')
const clients = {
  'python-socketio of Debian': {
    command: ['/usr/bin/python3', join(here, 'foreign/client.py')],
    prepare: () => execFileSync(join(here, 'python.sh'), { stdio: 'inherit' }),
  },
  'karagenc/socket.io-go 0.1.0': {
    command: [goClient],
    prepare() {
      mkdirSync(join(here, 'tmp'), { recursive: true })
      execFileSync('go', ['build', '-o', goClient, '.'], { cwd: join(here, 'foreign/goclient'), stdio: 'inherit' })
    },
  },
}

const text = '안녕하세요, é😀!'
const bytes = Buffer.from([0, 1, 2, 0x1e, 0xff, 0xfe, 10, 13])

for (const [name, { command, prepare }] of Object.entries(clients)) {
  describe(name, () => {
    let server, room
    before(async () => {
      prepare()
      server = await startServer({ NOTICE_INTERVAL: '200ms' })
      const visitor = new Visitor(server)
      await visitor.get('/')
      room = await visitor.createRoom()
    })

    for (const [way, { transports }] of Object.entries(ways)) {
      test(`${way}: news, acknowledgements, Korean, binary and a room`, async (t) => {
        const [notice, chat] = [await connected(server.url), await connected(`${server.url}/chat`)]
        t.after(() => [notice, chat].forEach((socket) => socket.disconnect()))
        const relayed = []
        notice.on('reply', (...args) => {
          relayed.push(args.slice(0, 3))
          notice.emit('reply', ...args.slice(0, 3))
        })
        assert.equal((await chat.timeout(5000).emitWithAck('join', room)).ok, true)
        const said = []
        chat.on('chat', (message) => {
          said.push(message.chat)
          if (said.length === 10) chat.emit('chat', '여기도')
        })

        const [path, ...args] = [...command, server.url, transports.join(), room]
        const { stdout } = await promisify(execFile)(path, args, { timeout: 30_000 })
        const lines = Array.from({ length: 10 }, (_, i) => `가나다 ${i} 😀`)
        assert.deepEqual(JSON.parse(stdout), {
          news: 'Hello Socket.IO',
          transport: transports.at(-1),
          answer: { ok: true },
          reply: [text, bytes.toString('hex'), bytes.toString('hex')],
          join: true,
          acked: lines.map(() => true),
          chats: [...lines, '여기도'],
        })
        assert.ok(relayed.length > 0)
        for (const args of relayed) assert.deepEqual(args, [text, { deep: [bytes] }, bytes])
        assert.deepEqual(said.slice(0, 10), lines)
      })
    }
  })
}
