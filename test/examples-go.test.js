// The programs of socketio/examples with the stock client, and their pages in Chromium.
import { test, describe, before } from 'node:test'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { assertNoErrors, openPage } from './lib/browser.js'
import { client, collect, connected, nextEvent, until } from './lib/clients.js'
import { binaries, buildExamples, freePort, startExample } from './lib/example-programs.js'
import { eventTimeout } from './lib/sizes.js'

const ws = { transports: ['websocket'] }
const ask = (socket, ...args) => socket.timeout(eventTimeout).emitWithAck(...args)

/** Loses the connection of a client and waits until the client knows. */
async function lose(socket) {
  socket.io.reconnection(false)
  const gone = nextEvent(socket, 'disconnect')
  socket.io.engine.close()
  await gone
}

async function reconnect(socket) {
  const back = nextEvent(socket, 'connect')
  socket.connect()
  await back
}

describe('socketio/examples', { concurrency: true }, () => {
  let folder
  before(() => {
    buildExamples()
    folder = mkdtempSync(join(binaries, 'db-'))
  })
  const database = (name) => ['-db', join(folder, `${name}.db`)]

  test('1-project-initialization: answers with a heading', async () => {
    const { url } = await startExample('get-started/1-project-initialization')
    assert.equal(await (await fetch(url)).text(), '<h1>Hello world</h1>')
  })

  test('3-integrating-socket.io: logs clients', async () => {
    const program = await startExample('get-started/3-integrating-socket.io')
    const socket = await connected(program.url)
    const { id } = socket
    await until(() => program.output.includes(`${id} connected`), 'the log line of the connection')
    socket.disconnect()
    await until(() => program.output.includes(`${id} disconnected: client namespace disconnect`), 'the log line of the end')
  })

  test('4-emitting-events: logs messages', async () => {
    const program = await startExample('get-started/4-emitting-events')
    const socket = await connected(program.url)
    socket.emit('chat message', '안녕')
    await until(() => program.output.includes(`${socket.id}: "안녕"`), 'the log line of the message')
  })

  test('5-broadcasting: sends a message to all clients', async () => {
    const { url } = await startExample('get-started/5-broadcasting')
    const [a, b] = await Promise.all([connected(url), connected(url)])
    const received = [a, b].map((socket) => nextEvent(socket, 'chat message'))
    a.emit('chat message', 'hello')
    assert.deepEqual(await Promise.all(received), [['hello'], ['hello']])
  })

  test('api-overview: acknowledges, asks, and sends to a room', async () => {
    const program = await startExample('get-started/api-overview')
    const [a, b] = [client(program.url), client(program.url)]
    a.on('what is your name', (answer) => answer('ann'))
    assert.deepEqual(await nextEvent(a, 'welcome'), ['ann'])
    assert.equal(await ask(a, 'sum', 1, 2), 3)
    assert.deepEqual(await ask(a, 'sum', 1), { error: 'Invalid argument 2' })
    await ask(a, 'join', 'kitchen')
    const others = collect(b, 'said')
    const received = nextEvent(a, 'said')
    await ask(b, 'say', { room: 'kitchen', text: 'hello' })
    assert.deepEqual(await received, [{ room: 'kitchen', text: 'hello' }])
    assert.deepEqual(others, [])
    assert.match(program.output, /sent "join" with 1 arguments/)
  })

  test('6-handling-disconnections: a client receives what it missed', async () => {
    const { url } = await startExample('get-started/6-handling-disconnections')
    const [a, b] = await Promise.all([connected(url, ws), connected(url, ws)])
    const received = nextEvent(a, 'chat message')
    a.emit('chat message', 'first') // the client needs an offset to recover
    await received
    await lose(a)
    await ask(b, 'chat message', 'missed')
    const missed = nextEvent(a, 'chat message')
    await reconnect(a)
    assert.equal(a.recovered, true)
    assert.equal((await missed)[0], 'missed')
  })

  test('7-server-delivery: a client receives what it missed during a restart', async () => {
    const args = database('7')
    const program = await startExample('get-started/7-server-delivery', { args })
    const a = await connected(program.url, { ...ws, reconnection: false, auth: { serverOffset: 0 } })
    const messages = collect(a, 'chat message')
    await ask(a, 'chat message', 'one')
    await until(() => messages.length === 1, 'the message')
    a.auth.serverOffset = messages[0][1]
    const gone = nextEvent(a, 'disconnect')
    await program.stop()
    await gone

    const again = await startExample('get-started/7-server-delivery', { args, port: program.port })
    const b = await connected(again.url, { ...ws, auth: { serverOffset: 0 } })
    const all = collect(b, 'chat message')
    await ask(b, 'chat message', 'two')
    await reconnect(a)
    await ask(b, 'chat message', 'three')
    await until(() => messages.length === 3 && all.length >= 2, 'three messages')
    assert.equal(a.recovered, false)
    assert.deepEqual(messages.map(([text, id]) => [text, id]), [['one', 1], ['two', 2], ['three', 3]])
    const c = client(again.url, ws) // without auth
    await until(() => c.connected, 'the connection')
  })

  test('8-client-delivery: stores a message once that a client sends again', async () => {
    const args = database('8')
    const program = await startExample('get-started/8-client-delivery', { args })
    const a = await connected(program.url, { ...ws, auth: { serverOffset: 0 }, ackTimeout: eventTimeout, retries: 3 })
    const messages = collect(a, 'chat message')
    await a.emitWithAck('chat message', 'one', 'offset-1')
    await a.emitWithAck('chat message', 'one', 'offset-1')
    const gone = nextEvent(a, 'disconnect')
    await program.stop()
    await gone
    const stored = a.emitWithAck('chat message', 'two', 'offset-2') // kept until the server is back
    const again = await startExample('get-started/8-client-delivery', { args, port: program.port })
    await stored
    const b = client(again.url, { ...ws, auth: { serverOffset: 0 } })
    const all = collect(b, 'chat message')
    await until(() => all.length === 2, 'both messages')
    assert.deepEqual(all.map(([text]) => text), ['one', 'two'])
    assert.equal(messages.filter(([text]) => text === 'two').length, 1)
    assert.deepEqual(await ask(b, 'chat message', 'three'), { error: 'Invalid argument 2' })
  })

  test('9-scaling-horizontally: a message reaches the clients of both servers', async () => {
    const second = await freePort()
    const { url } = await startExample('get-started/9-scaling-horizontally', { args: ['-addr2', `127.0.0.1:${second}`] })
    const [a, b] = await Promise.all([connected(url), connected(`http://127.0.0.1:${second}`)])
    const received = [a, b].map((socket) => nextEvent(socket, 'chat message'))
    a.emit('chat message', 'hello')
    assert.deepEqual(await Promise.all(received), [['hello'], ['hello']])
  })

  test('chat: sends to the others in a room', async () => {
    const { url } = await startExample('chat')
    const [a, b, c] = await Promise.all([0, 1, 2].map(() => connected(`${url}/chat`)))
    const [own, outside] = [collect(a, 'said'), collect(c, 'said')]
    for (const socket of [a, b]) await ask(socket, 'join', 'kitchen')
    const received = nextEvent(b, 'said')
    const text = 'soup is ready'
    assert.deepEqual(await ask(a, 'say', { room: 'kitchen', text }), { from: a.id, room: 'kitchen', text })
    assert.deepEqual(await received, [{ from: a.id, room: 'kitchen', text }])
    assert.deepEqual(await ask(c, 'say', { room: 'kitchen', text: '' }), { error: 'write something' })
    assert.deepEqual([own, outside], [[], []])
  })

  test('auth: knows users by their token and refuses others', async () => {
    const { url } = await startExample('auth')
    const stranger = client(url, { auth: { token: 'guess' } })
    const [error] = await nextEvent(stranger, 'connect_error')
    assert.equal(error.message, 'not authorized')
    assert.deepEqual(error.data, { code: 'bad token' })
    const nobody = client(url) // without a token
    assert.equal((await nextEvent(nobody, 'connect_error'))[0].message, 'not authorized')

    const [ann, phone, bob] = await Promise.all(['ann-token', 'ann-token', 'bob-token'].map((token) => connected(url, { auth: { token } })))
    assert.deepEqual(await ask(ann, 'whoami'), { name: 'ann', admin: true })
    assert.deepEqual(await ask(bob, 'announce', 'x'), { error: 'only admins can announce' })
    const announced = nextEvent(bob, 'announced')
    await ask(ann, 'announce', 'dinner')
    assert.deepEqual(await announced, ['dinner'])
    const gone = [ann, phone].map((socket) => nextEvent(socket, 'disconnect'))
    ann.emit('sign out')
    assert.deepEqual((await Promise.all(gone)).map(([reason]) => reason), ['io server disconnect', 'io server disconnect'])
    assert.equal(bob.connected, true)
  })

  test('private-rooms: admits members and shows who is present', async () => {
    const { url } = await startExample('private-rooms')
    const nameless = client(url)
    assert.equal((await nextEvent(nameless, 'connect_error'))[0].message, 'send a name')
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((name) => connected(url, { auth: { name } })))
    assert.deepEqual(await ask(bob, 'enter', 'office'), { error: 'this room is private' })
    assert.deepEqual(await ask(bob, 'say', { room: 'office', text: 'psst' }), { error: 'enter the room first' })
    assert.deepEqual(await ask(ann, 'enter', 'kitchen'), ['ann'])
    const shown = collect(ann, 'present')
    assert.deepEqual(await ask(bob, 'enter', 'kitchen'), ['ann', 'bob'])
    const said = nextEvent(ann, 'said')
    bob.emit('say', { room: 'kitchen', text: 'hi', from: 'ann' })
    assert.deepEqual(await said, [{ room: 'kitchen', from: 'bob', text: 'hi' }])
    bob.disconnect()
    await until(() => shown.length === 2, 'two changes')
    assert.deepEqual(shown, [[{ room: 'kitchen', names: ['ann', 'bob'] }], [{ room: 'kitchen', names: ['ann'] }]])
  })

  test('acknowledgements: answers, refuses, asks and answers later', async () => {
    const { url } = await startExample('acknowledgements')
    const [guest, doubter] = await Promise.all([connected(url), connected(url)])
    guest.on('confirm', (total, answer) => answer(total < 20))
    guest.on('rate us', (answer) => answer(5))
    doubter.on('confirm', () => doubter.disconnect())
    const thanks = nextEvent(guest, 'thanks')
    assert.deepEqual(await ask(guest, 'order', { dish: 'soup', count: 2 }), { number: 1, total: 16 })
    assert.deepEqual(await thanks, [5])
    assert.deepEqual(await ask(guest, 'order', { dish: 'soup', count: 0 }), { error: 'order 1 to 10 portions', data: { field: 'count' } })
    assert.deepEqual(await ask(guest, 'order', { dish: 'cake', count: 1 }), { error: 'not on the menu' })
    assert.deepEqual(await ask(guest, 'order', { dish: 'soup', count: 9 }), { error: 'not confirmed' })
    assert.deepEqual(await ask(guest, 'order', 'soup'), { error: 'Invalid argument 1' })
    assert.equal(await ask(guest, 'cook', 'soup'), 'soup is ready')
    guest.on('name?', (answer) => answer('guest'))
    doubter.on('name?', (answer) => answer('doubter'))
    assert.deepEqual((await ask(guest, 'roll call')).toSorted(), ['doubter', 'guest'])
    doubter.emit('order', { dish: 'soup', count: 1 })
    await nextEvent(doubter, 'disconnect')
  })

  test('nethttp: greets below a path, and ends so that clients reconnect', async () => {
    const program = await startExample('nethttp')
    const path = '/api/socket.io'
    const socket = client(program.url, { path, ...ws, extraHeaders: { cookie: 'name=ann' } })
    assert.deepEqual(await nextEvent(socket, 'hello'), ['ann'])
    const polling = client(program.url, { path, transports: ['polling'] })
    assert.deepEqual(await nextEvent(polling, 'hello'), ['stranger'])
    const gone = [socket, polling].map((one) => nextEvent(one, 'disconnect'))
    assert.deepEqual(await program.stop('SIGTERM'), { code: 0, signal: null })
    await Promise.all(gone)
    await startExample('nethttp', { port: program.port })
    await until(() => socket.connected && polling.connected, 'both clients again')
  })

  for (const name of ['gin', 'chi']) {
    test(`${name}: serves both transports`, async () => {
      const { url } = await startExample(name)
      for (const transport of ['polling', 'websocket']) {
        const socket = client(url, { transports: [transport] })
        assert.deepEqual(await nextEvent(socket, 'hello'), [transport])
      }
    })
  }

  test('pages: work in a browser', async () => {
    const send = (text) => async (page) => {
      await page.fill('#input', text)
      await page.click('text=Send')
    }
    const submit = (page) => page.click('#form button')
    const pages = [
      ['get-started/2-serving-html', async () => {}, 'Send'],
      ['get-started/3-integrating-socket.io', async () => {}, 'Send'],
      ['get-started/4-emitting-events', send('hello'), 'Send'],
      ['get-started/5-broadcasting', send('hello'), 'hello'],
      ['get-started/api-overview', send('hello'), 'kitchen: hello'],
      ['get-started/7-server-delivery', send('hello'), 'hello', database('page-7')],
      ['get-started/8-client-delivery', send('hello'), 'hello', database('page-8')],
      ['get-started/9-scaling-horizontally', send('hello'), 'hello', ['-addr2', `127.0.0.1:${await freePort()}`]],
      ['chat', async (page) => { await page.fill('#text', 'hello'); await submit(page) }, 'you: hello'],
      ['auth', submit, 'connected as ann, an admin'],
      ['private-rooms', submit, 'kitchen, ann: hello'],
      ['acknowledgements', submit, 'order 1, 16 to pay'],
      ['nethttp', async () => {}, 'hello stranger'],
      ['gin', async () => {}, /hello (polling|websocket)/], // an upgrade may be quicker than the first event
      ['chi', async () => {}, /hello (polling|websocket)/],
    ]
    await Promise.all(pages.map(async ([name, act, want, args]) => {
      const program = await startExample(name, { args })
      const page = await openPage(program)
      page.on('dialog', (dialog) => dialog.accept())
      await page.goto('/')
      await act(page)
      await page.getByText(want).first().waitFor()
      assertNoErrors([page])
      await page.context().close()
      await program.stop()
    }))
  })

  test('pages: show what they missed after the button "Lose the connection"', async () => {
    const { url } = await startExample('get-started/6-handling-disconnections')
    const page = await openPage({ url })
    await page.goto('/')
    await page.fill('#input', 'first')
    await page.click('text=Send')
    await page.waitForSelector('text=first')
    await page.click('text=Lose the connection')
    const other = await connected(url, ws)
    await ask(other, 'chat message', 'missed')
    await page.waitForSelector('text=missed')
    assert.equal(await page.evaluate('socket.recovered'), true)
    assertNoErrors([page])
    await page.context().close()
  })
})
