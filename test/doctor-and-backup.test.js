// The doctor and backup commands beside a running server, damaged data, and the start with a
// million messages: rows U1, U5, U6 and U7 of docs/promises.md.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { binary, startServer } from './lib/server.js'
import { assertNoErrors, openPage, screenshot } from './lib/browser.js'
import { LoadClients, fromOneAddress } from './lib/load-clients.js'
import { random, seed } from './lib/fault-proxy.js'
import { assertIntegrity, insertMessages } from './lib/ledger.js'
import { connected, join as enter, pause } from './lib/clients.js'
import { animatedGIF } from './lib/gif.js'
import { longTest, percentile, promised, sized, soak } from './lib/sizes.js'
import { owner, Visitor } from './lib/visitor.js'

/** Runs a command of the program on the data folder of a server. */
const gifchat = (server, ...args) => promisify(execFile)(binary({ race: false }), args, { cwd: server.dataDir, env: { DATA_DIR: server.dataDir } })

longTest('server with a million messages: starts within 1 s and opens a room within 300 ms', async (t) => {
  const server = await startServer({}, { path: binary({ race: false }) })
  const visitor = new Visitor(server)
  await visitor.get('/')
  const rooms = []
  for (let i = 0; i < 10; i++) rooms.push(await visitor.createRoom({ title: `방 ${i}` }))
  await server.stop()
  for (const room of rooms) await insertMessages(server, room, 100_000)
  const startedAt = performance.now()
  await server.start()
  const ready = performance.now() - startedAt
  const opened = []
  for (const room of rooms) {
    const at = performance.now()
    await visitor.enter(room)
    opened.push(performance.now() - at)
  }
  const socket = await connected(`${server.url}/chat`, { extraHeaders: { cookie: visitor.cookie } })
  const at = performance.now()
  assert.equal((await socket.emitWithAck('join', { room: rooms[0], after: 50_000 })).seq, 100_001)
  const joined = performance.now() - at
  t.diagnostic(`ready after ${Math.round(ready)} ms; a page took ${percentile(opened, 1)} ms at most, joining ${Math.round(joined)} ms`)
  assert.ok(ready <= promised(1000), `start: got ${ready} ms, want at most ${promised(1000)}`)
  assert.ok(percentile(opened, 1) <= promised(300), `pages: got ${opened} ms, want at most ${promised(300)}`)
  assert.ok(joined <= promised(300), `join: got ${joined} ms, want at most ${promised(300)}`)
  const { stdout } = await gifchat(server, 'doctor')
  assert.match(stdout, /messages +1000001\n/)
  assert.match(stdout, /check +ok\n/) // which includes the checksums of the inserted messages
  socket.disconnect()
  await server.stop()
})

test('doctor: prints the settings of the store of a running server', async () => {
  const server = await startServer()
  const a = await owner(server)
  await a.postMessage(a.room, '안녕')
  const { stdout } = await gifchat(server, 'doctor')
  const report = Object.fromEntries(stdout.trim().split('\n').map((line) => line.split(/ {2,}/)))
  const [major, minor, patch] = report.SQLite.split('.').map(Number)
  assert.ok(major > 3 || minor > 51 || (minor === 51 && patch >= 3), report.SQLite)
  assert.deepEqual([report.journal_mode, report.synchronous, report.foreign_keys, report.busy_timeout, report.check], ['wal', '2', 'true', '5000 ms', 'ok'])
  assert.equal(report.rooms, '1')
  assert.match(report['client bundle'], /^socket\.io-client 4/)
  a.chat.disconnect()
  await server.stop()
})

test('program: exits with status 1 and a message on unknown arguments and damaged data', async () => {
  const server = await startServer()
  await server.stop()
  const path = join(server.dataDir, 'gifchat.db')
  const run = (...args) => spawnSync(binary({ race: false }), args, { encoding: 'utf8', cwd: server.dataDir, env: { DATA_DIR: server.dataDir, PORT: '0' }, timeout: 60_000 })
  assert.deepEqual(run('doctor').status, 0)
  const usage = run('nonsense')
  assert.equal(usage.status, 1)
  assert.match(usage.stderr, /arguments \["nonsense"\] are unknown; want\ngifchat /)
  execFileSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=1', 'seek=0', 'count=16', 'conv=notrunc'], { stdio: 'ignore' })
  const size = statSync(path).size
  for (const args of [[], ['doctor'], ['backup', 'elsewhere']]) {
    const { status, stderr } = run(...args)
    assert.equal(status, 1, args)
    assert.match(stderr.trim().split('\n').at(-1), /damaged/)
  }
  assert.equal(statSync(path).size, size)
})

