// Chat rooms, used by forms like the textbook's pages and by the stock client.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { collect, nextEvent, pause, until, transportModes } from './lib/clients.js'
import { Visitor, member, owner } from './lib/visitor.js'
import { animatedGIF } from './lib/gif.js'
import { eventTimeout } from './lib/sizes.js'

const entered = /^#[0-9a-f]{6}님이 입장하셨습니다\.$/

describe('rooms', () => {
  let server
  before(async () => { server = await startServer() })

  for (const [mode, options] of Object.entries(transportModes)) {
    describe(mode, () => {
      test('message: is delivered to the members of its room only', async () => {
        const a = await owner(server, {}, options)
        const notice = nextEvent(a.chat, 'join')
        const b = await member(server, a.room, options)
        const [{ user, chat }] = await notice
        assert.equal(user, 'system')
        assert.match(chat, entered)

        const outside = await owner(server, { title: '다른 방' }, options)
        const heardOutside = collect(outside.chat, 'chat')
        const loose = new Visitor(server).socket('/chat', options)
        await nextEvent(loose, 'connect')
        const heardLoose = collect(loose, 'chat')

        const [own, other] = [nextEvent(a.chat, 'chat'), nextEvent(b.chat, 'chat')]
        const answer = await a.postMessage(a.room, 'hello')
        assert.equal(answer.status, 200)
        assert.equal(await answer.text(), 'ok')
        const [message] = await own
        assert.equal(message.room, a.room)
        assert.equal(message.chat, 'hello')
        assert.match(message.user, /^#[0-9a-f]{6}$/)
        assert.match(message._id, /^[0-9a-f]{24}$/)
        assert.ok(!('gif' in message), 'the message has no key gif')
        assert.deepEqual((await other)[0], message)
        await pause(100)
        assert.deepEqual([heardOutside, heardLoose], [[], []])
        for (const socket of [a.chat, b.chat, outside.chat, loose]) socket.disconnect()
      })

      test('disconnect: causes an exit notice for the remaining members', async () => {
        const a = await owner(server, {}, options)
        const joined = nextEvent(a.chat, 'join')
        const b = await member(server, a.room, options)
        await joined
        const left = nextEvent(a.chat, 'exit')
        b.chat.disconnect()
        const [{ user, chat }] = await left
        assert.equal(user, 'system')
        assert.match(chat, /^#[0-9a-f]{6}님이 퇴장하셨습니다\.$/)
        a.chat.disconnect()
      })

      test('lobby: receives newRoom and removeRoom', async () => {
        const watcher = new Visitor(server)
        const lobby = watcher.socket('/room', options)
        await nextEvent(lobby, 'connect')
        const a = new Visitor(server)
        await a.get('/')
        const created = nextEvent(lobby, 'newRoom', { where: (room) => room.title === `로비 ${mode}` })
        const id = await a.createRoom({ title: `로비 ${mode}`, max: 7, password: '1234' })
        const [room] = await created
        assert.equal(room._id, id)
        assert.equal(room.max, 7)
        assert.ok(room.password, 'newRoom has a non-empty password')
        assert.notEqual(room.password, '1234', 'password in newRoom')
        const removed = nextEvent(lobby, 'removeRoom', { where: (gone) => gone === id })
        const answer = await a.request('DELETE', `/room/${id}`)
        assert.equal(await answer.text(), 'ok')
        await removed
        lobby.disconnect()
      })
    })
  }

  test('GIF: is delivered to the room and served to its members only', async () => {
    const a = await owner(server)
    const b = await member(server, a.room)
    const posted = nextEvent(b.chat, 'chat')
    const bytes = animatedGIF()
    const answer = await a.upload(a.room, bytes)
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), 'ok')
    const [message] = await posted
    assert.ok(!('chat' in message), 'the message has no key chat')
    assert.match(message.gif, /^[0-9a-f]{24}\.gif$/)

    const gif = await b.get(`/gif/${message.gif}`)
    assert.equal(gif.status, 200)
    assert.equal(gif.headers.get('content-type'), 'image/gif')
    assert.equal(gif.headers.get('x-content-type-options'), 'nosniff')
    assert.match(gif.headers.get('content-security-policy'), /default-src 'none'.*sandbox/)
    assert.deepEqual(new Uint8Array(await gif.arrayBuffer()), bytes)

    const stranger = new Visitor(server)
    await stranger.get('/')
    const refused = await stranger.get(`/gif/${message.gif}`)
    assert.ok([403, 404].includes(refused.status), `status for a stranger: got ${refused.status}, want 403 or 404`)
    a.chat.disconnect()
    b.chat.disconnect()
  })

  test('upload: is refused if it is no GIF or too large', async () => {
    const a = await owner(server)
    const heardAny = collect(a.chat, 'chat')
    for (const bytes of [Buffer.from('<script>alert(1)</script>'), Buffer.from('GIF89a'), animatedGIF().slice(0, 60)]) {
      const answer = await a.upload(a.room, bytes)
      assert.ok([400, 415].includes(answer.status), `status: got ${answer.status}, want 400 or 415`)
    }
    const big = await a.upload(a.room, Buffer.alloc(6 << 20, 'GIF89a'))
    assert.equal(big.status, 413)
    await pause(50)
    assert.deepEqual(heardAny, [])
    a.chat.disconnect()
  })

  test('private room: admits a visitor with the right password only', async () => {
    const a = await owner(server, { password: '비밀 & #1' })
    const b = new Visitor(server)
    await b.get('/')
    for (const wrong of [undefined, '', 'wrong']) {
      const answer = await b.open(a.room, wrong)
      assert.equal(Math.floor(answer.status / 100), 3, `status: got ${answer.status}, want a redirect`)
      const error = new URL(answer.headers.get('location'), server.url).searchParams.get('error')
      assert.equal(error, '비밀번호가 틀렸습니다.')
    }
    assert.equal((await b.postMessage(a.room, 'let me in')).status, 403)

    const at = collect(a.chat, 'join')
    const eavesdropper = await b.join(a.room)
    const overheard = collect(eavesdropper, 'chat')
    await a.postMessage(a.room, 'secret')
    await pause(150)
    assert.deepEqual([overheard, at], [[], []])
    eavesdropper.disconnect()

    await b.enter(a.room, '비밀 & #1')
    const socket = await b.join(a.room)
    await until(() => at.length === 1, 'a join notice')
    const own = nextEvent(a.chat, 'chat')
    assert.equal((await b.postMessage(a.room, 'thanks')).status, 200)
    await own
    a.chat.disconnect()
    socket.disconnect()
  })

  test('full room: refuses another visitor', async () => {
    const a = await owner(server, { max: 2 })
    const b = await member(server, a.room)
    const c = new Visitor(server)
    await c.get('/')
    await until(async () => {
      const answer = await c.open(a.room)
      await answer.text()
      return answer.headers.get('location')?.includes(encodeURIComponent('허용 인원이 초과하였습니다.'))
    }, 'a redirect with the reason')
    a.chat.disconnect()
    b.chat.disconnect()
  })

  test('refused requests: have the status 400, 403, 404 or 413', async () => {
    const a = await owner(server)
    const stranger = new Visitor(server)
    await stranger.get('/')
    const nowhere = 'f'.repeat(24)
    assert.equal((await stranger.postMessage(a.room, 'drive-by')).status, 403)
    assert.equal((await a.postMessage(nowhere, 'orphan')).status, 404)
    assert.equal((await a.postMessage('malformed', 'orphan')).status, 404)
    assert.equal((await a.upload(nowhere, animatedGIF())).status, 404)
    assert.equal((await stranger.upload(a.room, animatedGIF())).status, 403)
    assert.equal((await a.postMessage(a.room, '')).status, 400)
    assert.equal((await a.json(`/room/${a.room}/chat`, {})).status, 400)
    assert.equal((await a.postMessage(a.room, 'x'.repeat(200_000))).status, 413)
    assert.equal((await stranger.request('DELETE', `/room/${a.room}`)).status, 403)
    assert.equal((await stranger.get('/no-such-page')).status, 404)
    for (const id of [nowhere, 'malformed']) {
      const answer = await stranger.open(id)
      const error = new URL(answer.headers.get('location'), server.url).searchParams.get('error')
      assert.equal(error, '존재하지 않는 방입니다.')
    }
    a.chat.disconnect()
  })

  test('page of another site: cannot post with the cookie', async () => {
    const a = await owner(server)
    const answer = await a.request('POST', `/room/${a.room}/chat`, {
      body: new URLSearchParams({ chat: 'forged' }),
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    })
    assert.equal(answer.status, 403)
    a.chat.disconnect()
  })

  test('join event: is refused without membership, whatever its arguments', async () => {
    const a = await owner(server, { password: 'pw' })
    const stranger = new Visitor(server)
    await stranger.get('/')
    const socket = stranger.socket('/chat')
    await nextEvent(socket, 'connect')
    const overheard = collect(socket, 'chat')
    for (const what of [a.room, [a.room], { room: a.room }, a.chat.id, null, 7, '', 'x'.repeat(10_000)]) socket.emit('join', what)
    socket.emit('join')
    await socket.timeout(eventTimeout).emitWithAck('leave', a.room) // every earlier event has been handled
    await a.postMessage(a.room, 'secret')
    await pause(150)
    assert.deepEqual(overheard, [])
    assert.ok(socket.connected, 'the socket is still connected')
    socket.disconnect()
    a.chat.disconnect()
  })
})
