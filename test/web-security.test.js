// Secrets in responses, guessable names, cross-site scripting and unintended files: rows A2, A7,
// W4 and W7 of docs/promises.md.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { binary, startServer } from './lib/server.js'
import { nextEvent, pause, until } from './lib/clients.js'
import { assertNoErrors, openPage } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { longTest, percentile, eventTimeout, sized, soak } from './lib/sizes.js'
import { Visitor, member, owner } from './lib/visitor.js'

test('room password: appears in no response and no log, and only as a hash in the database', async () => {
  const server = await startServer({ LOG_LEVEL: 'debug' })
  const secret = 'S3cr3t-xyz'
  const seen = []
  const recordPackets = (socket) => socket.io.engine.on('packet', ({ data }) => seen.push(String(data)))
  const watcher = new Visitor(server)
  const lobby = watcher.socket('/room')
  await nextEvent(lobby, 'connect')
  recordPackets(lobby)

  const record = async (answer) => { seen.push(JSON.stringify([...answer.headers]), await answer.clone().text()); return answer }
  const a = new Visitor(server)
  await a.get('/')
  const made = await record(await a.form('/room', { title: 'by form', max: '5', password: secret }))
  await record(await a.json('/room', { title: 'by JSON', max: 5, password: secret }))
  const id = made.headers.get('location').match(/[0-9a-f]{24}/)[0]
  a.chat = await a.join(id)
  recordPackets(a.chat)
  assert.equal((await a.chat.timeout(eventTimeout).emitWithAck('settings', { room: id, password: `${secret}2` })).ok, true)

  const b = new Visitor(server)
  await b.get('/')
  await record(await b.open(id, `${secret}-wrong`))
  await record(await b.form(`/room/${id}/enter`, { password: `${secret}2` }))
  b.chat = await b.join(id)
  recordPackets(b.chat)
  seen.push(JSON.stringify(await b.chat.timeout(eventTimeout).emitWithAck('join', { room: id, password: `${secret}2` })))
  for (const path of ['/', `/room/${id}`, `/room/${id}/messages`, '/room']) await record(await b.get(path))
  await a.postMessage(id, 'hello')
  await until(() => seen.some((text) => text.includes('"hello"')), 'the message recorded')
  for (const socket of [lobby, a.chat, b.chat]) socket.disconnect()
  await server.stop()

  const all = seen.join('\n')
  assert.ok(all.includes('newRoom') && all.includes('by JSON'), 'recorded traffic has newRoom and both forms')
  assert.ok(!all.includes(secret) && !all.includes('argon2id'), 'the password or its hash was sent')
  assert.ok(!server.logs.includes(secret) && !server.logs.includes('argon2id'), 'the password or its hash is in the log')
  const files = readdirSync(server.dataDir).filter((name) => name.startsWith('gifchat.db'))
  assert.ok(files.length > 0, `database files in ${server.dataDir}: got none`)
  const kept = files.map((name) => readFileSync(join(server.dataDir, name), 'latin1')).join('')
  assert.ok(kept.includes('$argon2id$v=19$m=19456,t=2,p=1$'), 'the database has an argon2id hash')
  assert.ok(!kept.includes(secret), 'the password is in the database')
})

