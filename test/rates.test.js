// Too many, too fast: rows O3 and O6 of docs/promises.md, from many addresses.
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from './lib/server.js'
import { startCanary } from './lib/canary.js'
import { pause, until } from './lib/clients.js'
import { MiB, measurable, peak, resetPeak, resident } from './lib/process.js'
import { nth, sized } from './lib/soak.js'
import { Chatter, address, ask, closeAgents, many, newCookie, postForm } from './lib/source.js'
import { Visitor } from './lib/visitor.js'

after(closeAgents)

const lone = { path: binary({ race: false }) }
const skip = !many && 'it needs many addresses'
const handshake = '/socket.io/?EIO=4&transport=polling'

/** Runs `what` over and over, so many at a time, until the time is over. */
async function flood(seconds, at, what) {
  const end = performance.now() + seconds * 1000
  await Promise.all(Array.from({ length: at }, async (_, i) => {
    while (performance.now() < end) await what(i)
  }))
}

test('ten times as many connections as may come', { skip }, async (t) => {
  const server = await startServer({ RATE_CONNECT: '50+50/s', MAX_CONNECTIONS: '400' }, lone)
  const canary = await startCanary(server)
  const before = measurable && resident(server.pid)
  if (measurable) resetPeak(server.pid)
  const took = [], seconds = sized(4, 30)
  let admitted = 0, n = 0
  const begun = performance.now()
  await flood(seconds, 16, async () => {
    const answer = await ask(server, handshake, { from: address(n++ % 500) })
    if (answer.status === 200) return admitted++
    assert.equal(answer.status, 503)
    assert.equal(answer.body, '{"code":3,"message":"Too many connections"}')
    assert.ok(Number(answer.headers['retry-after']) >= 1)
    took.push(answer.took)
  })
  const length = (performance.now() - begun) / 1000
  const waits = await canary.stop()
  const grown = measurable ? (peak(server.pid) - before) / MiB : 0
  t.diagnostic(`${Math.round((admitted + took.length) / length)} a second came, ${admitted} were let in; the others were told in ${nth(took, 0.5)} ms, `
    + `${nth(took, 0.99)} ms at most; who was there waited for ${nth(waits, 0.99)} ms; +${grown.toFixed(1)} MiB`)
  const most = Math.min(50 + 50 * length, 400)
  assert.ok(admitted <= most * 1.1 && admitted >= most * 0.8, `${admitted} were let in, ${most} may`)
  assert.ok(took.length >= 5 * admitted, 'it was no flood')
  assert.ok(nth(took, 0.99) <= sized(1000, 50))
  assert.ok(nth(waits, 0.99) <= sized(2000, 250))
  assert.ok(grown <= 64)
  // Those who came and say nothing stand in the way no longer than a heartbeat.
  if (admitted < 395) await until(async () => (await ask(server, handshake)).status === 200, 'others may come', 5000)
  await server.stop()
})

test('one address takes up what is its own', { skip }, async () => {
  const server = await startServer({ RATE_CONNECT_ADDRESS: '30+1/s', MAX_CONNECTIONS_PER_ADDRESS: '20' }, lone)
  const statuses = async (from, times) => {
    const all = []
    for (let i = 0; i < times; i++) all.push((await ask(server, handshake, { from })).status)
    return all.filter((status) => status === 200).length
  }
  assert.equal(await statuses(address(0), 100), 20, 'open at once')
  assert.equal(await statuses(address(1), 5), 5)
  await server.stop()
})

test('one session has one budget, over a hundred sockets', async (t) => {
  const server = await startServer({}, lone)
  const visitor = new Visitor(server)
  await visitor.get('/')
  const rooms = [await visitor.createRoom(), await visitor.createRoom()]
  const sockets = await Promise.all(Array.from({ length: 100 }, () => Chatter.open(server, { cookie: visitor.cookie })))
  const canary = await startCanary(server)
  await pause(3000) // the budget is full again
  let taken = 0, refused = 0
  const seconds = sized(4, 30), begun = performance.now()
  await flood(seconds, 100, async (i) => {
    const answer = await sockets[i].ask('chat', { room: rooms[i % 2], chat: '말' })
    if (answer.ok) taken++
    else {
      assert.equal(answer.reason, 'rate_limited')
      assert.ok(answer.retryAfter > 0 && answer.retryAfter <= 100, `told to wait ${answer.retryAfter} ms`)
      refused++
      await pause(10)
    }
  })
  const want = 30 + 10 * (performance.now() - begun) / 1000
  t.diagnostic(`${taken} were taken in ${seconds} s, ${refused} refused; the rate says ${Math.round(want)}`)
  assert.ok(taken >= want * 0.9 && taken <= want * 1.1)
  const forms = await Promise.all(Array.from({ length: 30 }, () => visitor.say(rooms[0], '말')))
  const late = forms.filter(({ status }) => status === 429)
  assert.ok(late.length >= 15 && late.every(({ headers }) => headers.get('retry-after') === '1'), 'by form too')
  await canary.stop()
  sockets.forEach((socket) => socket.close())
  await server.stop()
})

