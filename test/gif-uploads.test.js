// GIF uploads: memory and time of hostile files, limits, crashes and quotas.
import { test, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { binary, startServer } from './lib/server.js'
import { pause, until } from './lib/clients.js'
import { MiB, measurable, peak, resetPeak } from './lib/process.js'
import { animatedGIF } from './lib/gif.js'
import { longTest, promised, sized, soak } from './lib/sizes.js'
import { Visitor } from './lib/visitor.js'

const largest = 5 * 1024 * 1024
const head = (width, height) => Buffer.concat([Buffer.from('GIF89a'), u16(width), u16(height), Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255])])
const u16 = (n) => Buffer.from([n & 255, n >> 8])
const frame = (width, height, pixels = [2, 0x44, 1]) => Buffer.concat([Buffer.from([0x2c, 0, 0, 0, 0]), u16(width), u16(height), Buffer.from([0, 2]), Buffer.from(pixels), Buffer.from([0])])
const times = (n, part) => Buffer.concat(Array(n).fill(Buffer.from(part)))
const full = Buffer.concat([Buffer.from([255]), Buffer.alloc(255, 0x49)])
const end = Buffer.from([0x3b])
const file = (...parts) => Buffer.concat([...parts, end])

/** Returns a GIF of about that many bytes, different for each mark. */
function unique(bytes, mark) {
  const pixels = Buffer.concat([Buffer.from([2, 0x44, 1, 8]), Buffer.from(String(mark).padStart(8, '0')), times(Math.max(0, Math.floor(bytes / 256) - 1), full)])
  return file(head(8, 8), frame(8, 8, pixels), frame(8, 8))
}

/** Returns sub-blocks of exactly that many bytes, two or more. */
function subBlocks(bytes) {
  const blocks = []
  for (let left = bytes; left > 0;) {
    const take = Math.min(left, left === 257 ? 255 : 256)
    blocks.push(Buffer.alloc(take, 0x49).fill(take - 1, 0, 1))
    left -= take
  }
  return Buffer.concat(blocks)
}

const large = Buffer.from(animatedGIF({ width: 800, height: 800 }))

/**
 * Returns a valid GIF of exactly that many bytes: many frames, and for the rest a comment, or
 * data after the end of the last frame's pixels.
 */
function sizedGIF(bytes, { comment = false } = {}) {
  const start = large.subarray(0, 44), frames = large.subarray(44, -1)
  const many = times(Math.floor((bytes - 1000) / frames.length), frames)
  const rest = bytes - start.length - many.length - end.length
  const gif = comment
    ? file(start, many, Buffer.from([0x21, 0xfe]), subBlocks(rest - 3), Buffer.from([0]))
    : file(start, many.subarray(0, -1), subBlocks(rest), Buffer.from([0]))
  assert.equal(gif.length, bytes)
  return gif
}

async function room(server, fields) {
  const v = new Visitor(server)
  await v.get('/')
  v.room = await v.createRoom(fields)
  await v.enter(v.room)
  return v
}

const files = (server) => readdirSync(join(server.dataDir, 'gifs'))

async function shown(v, of = v.room) {
  const all = []
  for (let after = 0; ;) {
    const { messages, more } = await (await v.get(`/room/${of}/messages?limit=100&after=${after}`)).json()
    all.push(...messages.filter(({ gif }) => gif))
    if (!more) return all
    after = messages.at(-1).seq
  }
}

