// The size limits of the program on every path of incoming bytes: rows P5, P7 and P8 of
// docs/promises.md.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import net from 'node:net'
import { deflateRawSync } from 'node:zlib'
import WebSocket from 'ws'
import { binary, startServer } from './lib/server.js'
import { startCanary } from './lib/canary.js'
import { pause, until, withTimeout } from './lib/clients.js'
import { MiB, measurable, peak, resetPeak, processorTime } from './lib/process.js'
import { longTest, eventTimeout, promised, sized } from './lib/sizes.js'

const limit = 1_000_000
let server, canary
before(async () => {
  server = await startServer({}, { path: binary({ race: false }) })
  canary = await startCanary(server)
})

describe('limit of a million bytes', () => {
  for (const revision of [4, 3]) {
    for (const fragments of [1, 2, 1000]) {
      test(`WebSocket message in ${fragments} frames, revision ${revision}: is accepted up to the limit`, async () => {
        await bounded(async () => {
          assert.equal(await overWebSocket(revision, eventOf(limit), fragments), 'taken')
          assert.equal(await overWebSocket(revision, eventOf(limit + 1), fragments), 1009)
        })
      })
    }
    for (const chunked of [false, true]) {
      test(`polling body ${chunked ? 'in chunks' : 'with Content-Length'}, revision ${revision}: is accepted up to the limit`, async () => {
        for (const [name, { body, type }] of Object.entries(bodies(revision))) {
          await bounded(async () => {
            const sid = await handshake(revision)
            assert.deepEqual([name, ...await post(revision, sid, body(limit), { chunked, type })], [name, 200, 'ok'])
            const [status, text] = await refusal(revision, sid, body(limit + 1), { chunked, type })
            assert.deepEqual([name, status, JSON.parse(text).code], [name, 413, 3])
          })
        }
      })
    }
    test(`announced or endless body, revision ${revision}: is refused`, async () => {
      await bounded(async () => {
        assert.match(await announced(revision, 1e12), /^HTTP\/1\.1 413 /)
        assert.match(await endless(revision), /^HTTP\/1\.1 413 /)
        assert.equal(await frames(revision, () => [header(0x81, 2 ** 40)]), 1009)
      })
    })
  }
})

// A Go test compares the time of parsing: TestParsingIsLinear.
describe('million bytes of one shape', () => {
  const fill = (before, s, after = '') => before + s.repeat(Math.floor((limit - 20 - before.length - after.length) / s.length)) + after
  const shapes = {
    'half a million pings': fill('', '2\x1e', '2'), digits: fill('4', '1'), 'a namespace of slashes': fill('40', '/', ','),
    'an ack id': fill('42', '1', '["reply"]'), 'a count of attachments': fill('45', '1', '-["reply"]'),
    events: fill('', '42["r"]\x1e', '2'), arguments: fill('42["reply"', ',0', ']'), lists: fill('42["reply",', '['),
    objects: fill('42["reply",', '{"a":'), placeholders: fill('451-["reply"', ',{"_placeholder":true,"num":0}', ']'),
    escapes: fill('42["reply","', '\\ud83d', '"]'), base64: fill('b', 'AAAA'),
  }
  for (const revision of [4, 3]) {
    for (const [name, payload] of Object.entries(shapes)) {
      test(`${name}, revision ${revision}: cost at most 16 MiB`, async (t) => {
        const body = revision === 4 ? payload : inLengths(payload)
        let worked
        await bounded(async () => {
          const before = measurable ? processorTime(server.pid) : 0
          const [status] = await refusal(revision, await handshake(revision), body, {})
          assert.ok([200, 400, 413].includes(status), `status: got ${status}, want 200, 400 or 413`)
          worked = measurable ? processorTime(server.pid) - before : 0
        }, 16)
        t.diagnostic(`${worked} ms`)
        assert.ok(worked <= promised(100), `processor time: got ${worked} ms, want at most ${promised(100)}`)
      })
    }
  }
})

describe('fragments and compression', () => {
  for (const revision of [4, 3]) {
    for (const size of [0, 1]) {
      test(`endless frames of ${size} bytes, revision ${revision}: are cut with 1008`, async () => {
        const masked = Buffer.concat([header(0x00, size), Buffer.alloc(size, 0x20)])
        const many = Buffer.concat(Array(1000).fill(masked))
        await bounded(async () => {
          const code = await frames(revision, (i) => (i === 0 ? [Buffer.concat([header(0x01, size), Buffer.alloc(size, 0x20)])] : [many]), sized(100, 10_000))
          assert.equal(code, 1008)
        })
      })
    }
    test(`compression, revision ${revision}: is not negotiated, and a compressed frame is refused`, async () => {
      await bounded(async () => {
        const ws = new WebSocket(`${server.ws}/socket.io/?EIO=${revision}&transport=websocket`, { perMessageDeflate: true })
        ws.on('error', () => {})
        const ended = new Promise((resolve) => ws.on('close', resolve))
        await withTimeout(eventTimeout, new Promise((resolve) => ws.once('message', resolve)), 'the open packet')
        assert.equal(ws.extensions, '')
        const bomb = deflateRawSync(Buffer.alloc(48 << 20, 0x30))
        ws._socket.write(Buffer.concat([header(0xc1, bomb.length), bomb])) // with RSV1, whatever was agreed
        assert.equal(await withTimeout(eventTimeout, ended, 'the close'), 1002)
      })
    })
  }
})

