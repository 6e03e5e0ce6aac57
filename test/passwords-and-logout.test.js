// Password guessing, the cost of hashing, and logout: rows A3, A5 and A6 of docs/promises.md,
// from outside of the program.
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { openPage } from './lib/browser.js'
import { binary, startServer } from './lib/server.js'
import { startCanary } from './lib/canary.js'
import { client, connected, nextEvent, pause, until, transportModes } from './lib/clients.js'
import { MiB, measurable, peak, resetPeak, resident } from './lib/process.js'
import { longTest, percentile, eventTimeout, promised, promisedMiB, sized } from './lib/sizes.js'
import { ChatSocket, address, closeAgents, manyAddresses, newCookie, postForm, requestFrom } from './lib/addresses.js'
import { Visitor } from './lib/visitor.js'

after(closeAgents)

const lone = { path: binary({ race: false }) }

longTest('password guesses: are limited per session, address and room', { skip: !manyAddresses && 'it needs many addresses' }, async (t) => {
  const server = await startServer({ RATE_SESSION_ADDRESS: 'off' }, lone)
  const owner = new Visitor(server), member = new Visitor(server), left = new Visitor(server)
  await owner.get('/')
  const room = await owner.createRoom({ password: '비밀' })
  await member.get('/')
  await member.enter(room, '비밀')
  await left.get('/')
  await left.enter(room, '비밀')
  const leaver = await ChatSocket.open(server, { cookie: left.cookie })
  assert.equal((await leaver.emitWithAck('join', room)).ok, true)
  assert.equal((await leaver.emitWithAck('quit', { room })).ok, true)
  leaver.close()
  const enter = async (from, cookie, password) =>
    (await postForm(server, `/room/${room}/enter`, { password }, { from, headers: { cookie } })).status

  const count = { wrong: 0, tooMany: 0 }
  const retryAfters = new Set()
  const guess = async (from, cookie, forged) => {
    const answer = await postForm(server, `/room/${room}/enter`, { password: 'x' }, {
      from, headers: { cookie, ...(forged && { 'x-forwarded-for': forged, 'x-real-ip': forged }) },
    })
    if (answer.status === 403) count.wrong++
    else {
      assert.equal(answer.status, 429, answer.body)
      assert.ok(Number(answer.headers['retry-after']) >= 1, `Retry-After: got ${answer.headers['retry-after']}, want at least 1`)
      retryAfters.add(Number(answer.headers['retry-after']))
      count.tooMany++
    }
  }
  const wrong = async (what) => {
    const before = count.wrong
    await what()
    return count.wrong - before
  }
  const rounds = sized(100, 1000)
  const one = await newCookie(server, address(0))
  assert.equal(await wrong(async () => { for (let i = 0; i < rounds; i++) await guess(address(0), one) }), 10, 'one session')
  assert.equal(await wrong(async () => {
    for (let i = 0; i < rounds; i++) await guess(address(0), await newCookie(server, address(0)), `198.51.100.${i % 250}`)
  }), 0, 'new sessions and forged addresses from the same address')
  assert.equal(await wrong(async () => { // each event has a session of its own
    for (let i = 0; i < 30; i++) {
      const socket = await ChatSocket.open(server, { from: address(1) })
      const answer = await socket.emitWithAck('join', { room, password: 'x' })
      if (answer.reason === 'wrong_password') count.wrong++
      else assert.ok(answer.reason === 'too_many_tries' && answer.retryAfter > 0, JSON.stringify(answer))
      socket.close()
    }
  }), 10, 'by event')
  const addresses = sized(30, 100)
  const total = await wrong(async () => {
    for (let from = 2; from < 2 + addresses; from++) {
      const cookie = await newCookie(server, address(from))
      await Promise.all(Array.from({ length: sized(12, 80) }, () => guess(address(from), cookie)))
    }
  })
  assert.equal(total, 80, "the rest of the room's hundred")
  t.diagnostic(`${count.wrong} guesses were checked, ${count.tooMany} were refused; Retry-After up to ${percentile([...retryAfters], 1)} s`)

  const late = address(200)
  assert.equal(await enter(late, await newCookie(server, late), '비밀'), 429, 'status of a new visitor with the right password')
  assert.equal(await enter(address(250), left.cookie, '비밀'), 200, 'status of a former member')
  for (const [who, visitor] of Object.entries({ owner, member })) {
    assert.equal((await visitor.open(room)).status, 200, who)
    assert.equal((await visitor.postMessage(room, '안녕')).status, 200, who)
  }
  const socket = await ChatSocket.open(server, { cookie: owner.cookie })
  assert.equal((await socket.emitWithAck('join', room)).ok, true)
  assert.equal((await socket.emitWithAck('settings', { room, password: '다른 것' })).ok, true)
  socket.close()
  assert.equal(await enter(late, await newCookie(server, late), '다른 것'), 200, 'status with the new password')
  await server.stop()
})