describe('hostile file', () => {
  let server
  before(async () => { server = await startServer({}, { path: binary({ race: false }) }) })

  for (const [what, bytes, status] of [
    ['8000 × 8000, 8 times', file(head(8000, 8000), times(8, frame(8000, 8000))), 413],
    ['4096 × 4096', file(head(4096, 4096), frame(4096, 4096)), 413],
    ['3840 × 2160, 241 times', file(head(3840, 2160), times(241, frame(3840, 2160))), 200],
    ['3840 × 2160, 242 times', file(head(3840, 2160), times(242, frame(3840, 2160))), 413],
    ['1 × 1, 200,000 times', file(head(1, 1), times(200_000, frame(1, 1))), 413],
    ['no delay and an endless loop', file(head(1, 1), Buffer.from('\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0', 'latin1'), times(1000, Buffer.concat([Buffer.from([0x21, 0xf9, 4, 0, 0, 0, 0, 0]), frame(1, 1)]))), 200],
    ['a first frame of 65535 × 65535', file(head(8, 8), times(1000, frame(65535, 65535))), 413],
    ['later frames of 65535 × 65535', file(head(8, 8), frame(8, 8), times(999, frame(65535, 65535))), 200],
    ['pixels that never end', file(head(8, 8), frame(8, 8, times(20_000, full))), 200],
    ['a million sub-blocks', file(head(8, 8), frame(8, 8, [2, ...times(1_000_000, [1, 0])])), 413],
    ['a million empty comments', file(head(8, 8), times(1_000_000, [0x21, 0xfe, 0]), frame(8, 8)), 413],
    ['no trailer', Buffer.concat([head(8, 8), frame(8, 8, times(19_000, full))]), 200],
    ['no pixel', Buffer.concat([head(8, 8), Buffer.from([0x21, 0xfe]), times(19_000, full)]), 400],
  ]) {
    test(`file (${what}): is answered with ${status} within 8 MiB`, async (t) => {
      const v = await room(server)
      await v.upload(v.room, animatedGIF()) // the memory of a first upload does not count
      if (measurable) resetPeak(server.pid)
      const before = measurable && peak(server.pid)
      const startedAt = performance.now()
      assert.equal((await v.upload(v.room, bytes)).status, status)
      const duration = performance.now() - startedAt
      assert.ok(duration < promised(3000), `upload: got ${duration} ms, want less than ${promised(3000)}`)
      if (measurable) {
        const more = peak(server.pid) - before
        t.diagnostic(`${bytes.length} bytes: ${Math.round(duration)} ms, ${(more / MiB).toFixed(1)} MiB`)
        assert.ok(more <= 8 * MiB, `memory: got ${(more / MiB).toFixed(1)} MiB more, want at most 8`)
      }
    })
  }

  test('refused uploads: leave no temporary files', async () => {
    assert.deepEqual(files(server).filter((name) => name.endsWith('.tmp')), [])
  })
})

