// Too many, too fast: rows O3 and O6 of docs/promises.md, from many addresses.
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { binary, startServer } from './lib/server.js'
import { startCanary } from './lib/canary.js'
import { client, nextEvent, pause } from './lib/clients.js'
import { animatedGIF } from './lib/gif.js'
import { MiB, measurable, peak, resetPeak, resident, worktime } from './lib/process.js'
import { longTest, percentile, eventTimeout, promised, sized } from './lib/sizes.js'
import { ChatSocket, address, closeAgents, manyAddresses, newCookie, postForm, requestFrom } from './lib/addresses.js'
import { Visitor } from './lib/visitor.js'

after(closeAgents)

const sources = sized(200, 500) // addresses that a crowd comes from

const lone = { path: binary({ race: false }) }
const skip = !manyAddresses && 'it needs many addresses'
const handshake = '/socket.io/?EIO=4&transport=polling'

/** Runs `what` over and over, `at` at a time, for `seconds` and until it was a flood: `enough` gets the seconds so far. */
async function flood(seconds, at, what, enough = () => true) {
  const begun = performance.now()
  const length = () => (performance.now() - begun) / 1000
  await Promise.all(Array.from({ length: at }, async (_, i) => {
    while (length() < seconds || !enough(length())) await what(i)
  }))
}

function assertBusy({ status, body, headers }) {
  assert.deepEqual([status, body], [503, '{"code":3,"message":"Too many connections"}'])
  assert.ok(Number(headers['retry-after']) >= 1)
}

/** Lets so many stock clients come, all at once, and talk; they try again as they do by themselves. How long it took. */
async function comeIn(server, count) {
  const visitor = new Visitor(server)
  await visitor.get('/')
  const room = await visitor.createRoom({ max: 500 })
  const begun = performance.now()
  const sockets = Array.from({ length: count }, () => client(`${server.url}/chat`, { transports: ['websocket'] }))
  await Promise.all(sockets.map((socket) => nextEvent(socket, 'connect', { retry: true })))
  const took = performance.now() - begun
  for (const socket of sockets.slice(0, 10)) {
    assert.equal((await socket.timeout(eventTimeout).emitWithAck('join', room)).ok, true)
    assert.equal((await socket.timeout(eventTimeout).emitWithAck('chat', '안녕')).ok, true)
  }
  sockets.forEach((socket) => socket.disconnect())
  return Math.round(took)
}

longTest('ten times as many connections as may come', { skip }, async (t) => {
  const server = await startServer({ RATE_CONNECT: '20+20/s' }, lone) // with room for all that the rate lets in
  const canary = await startCanary(server)
  const before = measurable && resident(server.pid)
  if (measurable) resetPeak(server.pid)
  const took = [], seconds = sized(2, 30), most = (length) => 20 + 20 * length
  let admitted = 0, n = 0
  const begun = performance.now()
  await flood(seconds, 16, async () => {
    const answer = await requestFrom(server, handshake, { from: address(n++ % 500) })
    if (answer.status === 200) return admitted++
    assertBusy(answer)
    took.push(answer.took)
  }, (length) => admitted + took.length >= 10 * most(length))
  const length = (performance.now() - begun) / 1000
  const late = await comeIn(server, 50) // at once, while all those who have come still stand there
  const waits = await canary.stop()
  const grown = measurable ? (peak(server.pid) - before) / MiB : 0
  t.diagnostic(`${Math.round((admitted + took.length) / length)} a second came, ${admitted} were let in; the others were told in ${percentile(took, 0.5)} ms, `
    + `${percentile(took, 0.99)} ms at most; who was there waited for ${percentile(waits, 0.99)} ms; fifty more were in after ${late} ms; +${grown.toFixed(1)} MiB`)
  assertNear(admitted, most, length, 'were let in')
  assert.ok(percentile(took, 0.99) <= promised(50))
  assert.ok(percentile(waits, 0.99) <= promised(250))
  assert.ok(grown <= 64)
  assert.ok(late <= promised(5000), `others may come ${late} ms later`)
  await server.stop()
})

