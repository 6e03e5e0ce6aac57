// Golden transcripts of packets, compared byte for byte except for ids, colours and dates.
// Additions of this server to the textbook's contract are removed first (more events, more
// keys after the known ones, the recovery offset): the textbook's pages ignore them.
import { test, before } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from './lib/server.js'
import { RawSocket } from './lib/raw-socket.js'
import { Visitor } from './lib/visitor.js'
import { animatedGIF } from './lib/gif.js'

let server
before(async () => { server = await startServer() })

const events = new Set(['news', 'newRoom', 'removeRoom', 'join', 'exit', 'chat'])
const added = new Set(['nick', 'clientId', 'seq', 'kind', 'w', 'h', 'alt', 'poster', 'participants', 'person', 'topic', 'edited', 'target', 'frames', 'duration'])
const addedToNotices = new Set([...added, 'room', '_id', 'createdAt'])

/** A page over a raw socket that records the packets in both directions. */
class Page {
  lines = []

  static async open(visitor, namespace, room) {
    const page = new Page()
    page.raw = await RawSocket.open(server, {
      cookie: visitor.cookie,
      ...(room && { referer: `${server.url}/room/${room}` }),
    })
    page.raw.ws.on('message', (data) => page.#note(data.toString()))
    page.#note(page.raw.frames[0])
    page.send(`40${namespace},`)
    await page.raw.until((frame) => frame.startsWith(`40${namespace},`))
    return page
  }

  send(frame) {
    this.lines.push(`C: ${frame}`)
    this.raw.send(frame)
  }

  #note(frame) {
    const line = contracted(frame)
    if (line !== null) this.lines.push(`S: ${line}`)
  }

  until(part) { return this.raw.until((frame) => frame.includes(part)) }
}

function contracted(frame) {
  const parsed = frame.match(/^(0|4\d)(\/[a-z]+,)?(.*)$/s)
  if (!parsed) return null // heartbeats
  const [, type, namespace = '', body] = parsed
  const data = JSON.parse(body)
  if (type === '40' && data) delete data.pid
  if (type === '42' && namespace && /^[\w-]{14}$/.test(data.at(-1))) data.pop()
  if (type === '42' && !events.has(data[0])) return null
  const ours = ['join', 'exit'].includes(data[0]) ? addedToNotices : added
  const known = (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).filter(([key]) => !ours.has(key)))
  }
  return type + namespace + JSON.stringify(Array.isArray(data) ? data.map(known) : known(data))
}

/** Replaces ids and colours by numbers in order of appearance. */
function mask(lines) {
  const seen = { id: new Map(), colour: new Map() }
  const number = (kind) => (text) => {
    if (!seen[kind].has(text)) seen[kind].set(text, `<${kind}${seen[kind].size + 1}>`)
    return seen[kind].get(text)
  }
  return lines.map((line) => line
    .replace(/"sid":"[^"]+"/g, '"sid":"<sid>"')
    .replace(/\b[0-9a-f]{24}\b/g, number('id'))
    .replace(/#[0-9a-f]{6}\b/g, number('colour'))
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<date>'))
}

function compare(page, name) {
  const want = readFileSync(join(import.meta.dirname, 'golden', name), 'utf8').split('\n').filter((line) => line && !line.startsWith('#'))
  assert.deepEqual(mask(page.lines), want)
}

test('lobby.txt: matches the packets of a room that is created and removed', async () => {
  const a = new Visitor(server)
  await a.get('/')
  const page = await Page.open(a, '/room')
  const id = await a.createRoom()
  await page.until('newRoom')
  await a.request('DELETE', `/room/${id}`)
  await page.until('removeRoom')
  compare(page, 'lobby.txt') // before the second removeRoom, 2 s later
  page.raw.close()
})

test('private.txt: matches the packets of a new private room', async () => {
  const a = new Visitor(server)
  await a.get('/')
  const page = await Page.open(a, '/room')
  await a.createRoom({ title: '비밀', max: 2, password: '1234' })
  await page.until('newRoom')
  compare(page, 'private.txt')
  page.raw.close()
})

test('chat.txt: matches the packets of a chat', async () => {
  const [a, b] = [new Visitor(server), new Visitor(server)]
  await Promise.all([a.get('/'), b.get('/')])
  const room = await a.createRoom()
  await a.enter(room)
  await b.enter(room)
  const page = await Page.open(a, '/chat', room)
  page.send(`42/chat,["join","${room}"]`)
  await page.until('"participants"') // the page has joined
  const other = await b.join(room, { transports: ['websocket'] })
  await page.until('입장')
  await b.postMessage(room, 'hello')
  await a.postMessage(room, '안녕 "<b>&"')
  await b.upload(room, animatedGIF())
  await page.until('.gif')
  other.disconnect()
  await page.until('퇴장')
  compare(page, 'chat.txt')
  page.raw.close()
})