describe('GIF of another room and missing GIF', () => {
  let server, a, stranger, gif
  before(async () => {
    server = await startServer({}, { path: binary({ race: false }) })
    a = await owner(server, { password: 'pw' })
    const posted = nextEvent(a.chat, 'chat')
    assert.equal((await a.upload(a.room, animatedGIF())).status, 200)
    gif = (await posted)[0].gif
    stranger = new Visitor(server)
    await stranger.get('/')
  })
  const missing = () => `${Array.from({ length: 24 }, () => Math.floor(Math.random() * 16).toString(16)).join('')}.gif`

  test('response to a stranger: is the same for both', async () => {
    const what = async (name) => {
      const answer = await stranger.get(`/gif/${name}`)
      const headers = Object.fromEntries([...answer.headers].filter(([key]) => !['date', 'x-request-id'].includes(key)))
      return { status: answer.status, headers, body: await answer.text() }
    }
    assert.deepEqual(await what(gif), await what(missing()))
    assert.deepEqual((await what(gif)).status, 404)
  })

  test('response time: is the same for both', async (t) => {
    const times = { there: [], missing: [] }
    for (let i = 0; i < sized(100, 1000); i++) {
      for (const [kind, name] of [['there', gif], ['missing', missing()]]) {
        const startedAt = performance.now()
        await (await stranger.get(`/gif/${name}`)).text()
        times[kind].push((performance.now() - startedAt) * 1000)
      }
    }
    const [there, not] = [percentile(times.there, 0.5), percentile(times.missing, 0.5)]
    t.diagnostic(`median ${there} µs for a GIF of another room, ${not} µs for a missing one`)
    // Beside other processes only a gross difference is significant.
    assert.ok(Math.abs(there - not) <= (soak ? 0.05 * not : 5000), `median response times: got ${there} µs for a GIF of another room and ${not} µs for a missing one, want about the same`)
  })

  test('ids of rooms and messages: have 24 random hexadecimal digits', async () => {
    const rooms = []
    for (let i = 0; i < 20; i++) rooms.push(await a.createRoom())
    for (let i = 0; i < 20; i++) assert.equal((await a.postMessage(a.room, `${i}`)).status, 200)
    const { messages } = await (await a.get(`/room/${a.room}/messages?limit=100`)).json()
    for (const [what, ids, from] of [['rooms', rooms, 0], ['messages', messages.map(({ _id }) => _id), 8]]) { // ids of messages begin with the time
      assert.ok(new Set(ids).size === ids.length && ids.length >= 20, what)
      for (const id of ids) assert.match(id, /^[0-9a-f]{24}$/)
      for (let place = from; place < 24; place++) {
        assert.ok(new Set(ids.map((id) => id[place])).size > 3, `${what}: digit ${place} of the ids has 3 values or fewer`)
      }
    }
  })
})

/** Sends a message as soon as the rate limit allows. */
async function sendMessage(socket, text) {
  for (;;) {
    const answer = await socket.timeout(60_000).emitWithAck('chat', text)
    if (answer.ok) return
    assert.equal(answer.reason, 'rate_limited')
    await pause(answer.retryAfter)
  }
}

/** The call that a payload makes. It is short, because names have at most 20 characters, and no page defines it. */
const probe = 'z()'

const tags = [
  `<script>${probe}</script>`, `<img src=x onerror=${probe}>`, `<svg onload=${probe}>`, `<svg><script>${probe}</script></svg>`,
  `<body onload=${probe}>`, `<iframe src=javascript:parent.${probe}></iframe>`, `<iframe srcdoc="<script>parent.${probe}</script>">`,
  `<details open ontoggle=${probe}>`, `<input autofocus onfocus=${probe}>`, `<video><source onerror=${probe}></video>`,
  `<a href=javascript:${probe}>x</a>`, `javascript:${probe}`, `<math><mtext><script>${probe}</script></mtext></math>`,
  `<style onload=${probe}></style>`, `<link rel=stylesheet href=x onerror=${probe}>`, `<object data=x onerror=${probe}>`,
  `<embed src=javascript:${probe}>`, `<form action=javascript:${probe}><button autofocus>`,
  `<select autofocus onfocus=${probe}>`, `<marquee onstart=${probe}>`,
]
const wrappers = [
  (tag) => tag, (tag) => `">${tag}`, (tag) => `'>${tag}`, (tag) => `</title>${tag}`, (tag) => `</textarea>${tag}`, (tag) => `-->${tag}`,
  (tag) => `</script>${tag}`, (tag) => `</template>${tag}`, (tag) => `{{${tag}}}`, (tag) => `\${${probe}}${tag}`,
]

/** 200 texts that call the probe if a page executes them, each with at most 60 characters, the limit of a title. */
const payloads = tags.flatMap((tag) => wrappers.map((wrap) => wrap(tag)))

/** Payloads with at most 20 characters, the limit of a name. No two look alike. */
const names = [
  `<script>${probe}</script>`, `<svg onload=${probe}>`, `"><svg onload=${probe}>`, `'><svg/onload=${probe}>`, `{{<svg onload=${probe}>}}`,
  `<body onload=${probe}>`, `<style onload=${probe}>`, `javascript:${probe}`, `"onfocus="${probe}`, `'onfocus='${probe}`, `<p/onclick=${probe}>`,
]