// Those who say nothing stand in the way until they leave, or for a heartbeat.
longTest('a server that is full has room again at once for who comes later', { skip }, async (t) => {
  for (const [how, env] of Object.entries({ leave: {}, vanish: { PING_INTERVAL: '1s', PING_TIMEOUT: '3s' } })) {
    const server = await startServer({ RATE_CONNECT: 'off', MAX_CONNECTIONS: '200', ...env }, lone)
    const canary = await startCanary(server)
    const inside = [], took = []
    let n = 0
    const least = sized(100, 5000)
    await flood(sized(0, 10), 16, async () => {
      const answer = await requestFrom(server, handshake, { from: address(n++ % 500) })
      if (answer.status === 200) return inside.push(JSON.parse(answer.body.slice(1)).sid)
      assertBusy(answer)
      took.push(answer.took)
    }, () => took.length >= least)
    if (how === 'leave') {
      assert.equal(inside.length, 198) // and the canaries
      const left = await Promise.all(inside.slice(0, 100).map((sid) => requestFrom(server, `${handshake}&sid=${sid}`, { method: 'POST', body: '1' })))
      assert.ok(left.every(({ status }) => status === 200))
    }
    const late = await comeIn(server, 100)
    t.diagnostic(`${how}: ${took.length} were told in ${percentile(took, 0.99)} ms at most; a hundred more were in after ${late} ms`)
    assert.ok(percentile(took, 0.99) <= promised(50))
    assert.ok(late <= promised(5000), `who have come ${how}: others may come ${late} ms later`)
    const waits = await canary.stop()
    assert.ok(percentile(waits, 0.99) <= promised(250))
    await server.stop()
  }
})

test('one address takes up what is its own', { skip }, async () => {
  const server = await startServer({ RATE_CONNECT_ADDRESS: '30+1/s', MAX_CONNECTIONS_PER_ADDRESS: '20' }, lone)
  const statuses = async (from, times) => {
    const all = []
    for (let i = 0; i < times; i++) all.push((await requestFrom(server, handshake, { from })).status)
    return all.filter((status) => status === 200).length
  }
  assert.equal(await statuses(address(0), 100), 20, 'open at once')
  assert.equal(await statuses(address(1), 5), 5)
  await server.stop()
})

longTest('one session has one budget, over a hundred sockets', async (t) => {
  const server = await startServer({}, lone)
  const visitor = new Visitor(server)
  await visitor.get('/')
  const rooms = [await visitor.createRoom(), await visitor.createRoom()]
  const sockets = await Promise.all(Array.from({ length: 100 }, () => ChatSocket.open(server, { cookie: visitor.cookie })))
  const canary = await startCanary(server)
  await pause(3000) // the budget is full again
  let taken = 0, refused = 0
  const seconds = sized(2, 30), begun = performance.now()
  await flood(seconds, 100, async (i) => {
    const answer = await sockets[i].emitWithAck('chat', { room: rooms[i % 2], chat: '말' })
    if (answer.ok) taken++
    else {
      assert.equal(answer.reason, 'rate_limited')
      assert.ok(answer.retryAfter > 0 && answer.retryAfter <= 100, `told to wait ${answer.retryAfter} ms`)
      refused++
      await pause(10)
    }
  })
  const length = (performance.now() - begun) / 1000, most = (length) => 30 + 10 * length
  t.diagnostic(`${taken} were taken in ${length.toFixed(1)} s, ${refused} refused; the rate says ${Math.round(most(length))}`)
  assertNear(taken, most, length, 'were taken')
  const forms = await Promise.all(Array.from({ length: 30 }, () => visitor.postMessage(rooms[0], '말')))
  const late = forms.filter(({ status }) => status === 429)
  assert.ok(late.length >= 15 && late.every(({ headers }) => headers.get('retry-after') === '1'), 'by form too')
  await canary.stop()
  sockets.forEach((socket) => socket.close())
  await server.stop()
})

/**
 * Everybody says something all the time, as told or each 100 ms, until at least `least(seconds so far)` were refused: how often that
 * was taken in each room, how often refused, and for how long it went.
 */
