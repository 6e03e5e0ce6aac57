// Names, whispers, edits, moderation and tokens, by the events of a stock client.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { Visitor, member, owner } from './lib/visitor.js'
import { client, collect, connected, cut, nextEvent, join, resume, until, transportModes } from './lib/clients.js'

const about = (target) => ({ where: (message) => message.target === target })
const topic = (name) => ({ where: (message) => message.topic === name })

describe('members', () => {
  let server
  before(async () => { server = await startServer() })

  /** Creates a room with its owner Ann and the member Bob. Both have a color and the seq of their join. */
  async function roomWithTwo(options) {
    const ann = await owner(server, {}, options)
    const entered = nextEvent(ann.chat, 'join')
    const bob = await member(server, ann.room, options)
    await entered
    for (const one of [ann, bob]) {
      const answer = await one.chat.emitWithAck('join', ann.room)
      assert.equal(answer.ok, true)
      one.color = answer.user
      one.seq = answer.seq
    }
    return { ann, bob, room: ann.room, emitWithAck: (who, event, what) => who.chat.emitWithAck(event, what), end: () => [ann, bob].forEach((who) => who.chat.disconnect()) }
  }

  /** Returns the reason of a refusal. */
  const reason = async (answer) => {
    const { ok, reason, message } = await answer
    assert.equal(ok, false)
    assert.ok(message, 'the refusal has a message for people')
    return reason
  }

  for (const [mode, options] of Object.entries(transportModes)) {
    test(`names, whispers, edits and removals: are delivered and numbered without gaps (${mode})`, async () => {
      const { ann, bob, room, emitWithAck, end } = await roomWithTwo(options)
      const numbers = []
      for (const event of ['chat', 'notice', 'edit', 'remove', 'join', 'exit']) ann.chat.on(event, ({ seq }) => numbers.push(seq))

      const named = nextEvent(ann.chat, 'notice', topic('named'))
      const listed = nextEvent(ann.chat, 'participants', { where: ({ members }) => members.some(({ nick }) => nick === '철수') })
      assert.deepEqual(await emitWithAck(bob, 'nick', '철수'), { ok: true, nick: '철수' })
      const [notice] = await named
      assert.deepEqual([notice.person, notice.nick, notice.user], [bob.color, '철수', 'system'])
      const [{ members }] = await listed
      assert.equal(members.find(({ color }) => color === bob.color).nick, '철수')
      assert.equal(await reason(emitWithAck(ann, 'nick', '철 수')), 'nick_taken')
      assert.equal(await reason(emitWithAck(ann, 'nick', '가'.repeat(21))), 'invalid')

      const heardChat = nextEvent(ann.chat, 'chat')
      const { seq } = await emitWithAck(bob, 'chat', { chat: 'helo', clientId: 'c1' })
      assert.equal((await heardChat)[0].nick, '철수')
      const edited = nextEvent(ann.chat, 'edit', about(seq))
      const first = await emitWithAck(bob, 'edit', { seq, chat: 'hello', clientId: 'e1' })
      assert.equal((await edited)[0].chat, 'hello')
      assert.deepEqual(await emitWithAck(bob, 'edit', { seq, chat: 'hello', clientId: 'e1' }), first, 'a retry gets the first answer')
      assert.equal(await reason(emitWithAck(ann, 'edit', { seq, chat: 'mine now' })), 'not_yours')

      const whispered = [ann, bob].map((who) => nextEvent(who.chat, 'whisper'))
      const said = await emitWithAck(ann, 'whisper', { to: bob.color, chat: '쉿', clientId: 'w1' })
      assert.equal(said.ok, true)
      const [[mine], [his]] = await Promise.all(whispered)
      assert.deepEqual([mine.n, his.n, mine.clientId, his.clientId, his.from, his.to, his.chat], [1, 1, 'w1', undefined, ann.color, bob.color, '쉿'])
      assert.deepEqual(await emitWithAck(ann, 'whisper', { to: bob.color, chat: '쉿', clientId: 'w1' }), said)
      const { whispers, more } = await emitWithAck(bob, 'whispers', { after: 0 })
      assert.deepEqual([whispers.map(({ chat }) => chat), more], [['쉿'], false])
      assert.equal((await emitWithAck(bob, 'join', room)).whispers, 1)

      const removed = nextEvent(bob.chat, 'remove', about(seq))
      assert.equal((await emitWithAck(ann, 'remove', { seq })).ok, true, 'removal of a message of Bob by the owner')
      await removed
      const { messages } = await emitWithAck(ann, 'sync', { after: bob.seq })
      const gone = messages.find((m) => m.seq === seq)
      assert.equal(gone.kind, 'removed')
      assert.ok(!('chat' in gone), `removed message: got ${JSON.stringify(gone)}, want no chat`)
      assert.deepEqual(messages.map((m) => m.seq), messages.map((_, i) => bob.seq + 1 + i))
      await until(() => numbers.length === messages.length, 'every message received live, too')
      assert.deepEqual(numbers, messages.map((m) => m.seq))
      end()
    })

    test(`owner: mutes, freezes, kicks, bans and delegates (${mode})`, async () => {
      const { ann, bob, room, emitWithAck, end } = await roomWithTwo(options)
      for (const event of ['kick', 'ban', 'mute', 'unmute', 'delegate', 'unban']) {
        assert.equal(await reason(emitWithAck(bob, event, { person: ann.color })), 'not_owner', event)
      }
      const muted = nextEvent(bob.chat, 'participants', { where: ({ members }) => members.some((m) => m.muted) })
      const asked = performance.now()
      assert.equal((await emitWithAck(ann, 'mute', { person: bob.color, for: 60_000 })).ok, true)
      const { mutedFor } = (await muted)[0].members.find(({ color }) => color === bob.color)
      const gone = performance.now() - asked
      assert.ok(mutedFor >= 59_000 - gone && mutedFor <= 60_000, `mutedFor: got ${mutedFor} ms after ${gone} ms, want 60,000 minus that`)
      assert.equal(await reason(emitWithAck(bob, 'chat', 'x')), 'muted')
      assert.equal((await emitWithAck(ann, 'unmute', bob.color)).ok, true)

      const frozen = nextEvent(bob.chat, 'room', { where: (state) => state.frozen })
      assert.equal((await emitWithAck(ann, 'settings', { frozen: true, title: '얼음', max: 3, password: 'pw', keep: true })).ok, true)
      const [state] = await frozen
      assert.deepEqual([state.title, state.max, state.private, state.keep, state.owner], ['얼음', 3, true, true, ann.color])
      assert.equal(await reason(emitWithAck(bob, 'chat', 'x')), 'frozen')
      assert.equal((await emitWithAck(ann, 'chat', 'x')).ok, true)
      const refused = await emitWithAck(ann, 'settings', { max: 1 })
      assert.deepEqual([refused.reason, refused.field], ['invalid', 'capacity'])
      assert.equal((await emitWithAck(ann, 'settings', { frozen: false, password: '' })).ok, true)

      // After a kick Bob can return to a public room, after a ban he cannot.
      for (const [event, why] of [['kick', 'kicked'], ['ban', 'banned']]) {
        const kicked = nextEvent(bob.chat, 'kicked')
        const ended = nextEvent(bob.chat, 'disconnect')
        assert.equal((await emitWithAck(ann, event, { person: bob.color })).ok, true)
        assert.deepEqual((await kicked)[0], { room, reason: why })
        assert.deepEqual((await ended)[0], 'io server disconnect')
        assert.equal((await bob.postMessage(room, 'x')).status, 403)
        if (why === 'kicked') {
          await bob.enter(room)
          bob.chat = await bob.join(room, options)
          assert.equal((await emitWithAck(bob, 'join', room)).user, bob.color, 'colour after the return')
        }
      }
      const answer = await bob.open(room)
      assert.equal(new URL(answer.headers.get('location'), server.url).searchParams.get('error'), '이 방에는 더 이상 들어갈 수 없습니다.')
      assert.deepEqual((await emitWithAck(ann, 'bans')).people, [{ color: bob.color }])
      assert.equal((await emitWithAck(ann, 'unban', bob.color)).ok, true)
      await bob.enter(room)
      bob.chat = await bob.join(room, options)
      assert.equal((await emitWithAck(bob, 'join', room)).ok, true)

      const handed = nextEvent(bob.chat, 'room', { where: (now) => now.owner === bob.color })
      assert.equal((await emitWithAck(ann, 'delegate', { person: bob.color })).ok, true)
      await handed
      assert.equal(await reason(emitWithAck(ann, 'kick', { person: bob.color })), 'not_owner')
      end()
    })
  }

  test('quit: ends the membership and passes the room on', async () => {
    const { ann, bob, room, emitWithAck, end } = await roomWithTwo()
    const tab = await ann.join(room)
    await join(tab, room)
    const [left, owns, both] = [nextEvent(bob.chat, 'exit'), nextEvent(bob.chat, 'room', { where: (now) => now.owner === bob.color }), nextEvent(tab, 'quit')]
    assert.equal((await emitWithAck(ann, 'quit', room)).ok, true)
    assert.equal((await left)[0].person, ann.color)
    assert.deepEqual((await both)[0], { room }, 'the event quit in the other tab')
    await owns
    assert.equal(await reason(tab.emitWithAck('chat', { room, chat: 'x' })), 'forbidden')
    assert.equal((await ann.postMessage(room, 'x')).status, 403)
    tab.disconnect()
    end()
  })

  test('kick during an absence: keeps the member out after recovery', async () => {
    const { ann, bob, room, emitWithAck, end } = await roomWithTwo()
    bob.chat.disconnect()
    const socket = client(`${server.url}/chat`, { transports: ['websocket'], auth: { room }, extraHeaders: { cookie: bob.cookie } })
    await nextEvent(socket, 'connect')
    await join(socket, room)
    const seen = nextEvent(socket, 'chat') // with an offset for recovery
    await emitWithAck(ann, 'chat', 'before')
    await seen
    const received = []
    socket.onAny((event) => received.push(event))
    await cut(socket)
    assert.equal((await emitWithAck(ann, 'kick', { person: bob.color })).ok, true)
    await emitWithAck(ann, 'chat', 'secret')
    await resume(socket)
    await emitWithAck(ann, 'chat', 'another')
    assert.equal(await reason(socket.emitWithAck('sync', { room, after: 0 })), 'forbidden')
    const roundTrip = await socket.emitWithAck('leave', room) // every earlier event has arrived
    assert.equal(roundTrip.ok, true)
    assert.deepEqual(received, ['error-message'], 'events after the kick')
    socket.disconnect()
    end()
  })

  test('token: lets a program send by HTTP and by socket until the owner kicks it', async () => {
    const { ann, bob, room, emitWithAck, end } = await roomWithTwo()
    const made = await emitWithAck(ann, 'token', { nick: '날씨봇' })
    assert.equal(made.ok, true)
    const post = (token, chat) => fetch(`${server.url}/room/${room}/chat`, {
      method: 'POST', body: JSON.stringify({ chat }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    })
    const said = nextEvent(bob.chat, 'chat')
    assert.equal((await post(made.token, '맑음')).status, 200)
    const [message] = await said
    assert.deepEqual([message.chat, message.user, message.nick], ['맑음', made.person, '날씨봇'])

    const bot = await connected(`${server.url}/chat`, { auth: { room, token: made.token } })
    const joined = await bot.emitWithAck('join', room)
    assert.equal(joined.members.find(({ color }) => color === made.person).bot, true)
    assert.equal((await bot.emitWithAck('chat', '소켓으로')).ok, true)
    assert.deepEqual((await emitWithAck(ann, 'tokens')).people, [{ color: made.person, nick: '날씨봇', bot: true }])
    assert.equal(await reason(emitWithAck(ann, 'delegate', { person: made.person })), 'invalid')
    assert.equal(await reason(emitWithAck(bob, 'tokens')), 'not_owner')

    const ended = nextEvent(bot, 'kicked')
    assert.equal((await emitWithAck(ann, 'kick', { person: made.person })).ok, true)
    await ended
    assert.equal((await post(made.token, 'x')).status, 403)
    assert.equal((await post('wrong', 'x')).status, 403)
    assert.deepEqual((await emitWithAck(ann, 'tokens')).people, [])
    bot.disconnect()
    end()
  })

  test('lobby: receives changeRoom after a change of settings', async () => {
    const { ann, room, emitWithAck, end } = await roomWithTwo()
    const lobby = await connected(`${server.url}/room`)
    const changed = collect(lobby, 'changeRoom')
    await emitWithAck(ann, 'settings', { title: '새 이름', password: 'pw' })
    await until(() => changed.some(([r]) => r._id === room && r.title === '새 이름' && r.password === '*'), 'changeRoom in the lobby')
    lobby.disconnect()
    end()
  })

  test('form field keep: creates a room that is kept', async () => {
    const ann = new Visitor(server)
    const made = await ann.form('/room', { title: '보관', max: '3', password: '', keep: 'on' })
    const room = made.headers.get('location').match(/[0-9a-f]{24}/)[0]
    const socket = await ann.join(room)
    assert.equal((await socket.emitWithAck('join', room)).state.keep, true)
    socket.disconnect()
  })
})
