// Uploads are stored only if they are GIFs, served only as GIFs, and only to members of the room.
import { test, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from './lib/server.js'
import { pause } from './lib/clients.js'
import { openPage } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { polyglots } from './lib/polyglots.js'
import { someOf } from './lib/sizes.js'
import { Visitor } from './lib/visitor.js'

let server
before(async () => { server = await startServer() })

async function visitor(room) {
  const v = new Visitor(server)
  await v.get('/')
  if (room) await v.enter(room)
  return v
}

async function shown(v, room) {
  const { messages } = await (await v.get(`/room/${room}/messages?limit=100`)).json()
  return messages.filter(({ gif }) => gif)
}

/** Posts a form with one file and the given headers. */
function post(v, room, disposition, bytes, type = 'image/gif') {
  const body = Buffer.concat([
    Buffer.from(`--x\r\nContent-Disposition: form-data; name="gif"; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`),
    bytes, Buffer.from('\r\n--x--\r\n'),
  ])
  return v.request('POST', `/room/${room}/gif`, { body, headers: { 'content-type': 'multipart/form-data; boundary=x' } })
}

test(`${someOf(polyglots).length} polyglot files: are refused or stripped, and execute nowhere`, async () => {
  assert.ok(polyglots.length >= 40, `polyglots: got ${polyglots.length}, want at least 40`)
  const paths = []
  let owner, room
  for (const [i, { what, bytes, name, type, kept }] of someOf(polyglots).entries()) {
    if (i % 15 === 0) { // a visitor can post 30 at once
      owner = await visitor()
      room = await owner.createRoom()
      await owner.enter(room)
    }
    const answer = await post(owner, room, `filename="${name.replace('\0', '')}"`, bytes, type)
    if (answer.status !== 200) {
      assert.ok([400, 413, 415].includes(answer.status), `${what}: got status ${answer.status}, want 400, 413 or 415`)
      continue
    }
    const { gif, poster } = (await shown(owner, room)).at(-1)
    for (const path of [gif, poster].filter(Boolean)) {
      const stored = await owner.get(`/gif/${path}`)
      assert.equal(stored.headers.get('content-type'), 'image/gif')
      assert.equal(stored.headers.get('x-content-type-options'), 'nosniff')
      assert.equal(stored.headers.get('content-security-policy'), "default-src 'none'; sandbox")
      assert.equal(stored.headers.get('cross-origin-resource-policy'), 'same-origin')
      assert.equal(stored.headers.get('content-disposition'), null)
      const text = Buffer.from(await stored.arrayBuffer()).toString('latin1')
      if (!kept) assert.doesNotMatch(text, /executed|script|PK\x05|%PDF|php/i, what)
      assert.match(text, /^GIF8[79]a[^]*;$/)
      paths.push({ owner, room, path: `/gif/${path}`, what, kept })
    }
  }
  const share = someOf(polyglots).length / polyglots.length
  assert.ok(paths.length >= 20 * share, `accepted files: got ${paths.length}, want at least ${20 * share}`)
  assert.ok(paths.filter(({ kept }) => kept).length >= 5 * share, 'the accepted files include payloads that cannot be stripped')
  await runsNowhere(paths)
})

/** Loads each file in a browser as every executable type, from a page of the same origin. */
async function runsNowhere(paths) {
  const page = await openPage(server)
  const context = page.context()
  const requested = []
  let executions = 0
  context.on('request', (request) => {
    if (request.url().endsWith('/executed')) executions++
    else requested.push(new URL(request.url()).pathname)
  })
  await page.route('**/control', (route) => route.fulfill({ contentType: 'text/javascript', body: 'top.executed=1;new Image().src="/executed"' }))
  const load = (path) => page.evaluate(async (path) => {
    const done = []
    for (const make of [
      () => Object.assign(document.createElement('script'), { src: path }),
      () => Object.assign(document.createElement('script'), { src: path, type: 'module' }),
      () => Object.assign(document.createElement('link'), { rel: 'stylesheet', href: path }),
      () => Object.assign(document.createElement('iframe'), { src: path }),
      () => Object.assign(document.createElement('object'), { data: path }),
      () => Object.assign(document.createElement('embed'), { src: path }),
      () => Object.assign(new Image(), { src: path }),
    ]) {
      const element = make()
      done.push(new Promise((resolve) => { element.onload = element.onerror = resolve; setTimeout(resolve, 400) }))
      document.body.append(element)
    }
    await Promise.all(done)
    return window.executed
  }, path)

  let room
  for (const { owner, room: of, path, what } of paths) {
    if (room !== of) {
      await context.clearCookies()
      const [name, value] = owner.cookie.match(/(connect\.sid)=([^;]*)/).slice(1)
      await context.addCookies([{ name, value, url: server.url }])
      await page.goto('/notice')
      room = of
    }
    assert.equal(await load(path), undefined, `${what}: executed in an element`)
  }
  for (const { path, what, kept } of paths) {
    if (!kept && !path.endsWith('poster')) continue // the others are identical, without a payload
    await page.goto(path)
    assert.equal(await page.evaluate('window.executed'), undefined, `${what}: executed as a page`)
  }
  await pause(100)
  assert.equal(executions, 0, 'requests for /executed')
  assert.ok(paths.every(({ path }) => requested.includes(path)), 'every file was requested')
  await page.goto('/notice')
  assert.equal(await load('/control'), 1, 'window.executed after a script that is allowed to run')
  assert.ok(executions > 0, 'requests for /executed by the control script: got none')
  await context.close()
}

test('file name: is never used as a path or in a header', async () => {
  const owner = await visitor()
  const room = await owner.createRoom()
  await owner.enter(room)
  const gif = Buffer.from(animatedGIF())
  const names = [
    ['filename="../../x.gif"', 'x'],
    ['filename="..\\\\..\\\\x.gif"', 'x'],
    ['filename="/etc/passwd"', 'passwd'],
    ['filename="a\0b.gif"', /^(ab|a b)$/],
    ['filename="a%0d%0aSet-Cookie: x=1.gif"', 'a%0d%0aSet-Cookie: x=1'],
    [`filename="${'n'.repeat(300)}.gif"`, /^n{100,200}$/],
    ['filename="a.gif\\";x=.html"', 'a.gif";x=.html'],
    ['filename="고양이.gif"', '고양이'],
    ["filename*=UTF-8''%EA%B3%A0%EC%96%91%EC%9D%B4.gif", '고양이'],
    ['filename="\u202egpj.\u2066exe\u200b.gif"', 'gpj.exe'],
    ["filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x%3D1.gif", /^a ? ?Set-Cookie: x=1$/],
    ["filename*=UTF-8''..%2F..%2Fx.gif", 'x'],
  ]
  for (const [disposition, alt] of names) {
    const answer = await post(owner, room, disposition, gif)
    if (answer.status === 400) { // not a form for the parser
      assert.match(disposition, /\0/)
      continue
    }
    assert.equal(answer.status, 200, disposition)
    const message = (await shown(owner, room)).at(-1)
    if (alt instanceof RegExp) assert.match(message.alt, alt)
    else assert.equal(message.alt, alt)
    assert.match(message.gif, /^[0-9a-f]{24}\.gif$/)
    const headers = [...(await owner.get(`/gif/${message.gif}`)).headers].join('\n')
    assert.doesNotMatch(headers, /고양이|Set-Cookie: x|passwd|html|nnn/i)
  }
  for (const broken of ['filename="a\r\nSet-Cookie: x=1.gif"', 'filename="a', 'filename=']) {
    assert.equal(Math.floor((await post(owner, room, broken, gif)).status / 100), 4, broken)
  }
  for (const file of readdirSync(join(server.dataDir, 'gifs'))) assert.match(file, /^[0-9a-f]{24}\.gif$/)
  assert.deepEqual(readdirSync(server.dataDir).filter((file) => !/^(gifs|cookie-secret|gifchat\.db.*)$/.test(file)), [])
})

describe('GIF of a private room', () => {
  let owner, member, stranger, room, message
  before(async () => {
    owner = await visitor()
    room = await owner.createRoom({ password: 'pw' })
    await owner.enter(room)
    member = new Visitor(server)
    await member.get('/')
    await member.enter(room, 'pw')
    stranger = await visitor()
    assert.equal((await owner.upload(room, animatedGIF())).status, 200);
    [message] = await shown(owner, room)
    assert.deepEqual([message.frames, message.duration, message.poster], [2, 400, `${message.gif}/poster`])
  })

  const statuses = (v, headers) => Promise.all([message.gif, message.poster]
    .map(async (path) => (await v.request('GET', `/gif/${path}`, { headers })).status))

  test('GIF: is served to members with its hash as ETag', async () => {
    assert.deepEqual(await statuses(member), [200, 200])
    const hash = createHash('sha256').update(animatedGIF()).digest('hex')
    assert.equal((await member.get(`/gif/${message.gif}`)).headers.get('etag'), `"${hash}"`)
  })

  test('GIF: is missing for others, whatever headers they send', async () => {
    const { headers } = await member.get(`/gif/${message.gif}`)
    assert.match(headers.get('cache-control'), /private/)
    for (const v of [stranger, new Visitor(server)]) {
      assert.deepEqual(await statuses(v), [404, 404])
      assert.deepEqual(await statuses(v, { 'if-none-match': headers.get('etag') }), [404, 404])
      assert.deepEqual(await statuses(v, { range: 'bytes=0-5' }), [404, 404])
    }
    for (const path of ['..%2fcookie-secret', `..%2fgifs%2f${message.gif}`, `${message.gif}%00`, `${message.gif}.tmp`, message.gif.toUpperCase()]) {
      assert.equal((await owner.get(`/gif/${path}`)).status, 404, path)
    }
  })

  test('GIF: is refused to pages of another origin', async () => {
    for (const site of ['cross-site', 'same-site']) {
      assert.deepEqual(await statuses(member, { 'sec-fetch-site': site, 'sec-fetch-dest': 'image' }), [403, 403])
    }
    const answer = await member.request('GET', `/gif/${message.gif}`, { headers: { origin: 'https://evil.example' } })
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
  })

  test('GIF: is missing for a member after a kick', async () => {
    const guest = new Visitor(server)
    await guest.get('/')
    await guest.enter(room, 'pw')
    const etag = (await guest.get(`/gif/${message.gif}`)).headers.get('etag')
    assert.equal((await guest.postMessage(room, '안녕')).status, 200)
    const { messages } = await (await owner.get(`/room/${room}/messages`)).json()
    const { user: person } = messages.find(({ chat }) => chat === '안녕')
    const socket = await owner.join(room)
    assert.deepEqual(await socket.emitWithAck('kick', { person }), { ok: true })
    assert.deepEqual(await statuses(guest), [404, 404])
    assert.deepEqual(await statuses(guest, { 'if-none-match': etag }), [404, 404])
    socket.disconnect()
  })

  test('GIF: is missing for a cookie after its logout', async () => {
    const guest = new Visitor(server)
    await guest.get('/')
    await guest.enter(room, 'pw')
    assert.deepEqual(await statuses(guest), [200, 200])
    const { headers } = await guest.get(`/gif/${message.gif}`)
    const before = guest.cookie
    const thief = () => Object.assign(new Visitor(server), { cookie: before }) // a new visitor each time, since a response replaces the cookie
    assert.deepEqual(await statuses(thief()), [200, 200], 'status before the logout')
    assert.equal((await guest.request('POST', '/logout')).status, 200)
    assert.deepEqual(await statuses(thief()), [404, 404])
    assert.deepEqual(await statuses(thief(), { 'if-none-match': headers.get('etag') }), [404, 404])
    assert.deepEqual(await statuses(thief(), { range: 'bytes=0-5' }), [404, 404])
    assert.deepEqual(await statuses(guest), [404, 404])
    assert.deepEqual(await statuses(member), [200, 200], 'status for another member')
  })

  test('GIF: is missing after the removal of its room, also for a browser that has cached it', async () => {
    const page = await openPage(server)
    const [name, value] = member.cookie.match(/(connect\.sid)=([^;]*)/).slice(1)
    await page.context().addCookies([{ name, value, url: server.url }])
    await page.goto('/notice')
    const fetchStatuses = () => page.evaluate((paths) => Promise.all(paths.map(async (path) => (await fetch(`/gif/${path}`)).status)), [message.gif, message.poster])
    assert.deepEqual([await fetchStatuses(), await fetchStatuses()], [[200, 200], [200, 200]])
    assert.equal((await owner.request('DELETE', `/room/${room}`)).status, 200)
    assert.deepEqual(await fetchStatuses(), [404, 404])
    assert.ok(!readdirSync(join(server.dataDir, 'gifs')).includes(message.gif), `${message.gif} is still on disk`)
    await page.context().close()
  })
})
