// Rate limits on connections, messages, rooms and uploads, from many addresses: rows O3 and O6 of
// docs/promises.md.
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { binary, startServer } from './lib/server.js'
import { startCanary } from './lib/canary.js'
import { client, nextEvent, pause, untilAvailable } from './lib/clients.js'
import { animatedGIF } from './lib/gif.js'
import { MiB, measurable, peak, resetPeak, resident, processorTime } from './lib/process.js'
import { longTest, percentile, eventTimeout, promised, sized } from './lib/sizes.js'
import { ChatSocket, address, closeAgents, manyAddresses, newCookie, postForm, requestFrom } from './lib/addresses.js'
import { Visitor } from './lib/visitor.js'

after(closeAgents)

const sources = sized(200, 500) // source addresses

const lone = { path: binary({ race: false }) }
const skip = !manyAddresses && 'it needs many addresses'
const handshake = '/socket.io/?EIO=4&transport=polling'

/** Runs `what` repeatedly, `concurrency` at a time, for `seconds` and until enough(seconds so far) returns true. */
async function flood(seconds, concurrency, what, enough = () => true) {
  const startedAt = performance.now()
  const length = () => (performance.now() - startedAt) / 1000
  await Promise.all(Array.from({ length: concurrency }, async (_, i) => {
    while (length() < seconds || !enough(length())) await what(i)
  }))
}

function assertBusy({ status, body, headers }) {
  assert.deepEqual([status, body], [503, '{"code":3,"message":"Too many connections"}'])
  assert.ok(Number(headers['retry-after']) >= 1, `Retry-After: got ${headers['retry-after']}, want at least 1`)
}

/** Fails if a figure is above its bound. */
function assertWithin(got, most, what) {
  assert.ok(got <= most, `${what}: got ${got}, want at most ${most}`)
}

/** Connects `count` stock clients at once, which retry by themselves. Returns the ms until all are connected. */
async function connectClients(server, count) {
  const visitor = new Visitor(server)
  await visitor.get('/')
  const room = await visitor.createRoom({ max: 500 })
  const startedAt = performance.now()
  const sockets = Array.from({ length: count }, () => client(`${server.url}/chat`, { transports: ['websocket'] }))
  await Promise.all(sockets.map((socket) => nextEvent(socket, 'connect', { retry: true })))
  const duration = performance.now() - startedAt
  for (const socket of sockets.slice(0, 10)) {
    assert.equal((await socket.timeout(eventTimeout).emitWithAck('join', room)).ok, true)
    assert.equal((await socket.timeout(eventTimeout).emitWithAck('chat', '안녕')).ok, true)
  }
  sockets.forEach((socket) => socket.disconnect())
  return Math.round(duration)
}

longTest('ten times the rate of new connections: is refused early and does not affect others', { skip }, async (t) => {
  const server = await startServer({ RATE_CONNECT: '20+20/s' }, lone) // MAX_CONNECTIONS is never reached
  const canary = await startCanary(server)
  const before = measurable && resident(server.pid)
  if (measurable) resetPeak(server.pid)
  const durations = [], seconds = sized(2, 30), most = (length) => 20 + 20 * length
  let admitted = 0, n = 0
  const startedAt = performance.now()
  await flood(seconds, 16, async () => {
    const answer = await requestFrom(server, handshake, { from: address(n++ % 500) })
    if (answer.status === 200) return admitted++
    assertBusy(answer)
    durations.push(answer.duration)
  }, (length) => admitted + durations.length >= 10 * most(length))
  const length = (performance.now() - startedAt) / 1000
  const late = await connectClients(server, 50) // at once, while the admitted connections are open
  const waits = await canary.stop()
  const grown = measurable ? (peak(server.pid) - before) / MiB : 0
  t.diagnostic(`${Math.round((admitted + durations.length) / length)} connections a second, ${admitted} admitted; others refused in ${percentile(durations, 0.5)} ms (p50), `
    + `${percentile(durations, 0.99)} ms (p99); the canary waited for ${percentile(waits, 0.99)} ms; fifty more connected after ${late} ms; +${grown.toFixed(1)} MiB`)
  assertNear(admitted, most, length, 'admitted connections')
  assertWithin(percentile(durations, 0.99), promised(50), 'refusals, p99 in ms')
  assertWithin(percentile(waits, 0.99), promised(250), 'answers of the canary, p99 in ms')
  assertWithin(grown, 64, 'memory, MiB more')
  assertWithin(late, promised(5000), 'connection of fifty clients, ms')
  await server.stop()
})