async function talk(seats, seconds, least) {
  const taken = {}
  let refused = 0
  const begun = performance.now()
  await flood(seconds, seats.length, async (i) => {
    const [socket, room] = seats[i]
    const answer = await socket.emitWithAck('chat', { room, chat: '말' })
    if (answer.ok) taken[room] = (taken[room] ?? 0) + 1
    else {
      assert.ok(answer.reason === 'rate_limited' && answer.retryAfter > 0, JSON.stringify(answer))
      refused++
      await pause(Math.min(answer.retryAfter, 100))
    }
  }, (length) => refused >= least(length))
  seats.forEach(([socket]) => socket.close())
  return { taken, refused, length: (performance.now() - begun) / 1000 }
}

/** A socket from each address, in the rooms by turns. */
async function seated(server, froms, rooms) {
  const sockets = await Promise.all(froms.map((from) => ChatSocket.open(server, { from })))
  const join = async (socket, room) => {
    const answer = await socket.emitWithAck('join', room)
    if (answer.reason === 'unavailable') return join(socket, room) // the machine is busy
    assert.equal(answer.ok, true, JSON.stringify(answer))
  }
  await Promise.all(sockets.map((socket, i) => join(socket, rooms[i % rooms.length])))
  return sockets.map((socket, i) => [socket, rooms[i % rooms.length]])
}

/**
 * That so many are within a tenth of what may be, by `most(seconds)`. In the last second, while they end one after
 * another, they may ask for less. `spare` of the burst are for others.
 */
function assertNear(got, most, length, what, { spare = 0, times = 1 } = {}) {
  const [least, may] = [most(Math.max(0, length - 1)) - spare, times * most(length)]
  assert.ok(got >= least * 0.9 && got <= may * 1.1, `${got} ${what}, ${Math.round(least)} to ${Math.round(may)} may`)
}

test(`a room has its own, from ${sources} addresses`, { skip }, async (t) => {
  const server = await startServer({ RATE_ROOM: '60+20/s' }, lone)
  const host = new Visitor(server)
  await host.get('/')
  const rooms = [await host.createRoom({ max: 500 }), await host.createRoom({ max: 500 })]
  const canary = await startCanary(server)
  const seats = await seated(server, Array.from({ length: sources }, (_, i) => address(i)), rooms)
  const owner = await ChatSocket.open(server, { cookie: host.cookie })
  const lines = [], over = new AbortController()
  const teaching = (async () => {
    while (!over.signal.aborted) {
      lines.push(await owner.emitWithAck('chat', { room: rooms[0], chat: '조용히!' }))
      await pause(200)
    }
  })()
  const most = (length) => 60 + 20 * length
  const { taken, refused, length } = await talk(seats, sized(2, 30), (length) => 2 * most(length))
  over.abort()
  await teaching
  owner.close()
  const waits = await canary.stop()
  const may = most(length)
  taken[rooms[0]] += lines.length
  assert.deepEqual(lines.filter(({ ok }) => !ok), [], `of the owner's ${lines.length} lines`)
  t.diagnostic(`${Object.values(taken).join(' and ')} of ${Math.round(may)} in each of two rooms, ${refused} refused; another one waited for ${percentile(waits, 0.99)} ms`)
  for (const room of rooms) assertNear(taken[room], most, length, 'in a room', { times: 2 }) // who has been there for 10 s may say as much again
  assert.ok(percentile(waits, 0.99) <= promised(100), `another room waited for ${percentile(waits, 0.99)} ms`)
  await server.stop()
})

test('an address has its own, over forty visitors and ten rooms', { skip }, async (t) => {
  const server = await startServer({ RATE_ADDRESS: '100+20/s' }, lone)
  const host = new Visitor(server)
  await host.get('/')
  const rooms = []
  for (let i = 0; i < 10; i++) rooms.push(await host.createRoom({ max: 500 }))
  const canary = await startCanary(server)
  const begun = performance.now()
  const seats = await seated(server, Array(40).fill(address(100)), rooms) // a join each
  const joined = (performance.now() - begun) / 1000
  const most = (length) => Math.min(100, 60 + 20 * joined) + 20 * length
  const { taken, refused, length } = await talk(seats, sized(2, 30), most)
  const waits = await canary.stop()
  const all = Object.values(taken).reduce((sum, times) => sum + times), may = most(length)
  t.diagnostic(`${all} of ${Math.round(may)} from an address, ${refused} refused; another one waited for ${percentile(waits, 0.99)} ms`)
  assertNear(all, most, length, 'from one address', { spare: 25 }) // the last quarter is for calm visitors
  assert.ok(percentile(waits, 0.99) <= promised(100), `another address waited for ${percentile(waits, 0.99)} ms`)
  await server.stop()
})