describe('hostile form', () => {
  let server, v
  before(async () => {
    server = await startServer({}, { path: binary({ race: false }) })
    v = await room(server, { max: 100 })
  })

  const part = (headers, body) => `--x\r\n${headers}\r\n\r\n${body}\r\n`
  const gifPart = 'Content-Disposition: form-data; name="gif"; filename="x.gif"'
  const whole = Buffer.from(animatedGIF()).toString('latin1')
  for (const [what, body] of [
    ['100,000 parts', part('Content-Disposition: form-data; name="y"', 'z').repeat(100_000) + part(gifPart, whole) + '--x--\r\n'],
    ['100,000 headers', part('A: b\r\n'.repeat(100_000) + gifPart, whole) + '--x--\r\n'],
    ['a file name of 1 MB', part(`Content-Disposition: form-data; name="gif"; filename="${'n'.repeat(1_000_000)}.gif"`, whole) + '--x--\r\n'],
    ['a field of 4 MB', part('Content-Disposition: form-data; name="y"', 'z'.repeat(4_000_000)) + part(gifPart, whole) + '--x--\r\n'],
    ['a header of 4 MB', part(`A: ${'b'.repeat(4_000_000)}\r\n${gifPart}`, whole) + '--x--\r\n'],
    ['no boundary at the end, and half a file', part(gifPart, whole.slice(0, -20)).slice(0, -2)],
    ['5 MiB and a byte', part(gifPart, sizedGIF(largest + 1).toString('latin1')) + '--x--\r\n'],
    ['20 MB in a file', part(gifPart, `${whole.slice(0, -1)}!\xfe${full.toString('latin1').repeat(80_000)}\0;`) + '--x--\r\n'],
  ]) {
    test(`form (${what}): is refused within 8 MiB`, async (t) => {
      if (measurable) resetPeak(server.pid)
      const before = measurable && peak(server.pid)
      const answer = await v.request('POST', `/room/${v.room}/gif`, {
        body: Buffer.from(body, 'latin1'), headers: { 'content-type': 'multipart/form-data; boundary=x' },
      }).catch((error) => ({ status: 0, error })) // the server closed the connection during the upload
      assert.ok(answer.status === 0 || Math.floor(answer.status / 100) === 4, `status: got ${answer.status}, want 4xx or a closed connection`)
      if (measurable) {
        const more = peak(server.pid) - before
        t.diagnostic(`${answer.status}: ${(more / MiB).toFixed(1)} MiB`)
        assert.ok(more <= 8 * MiB, `memory: got ${(more / MiB).toFixed(1)} MiB more, want at most 8`)
      }
      assert.deepEqual(files(server), [])
    })
  }

  // The limit counts the received bytes, not the stored ones.
  for (const comment of [false, true]) {
    test(`size limit: accepts 5 MiB and refuses one byte more${comment ? ', also if most of it is a comment' : ''}`, async () => {
      const own = await room(server)
      const sent = sizedGIF(largest, { comment })
      const answer = await own.upload(own.room, sent)
      assert.equal(answer.status, 200, await answer.text())
      const [{ gif, frames }] = await shown(own)
      assert.ok(frames > 10, `frames: got ${frames}, want more than 10`)
      const kept = Buffer.from(await (await own.get(`/gif/${gif}`)).arrayBuffer())
      if (comment) assert.ok(kept.length < largest, `stored GIF: got ${kept.length} bytes, want less than ${largest}`)
      else assert.ok(kept.equals(sent), 'stored GIF: differs from the uploaded one')

      for (const more of [1, 2, 300, 5000, 70_000, 200_000]) {
        const refused = await own.upload(own.room, sizedGIF(largest + more, { comment }))
        assert.deepEqual([refused.status, refused.headers.get('x-reason')], [413, 'too_large'], `${more} more`)
        assert.equal(await refused.text(), 'GIF는 5MB까지 올릴 수 있어요.')
      }
      assert.deepEqual(files(server), [gif])
      assert.equal((await own.request('DELETE', `/room/${own.room}`)).status, 200)
      await until(() => files(server).length === 0, 'no files after the removal of the room')
    })
  }

  longTest('uploads at a byte a second: are cut, and a visitor can have three at once', async () => {
    const senders = [v]
    for (let i = 1; i < sized(17, 167); i++) {
      const other = new Visitor(server)
      await other.get('/')
      if (i < 99) await other.enter(v.room) // later the room is full
      senders.push(other)
    }
    const startedAt = performance.now()
    const results = await Promise.all(senders.flatMap((sender) => [1, 2, 3].map(() => trickle(sender))).concat(trickle(v), trickle(v)))
    assert.ok(performance.now() - startedAt < promised(30_000), `uploads: want the end within ${promised(30_000)} ms`)
    const count = (status) => results.filter((got) => got === status).length
    assert.equal(count(408), sized(51, 64), 'uploads answered with 408')
    if (!soak) assert.equal(count(429), 2) // with SOAK=1 some uploads find no free slot
    assert.equal(count(408) + count(429) + count(403) + count(503), results.length)
    assert.deepEqual(files(server), [])
    assert.equal((await v.upload(v.room, animatedGIF())).status, 200)
  })

  /** Uploads a byte a second until the server ends it. Resolves to the status, or 0 without a response. */
  const trickle = (sender) => slowUpload(server, sender, v.room, { bytes: 1, ms: 1000 }).ended
})