// Silent connections occupy a place until they close, or until a heartbeat fails.
longTest('full server: admits a hundred more clients within 5 s after others have left or vanished', { skip }, async (t) => {
  for (const [how, env] of Object.entries({ leave: {}, vanish: { PING_INTERVAL: '1s', PING_TIMEOUT: '3s' } })) {
    const server = await startServer({ RATE_CONNECT: 'off', MAX_CONNECTIONS: '200', ...env }, lone)
    const canary = await startCanary(server)
    const inside = [], durations = []
    let n = 0
    const least = sized(100, 5000)
    await flood(sized(0, 10), 16, async () => {
      const answer = await requestFrom(server, handshake, { from: address(n++ % 500) })
      if (answer.status === 200) return inside.push(JSON.parse(answer.body.slice(1)).sid)
      assertBusy(answer)
      durations.push(answer.duration)
    }, () => durations.length >= least)
    if (how === 'leave') {
      assert.equal(inside.length, 198) // besides the two connections of the canary
      const left = await Promise.all(inside.slice(0, 100).map((sid) => requestFrom(server, `${handshake}&sid=${sid}`, { method: 'POST', body: '1' })))
      assert.deepEqual(left.filter(({ status }) => status !== 200), [], 'refused close packets')
    }
    const late = await connectClients(server, 100)
    t.diagnostic(`${how}: ${durations.length} refused in ${percentile(durations, 0.99)} ms (p99); a hundred more connected after ${late} ms`)
    assertWithin(percentile(durations, 0.99), promised(50), 'refusals, p99 in ms')
    assertWithin(late, promised(5000), `${how}: connection of a hundred clients, ms`)
    const waits = await canary.stop()
    assertWithin(percentile(waits, 0.99), promised(250), 'answers of the canary, p99 in ms')
    await server.stop()
  }
})

test('address: is limited to its own connections', { skip }, async () => {
  const server = await startServer({ RATE_CONNECT_ADDRESS: '30+1/s', MAX_CONNECTIONS_PER_ADDRESS: '20' }, lone)
  const statuses = async (from, times) => {
    const all = []
    for (let i = 0; i < times; i++) all.push((await requestFrom(server, handshake, { from })).status)
    return all.filter((status) => status === 200).length
  }
  assert.equal(await statuses(address(0), 100), 20, 'open connections of one address')
  assert.equal(await statuses(address(1), 5), 5)
  await server.stop()
})

longTest('RATE_VISITOR: applies to a hundred sockets of a visitor together', async (t) => {
  const server = await startServer({}, lone)
  const visitor = new Visitor(server)
  await visitor.get('/')
  const rooms = [await visitor.createRoom(), await visitor.createRoom()]
  const sockets = await Promise.all(Array.from({ length: 100 }, () => ChatSocket.open(server, { cookie: visitor.cookie })))
  const canary = await startCanary(server)
  await pause(3000) // the burst is full again
  let taken = 0, refused = 0
  const seconds = sized(2, 30), startedAt = performance.now()
  await flood(seconds, 100, async (i) => {
    const answer = await sockets[i].emitWithAck('chat', { room: rooms[i % 2], chat: '말' })
    if (answer.ok) taken++
    else {
      assert.equal(answer.reason, 'rate_limited')
      assert.ok(answer.retryAfter > 0 && answer.retryAfter <= 100, `retryAfter: got ${answer.retryAfter}, want 1 to 100 ms`)
      refused++
      await pause(10)
    }
  })
  const length = (performance.now() - startedAt) / 1000, most = (length) => 30 + 10 * length
  t.diagnostic(`${taken} accepted in ${length.toFixed(1)} s, ${refused} refused; the rate allows ${Math.round(most(length))}`)
  assertNear(taken, most, length, 'accepted messages')
  const forms = await Promise.all(Array.from({ length: 30 }, () => visitor.postMessage(rooms[0], '말')))
  const late = forms.filter(({ status }) => status === 429)
  assert.ok(late.length >= 15 && late.every(({ headers }) => headers.get('retry-after') === '1'), 'refusals of messages by form')
  await canary.stop()
  sockets.forEach((socket) => socket.close())
  await server.stop()
})