longTest('rooms and sessions by the thousand', { skip }, async () => {
  const server = await startServer({ MAX_ROOMS_PER_VISITOR: '25', MAX_ROOMS: '90', RATE_CREATE_VISITOR: '20+1/s', RATE_SESSION_ADDRESS: '40+1/s' }, lone)
  const canary = await startCanary(server)
  const make = async (from, cookie, times) => {
    const answers = []
    for (let i = 0; i < times; i++) answers.push(await postForm(server, '/room', { title: '방', max: '2' }, { from, headers: { cookie } }))
    return answers
  }
  const cookie = await newCookie(server, address(0))
  const since = (begun) => (performance.now() - begun) / 1000
  const asked = performance.now()
  const fast = await make(address(0), cookie, 60)
  const made = fast.filter(({ status }) => status === 302).length
  assert.ok(made >= 20 && made <= Math.min(25, 21 + since(asked)), `${made} rooms in ${since(asked)} s`)
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

  const sessions = [], visited = performance.now()
  for (let i = 0; i < 80; i++) sessions.push(await requestFrom(server, '/', { from: address(50) }))
  const begun = sessions.filter(({ headers }) => headers['set-cookie']).length
  assert.ok(begun >= 40 && begun <= 41 + since(visited), `${begun} sessions in ${since(visited)} s`)
  const waits = await canary.stop()
  assert.ok(percentile(waits, 0.99) <= promised(100), `another room waited for ${percentile(waits, 0.99)} ms`)
  await server.stop()
})

test(`rooms from ${sources} addresses`, { skip }, async (t) => {
  const most = sources * 2 - 50
  const server = await startServer({ MAX_ROOMS: `${most + 1}`, RATE_CREATE_VISITOR: '4+1/h', RATE_CREATE_ADDRESS: '2+1/h' }, lone)
  const canary = await startCanary(server) // one of them is the canaries'
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
      assert.ok(own <= 2, `${own} from one address`)
      made += own
    }
  }))
  const waits = await canary.stop()
  t.diagnostic(`${made} made, ${tooFast} refused for the address's rate, ${tooMany} since there are so many; another one waited for ${percentile(waits, 0.99)} ms`)
  assert.ok(made <= most && made >= most - 10, `${made} were made`) // one that is stored while another is counted counts twice
  assert.equal(tooFast, sources)
  assert.ok(percentile(waits, 0.99) <= promised(100), `another room waited for ${percentile(waits, 0.99)} ms`)
  await server.stop()
})

const gif = Buffer.from(animatedGIF())

/** Posts a small GIF as a form does. */
function upload(server, room, { from, cookie }) {
  const body = Buffer.concat([
    Buffer.from('--b\r\nContent-Disposition: form-data; name="gif"; filename="a.gif"\r\nContent-Type: image/gif\r\n\r\n'),
    gif, Buffer.from('\r\n--b--\r\n'),
  ])
  return requestFrom(server, `/room/${room}/gif`, { from, method: 'POST', body, headers: { cookie, 'content-type': 'multipart/form-data; boundary=b' } })
}