/** Payloads for file names, without a slash: the server drops everything before the last one. */
const fileNames = [...payloads.filter((text) => !text.includes('/')), `"onload="${probe}`, `'onerror='${probe}`, `" onerror=${probe} x="`]

/** Posts a GIF under a name that may contain quotation marks. */
function uploadAs(visitor, name) {
  const encoded = encodeURIComponent(`${name}.gif`).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
  const body = Buffer.concat([
    Buffer.from(`--b\r\nContent-Disposition: form-data; name="gif"; filename*=UTF-8''${encoded}\r\n\r\n`), animatedGIF(), Buffer.from('\r\n--b--\r\n'),
  ])
  return visitor.request('POST', `/room/${visitor.room}/gif`, { body, headers: { 'content-type': 'multipart/form-data; boundary=b' } })
}

/** Opens a page that counts the calls of the probe in all its frames. */
async function openWatchedPage(server) {
  const page = await openPage(server)
  page.ran = 0
  await page.context().exposeBinding('z', () => { page.ran++ })
  return page
}

/** Fails unless each text is shown as often as it was sent. */
function assertShown(shown, texts, where) {
  const count = (list) => list.reduce((counts, text) => counts.set(text, (counts.get(text) ?? 0) + 1), new Map())
  const [is, wanted] = [count(shown), count(texts)]
  const wrong = [...new Set([...is.keys(), ...wanted.keys()])].filter((text) => is.get(text) !== wanted.get(text))
  assert.deepEqual(wrong, [], `${where}: got ${wrong.length} of ${texts.length} that are not shown as often as they were sent`)
}

