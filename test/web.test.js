// What the pages give away, and what they let in: rows A2, A7, W4 and W7 of
// docs/promises.md.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { binary, startServer } from './lib/server.js'
import { collect, heard, pause, until } from './lib/clients.js'
import { assertNoComplaints, person } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { nth, sized, soak } from './lib/soak.js'
import { Visitor, member, owner } from './lib/visitor.js'

test('a password is told to nobody and stands nowhere', async () => {
  const server = await startServer({ LOG_LEVEL: 'debug' })
  const secret = 'S3cr3t-xyz'
  const seen = []
  const hears = (socket) => socket.io.engine.on('packet', ({ data }) => seen.push(String(data)))
  const watcher = new Visitor(server)
  const lobby = watcher.socket('/room')
  await heard(lobby, 'connect')
  hears(lobby)

  const keep = async (answer) => { seen.push(JSON.stringify([...answer.headers]), await answer.clone().text()); return answer }
  const a = new Visitor(server)
  await a.get('/')
  const made = await keep(await a.form('/room', { title: 'by form', max: '5', password: secret }))
  await keep(await a.json('/room', { title: 'by JSON', max: 5, password: secret }))
  const id = made.headers.get('location').match(/[0-9a-f]{24}/)[0]
  a.chat = await a.join(id)
  hears(a.chat)
  assert.equal((await a.chat.timeout(5000).emitWithAck('settings', { room: id, password: `${secret}2` })).ok, true)

  const b = new Visitor(server)
  await b.get('/')
  await keep(await b.open(id, `${secret}-wrong`))
  await keep(await b.form(`/room/${id}/enter`, { password: `${secret}2` }))
  b.chat = await b.join(id)
  hears(b.chat)
  seen.push(JSON.stringify(await b.chat.timeout(5000).emitWithAck('join', { room: id, password: `${secret}2` })))
  for (const path of ['/', `/room/${id}`, `/room/${id}/messages`, '/room']) await keep(await b.get(path))
  await a.say(id, 'hello')
  await until(() => seen.some((text) => text.includes('"hello"')), 'the room is heard')
  for (const socket of [lobby, a.chat, b.chat]) socket.disconnect()
  await server.stop()

  const all = seen.join('\n')
  assert.ok(all.includes('newRoom') && all.includes('by JSON'), 'nothing was recorded')
  assert.ok(!all.includes(secret) && !all.includes('argon2id'), 'it went over the wire')
  assert.ok(!server.logs.includes(secret) && !server.logs.includes('argon2id'), 'it is in the log')
  const files = readdirSync(server.dataDir).filter((name) => name.startsWith('gifchat.db'))
  assert.ok(files.length > 0)
  const kept = files.map((name) => readFileSync(join(server.dataDir, name), 'latin1')).join('')
  assert.ok(kept.includes('$argon2id$v=19$m=19456,t=2,p=1$'), 'no hash is kept')
  assert.ok(!kept.includes(secret), 'it is in the database')
})