/**
 * Sends messages from all sockets, with pauses of retryAfter or 100 ms after a refusal, until at least
 * least(seconds so far) messages are refused. Returns the accepted messages of each room, the refused ones and the seconds.
 */
async function floodRooms(senders, seconds, least) {
  const taken = {}
  let refused = 0
  const startedAt = performance.now()
  await flood(seconds, senders.length, async (i) => {
    const [socket, room] = senders[i]
    const answer = await socket.emitWithAck('chat', { room, chat: '말' })
    if (answer.ok) taken[room] = (taken[room] ?? 0) + 1
    else {
      assert.ok(answer.reason === 'rate_limited' && answer.retryAfter > 0, JSON.stringify(answer))
      refused++
      await pause(Math.min(answer.retryAfter, 100))
    }
  }, (length) => refused >= least(length))
  senders.forEach(([socket]) => socket.close())
  return { taken, refused, length: (performance.now() - startedAt) / 1000 }
}

/** Connects a socket from each address and joins the rooms by turns. Returns pairs of socket and room. */
async function joinFrom(server, froms, rooms) {
  const sockets = await Promise.all(froms.map((from) => ChatSocket.open(server, { from })))
  const join = async (socket, room) => {
    const answer = await untilAvailable(() => socket.emitWithAck('join', room))
    assert.equal(answer.ok, true, JSON.stringify(answer))
  }
  await Promise.all(sockets.map((socket, i) => join(socket, rooms[i % rooms.length])))
  return sockets.map((socket, i) => [socket, rooms[i % rooms.length]])
}

/**
 * Fails unless `got` is within a tenth of most(seconds). In the last second, while the senders end one after another,
 * fewer are expected. `spare` messages of the burst are reserved for other senders; `times` multiplies the upper bound.
 */
function assertNear(got, most, length, what, { spare = 0, times = 1 } = {}) {
  const [least, highest] = [most(Math.max(0, length - 1)) - spare, times * most(length)]
  assert.ok(got >= least * 0.9 && got <= highest * 1.1, `${what}: got ${got}, want ${Math.round(least)} to ${Math.round(highest)}`)
}

test(`RATE_ROOM: limits a room, also for ${sources} addresses, and never its owner`, { skip }, async (t) => {
  const server = await startServer({ RATE_ROOM: '60+20/s' }, lone)
  const host = new Visitor(server)
  await host.get('/')
  const rooms = [await host.createRoom({ max: 500 }), await host.createRoom({ max: 500 })]
  const canary = await startCanary(server)
  const senders = await joinFrom(server, Array.from({ length: sources }, (_, i) => address(i)), rooms)
  const owner = await ChatSocket.open(server, { cookie: host.cookie })
  const lines = [], over = new AbortController()
  const teaching = (async () => {
    while (!over.signal.aborted) {
      lines.push(await owner.emitWithAck('chat', { room: rooms[0], chat: '조용히!' }))
      await pause(200)
    }
  })()
  const most = (length) => 60 + 20 * length
  const { taken, refused, length } = await floodRooms(senders, sized(2, 30), (length) => 2 * most(length))
  over.abort()
  await teaching
  owner.close()
  const waits = await canary.stop()
  const allowed = most(length)
  taken[rooms[0]] += lines.length
  assert.deepEqual(lines.filter(({ ok }) => !ok), [], `refused messages of the owner, of ${lines.length}`)
  t.diagnostic(`${Object.values(taken).join(' and ')} of ${Math.round(allowed)} in each of two rooms, ${refused} refused; the canary waited for ${percentile(waits, 0.99)} ms`)
  for (const room of rooms) assertNear(taken[room], most, length, 'accepted messages of a room', { times: 2 }) // members of 10 s have the same rate once more
  assertWithin(percentile(waits, 0.99), promised(100), 'answers of the canary, p99 in ms')
  await server.stop()
})