describe('slow uploads in all 64 slots', () => {
  let server, owner
  before(async () => {
    server = await startServer({ TRUSTED_PROXIES: '127.0.0.1,::1' }, { path: binary({ race: false }) })
    owner = await room(server, { max: 100 })
  })

  // Each upload is faster than 16 KiB a second, below which the server cuts it.
  const hold = async (from) => {
    const senders = await Promise.all(Array.from({ length: 22 }, async () => {
      const sender = new Visitor(server)
      await sender.get('/')
      await sender.enter(owner.room)
      return sender
    }))
    const all = senders.flatMap((sender) => [1, 2, 3].map(() => sender)).slice(0, 64)
    const slow = all.map((sender) => slowUpload(server, sender, owner.room, { bytes: 1740, ms: 100, from }))
    await Promise.all(slow.map(({ accepted }) => accepted))
    return slow
  }
  const running = (slow) => slow.filter(({ status }) => status === undefined).length
  const release = async (slow) => {
    for (const { socket } of slow) socket.destroy()
    await Promise.all(slow.map(({ ended }) => ended))
  }

  test('64 uploads from one address: yield a slot to an upload from another address at once', async () => {
    const slow = await hold('192.0.2.1')
    assert.equal((await owner.upload(owner.room, animatedGIF())).status, 200)
    await until(() => running(slow) === 63, 'one slow upload ended')
    const cut = slow.find(({ status }) => status !== undefined)
    assert.equal(cut.status, 503)
    assert.match(cut.answer, /\r\nRetry-After: 2\r\n[\s\S]*X-Reason: unavailable\r\n/)
    assert.match(server.logs, /route=\/room\/:id\/gif status=503/)
    await release(slow)
  })

  test('64 uploads from one address: yield a slot to another upload from it within seconds', async () => {
    const slow = await hold()
    await until(async () => (await owner.upload(owner.room, animatedGIF())).status === 200, 'the upload accepted', 60_000)
    await until(() => running(slow) === 63, 'one slow upload ended') // its response may arrive after that of the upload
    await release(slow)
  })
})

/** Starts an upload over a bare socket that sends `bytes` bytes every `ms` ms until the server ends it. */
function slowUpload(server, sender, room, { bytes, ms, from }) {
  const upload = { answer: '' }
  const socket = upload.socket = connect(server.port, 'localhost')
  socket.write(`POST /room/${room}/gif HTTP/1.1\r\nHost: localhost\r\nCookie: ${sender.cookie}\r\nContent-Length: 5000000\r\n${from ? `X-Forwarded-For: ${from}\r\n` : ''}`
    + `Content-Type: multipart/form-data; boundary=x\r\nExpect: 100-continue\r\n\r\n`)
  const head = Buffer.from('--x\r\nContent-Disposition: form-data; name="gif"; filename="x.gif"\r\n\r\n'
    + 'GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xff\xff\xff\x21\xfe\xff', 'latin1') // the beginning of a comment
  let timer
  upload.accepted = new Promise((resolve) => socket.once('data', resolve)) // 100 Continue, or a refusal
  upload.accepted.then(() => {
    socket.write(head)
    timer = setInterval(() => socket.write('x'.repeat(bytes)), ms)
  })
  socket.on('data', (data) => {
    upload.answer += data
    const status = upload.answer.match(/^HTTP\/1\.1 ([2-5]\d\d)/m)?.[1]
    if (status) upload.status = Number(status)
  })
  socket.on('error', () => {})
  upload.ended = new Promise((resolve) => socket.on('close', () => {
    clearInterval(timer)
    resolve(upload.status ??= 0)
  }))
  return upload
}