test('killed backup: leaves a folder that every command refuses', async () => {
  const server = await startServer({}, { path: binary({ race: false }) })
  const a = await owner(server)
  await a.postMessage(a.room, '안녕')
  await a.upload(a.room, animatedGIF())
  const run = (dataDir, ...args) => spawnSync(binary({ race: false }), args, { encoding: 'utf8', cwd: server.dataDir, env: { DATA_DIR: dataDir, PORT: '0', HOST: '127.0.0.1' }, timeout: 60_000 })
  const tried = new Set() // each kind of incomplete folder once
  for (let round = 0; round < 8 || tried.size === 0; round++) {
    const delay = (round % 8) * 4 // ms; a complete backup takes about 50
    const into = mkdtempSync(join(server.dataDir, '..', 'killed-'))
    const backup = execFile(binary({ race: false }), ['backup', into], { env: { DATA_DIR: server.dataDir } }, () => {})
    const exited = once(backup, 'exit')
    for (const startedAt = performance.now(); readdirSync(into).length === 0 && performance.now() - startedAt < 5000;) await pause(1)
    await pause(delay)
    backup.kill('SIGKILL')
    await exited
    const left = readdirSync(into).sort()
    if (left.includes('gifchat.db')) {
      assert.equal(run(into, 'doctor').status, 0)
      continue
    }
    assert.ok(left.includes('gifchat.db.partial'), `folder: got ${left}, want gifchat.db.partial`)
    if (tried.has(`${left}`)) continue
    tried.add(`${left}`)
    for (const args of [[], ['doctor'], ['backup', join(into, '../elsewhere')]]) {
      const { status, stderr } = run(into, ...args)
      assert.equal(status, 1, args)
      assert.match(stderr.trim().split('\n').at(-1), /only the beginning of a backup.*gifchat\.db\.partial/, args)
    }
    assert.deepEqual(readdirSync(into).sort(), left, 'files after the commands')
    assert.equal(existsSync(join(into, '../elsewhere')), false)
  }
  a.chat.disconnect()
  await server.stop()
})

test('damaged message: is found by the doctor, shown as damaged, and removable by the owner', async () => {
  const server = await startServer()
  const [ann, bob] = [await openPage(server), new Visitor(server)]
  await ann.goto('/room')
  await ann.fill('input[name=title]', '방')
  await ann.locator('form[action="/room"] button').click()
  await ann.waitForURL(/\/room\/[0-9a-f]{24}$/)
  const room = ann.url().split('/').at(-1)
  await bob.enter(room)
  await bob.postMessage(room, 'I owe you 10 pounds')
  await bob.postMessage(room, 'see you')
  const row = (text) => ann.locator('#chat-list .message', { hasText: text })
  await row('see you').waitFor()
  await server.stop()
  const path = join(server.dataDir, 'gifchat.db')
  const bytes = readFileSync(path)
  for (let at = 0; (at = bytes.indexOf('10 pounds', at)) >= 0; at++) bytes[at] ^= 0x08 // 10 becomes 90
  writeFileSync(path, bytes)
  await server.start()

  const copy = join(server.dataDir, 'copy') // the copy has every other message
  for (const [dataDir, ...args] of [[server.dataDir, 'doctor'], [server.dataDir, 'backup', copy], [copy, 'doctor']]) {
    await assert.rejects(gifchat({ dataDir }, ...args), ({ code, stderr }) => {
      assert.equal(code, 1)
      assert.match(stderr.trim().split('\n').at(-1), new RegExp(`damage.*: message \\d+ of room ${room} is damaged: its checksum does not match`))
      return true
    }, args[0])
  }
  const { messages } = await (await bob.get(`/room/${room}/messages`)).json()
  assert.deepEqual(messages.map(({ chat }) => chat).filter((text) => /owe/.test(text)), [])
  assert.equal(messages.filter(({ kind }) => kind === 'damaged').length, 1)

  await ann.reload()
  await row('손상된 메시지').waitFor()
  assert.equal(await row('owe').count(), 0)
  await screenshot(ann, 'damaged-message-1280')
  await row('손상된 메시지').hover()
  await ann.locator('#more').click()
  for (let sure = 0; sure < 2; sure++) await ann.locator('.menu button', { hasText: '지우기' }).click()
  await row('지워진 메시지예요').waitFor()
  assertNoErrors([ann], /WebSocket|ERR_/)
  assert.match((await gifchat(server, 'doctor')).stdout, /check +ok\n/)
  await ann.context().close()
  await server.stop()
})