test('password hashing: is bounded in memory and does not delay other rooms', { skip: !measurable && 'memory is measured on Linux only' }, async (t) => {
  const server = await startServer({}, lone)
  const owner = new Visitor(server)
  await owner.get('/')
  const room = await owner.createRoom({ password: '비밀', max: 500 })
  const canary = await startCanary(server)
  const socket = await ChatSocket.open(server)
  await socket.emitWithAck('leave')
  const byEvent = []
  for (let i = 0; i < 9; i++) {
    const join = socket.prepare('join', { room, password: 'x'.repeat(990_000) })
    const startedAt = performance.now()
    const answer = await join()
    byEvent.push(performance.now() - startedAt)
    assert.equal(answer.reason, 'invalid')
  }
  const byForm = []
  const cookie = await newCookie(server)
  for (let i = 0; i < 9; i++) { // encoded before the measured time, like the events
    const answer = await postForm(server, `/room/${room}/enter`, { password: 'x'.repeat(1_000_000) }, { headers: { cookie } })
    assert.deepEqual([answer.status, answer.headers['x-reason']], [413, 'too_large'])
    byForm.push(answer.duration)
  }
  t.diagnostic(`a megabyte was refused in ${percentile(byEvent, 0.5)} ms by event, in ${percentile(byForm, 0.5)} ms by form (half)`)
  assert.ok(percentile(byEvent, 0.5) <= promised(10), `refusals by event: got ${byEvent} ms, want a median of at most ${promised(10)}`)
  assert.ok(percentile(byForm, 0.5) <= promised(10), `refusals by form: got ${byForm} ms, want a median of at most ${promised(10)}`)

  const joining = await Promise.all(Array.from({ length: 200 }, () => ChatSocket.open(server)))
  const before = resident(server.pid)
  resetPeak(server.pid)
  const answers = await Promise.all(joining.map((one) => one.emitWithAck('join', { room, password: '비밀' })))
  const grown = (peak(server.pid) - before) / MiB
  const waits = await canary.stop()
  const inside = answers.filter(({ ok }) => ok).length
  t.diagnostic(`200 at once: ${inside} are in, +${grown.toFixed(1)} MiB; the others waited for ${percentile(waits, 0.99)} ms at most`)
  assert.ok(answers.every(({ ok, reason }) => ok || reason === 'unavailable'), JSON.stringify(answers.find(({ ok }) => !ok)))
  assert.ok(inside > 0, 'joins with the right password: got none')
  // One hash of 19 MiB at a time, and memory that is not collected yet.
  assert.ok(grown <= promisedMiB(96), `memory: got ${grown} MiB more, want at most ${promisedMiB(96)}`)
  assert.ok(percentile(waits, 0.99) <= promised(200), `answers of other rooms: got ${waits} ms, want a 99th percentile of at most ${promised(200)}`)
  joining.forEach((one) => one.close())
  socket.close()
  await server.stop()
})

for (const [mode, options] of Object.entries(transportModes)) {
  test(`logout: ends every socket of the visitor for good (${mode})`, async () => {
    const server = await startServer()
    const ann = new Visitor(server), bob = new Visitor(server)
    await ann.get('/')
    await bob.get('/')
    const room = await ann.createRoom({ password: '비밀' })
    const cookie = ann.cookie
    const sockets = []
    for (const namespace of ['/', '/room', '/chat']) {
      for (let tab = 0; tab < 2; tab++) sockets.push(await connected(server.url + namespace, { ...options, extraHeaders: { cookie } }))
    }
    const joined = sockets.at(-1)
    assert.equal((await joined.timeout(eventTimeout).emitWithAck('join', room)).ok, true)
    // A socket that has lost its connection must not be recovered either.
    const away = await connected(`${server.url}/chat`, { ...options, extraHeaders: { cookie } })
    assert.equal((await away.timeout(eventTimeout).emitWithAck('join', room)).ok, true)
    const pid = away._pid, before = away.id
    away.io.reconnection(false)
    away.io.engine.transport.onError('cut')
    const others = await connected(`${server.url}/chat`, { ...options, extraHeaders: { cookie: bob.cookie } })

    const startedAt = performance.now()
    const ends = sockets.map((socket) => nextEvent(socket, 'disconnect').then(([reason]) => ({ reason, after: performance.now() - startedAt })))
    assert.equal(await (await ann.form('/logout', {})).text(), 'ok')
    for (const { reason, after } of await Promise.all(ends)) {
      assert.equal(reason, 'io server disconnect')
      assert.ok(after <= promised(1000), `disconnect: got ${after} ms, want at most ${promised(1000)}`)
    }
    await pause(500)
    assert.ok(sockets.every(({ active }) => !active), 'active sockets: got some, want none')
    assert.equal((await others.timeout(eventTimeout).emitWithAck('leave')).ok, true)

    const back = client(`${server.url}/chat`, { ...options, extraHeaders: { cookie }, autoConnect: false })
    back._pid = pid // as the stock client requests recovery
    back._lastOffset = away._lastOffset
    back.connect()
    await nextEvent(back, 'connect')
    assert.ok(!back.recovered && back.id !== before, 'the socket was recovered after the logout')
    const refused = await back.timeout(eventTimeout).emitWithAck('join', room)
    assert.equal(refused.reason, 'wrong_password')
    const replay = await requestFrom(server, '/', { headers: { cookie } })
    assert.ok(replay.headers['set-cookie'], 'a new session for the old cookie')
    await until(async () => (await requestFrom(server, `/room/${room}`, { headers: { cookie } })).status === 302, 'a redirect away from the room')
    await server.stop()
  })
}

test('logout form: works by keyboard in two steps', async () => {
  const server = await startServer()
  const ann = await openPage(server)
  await ann.goto('/')
  const cookie = async () => (await ann.context().cookies()).find(({ name }) => name === 'connect.sid')?.value
  const before = await cookie()
  const summary = ann.locator('.forget > summary')
  assert.equal(await summary.evaluate((element) => element.tabIndex), 0, 'tabIndex of the summary')
  await summary.focus()
  assert.equal(await ann.locator('.forget form').isVisible(), false, 'the form is hidden at first')
  await ann.keyboard.press('Enter')
  await ann.locator('.forget form').waitFor()
  await ann.keyboard.press('Tab')
  const back = ann.waitForResponse((answer) => new URL(answer.url()).pathname === '/' && answer.status() === 200)
  await ann.keyboard.press('Enter')
  await back
  await until(async () => ![before, undefined].includes(await cookie()), 'a new cookie')
  await server.stop() // the context stays open: closing it while its page loads sometimes never ends
})