test('RATE_ADDRESS: applies to forty visitors in ten rooms together', { skip }, async (t) => {
  const server = await startServer({ RATE_ADDRESS: '100+20/s' }, lone)
  const host = new Visitor(server)
  await host.get('/')
  const rooms = []
  for (let i = 0; i < 10; i++) rooms.push(await host.createRoom({ max: 500 }))
  const canary = await startCanary(server)
  const startedAt = performance.now()
  const senders = await joinFrom(server, Array(40).fill(address(100)), rooms) // a join each
  const joined = (performance.now() - startedAt) / 1000
  const most = (length) => Math.min(100, 60 + 20 * joined) + 20 * length
  const { taken, refused, length } = await floodRooms(senders, sized(2, 30), most)
  const waits = await canary.stop()
  const all = Object.values(taken).reduce((sum, times) => sum + times), allowed = most(length)
  t.diagnostic(`${all} of ${Math.round(allowed)} from an address, ${refused} refused; the canary waited for ${percentile(waits, 0.99)} ms`)
  assertNear(all, most, length, 'accepted messages of one address', { spare: 25 }) // the last quarter of the burst is for calm visitors
  assertWithin(percentile(waits, 0.99), promised(100), 'answers of the canary, p99 in ms')
  await server.stop()
})

longTest('new rooms and sessions: are limited by rate and number', { skip }, async () => {
  const server = await startServer({ MAX_ROOMS_PER_VISITOR: '25', MAX_ROOMS: '90', RATE_CREATE_VISITOR: '20+1/s', RATE_SESSION_ADDRESS: '40+1/s' }, lone)
  const canary = await startCanary(server)
  const make = async (from, cookie, times) => {
    const answers = []
    for (let i = 0; i < times; i++) answers.push(await postForm(server, '/room', { title: '방', max: '2' }, { from, headers: { cookie } }))
    return answers
  }
  const cookie = await newCookie(server, address(0))
  const since = (startedAt) => (performance.now() - startedAt) / 1000
  const asked = performance.now()
  const fast = await make(address(0), cookie, 60)
  const made = fast.filter(({ status }) => status === 302).length
  assert.ok(made >= 20 && made <= Math.min(25, 21 + since(asked)), `new rooms: got ${made} in ${since(asked)} s, want 20 to 25`)
  assert.deepEqual(fast.filter(({ status, headers }) => status === 429 && !(headers['retry-after'] >= 1)), [], 'refusals without Retry-After')
  await pause(6000) // the rate allows a room a second
  const more = await make(address(0), cookie, 10)
  assert.equal(made + more.filter(({ status }) => status === 302).length, 25, 'rooms of one visitor')
  assert.equal(more.at(-1).status === 409 || more.at(-1).status === 429, true)
  let all = 26 // including the canary's
  for (let from = 1; from < 6; from++) {
    const answers = await make(address(from), await newCookie(server, address(from)), 15)
    all += answers.filter(({ status }) => status === 302).length
    if (all === 90) assert.equal(answers.at(-1).status, 409)
  }
  assert.equal(all, 90, 'rooms in all')

  const sessions = [], visited = performance.now()
  for (let i = 0; i < 80; i++) sessions.push(await requestFrom(server, '/', { from: address(50) }))
  const opened = sessions.filter(({ headers }) => headers['set-cookie']).length
  assert.ok(opened >= 40 && opened <= 41 + since(visited), `new sessions: got ${opened} in ${since(visited)} s, want 40 and one a second`)
  const waits = await canary.stop()
  assertWithin(percentile(waits, 0.99), promised(100), 'answers of the canary, p99 in ms')
  await server.stop()
})