describe('HTTP request', () => {
  const many = (n, each) => Array.from({ length: n }, (_, i) => each(i)).join('')
  const requests = {
    '2,000 headers': `GET / HTTP/1.1\r\nHost: localhost\r\n${many(2000, (i) => `X-Header-${i}: ${'v'.repeat(20)}\r\n`)}\r\n`,
    'a header of 1 MB': `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'v'.repeat(1 << 20)}\r\n\r\n`,
    '100,000 cookies': `GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ${many(100_000, (i) => `a${i}=b; `)}\r\n\r\n`,
    '100,000 query parameters': `GET /socket.io/?EIO=4&transport=polling${many(100_000, (i) => `&a${i}=b`)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    '60 KB of spaces in a subprotocol': 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
      + `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: a${' '.repeat(60_000)}b\r\n\r\n`,
  }
  for (const [name, request] of Object.entries(requests)) {
    test(`request with ${name}: is refused within a second`, async (t) => {
      await bounded(async () => {
        const startedAt = performance.now()
        assert.match(await exchange(request), /^HTTP\/1\.1 4\d\d /)
        const duration = performance.now() - startedAt
        t.diagnostic(`${duration.toFixed(1)} ms`)
        assert.ok(duration < promised(1000), `refusal: got ${duration} ms, want less than ${promised(1000)}`)
      })
    })
  }

  longTest('clients that send a byte a second: are cut after ten seconds', async (t) => {
    const cut = []
    slowloris(sized(100, 2000), cut)
    await until(() => cut.length === sized(100, 2000), 'every connection closed', 30_000)
    const latest = Math.max(...cut)
    t.diagnostic(`the last was cut after ${Math.round(latest)} ms`)
    assert.ok(latest < promised(12_000), `last close: got ${latest} ms, want less than ${promised(12_000)}`)
  })
})

test('server: still works, and other clients were not affected', async () => {
  await canary.stop()
  await server.stop()
})

/** Runs fn twice and fails if the second run costs more than `most` MiB. */
async function bounded(fn, most = 8) {
  await fn()
  if (!measurable) return
  resetPeak(server.pid)
  const before = peak(server.pid)
  await fn()
  const grown = (peak(server.pid) - before) / MiB
  assert.ok(grown <= most, `memory: got ${grown} MiB more, want at most ${most}`)
}

/** Converts a payload of revision 4 into revision 3. Packets beyond the size limit are dropped. */
function inLengths(payload) {
  let all = ''
  for (const packet of payload.split('\x1e')) {
    const next = `${packet.length}:${packet}`
    if (all.length + next.length > limit) break
    all += next
  }
  return all
}

const eventOf = (bytes) => `42["reply","${'x'.repeat(bytes - 14)}"]`

/** Returns functions that build payloads of a given size, by kind. */
function bodies(revision) {
  if (revision === 4) return { text: { body: eventOf }, base64: { body: (bytes) => `6\x1e${eventOf(bytes - 2)}` } }
  return {
    text: {
      body: (bytes) => { // lengths count UTF-16 units: three bytes of UTF-8 are one
        const wide = 300_000
        const packet = (rest) => `42["reply","${'가'.repeat(wide)}${'x'.repeat(rest)}"]`
        const head = `${packet(bytes - 3 * wide - 14 - 7).length}:`
        assert.equal(head.length, 7)
        return head + packet(bytes - 3 * wide - 14 - 7)
      },
    },
    b64: {
      body: (bytes) => {
        const event = '451-["reply",{"_placeholder":true,"num":0}]'
        const first = `${event.length}:${event}`
        const room = bytes - first.length - 7 // of the second packet; its length has six digits
        const pad = (room - 2) % 4
        const packet = `b4${'A'.repeat(room - 2 - pad)}`
        return `${first}${'0'.repeat(pad)}${packet.length}:${packet}` // leading zeros do not change the length
      },
    },
    binary: {
      type: 'application/octet-stream',
      body: (bytes) => {
        const event = Buffer.from(eventOf(bytes - 8))
        return Buffer.concat([Buffer.from([0, ...String(event.length).split('').map(Number), 0xff]), event])
      },
    },
  }
}

async function handshake(revision) {
  const text = await (await fetch(`${server.url}/socket.io/?EIO=${revision}&transport=polling`)).text()
  const sid = JSON.parse(text.match(/\{.*?\}/)[0]).sid
  if (revision === 4) assert.deepEqual(await post(4, sid, '40', {}), [200, 'ok'])
  return sid
}

/** Makes a POST with or without a Content-Length. Resolves to [status, text]. */
function post(revision, sid, body, { chunked, type = 'text/plain;charset=UTF-8' }) {
  const data = Buffer.from(body)
  return withTimeout(eventTimeout, new Promise((resolve, reject) => {
    const request = http.request(`${server.url}/socket.io/?EIO=${revision}&transport=polling&sid=${sid}`, {
      method: 'POST', agent: false,
      headers: { 'content-type': type, ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': data.length }) },
    }, async (response) => resolve([response.statusCode, (await response.toArray()).join('')]))
    request.on('error', reject)
    request.end(data)
  }), 'a response to the POST')
}

/**
 * Makes a POST that the server refuses before it has read the body. A client that is delayed
 * by half a second gets a reset connection in place of the response, so the POST is repeated.
 */
async function refusal(revision, sid, body, options) {
  for (let tries = 5; ; tries--) {
    try {
      return await post(revision, sid, body, options)
    } catch (error) {
      if (tries === 1 || !['ECONNRESET', 'EPIPE'].includes(error.code)) throw error
    }
  }
}

/** Sends a message. Resolves to 'taken', or to the code with which the server closes. */
async function overWebSocket(revision, message, fragments) {
  const ws = new WebSocket(`${server.ws}/socket.io/?EIO=${revision}&transport=websocket`, { perMessageDeflate: false })
  ws.on('error', () => {})
  const outcome = new Promise((resolve) => {
    ws.on('close', resolve)
    ws.on('message', (data) => {
      const text = data.toString()
      if (text.startsWith('0{') && revision === 4) ws.send('40')
      if (text.startsWith('40')) {
        const size = Math.ceil(message.length / fragments)
        for (let i = 0; i < message.length; i += size) ws.send(message.slice(i, i + size), { fin: i + size >= message.length })
        ws.send('421["reply"]')
      }
      if (text.startsWith('431')) resolve('taken')
    })
  })
  try {
    return await withTimeout(eventTimeout, outcome, 'an answer')
  } finally {
    ws.terminate()
  }
}

/** Returns the header of a masked frame, with a mask of zeros. */
function header(first, length) {
  if (length < 126) return Buffer.from([first, 0x80 | length, 0, 0, 0, 0])
  const b = Buffer.alloc(14)
  b[0] = first
  b[1] = 0x80 | 127
  b.writeBigUInt64BE(BigInt(length), 2)
  return b
}

/** Writes raw frames until the server closes, and returns its code. */
async function frames(revision, next, most = 1) {
  const ws = new WebSocket(`${server.ws}/socket.io/?EIO=${revision}&transport=websocket`, { perMessageDeflate: false })
  ws.on('error', () => {})
  let code
  const ended = new Promise((resolve) => ws.on('close', (c) => { code = c; resolve() }))
  await withTimeout(eventTimeout, new Promise((resolve) => ws.once('message', resolve)), 'the open packet')
  for (let i = 0; i < most && code === undefined; i++) {
    for (const frame of next(i)) ws._socket.write(frame)
    if (i % 10 === 0) await pause(0)
  }
  await withTimeout(eventTimeout, ended, 'the close')
  return code
}

/** Writes a raw request and resolves to the response. The second part is repeated. */
function exchange(...parts) {
  return withTimeout(eventTimeout, new Promise((resolve) => {
    const socket = net.connect(server.port, 'localhost')
    let response = ''
    socket.on('data', (data) => { response += data; if (response.includes('\r\n\r\n')) resolve(response) && socket.destroy() })
    socket.on('error', () => resolve(response))
    socket.on('close', () => { clearInterval(socket.more); resolve(response) })
    socket.write(parts[0])
    if (parts[1]) socket.more = setInterval(() => { if (socket.writableLength < 1 << 20) socket.write(parts[1]) }, 1)
  }), 'an answer')
}

async function announced(revision, length) {
  const sid = await handshake(revision)
  return exchange(`POST /socket.io/?EIO=${revision}&transport=polling&sid=${sid} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`)
}

async function endless(revision) {
  const sid = await handshake(revision)
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  return exchange(`POST /socket.io/?EIO=${revision}&transport=polling&sid=${sid} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`, chunk)
}

/** Opens connections with requests that never end. cut collects the ms until each is closed. */
function slowloris(connections, cut) {
  for (let i = 0; i < connections; i++) {
    const startedAt = performance.now()
    const socket = net.connect(server.port, 'localhost')
    const timer = setInterval(() => socket.write('x'), 1000)
    socket.on('error', () => {})
    socket.on('data', () => {})
    socket.on('close', () => { clearInterval(timer); cut.push(performance.now() - startedAt) })
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
  }
}