test('text of visitors: is never executed', async (t) => {
  assert.equal(new Set(payloads).size, 200)
  assert.deepEqual([...payloads.filter((text) => text.length > 60), ...names.filter((text) => text.length > 20)], [], 'payloads that are too long')
  const server = await startServer({
    RATE_VISITOR: 'off', RATE_ADDRESS: 'off', RATE_ROOM: 'off', RATE_CREATE_VISITOR: 'off', RATE_CREATE_ADDRESS: 'off',
    MAX_ROOMS_PER_VISITOR: '1000', EMPTY_ROOM_GRACE: 'never',
  })
  const a = await owner(server, { title: 'payloads', max: 20 })
  const emitWithAck = async (event, what) => {
    const answer = await a.chat.timeout(60_000).emitWithAck(event, { room: a.room, ...what })
    assert.equal(answer.ok, true, `${event} ${JSON.stringify(what)}: got ${JSON.stringify(answer)}, want ok`)
    return answer
  }
  const b = new Visitor(server) // creating a room renews the session, which would end a's socket
  await b.get('/')
  const said = Promise.all(payloads.map((text) => sendMessage(a.chat, text)))
  for (const text of payloads) await b.createRoom({ title: text }) // throws if the server refuses it
  await said
  for (const nick of names) {
    assert.equal((await emitWithAck('nick', { nick })).nick, nick)
    await sendMessage(a.chat, `said as ${nick}`)
  }
  for (const name of fileNames.slice(0, 30)) assert.equal((await uploadAs(a, name)).status, 200, name)

  const page = await openWatchedPage(server)
  const assertNothingRan = async (what) => {
    await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 50) })) // time for resources to load
    assert.equal(page.ran, 0, `${what}: calls of the probe`)
    assertNoErrors([page]) // the Content-Security-Policy had nothing to block
  }

  await t.test('history of a room: shows every text and executes none', async () => {
    await page.goto(`/room/${a.room}`) // the page contains the newest messages
    const rows = page.locator('#chat-list .message')
    for (let pages = 1; await page.locator('#older').isVisible(); pages++) { // the history has the others
      assert.ok(pages < 20, `${await rows.count()} rows after ${pages} pages`)
      const before = await rows.count()
      await page.locator('#older').click()
      await until(async () => await rows.count() > before, 'older messages shown')
    }
    const shown = await page.evaluate(() => [...document.querySelectorAll('#chat-list .message')].map((row) => ({
      text: row.querySelector('.message__text')?.textContent, user: row.querySelector('.message__user').textContent, alt: row.querySelector('img')?.alt,
    })))
    assertShown(shown.map(({ text }) => text).filter((text) => payloads.includes(text)), payloads, 'messages')
    assertShown(shown.filter(({ text }) => text?.startsWith('said as ')).map(({ user }) => user), names, 'names')
    assertShown(shown.map(({ alt }) => alt).filter((alt) => alt !== undefined), fileNames.slice(0, 30), 'file names')
    t.diagnostic(`${shown.length} rows`)
    assert.equal(shown.length, 1 + 200 + 2 * names.length + 30, 'messages, including a notice for each name and the join')
    await assertNothingRan('the history')
  })

  await t.test('live events: show every text and execute none', async () => {
    const log = page.locator('#chat-list')
    for (const nick of names) {
      await emitWithAck('nick', { nick })
      await page.locator('.person', { hasText: nick }).waitFor()
    }
    const ownColor = await page.locator('main').getAttribute('data-color')
    for (let i = 0; i < 200; i += 50) {
      const some = payloads.slice(i, i + 50)
      await emitWithAck('whisper', { to: ownColor, chat: `${some[0]} whispered` })
      await emitWithAck('settings', { title: some[1] })
      await emitWithAck('edit', { seq: (await emitWithAck('chat', { chat: 'first' })).seq, chat: `${some[2]} edited` })
      await Promise.all(some.map((text) => sendMessage(a.chat, `${text} live`)))
      for (const text of [`${some[0]} whispered`, `${some[2]} edited`]) await log.getByText(text, { exact: true }).waitFor()
      await until(() => page.evaluate((texts) => {
        const there = new Set([...document.querySelectorAll('#chat-list .message__text')].map((line) => line.textContent))
        return texts.every((text) => there.has(text))
      }, some.map((text) => `${text} live`)), 'every live message shown')
    }
    for (const name of fileNames.slice(30)) assert.equal((await uploadAs(a, name)).status, 200)
    await until(() => page.evaluate((name) => [...document.querySelectorAll('#chat-list img')].at(-1)?.alt === name, fileNames.at(-1)), 'the last GIF shown')
    await until(async () => (await page.title()).startsWith(payloads[151]), 'the new title of the page')
    await assertNothingRan('live')
  })

  await t.test('list of rooms: shows every title and executes none', async () => {
    const seen = []
    for (let path = '/'; path;) {
      await page.goto(path)
      seen.push(...await page.locator('.room-list [data-slot=title]').allTextContents())
      await assertNothingRan(path)
      path = await page.evaluate(() => {
        const more = document.querySelector('#more-rooms')
        return more.hidden ? '' : more.querySelector('a').getAttribute('href')
      })
    }
    // The room's own title is payload 151 since the live test.
    assertShown(seen, [...payloads, payloads[151]], 'titles')
    for (const text of payloads.slice(0, 30)) await b.createRoom({ title: `${text} !`.slice(0, 60) }) // listed live on the open page
    await page.locator('.room-list [data-slot=title]').getByText(`${payloads[29]} !`, { exact: true }).waitFor()
    await assertNothingRan('new rooms')
  })

  await t.test('addresses and returned forms: escape every text', async () => {
    const [error, enter, lang] = [0, 1, 2].map((n) => tags.filter((_, i) => i % 3 === n).map(encodeURIComponent))
    for (const [i, text] of error.entries()) await page.goto(`/?error=${text}&enter=${enter[i]}&lang=${lang[i] ?? ''}`)
    await Promise.all(payloads.map(async (text) => {
      const body = new URLSearchParams({ title: text, max: '1' })
      const html = await (await b.request('POST', '/room', { body, headers: { accept: 'text/html' } })).text()
      assert.ok(html.includes('name="title" value="'), 'the form is returned with the title')
      assert.ok(!html.includes(text) || !/[<"']/.test(text), `${text} is returned unescaped`)
    }))
    await page.goto('/room')
    await page.fill('[name=title]', payloads[0])
    await page.evaluate(() => { document.querySelector('main form').noValidate = true })
    await page.fill('[name=max]', '1')
    await page.keyboard.press('Enter')
    await page.locator('[name=max][aria-invalid=true]').waitFor()
    assert.equal(await page.inputValue('[name=title]'), payloads[0])
    assert.equal(page.ran, 0)
    assertNoErrors([page], /400 \(Bad Request\)/)
  })
  a.chat.disconnect()
  await server.stop()
})