describe('uploads over crashes', () => {
  test('crash: leaves every message with its GIF, and the sweep removes orphans', async (t) => {
    const server = await startServer({ EMPTY_ROOM_GRACE: 'never' })
    const total = sized(60, 300)
    const owners = await Promise.all(Array.from({ length: total / 15 }, () => room(server)))
    const sent = new Map() // by hash
    const confirmed = new Set()
    let crashes = 0, number = 0, restarted = Promise.resolve()

    const crash = async () => {
      await server.stop('SIGKILL')
      crashes++
      await server.start()
    }
    const send = async (v) => {
      for (let i = 0; i < 15; i++) {
        const bytes = unique(100_000 + 1000 * (number % 50), ++number)
        const hash = createHash('sha256').update(bytes).digest('hex')
        sent.set(hash, bytes.length)
        if (number % 10 === 5) restarted = restarted.then(() => pause(number % 7 * 4)).then(crash)
        const status = await v.upload(v.room, bytes).then((answer) => answer.status, () => 0)
        if (status === 200) confirmed.add(hash)
        else assert.equal(status, 0, 'status of an upload during a crash')
        await restarted
      }
    }
    for (let i = 0; i < owners.length; i += 4) await Promise.all(owners.slice(i, i + 4).map(send))
    assert.ok(crashes >= total / 15, `crashes: got ${crashes}, want at least ${total / 15}`)

    const stored = new Set()
    const names = new Set()
    for (const v of owners) {
      for (const { gif, poster } of await shown(v)) {
        const answer = await v.get(`/gif/${gif}`)
        assert.equal(answer.status, 200, 'status of the GIF of a message')
        const bytes = Buffer.from(await answer.arrayBuffer())
        const hash = createHash('sha256').update(bytes).digest('hex')
        assert.equal(answer.headers.get('etag'), `"${hash}"`, 'ETag of the file')
        assert.equal(sent.get(hash), bytes.length, 'size of the file')
        assert.equal((await v.get(`/gif/${poster}`)).status, 200)
        stored.add(hash)
        names.add(gif)
      }
    }
    for (const hash of confirmed) assert.ok(stored.has(hash), 'a confirmed upload is missing')
    t.diagnostic(`${crashes} crashes; of ${total} uploads ${confirmed.size} were confirmed, ${stored.size} stored; ${files(server).length} files`)
    assert.ok(confirmed.size > total / 4 && confirmed.size < total, `confirmed uploads: got ${confirmed.size} of ${total}, want more than a quarter and not all`)

    // Two orphans as a crash leaves them between a file and its row or in the middle of a
    // file, and a young file as of a running upload. The crashes above may have left none.
    const left = files(server).filter((name) => !names.has(name))
    t.diagnostic(`the crashes have left ${left.length} files without a message`)
    if (soak) assert.ok(left.length > 0, 'files without a message after the crashes: got none')
    const old = Date.now() / 1000 - 7 * 60
    const orphans = [`${'0'.repeat(24)}.gif`, `${'1'.repeat(24)}.gif.tmp`], young = `${'2'.repeat(24)}.gif`
    for (const name of [...orphans, young]) writeFileSync(join(server.dataDir, 'gifs', name), animatedGIF())
    for (const name of files(server)) if (name !== young) utimesSync(join(server.dataDir, 'gifs', name), old, old)
    await server.restart()
    await until(() => files(server).length === names.size + 1, 'the orphans removed')
    names.add(young)
    assert.deepEqual(new Set(files(server)), names)
    await server.stop()
  })
})

describe('upload quotas', () => {
  test('UPLOAD_QUOTA: limits the bytes of a visitor in a day, also after a restart', async () => {
    const server = await startServer({ UPLOAD_QUOTA: '5MiB', EMPTY_ROOM_GRACE: 'never' })
    const v = await room(server)
    for (let i = 0; i < 2; i++) assert.equal((await v.upload(v.room, unique(2_500_000, i))).status, 200)
    for (const restarted of [false, true]) {
      if (restarted) await server.restart()
      const answer = await v.upload(v.room, unique(1_000_000, 9))
      assert.equal(answer.status, 429)
      const wait = Number(answer.headers.get('retry-after'))
      assert.ok(wait > 86_000 && wait <= 86_400, `Retry-After: got ${wait} s, want 86,000 to 86,400`)
      assert.equal(await answer.text(), '오늘 올릴 수 있는 만큼 GIF를 모두 올렸습니다. 나중에 다시 올려 주세요.')
      assert.equal(files(server).length, 2)
    }
    assert.equal((await v.upload(v.room, animatedGIF())).status, 200, 'a small upload within the quota')
    const other = new Visitor(server)
    await other.get('/')
    await other.enter(v.room)
    assert.equal((await other.upload(v.room, unique(1_000_000, 10))).status, 200)
    await server.stop()
  })

  test('MIN_FREE_SPACE: refuses an upload and allows text', async () => {
    const server = await startServer({ MIN_FREE_SPACE: '8000000TiB' })
    const v = await room(server)
    const answer = await v.upload(v.room, animatedGIF())
    assert.equal(answer.status, 507)
    assert.equal(await answer.text(), '서버의 저장 공간이 부족해서 저장할 수 없습니다.')
    assert.deepEqual(files(server), [])
    assert.equal((await v.postMessage(v.room, '글은 된다')).status, 200)
    await server.stop()
  })
})
