// A server on a full disk: the kernel refuses each write (RLIMIT_FSIZE).
// Row U9 of docs/promises.md.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { startServer } from './lib/server.js'
import { assertNoErrors, openPage, screenshot } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { connected, until } from './lib/clients.js'
import { member, owner, Visitor } from './lib/visitor.js'

/** Sets the maximum size of a file that the running server writes. */
const limitFiles = (server, bytes) => execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:unlimited`])

test('full disk: the lobby and the rooms stay readable, and the server recovers without a restart', async () => {
  const server = await startServer()
  const host = await owner(server, { title: '이야기방' })
  const guest = await member(server, host.room)
  await host.postMessage(host.room, '가득 차기 전에')
  const fresh = () => new Visitor(server)
  limitFiles(server, 0)

  // A visitor without a session, by fetch and in a browser.
  for (const path of ['/', '/room', '/notice']) {
    const visitor = fresh()
    const answer = await visitor.get(path)
    assert.equal(answer.status, 200, path)
    assert.equal(visitor.cookie, '', path)
    assert.match(await answer.text(), /둘러보기만 할 수 있어요/, path)
  }
  const newcomer = await openPage(server)
  await newcomer.goto('/')
  await newcomer.getByText('둘러보기만 할 수 있어요').waitFor()
  await newcomer.getByText('이야기방').waitFor()
  assert.deepEqual(await newcomer.context().cookies(), [])
  await screenshot(newcomer, 'read-only-1280')
  await newcomer.setViewportSize({ width: 375, height: 700 })
  await screenshot(newcomer, 'read-only-375')
  const lobby = await connected(`${server.url}/room`)
  for (const refused of [await fresh().form('/room', { title: '새 방', max: '10' }), await fresh().get(`/room/${host.room}`), await fresh().postMessage(host.room, 'x')]) {
    assert.ok([503, 507].includes(refused.status), `${refused.url}: got status ${refused.status}, want 503 or 507`)
    assert.equal(refused.headers.get('set-cookie'), null)
  }

  // Visitors with a session.
  assert.match(await guest.enter(host.room), /가득 차기 전에/)
  assert.equal((await guest.get('/')).status, 200)
  const { messages } = await (await guest.get(`/room/${host.room}/messages`)).json()
  assert.ok(messages.some(({ chat }) => chat === '가득 차기 전에'), `messages: got ${JSON.stringify(messages)}, want the one from before`)
  const again = guest.socket('/chat')
  const joined = await again.emitWithAck('join', { room: host.room, after: 0 })
  assert.equal(joined.ok, true, JSON.stringify(joined))
  const refused = await again.emitWithAck('chat', { room: host.room, chat: '실패' })
  assert.equal(refused.ok, false)
  assert.ok(['storage_full', 'unavailable'].includes(refused.reason), refused.reason)
  const failed = await guest.postMessage(host.room, '실패')
  assert.ok([503, 507].includes(failed.status), `status: got ${failed.status}, want 503 or 507`)
  assert.equal((await guest.upload(host.room, animatedGIF())).status, 507)

  limitFiles(server, 'unlimited')
  const later = fresh()
  assert.equal((await later.get('/')).status, 200)
  assert.match(later.cookie, /connect\.sid=/)
  assert.match(await later.enter(host.room), /가득 차기 전에/)
  const live = new Promise((resolve) => { host.chat.on('chat', ({ chat }) => chat === '다시 돼요' && resolve()) })
  assert.equal((await again.emitWithAck('chat', { room: host.room, chat: '다시 돼요' })).ok, true)
  await live
  assert.equal((await guest.upload(host.room, animatedGIF())).status, 200)
  const announced = new Promise((resolve) => { lobby.on('newRoom', resolve) })
  await later.createRoom({ title: '새 방' })
  await announced
  await until(async () => (await newcomer.locator('tbody tr').count()) === 2, 'the new room in the open list')
  await newcomer.reload()
  assert.equal(await newcomer.getByText('둘러보기만 할 수 있어요').count(), 0)
  assert.ok((await newcomer.context().cookies()).length > 0, 'cookies after the recovery: got none')
  const all = (await (await guest.get(`/room/${host.room}/messages`)).json()).messages
  assert.deepEqual(all.filter(({ chat }) => chat === '실패'), [])
  assert.deepEqual(all.map(({ seq }) => seq), all.map((_, i) => i + 1), 'seqs of the messages')

  assertNoErrors([newcomer])
  await newcomer.context().close()
  for (const socket of [host.chat, guest.chat, again, lobby]) socket.disconnect()
  await server.stop()
})