test(`new rooms from ${sources} addresses: are limited by address and MAX_ROOMS`, { skip }, async (t) => {
  const most = sources * 2 - 50
  const server = await startServer({ MAX_ROOMS: `${most + 1}`, RATE_CREATE_VISITOR: '4+1/h', RATE_CREATE_ADDRESS: '2+1/h' }, lone)
  const canary = await startCanary(server) // one room is the canary's
  let next = 0, made = 0, tooFast = 0, tooMany = 0
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (next < sources) {
      const from = address(next++), cookie = await newCookie(server, from)
      let own = 0
      for (let i = 0; i < 3; i++) {
        const { status, headers } = await postForm(server, '/room', { title: '방', max: '2' }, { from, headers: { cookie } })
        if (status === 302) own++
        else if (status === 429) {
          assert.equal(headers['x-reason'], 'rate_limited')
          assert.ok(Number(headers['retry-after']) > 3000, 'one an hour')
          tooFast++
        } else {
          assert.deepEqual([status, headers['x-reason']], [409, 'too_many_rooms'])
          tooMany++
        }
      }
      assert.ok(own <= 2, `new rooms of one address: got ${own}, want at most 2`)
      made += own
    }
  }))
  const waits = await canary.stop()
  t.diagnostic(`${made} created, ${tooFast} refused by the rate of the address, ${tooMany} by MAX_ROOMS; the canary waited for ${percentile(waits, 0.99)} ms`)
  assert.ok(made <= most && made >= most - 10, `new rooms: got ${made}, want ${most - 10} to ${most}`) // a room that is stored during a count counts twice
  assert.equal(tooFast, sources)
  assertWithin(percentile(waits, 0.99), promised(100), 'answers of the canary, p99 in ms')
  await server.stop()
})

const gif = Buffer.from(animatedGIF())

/** Posts a small GIF as a form. */
function upload(server, room, { from, cookie }) {
  const body = Buffer.concat([
    Buffer.from('--b\r\nContent-Disposition: form-data; name="gif"; filename="a.gif"\r\nContent-Type: image/gif\r\n\r\n'),
    gif, Buffer.from('\r\n--b--\r\n'),
  ])
  return requestFrom(server, `/room/${room}/gif`, { from, method: 'POST', body, headers: { cookie, 'content-type': 'multipart/form-data; boundary=b' } })
}