longTest('payloads: execute in a page without escaping and policy, and the test notices it', async () => {
  const server = await startServer()
  const page = await openWatchedPage(server)
  let body
  await page.route('**/control', (route) => route.fulfill({ contentType: 'text/html', body }))
  const idle = []
  for (const text of [...tags, ...names]) {
    page.ran = 0
    body = `<!doctype html><title>control</title><body>${text}`
    await page.goto('/control')
    await until(() => page.ran > 0, text, 300).catch(() => idle.push(text))
  }
  assert.ok(tags.filter((text) => !idle.includes(text)).length >= 15, `payloads that did not execute: ${idle.join(' ')}`)
  assert.ok(names.filter((text) => !idle.includes(text)).length >= 6, `payloads that did not execute: ${idle.join(' ')}`)
  await server.stop()
})

test('server: serves no file outside of public and reveals no internals in errors', async () => {
  const server = await startServer()
  const b = await member(server, (await owner(server)).room)
  const raw = (method, path, headers = {}) => new Promise((resolve, reject) => { // fetch would normalise the path
    const request = http.request({ host: 'localhost', port: server.port, method, path, headers: { cookie: b.cookie, ...headers } },
      async (answer) => resolve({ status: answer.statusCode, type: answer.headers['content-type'], server: answer.headers.server, body: (await answer.toArray()).join('') }))
    request.on('error', reject)
    request.end()
  })
  const up = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..%5c', '..\\', '....//', '%252e%252e%252f', '..%c0%af', './../']
  const targets = ['etc/passwd', 'go.mod', 'handlers/errors.go', 'data/gifchat.db', 'gifchat.db', 'cookie-secret']
  const bases = ['/public/x/', '/public/x/js/', '/gif/', '/socket.io/', '/']
  const paths = bases.flatMap((base) => up.flatMap((dots) => targets.map((target) => base + dots.repeat(4) + target)))
  paths.push('/public/x/js/%00', '/gif/%00.gif', '/gif/a.gif%00', '/public/', '/public/x/', '/public/x/js', '/public/x/.gitignore',
    '/public/x/vendor/VERSION', '/socket.io/.gitignore', '/.env', '/.git/config', '/data/', '/templates/layout.html', '/debug/pprof/', '/metrics')
  for (const path of paths) {
    const answer = await raw('GET', path)
    assert.ok([400, 403, 404].includes(answer.status), `${path}: got status ${answer.status}, want 400, 403 or 404: ${answer.body.slice(0, 200)}`)
    assertNoInternals(path, answer)
  }
  const mistakes = [
    ['PUT', '/room'], ['PATCH', '/'], ['TRACE', '/'], ['DELETE', `/room/${'0'.repeat(24)}`], ['POST', '/room/x/chat'], ['GET', '/room/%ff'],
    ['GET', `/${'x'.repeat(5000)}`], ['POST', '/room', { 'content-type': 'application/json' }], ['POST', '/room', { 'content-type': 'multipart/form-data' }],
    ['GET', '/room/x/messages?before=x'], ['GET', '/', { cookie: `connect.sid=${'x'.repeat(5000)}` }], ['OPTIONS', '*'],
  ]
  for (const [method, path, headers] of mistakes) {
    const answer = await raw(method, path, headers)
    assert.ok(answer.status >= 200 && answer.status < 500, `${method} ${path}: got status ${answer.status}, want 200 to 499`)
    assertNoInternals(`${method} ${path}`, answer)
  }
  b.chat.disconnect()
  await server.stop()

  /** Fails if a response has a path of the server, a version or a stack trace. */
  function assertNoInternals(what, { body, server: name }) {
    assert.equal(name, undefined, what)
    assert.doesNotMatch(body, /goroutine|\.go:\d|runtime error|\/home\/|\/root|\/tmp\/|sqlite|SELECT |root:x:0|\/\/ indirect|go1\.\d/i, what)
  }
})

/** The tests above depend on this: a blocked script is an error of the page. */
test('Content-Security-Policy: blocks an inline handler, and the page reports it', async () => {
  const server = await startServer()
  const page = await openPage(server)
  await page.goto('/')
  await page.evaluate(() => { document.body.innerHTML += '<img src=x onerror="window.__executed=1">' })
  await until(() => page.errors.length > 0, 'a policy violation on the console')
  assert.equal(await page.evaluate('window.__executed'), undefined)
  await server.stop()
})
