// The examples of docs/events.md, executed unchanged.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from './lib/server.js'
import { collect, nextEvent, until, withTimeout } from './lib/clients.js'
import { owner } from './lib/visitor.js'
import { eventTimeout } from './lib/sizes.js'

const here = import.meta.dirname
const events = readFileSync(join(here, '../docs/events.md'), 'utf8')

/** Returns the only code block of a language. */
function example(language) {
  const blocks = [...events.matchAll(new RegExp('^```' + language + '\\n(.*?)^```', 'gms'))]
  assert.equal(blocks.length, 1, `docs/events.md: number of examples in ${language}`)
  return blocks[0][1]
}

describe('docs/events.md', () => {
  let server, a
  before(async () => {
    server = await startServer()
    a = await owner(server)
    mkdirSync(join(here, 'tmp'), { recursive: true })
  })

  const at = (text) => text.replaceAll('http://localhost:8005', server.url)
  const languages = {
    js: (code) => {
      const file = join(here, 'tmp/example.mjs')
      writeFileSync(file, code)
      return ['node', [file]]
    },
    python: (code) => {
      execFileSync(join(here, 'python.sh'), { stdio: 'inherit' })
      const file = join(here, 'tmp/example.py')
      writeFileSync(file, code)
      return ['/usr/bin/python3', [file]]
    },
    go: (code) => { // in the module that requires the library
      const folder = join(here, 'foreign/goclient/example')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'main.go'), code)
      const binary = join(here, 'tmp/example-go')
      try {
        execFileSync('go', ['build', '-o', binary, './example'], { cwd: join(here, 'foreign/goclient'), stdio: 'inherit' })
      } finally {
        rmSync(folder, { recursive: true })
      }
      return [binary, []]
    },
  }
  for (const [language, prepare] of Object.entries(languages)) {
    test(`${language} example: joins, sends a message and prints the others' messages`, async () => {
      const [command, args] = prepare(at(example(language)))
      const posted = nextEvent(a.chat, 'chat', { where: ({ chat }) => chat === `hello from ${language}` })
      const child = spawn(command, args, { env: { ...process.env, ROOM: a.room, PYTHONUNBUFFERED: '1' }, stdio: ['ignore', 'pipe', 'inherit'] })
      let printed = ''
      child.stdout.setEncoding('utf8').on('data', (text) => { printed += text })
      const ended = new Promise((resolve) => child.on('exit', resolve))
      try {
        const [message] = await posted
        assert.equal(message.nick, language)
        await until(() => printed.includes(`stored as ${message.seq}`), `the seq in the output: ${printed}`)
        assert.equal((await a.postMessage(a.room, '반가워요')).status, 200)
        await until(() => printed.includes('반가워요'), `the message of another member in the output: ${printed}`)
      } finally {
        child.kill()
        await ended
      }
    })
  }

  test('curl example: sends a message once, also when repeated', async () => {
    const { token } = await a.chat.timeout(eventTimeout).emitWithAck('token', { nick: 'CI' })
    const messages = collect(a.chat, 'chat')
    for (let i = 0; i < 2; i++) { // the second is a retry
      const child = spawn('sh', ['-c', at(example('sh'))], { env: { ...process.env, TOKEN: token, ROOM: a.room }, stdio: ['ignore', 'pipe', 'ignore'] })
      const answer = (await withTimeout(eventTimeout, child.stdout.toArray(), 'curl')).join('')
      assert.equal(answer, 'ok')
    }
    await until(() => messages.length === 1, 'the message')
    const [{ chat, nick, seq }] = messages[0]
    assert.deepEqual([chat, nick], ['빌드가 끝났어요', 'CI'])
    const history = await (await fetch(`${server.url}/room/${a.room}/messages?after=${seq - 1}`, { headers: { authorization: `Bearer ${token}` } })).json()
    const kept = history.messages.filter((message) => message.chat === chat) // without the exit notices of the other examples
    assert.deepEqual(kept.map((message) => message.seq), [seq])
  })
})