longTest('uploads have the rates of messages', { skip }, async (t) => {
  const server = await startServer({ RATE_ROOM: '60+20/s' }, lone)
  const host = new Visitor(server)
  await host.get('/')
  const rooms = [await host.createRoom(), await host.createRoom({ max: 500 }), await host.createRoom()]
  const guest = async (from, room) => {
    const cookie = await newCookie(server, from)
    assert.equal((await requestFrom(server, `/room/${room}`, { from, headers: { cookie } })).status, 200)
    return { from, cookie }
  }
  const one = await guest(address(0), rooms[0]), crowd = []
  for (let i = 0; i < sources; i += 10) crowd.push(...await Promise.all(Array.from({ length: 10 }, (_, j) => guest(address(i + j), rooms[1]))))
  const canary = await startCanary(server)
  if (measurable) resetPeak(server.pid)
  const before = measurable ? peak(server.pid) : 0
  const post = async (room, who, count) => {
    const { status, headers } = await upload(server, room, who)
    if (status === 200) count.taken++
    else {
      assert.deepEqual([status, headers['x-reason']], [429, 'rate_limited'])
      assert.ok(Number(headers['retry-after']) >= 1)
      count.refused++
    }
  }
  const run = async (at, most, what) => {
    const count = { taken: 0, refused: 0 }, begun = performance.now()
    await flood(sized(2, 30), at, (i) => what(count, i), (length) => count.refused >= most(length))
    return { ...count, length: (performance.now() - begun) / 1000 }
  }
  const ofVisitor = (length) => 30 + 10 * length, ofRoom = (length) => 60 + 20 * length
  const alone = await run(3, ofVisitor, (count) => post(rooms[0], one, count)) // three at a time may be under way
  let n = 0
  const all = await run(16, ofRoom, (count) => post(rooms[1], crowd[n++ % crowd.length], count))
  const grown = measurable ? (peak(server.pid) - before) / MiB : 0
  const waits = await canary.stop()
  const [own, theirs] = [ofVisitor(alone.length), ofRoom(all.length)]
  t.diagnostic(`${alone.taken} of ${Math.round(own)} by one visitor, ${alone.refused} refused; ${all.taken} of ${Math.round(theirs)} from ${sources} addresses, `
    + `${all.refused} refused; another one waited for ${percentile(waits, 0.99)} ms; +${grown.toFixed(1)} MiB`)
  assertNear(alone.taken, ofVisitor, alone.length, 'by one visitor')
  assertNear(all.taken, ofRoom, all.length, 'from many addresses')
  assert.equal(readdirSync(join(server.dataDir, 'gifs')).length, alone.taken + all.taken, 'what was refused has left a file')
  assert.ok(grown <= 32)
  assert.ok(percentile(waits, 0.99) <= promised(100), `another room waited for ${percentile(waits, 0.99)} ms`)
  await server.stop()
})

// No rate counts a preflight, and none has to: it is answered from its headers
// alone, begins no session and no connection, and takes nothing of RATE_CONNECT.
test('preflights leave nothing', { skip }, async (t) => {
  const friend = 'https://friend.example'
  const server = await startServer({ CORS_ORIGIN: friend, RATE_CONNECT: '5+1/h' }, lone)
  const canary = await startCanary(server) // two of the five
  const preflight = (from, origin) => requestFrom(server, handshake, {
    method: 'OPTIONS', from, headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  })
  const took = []
  let n = 0
  const go = (seconds) => flood(seconds, 16, async () => {
    const { status, headers, body, took: ms } = await preflight(address(n++ % sources), friend)
    assert.deepEqual([status, body, headers['set-cookie']], [204, '', undefined])
    assert.deepEqual([headers['access-control-allow-origin'], headers['access-control-allow-credentials']], [friend, 'true'])
    took.push(ms)
    if (n % 10 === 0) assert.equal((await preflight(address(n % sources), 'https://evil.example')).status, 403)
  }, () => took.length >= sized(100, 5000))
  await go(1) // the connections of so many addresses cost some MiB, and stay
  if (measurable) resetPeak(server.pid)
  const before = measurable ? [peak(server.pid), worktime(server.pid)] : [0, 0]
  took.length = 0
  await go(sized(2, 30))
  const [grown, worked] = measurable ? [(peak(server.pid) - before[0]) / MiB, worktime(server.pid) - before[1]] : [0, 0]
  const waits = await canary.stop()
  t.diagnostic(`${took.length} were answered in ${percentile(took, 0.99)} ms at most, each with ${Math.round(1000 * worked / took.length)} µs of a processor; `
    + `others waited for ${percentile(waits, 0.99)} ms; +${grown.toFixed(1)} MiB`)
  assert.ok(percentile(took, 0.99) <= promised(100))
  assert.ok(worked / took.length <= sized(20, 1))
  assert.ok(grown <= 32)
  assert.ok(percentile(waits, 0.99) <= promised(100), `others waited for ${percentile(waits, 0.99)} ms`)
  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push((await requestFrom(server, handshake, { headers: { origin: friend } })).status)
  assert.deepEqual(statuses, [200, 200, 200, 503], 'they have taken what connections may take')
  await server.stop()
})
