// Closed rooms, bans of addresses, and the order and time of leaving.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from './lib/server.js'
import { client, collect, connected, nextEvent, until } from './lib/clients.js'
import { ChatSocket, address, closeAgents, manyAddresses, newCookie, requestFrom } from './lib/addresses.js'
import { Visitor, member, owner } from './lib/visitor.js'
import { eventTimeout } from './lib/sizes.js'

after(closeAgents)

const lone = { path: binary({ race: false }) }
const emitWithAck = (socket, event, ...args) => socket.timeout(eventTimeout).emitWithAck(event, ...args)

describe('door of a room', () => {
  let server
  before(async () => { server = await startServer({}, lone) })

  test('closed room: refuses newcomers by event and by page, and admits members', async () => {
    const ann = await owner(server, { title: '교실', max: 10 })
    const bob = await member(server, ann.room)
    const lobby = await connected(`${server.url}/room`)
    const listed = nextEvent(lobby, 'changeRoom', { where: ({ closed }) => closed })
    const announced = [nextEvent(bob.chat, 'room', { where: ({ closed }) => closed }), nextEvent(bob.chat, 'notice', { where: ({ topic }) => topic === 'closed' })]
    const { ok, state } = await emitWithAck(ann.chat, 'settings', { room: ann.room, closed: true })
    assert.deepEqual([ok, state.closed], [true, true])
    assert.equal((await listed)[0]._id, ann.room)
    await Promise.all(announced)

    const stranger = await connected(`${server.url}/chat`)
    const refused = nextEvent(stranger, 'error-message')
    const answer = await emitWithAck(stranger, 'join', ann.room)
    assert.deepEqual([answer.ok, answer.reason], [false, 'closed'])
    assert.equal((await refused)[0].message, answer.message)
    const eve = new Visitor(server)
    await eve.get('/')
    const page = await eve.open(ann.room)
    assert.equal(page.status, 302)
    const lead = decodeURIComponent(page.headers.get('location'))
    assert.match(lead, /^\/\?error=방장이 문을 닫아서/)
    assert.match(await (await eve.get(page.headers.get('location'))).text(), /role="alert">방장이 문을 닫아서/)
    bob.chat.disconnect()
    await bob.enter(ann.room)
    bob.chat = await bob.join(ann.room)
    assert.equal((await emitWithAck(bob.chat, 'chat', '다시 왔어요')).ok, true)

    const opened = nextEvent(lobby, 'changeRoom', { where: ({ _id }) => _id === ann.room })
    assert.equal((await emitWithAck(ann.chat, 'settings', { room: ann.room, closed: false })).ok, true)
    assert.equal('closed' in (await opened)[0], false, 'changeRoom of an open room has no key closed')
    assert.equal((await emitWithAck(stranger, 'join', ann.room)).ok, true)
    for (const socket of [ann.chat, bob.chat, lobby, stranger]) socket.disconnect()
  })

  test('closed room: stays closed over a restart', async () => {
    const one = await startServer({}, lone)
    const ann = await owner(one, { title: '교실', max: 10 })
    assert.equal((await emitWithAck(ann.chat, 'settings', { room: ann.room, closed: true })).ok, true)
    ann.chat.disconnect()
    await one.restart()
    const stranger = await connected(`${one.url}/chat`)
    assert.equal((await emitWithAck(stranger, 'join', ann.room)).reason, 'closed')
    stranger.disconnect()
    await one.stop()
  })

  test('ban with address: refuses newcomers from that address and admits its members', { skip: !manyAddresses && 'it needs many addresses' }, async () => {
    const ann = await owner(server, { title: '교실', max: 50 })
    const [school, elsewhere] = [address(7), address(8)]
    const pupil = await newCookie(server, school)
    assert.equal((await requestFrom(server, `/room/${ann.room}`, { from: school, headers: { cookie: pupil } })).status, 200)
    const flooder = await ChatSocket.open(server, { from: school })
    const { user } = await flooder.emitWithAck('join', ann.room)
    assert.deepEqual(await emitWithAck(ann.chat, 'ban', { room: ann.room, person: user, address: true }), { ok: true, address: true })

    const again = await ChatSocket.open(server, { from: school })
    const answer = await again.emitWithAck('join', ann.room)
    assert.deepEqual([answer.ok, answer.reason], [false, 'banned'])
    assert.ok(answer.retryAfter > 3500_000 && answer.retryAfter <= 3600_000, `retryAfter: got ${answer.retryAfter} ms, want an hour`)
    const page = await requestFrom(server, `/room/${ann.room}`, { from: school, headers: { cookie: await newCookie(server, school) } })
    assert.match(decodeURIComponent(page.headers.location), /^\/\?error=지금은 이 네트워크에서 새로/)
    assert.equal((await requestFrom(server, `/room/${ann.room}`, { from: school, headers: { cookie: pupil } })).status, 200, 'status of a member at the banned address')
    const other = await ChatSocket.open(server, { from: elsewhere })
    assert.equal((await other.emitWithAck('join', ann.room)).ok, true)

    const { people } = await emitWithAck(ann.chat, 'bans', { room: ann.room })
    assert.ok(people[0].color === user && people[0].addressFor > 3500_000, JSON.stringify(people))
    assert.equal((await emitWithAck(ann.chat, 'unban', { room: ann.room, person: user })).ok, true)
    assert.equal((await again.emitWithAck('join', ann.room)).ok, true)
    for (const one of [flooder, again, other]) one.close()
    ann.chat.disconnect()
  })

  test('ban of a former member: includes the address until a restart', async () => {
    const one = await startServer({}, lone)
    const ann = await owner(one, { title: '교실', max: 10 })
    const bob = await member(one, ann.room)
    const { user } = await emitWithAck(bob.chat, 'join', ann.room)
    assert.equal((await emitWithAck(bob.chat, 'leave', ann.room)).ok, true)
    bob.chat.disconnect() // otherwise its listener would join again
    const ban = { room: ann.room, person: user, address: true }
    assert.deepEqual(await emitWithAck(ann.chat, 'ban', ban), { ok: true, address: true })
    assert.deepEqual(await emitWithAck(ann.chat, 'unban', { room: ann.room, person: user }), { ok: true })
    const back = nextEvent(ann.chat, 'connect', { retry: true })
    await one.restart()
    await back
    assert.equal((await emitWithAck(ann.chat, 'join', ann.room)).ok, true)
    assert.deepEqual(await emitWithAck(ann.chat, 'ban', ban), { ok: true, address: false })
    ann.chat.disconnect()
    await one.stop()
  })

  test('leave event: frees the place before its acknowledgement', async () => {
    const ann = await owner(server, { title: '둘만', max: 2 })
    const [bob, carl] = await Promise.all([connected(`${server.url}/chat`), connected(`${server.url}/chat`)])
    for (let i = 0; i < 5; i++) {
      assert.equal((await emitWithAck(bob, 'join', ann.room)).ok, true, `round ${i}`)
      assert.equal((await emitWithAck(carl, 'join', ann.room)).reason, 'full')
      assert.equal((await emitWithAck(bob, 'leave', ann.room)).ok, true)
      assert.equal((await emitWithAck(carl, 'join', ann.room)).ok, true)
      assert.equal((await emitWithAck(carl, 'leave', ann.room)).ok, true)
    }
    for (const one of [ann.chat, bob, carl]) one.disconnect()
  })

  test('disconnect: is announced before the exit of an earlier lost connection', async () => {
    const ann = await owner(server, { title: '방', max: 10 })
    const sockets = [], colors = []
    for (let i = 0; i < 2; i++) {
      sockets.push(client(`${server.url}/chat`, { reconnection: false, transports: ['websocket'] }))
      await nextEvent(sockets[i], 'connect')
      colors.push((await emitWithAck(sockets[i], 'join', ann.room)).user)
    }
    const left = collect(ann.chat, 'exit')
    const broken = nextEvent(sockets[0], 'disconnect')
    sockets[0].io.engine.close()
    await broken
    sockets[1].disconnect()
    await until(() => left.length === 2, 'two exit notices')
    assert.deepEqual(left.map(([{ person }]) => person), colors.toReversed())
    ann.chat.disconnect()
  })
})