describe('what is there cannot be told from what is not', () => {
  let server, a, stranger, gif
  before(async () => {
    server = await startServer({}, { path: binary({ race: false }) })
    a = await owner(server, { password: 'pw' })
    const posted = heard(a.chat, 'chat')
    assert.equal((await a.upload(a.room, animatedGIF())).status, 200)
    gif = (await posted)[0].gif
    stranger = new Visitor(server)
    await stranger.get('/')
  })
  const missing = () => `${Array.from({ length: 24 }, () => Math.floor(Math.random() * 16).toString(16)).join('')}.gif`

  test('GIFs, by the answer', async () => {
    const what = async (name) => {
      const answer = await stranger.get(`/gif/${name}`)
      const headers = Object.fromEntries([...answer.headers].filter(([key]) => !['date', 'x-request-id'].includes(key)))
      return { status: answer.status, headers, body: await answer.text() }
    }
    assert.deepEqual(await what(gif), await what(missing()))
    assert.deepEqual((await what(gif)).status, 404)
  })

  test('GIFs, by the time it takes', async (t) => {
    const times = { there: [], missing: [] }
    for (let i = 0; i < sized(100, 1000); i++) {
      for (const [kind, name] of [['there', gif], ['missing', missing()]]) {
        const begun = performance.now()
        await (await stranger.get(`/gif/${name}`)).text()
        times[kind].push((performance.now() - begun) * 1000)
      }
    }
    const [there, not] = [nth(times.there, 0.5), nth(times.missing, 0.5)]
    t.diagnostic(`half take ${there} and ${not} µs`)
    // Of figures that others on this machine disturb, only gross ones mean anything.
    assert.ok(Math.abs(there - not) <= (soak ? 0.05 * not : 5000), `${there} and ${not} µs`)
  })

  test('ids are too long to be guessed', async () => {
    const ids = new Set()
    for (let i = 0; i < 20; i++) ids.add(await a.createRoom())
    const { messages } = await (await a.get(`/room/${a.room}/messages`)).json()
    for (const { _id } of messages) ids.add(_id)
    assert.ok(ids.size > 20)
    for (const id of ids) assert.match(id, /^[0-9a-f]{24}$/) // 96 random bits
    for (let place = 0; place < 24; place++) {
      assert.ok(new Set([...ids].map((id) => id[place])).size > 3, `place ${place} hardly changes`)
    }
  })
})

/** As fast as one may. */
async function say(socket, text) {
  for (;;) {
    const answer = await socket.timeout(5000).emitWithAck('chat', text)
    if (answer.ok) return
    assert.equal(answer.reason, 'rate_limited')
    await pause(answer.retryAfter)
  }
}

/** Two hundred ways to say alert(1). */
function payloads() {
  const code = 'window.__executed=(window.__executed||0)+1'
  const tags = [
    `<script>${code}</script>`, `<img src=x onerror="${code}">`, `<svg onload="${code}">`, `<svg><script>${code}</script></svg>`,
    `<body onload="${code}">`, `<iframe src="javascript:parent.${code}"></iframe>`, `<iframe srcdoc="<script>parent.${code}</script>"></iframe>`,
    `<details open ontoggle="${code}">`, `<input autofocus onfocus="${code}">`, `<video><source onerror="${code}"></video>`,
    `<a href="javascript:${code}">x</a>`, `javascript:${code}`, `<math><mtext><script>${code}</script></mtext></math>`,
    `<style>@import "javascript:${code}"</style>`, `<link rel=stylesheet href="data:text/css,*{}" onload="${code}">`,
    `<object data="javascript:${code}">`, `<embed src="javascript:${code}">`, `<form action="javascript:${code}"><button autofocus>`,
    `<meta http-equiv=refresh content="0;url=javascript:${code}">`, `<marquee onstart="${code}">`,
  ]
  const around = [
    (tag) => tag, (tag) => `">${tag}`, (tag) => `'>${tag}`, (tag) => `</title>${tag}`, (tag) => `</textarea>${tag}`, (tag) => `-->${tag}`,
    (tag) => `</script>${tag}`, (tag) => `</template>${tag}`, (tag) => `{{${tag}}}`, (tag) => `\${${code}}${tag}`,
  ]
  return tags.flatMap((tag) => around.map((wrap) => wrap(tag)))
}

test('nothing that visitors write is run', async () => {
  const server = await startServer({ RATE_VISITOR: 'off' })
  const a = await owner(server, { title: 'payloads', max: 20 })
  const all = payloads()
  assert.equal(all.length, 200)
  for (const [i, text] of all.entries()) {
    if (i % 10 === 0) await a.createRoom({ title: text.slice(0, 60) })
    if (i % 20 === 0) {
      await a.chat.timeout(5000).emitWithAck('nick', text.slice(0, 20))
      assert.equal((await a.upload(a.room, animatedGIF(), { name: `${text}.gif` })).status, 200)
    }
    await say(a.chat, text)
  }
  const page = await person(server)
  await page.goto(`/room/${a.room}`) // the newest come with the page
  await page.locator('#older').click() // others from the history
  await page.locator('#chat-list .message').nth(60).waitFor()
  for (const live of all.slice(0, 20)) await say(a.chat, `${live} live`)
  await page.locator('#chat-list').getByText(`${all[19]} live`, { exact: true }).waitFor()
  assert.equal(await page.evaluate(() => window.__executed), undefined)
  await page.goto('/')
  await page.locator('.room-list tbody tr').nth(15).waitFor()
  assert.equal(await page.evaluate(() => window.__executed), undefined)
  await page.goto(`/?error=${encodeURIComponent(all[0])}&enter=${encodeURIComponent(all[1])}&lang=${encodeURIComponent(all[2])}`)
  assert.equal(await page.evaluate(() => window.__executed), undefined)
  assertNoComplaints([page]) // the policy had nothing to stop
  a.chat.disconnect()
  await server.stop()
})

