// However many of a thing one client asks for: it gets what there is a limit to,
// and the others do not notice. Row O5 of docs/promises.md.
import { test, before } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from './lib/server.js'
import { startCanary } from './lib/canary.js'
import { connected, until, within } from './lib/clients.js'
import { MiB, measurable, peak, resetPeak } from './lib/process.js'
import { RawSocket } from './lib/raw.js'
import { sized } from './lib/soak.js'
import { Visitor, owner } from './lib/visitor.js'

const many = sized(10_000, 100_000)
let server
before(async () => { server = await startServer({}, { path: binary({ race: false }) }) })

const hex = (i) => i.toString(16).padStart(24, '0')
const kinds = {
  namespaces: (i) => `40/n${i},`,
  'rooms that are not there': (i) => `42/chat,${i}["join","${hex(i)}"]`,
  'names of events': (i) => `42/chat,${i}["event-${i}",1]`,
  'events that want an answer': (i) => `42/chat,${i}["sync",{"after":${i}}]`,
  'answers to nothing': (i) => `43/chat,${i}[1]`,
  'persons to whisper to': (i) => `42/chat,${i}["whisper",{"to":"#${(i % 0xffffff).toString(16).padStart(6, '0')}","chat":"x"}]`,
  tokens: (i) => `42/chat,${i}["token",{"nick":"n${i}"}]`,
  names: (i) => `42/chat,${i}["nick","n${i}"]`,
}
for (const [name, frame] of Object.entries(kinds)) {
  test(`${many} ${name}`, { skip: !measurable && 'memory is measured on Linux only' }, async (t) => {
    const canary = await startCanary(server)
    const a = await owner(server)
    const raw = await RawSocket.open(server, { cookie: a.cookie })
    await raw.connect('/chat')
    raw.send(`42/chat,0["join","${a.room}"]`)
    await raw.until((text) => text.startsWith?.('43/chat,0['))
    resetPeak(server.pid)
    const begun = peak(server.pid)
    for (let i = 1; i <= many && !raw.closed; i++) {
      raw.send(frame(i))
      if (raw.ws.bufferedAmount > 1 << 20) await until(() => raw.ws.bufferedAmount < 1 << 18 || raw.closed, 'it is read')
      raw.frames.length = 0
    }
    if (!raw.closed) { // it is still served, if slowly
      raw.send('42/chat,999999999["sync",{"after":0}]')
      await until(() => raw.closed || raw.frames.some((text) => text.startsWith?.('43/chat,999999999[')), 'the last is answered', 60_000)
    }
    const grown = (peak(server.pid) - begun) / MiB
    await canary.stop()
    t.diagnostic(`+${grown.toFixed(1)} MiB, ${raw.closed ? 'cut' : 'served to the end'}`)
    assert.ok(grown <= 32, `it has grown by ${grown} MiB`)
    raw.ws.terminate()
    a.chat.disconnect()
  })
}

test('a title of a megabyte, and other things that are too long', async () => {
  const a = new Visitor(server)
  await a.get('/')
  const before = measurable ? peak(server.pid) : 0
  assert.equal((await a.form('/room', { title: 'x'.repeat(1 << 20), max: '5' })).status, 413)
  assert.equal((await a.form('/room', { title: 'x'.repeat(61), max: '5' })).status, 400)
  const room = await a.createRoom()
  const socket = await connected(`${server.url}/chat`, { extraHeaders: { cookie: a.cookie } })
  assert.equal((await socket.timeout(5000).emitWithAck('join', room)).ok, true)
  const long = 'x'.repeat(900_000)
  for (const [event, ask] of Object.entries({
    chat: { chat: long }, edit: { seq: 1, chat: long }, nick: { nick: long }, settings: { title: long }, token: { nick: long },
    kick: { person: long }, join: { room: long }, whisper: { to: '#000000', chat: long },
  })) {
    const answer = await within(5000, socket.timeout(5000).emitWithAck(event, ask), event)
    assert.equal(answer.ok, false, event)
    assert.ok(JSON.stringify(answer).length < 1000, `${event} is answered with what was sent`)
  }
  if (measurable) assert.ok((peak(server.pid) - before) / MiB <= 32)
  socket.disconnect()
})