test('a room and an address have their own', { skip }, async (t) => {
  const server = await startServer({ RATE_ROOM: '60+20/s', RATE_ADDRESS: '100+20/s' }, lone)
  const owner = new Visitor(server)
  await owner.get('/')
  const room = await owner.createRoom({ max: 500 })
  const canary = await startCanary(server)
  const seconds = sized(4, 30)
  const talk = async (froms) => {
    const sockets = await Promise.all(froms.map((from) => Chatter.open(server, { from })))
    for (const socket of sockets) assert.equal((await socket.ask('join', room)).ok, true)
    let taken = 0
    const begun = performance.now()
    await flood(seconds, sockets.length, async (i) => {
      const answer = await sockets[i].ask('chat', { chat: '말' })
      if (answer.ok) taken++
      else {
        assert.ok(answer.reason === 'rate_limited' && answer.retryAfter > 0, JSON.stringify(answer))
        await pause(Math.min(answer.retryAfter, 20))
      }
    })
    sockets.forEach((socket) => socket.close())
    return [taken, (performance.now() - begun) / 1000]
  }
  const [inRoom, length] = await talk(Array.from({ length: 40 }, (_, i) => address(i)))
  const most = 60 + 20 * length
  assert.ok(inRoom >= most * 0.9 && inRoom <= most * 1.1, `${inRoom} from 40 addresses, ${most} may`)
  await pause(3000)
  const [oneAddress, second] = await talk(Array(40).fill(address(100)))
  const own = 100 - 40 + 20 * second // their joins among them
  assert.ok(oneAddress <= own * 1.1, `${oneAddress} from one address, ${own} may`)
  t.diagnostic(`${inRoom} of ${Math.round(most)} in a room, ${oneAddress} of at most ${Math.round(own)} from an address`)
  const waits = await canary.stop()
  assert.ok(nth(waits, 0.99) <= sized(2000, 100), `another room waited for ${nth(waits, 0.99)} ms`)
  await server.stop()
})

test('rooms, sessions and preflights by the thousand', { skip }, async () => {
  const server = await startServer({ MAX_ROOMS_PER_VISITOR: '25', MAX_ROOMS: '90', RATE_CREATE_VISITOR: '20+1/s', RATE_SESSION_ADDRESS: '40+1/s' }, lone)
  const canary = await startCanary(server)
  const make = async (from, cookie, times) => {
    const answers = []
    for (let i = 0; i < times; i++) answers.push(await postForm(server, '/room', { title: '방', max: '2' }, { from, headers: { cookie } }))
    return answers
  }
  const cookie = await newCookie(server, address(0))
  const fast = await make(address(0), cookie, 60)
  const made = fast.filter(({ status }) => status === 302).length
  assert.ok(made >= 20 && made <= 24, `${made} rooms at once`)
  assert.ok(fast.filter(({ status }) => status === 429).every(({ headers }) => headers['retry-after'] >= 1))
  await pause(6000)
  const more = await make(address(0), cookie, 10)
  assert.equal(made + more.filter(({ status }) => status === 302).length, 25, 'of one visitor')
  assert.equal(more.at(-1).status === 409 || more.at(-1).status === 429, true)
  let all = 26 // the canaries' among them
  for (let from = 1; from < 6; from++) {
    const answers = await make(address(from), await newCookie(server, address(from)), 15)
    all += answers.filter(({ status }) => status === 302).length
    if (all === 90) assert.equal(answers.at(-1).status, 409)
  }
  assert.equal(all, 90, 'in all')

  const sessions = []
  for (let i = 0; i < 80; i++) sessions.push(await ask(server, '/', { from: address(50) }))
  const begun = sessions.filter(({ headers }) => headers['set-cookie']).length
  assert.ok(begun >= 40 && begun <= 44, `${begun} sessions`)
  await flood(1, 8, async () => {
    const answer = await ask(server, handshake, { method: 'OPTIONS', from: address(60), headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } })
    assert.equal(answer.status, 403)
  })
  const waits = await canary.stop()
  assert.ok(nth(waits, 0.99) <= sized(2000, 100), `another room waited for ${nth(waits, 0.99)} ms`)
  await server.stop()
})