test('nothing is served but what is there to be served, and mistakes tell nothing', async () => {
  const server = await startServer()
  const b = await member(server, (await owner(server)).room)
  const raw = (method, path, headers = {}) => new Promise((resolve, reject) => { // fetch would tidy the path up
    const request = http.request({ host: 'localhost', port: server.port, method, path, headers: { cookie: b.cookie, ...headers } },
      async (answer) => resolve({ status: answer.statusCode, type: answer.headers['content-type'], server: answer.headers.server, body: (await answer.toArray()).join('') }))
    request.on('error', reject)
    request.end()
  })
  const up = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..%5c', '..\\', '....//', '%252e%252e%252f', '..%c0%af', './../']
  const targets = ['etc/passwd', 'go.mod', 'handlers/errors.go', 'data/gifchat.db', 'gifchat.db', 'cookie-secret']
  const bases = ['/public/x/', '/public/x/js/', '/gif/', '/socket.io/', '/']
  const asked = bases.flatMap((base) => up.flatMap((dots) => targets.map((target) => base + dots.repeat(4) + target)))
  asked.push('/public/x/js/%00', '/gif/%00.gif', '/gif/a.gif%00', '/public/', '/public/x/', '/public/x/js', '/public/x/.gitignore',
    '/public/x/vendor/VERSION', '/socket.io/.gitignore', '/.env', '/.git/config', '/data/', '/templates/layout.html', '/debug/pprof/', '/metrics')
  for (const path of asked) {
    const answer = await raw('GET', path)
    assert.ok([400, 403, 404].includes(answer.status), `${path} was answered with ${answer.status}: ${answer.body.slice(0, 200)}`)
    quiet(path, answer)
  }
  const mistakes = [
    ['PUT', '/room'], ['PATCH', '/'], ['TRACE', '/'], ['DELETE', `/room/${'0'.repeat(24)}`], ['POST', '/room/x/chat'], ['GET', '/room/%ff'],
    ['GET', `/${'x'.repeat(5000)}`], ['POST', '/room', { 'content-type': 'application/json' }], ['POST', '/room', { 'content-type': 'multipart/form-data' }],
    ['GET', '/room/x/messages?before=x'], ['GET', '/', { cookie: `connect.sid=${'x'.repeat(5000)}` }], ['OPTIONS', '*'],
  ]
  for (const [method, path, headers] of mistakes) {
    const answer = await raw(method, path, headers)
    assert.ok(answer.status >= 200 && answer.status < 500, `${method} ${path} was answered with ${answer.status}`)
    quiet(`${method} ${path}`, answer)
  }
  b.chat.disconnect()
  await server.stop()

  /** No path of ours, no version, no trace. */
  function quiet(what, { body, server: name }) {
    assert.equal(name, undefined, what)
    assert.doesNotMatch(body, /goroutine|\.go:\d|runtime error|\/home\/|\/root|\/tmp\/|sqlite|SELECT |root:x:0|module gifchat|go1\.\d/i, what)
  }
})

/** The tests above would not notice anything if this passed. */
test('a page that runs what visitors write is noticed', async () => {
  const server = await startServer()
  const page = await person(server)
  await page.goto('/')
  await page.evaluate(() => { document.body.innerHTML += '<img src=x onerror="window.__executed=1">' })
  await until(() => page.complaints.length > 0, 'the policy has stopped it')
  assert.equal(collect(page, 'pageerror').length, 0)
  await server.stop()
})