longTest('uploads: have the rate limits of messages', { skip }, async (t) => {
  const server = await startServer({ RATE_ROOM: '60+20/s' }, lone)
  const host = new Visitor(server)
  await host.get('/')
  const rooms = [await host.createRoom(), await host.createRoom({ max: 500 }), await host.createRoom()]
  const guest = async (from, room) => {
    const cookie = await newCookie(server, from)
    assert.equal((await requestFrom(server, `/room/${room}`, { from, headers: { cookie } })).status, 200)
    return { from, cookie }
  }
  const one = await guest(address(0), rooms[0]), guests = []
  for (let i = 0; i < sources; i += 10) guests.push(...await Promise.all(Array.from({ length: 10 }, (_, j) => guest(address(i + j), rooms[1]))))
  const canary = await startCanary(server)
  if (measurable) resetPeak(server.pid)
  const before = measurable ? peak(server.pid) : 0
  const post = async (room, who, count) => {
    const { status, headers } = await upload(server, room, who)
    if (status === 200) count.taken++
    else {
      assert.deepEqual([status, headers['x-reason']], [429, 'rate_limited'])
      assert.ok(Number(headers['retry-after']) >= 1, `Retry-After: got ${headers['retry-after']}, want at least 1`)
      count.refused++
    }
  }
  const run = async (concurrency, most, what) => {
    const count = { taken: 0, refused: 0 }, startedAt = performance.now()
    await flood(sized(2, 30), concurrency, (i) => what(count, i), (length) => count.refused >= most(length))
    return { ...count, length: (performance.now() - startedAt) / 1000 }
  }
  const ofVisitor = (length) => 30 + 10 * length, ofRoom = (length) => 60 + 20 * length
  const alone = await run(3, ofVisitor, (count) => post(rooms[0], one, count)) // a visitor can have three uploads at once
  let n = 0
  const all = await run(16, ofRoom, (count) => post(rooms[1], guests[n++ % guests.length], count))
  const grown = measurable ? (peak(server.pid) - before) / MiB : 0
  const waits = await canary.stop()
  const [own, theirs] = [ofVisitor(alone.length), ofRoom(all.length)]
  t.diagnostic(`${alone.taken} of ${Math.round(own)} by one visitor, ${alone.refused} refused; ${all.taken} of ${Math.round(theirs)} from ${sources} addresses, `
    + `${all.refused} refused; the canary waited for ${percentile(waits, 0.99)} ms; +${grown.toFixed(1)} MiB`)
  assertNear(alone.taken, ofVisitor, alone.length, 'accepted uploads of one visitor')
  assertNear(all.taken, ofRoom, all.length, 'accepted uploads from many addresses')
  assert.equal(readdirSync(join(server.dataDir, 'gifs')).length, alone.taken + all.taken, 'files of accepted uploads')
  assertWithin(grown, 32, 'memory, MiB more')
  assertWithin(percentile(waits, 0.99), promised(100), 'answers of the canary, p99 in ms')
  await server.stop()
})

// Preflights need no rate limit: the server answers from the headers alone, without a session or a
// connection, and they do not count for RATE_CONNECT.
test('preflights: cost no session, no memory and no connection', { skip }, async (t) => {
  const friend = 'https://friend.example'
  const server = await startServer({ CORS_ORIGIN: friend, RATE_CONNECT: '5+1/h' }, lone)
  const canary = await startCanary(server) // two of the five connections
  const preflight = (from, origin) => requestFrom(server, handshake, {
    method: 'OPTIONS', from, headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  })
  const durations = []
  let n = 0
  const go = (seconds) => flood(seconds, 16, async () => {
    const { status, headers, body, duration } = await preflight(address(n++ % sources), friend)
    assert.deepEqual([status, body, headers['set-cookie']], [204, '', undefined])
    assert.deepEqual([headers['access-control-allow-origin'], headers['access-control-allow-credentials']], [friend, 'true'])
    durations.push(duration)
    if (n % 10 === 0) assert.equal((await preflight(address(n % sources), 'https://evil.example')).status, 403)
  }, () => durations.length >= sized(100, 5000))
  await go(1) // the connections of all addresses cost some MiB and stay open
  if (measurable) resetPeak(server.pid)
  const before = measurable ? [peak(server.pid), processorTime(server.pid)] : [0, 0]
  durations.length = 0
  await go(sized(2, 30))
  const [grown, worked] = measurable ? [(peak(server.pid) - before[0]) / MiB, processorTime(server.pid) - before[1]] : [0, 0]
  const waits = await canary.stop()
  t.diagnostic(`${durations.length} answered in ${percentile(durations, 0.99)} ms (p99), each with ${Math.round(1000 * worked / durations.length)} µs of a processor; `
    + `the canary waited for ${percentile(waits, 0.99)} ms; +${grown.toFixed(1)} MiB`)
  assertWithin(percentile(durations, 0.99), promised(100), 'preflights, p99 in ms')
  assertWithin(worked / durations.length, sized(20, 1), 'processor time of a preflight, ms')
  assertWithin(grown, 32, 'memory, MiB more')
  assertWithin(percentile(waits, 0.99), promised(100), 'answers of the canary, p99 in ms')
  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push((await requestFrom(server, handshake, { headers: { origin: friend } })).status)
  assert.deepEqual(statuses, [200, 200, 200, 503], 'statuses of connections after the preflights')
  await server.stop()
})