test('backup beside traffic: restores to a complete prefix of every room', async (t) => {
  const server = await startServer(fromOneAddress, { path: binary({ race: false }) })
  const load = new LoadClients(server, random(seed))
  await load.start(40, 8)
  const rooms = [...new Set(load.clients.map(({ room }) => room))]
  const waits = []
  let over = false
  const sending = Promise.all([
    load.sendAtRate(200, () => over),
    (async () => { // measures the answers
      const visitor = new Visitor(server)
      await visitor.get('/')
      const room = await visitor.createRoom() // before the socket connects, since it renews the cookie
      const socket = await connected(`${server.url}/chat`, { transports: ['websocket'], extraHeaders: { cookie: visitor.cookie } })
      await enter(socket, room)
      for (let n = 0; !over; n++) {
        const at = performance.now()
        assert.equal((await socket.emitWithAck('chat', { chat: `${n}` })).ok, true)
        waits.push(performance.now() - at)
        await pause(150)
      }
      socket.disconnect()
    })(),
    (async () => { // uploads GIFs
      const roomOwner = load.ownerOf(rooms[0])
      while (!over) {
        assert.equal((await roomOwner.upload(rooms[0], animatedGIF())).status, 200)
        await pause(300)
      }
    })(),
  ])
  await pause(1500)
  const [startedAt, acked] = [performance.now(), load.acked]
  const ackedBefore = async () => Object.fromEntries(await Promise.all(rooms.map(async (room) =>
    [room, (await (await load.ownerOf(room).get(`/room/${room}/messages?limit=1`)).json()).messages[0].seq])))

  for (let round = 0; round < sized(3, 30); round++) {
    const before = await ackedBefore()
    const into = mkdtempSync(join(server.dataDir, '..', 'backup-'))
    const { stdout } = await gifchat(server, 'backup', into)
    const after = await ackedBefore()
    await pause(500)

    const restored = await startServer({}, { path: binary({ race: false }), keep: into })
    const gifs = new Set()
    for (const room of rooms) {
      const roomOwner = load.ownerOf(room)
      const there = new Visitor(restored)
      there.cookie = roomOwner.cookie // sessions are in the database
      const all = []
      for (let before = ''; before !== undefined;) {
        const { messages, more } = await (await there.get(`/room/${room}/messages?limit=100&before=${before}`)).json()
        all.unshift(...messages)
        before = more ? messages[0].seq : undefined
      }
      assert.deepEqual(all.map(({ seq }) => seq), all.map((_, n) => n + 1), 'seqs in the backup')
      assert.ok(all.length >= before[room], `messages in the backup: got ${all.length}, want at least ${before[room]}`)
      assert.ok(all.length <= after[room], `messages in the backup: got ${all.length}, want at most ${after[room]}`)
      for (const { gif } of all) {
        if (!gif) continue
        gifs.add(gif)
        const picture = await there.get(`/gif/${gif}`)
        assert.equal(picture.status, 200)
        assert.deepEqual(new Uint8Array(await picture.arrayBuffer()), animatedGIF())
      }
    }
    assert.ok(gifs.size > 0, 'GIFs in the backup: got none')
    assert.deepEqual(readdirSync(join(into, 'gifs')).sort(), [...gifs].sort())
    assert.match(stdout, new RegExp(`and ${gifs.size} GIFs`))
    await restored.stop()
    assertIntegrity(restored)
  }
  const reached = (load.acked - acked) / (performance.now() - startedAt) * 1000
  over = true
  await sending
  load.clients.forEach((client) => { client.over = true; client.socket.disconnect() })
  t.diagnostic(`${load.acked} messages, ${reached.toFixed(0)} a second; an answer took ${percentile(waits, 0.5)} ms (p50), ${percentile(waits, 0.99)} ms (p99)`)
  assert.ok(reached >= sized(1, 180), `messages a second: got ${reached}, want at least ${sized(1, 180)}`)
  if (soak) assert.ok(percentile(waits, 0.99) <= 100, `99th percentile of the answers: got ${percentile(waits, 0.99)} ms, want at most 100`)
  await server.stop()
})
