// A visitor like the textbook's pages: a cookie, forms and a stock client.
import assert from 'node:assert/strict'
import { client, nextEvent, pause } from './clients.js'
import { eventTimeout } from './sizes.js'

/**
 * Sends a request until the answer is not 503, or for a minute. The server answers 503 if its disk takes too long, which
 * asks the client to send the request again.
 */
async function retried(send) {
  const end = performance.now() + eventTimeout
  for (;;) {
    const answer = await send()
    if (answer.status !== 503 || performance.now() > end) return answer
    await answer.arrayBuffer()
    await pause(200)
  }
}

export class Visitor {
  #server
  #cookies = new Map()

  constructor(server) {
    this.#server = server
  }

  get cookie() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Replaces the cookies. */
  set cookie(text) {
    this.#cookies = new Map(text.split('; ').map((pair) => pair.split(/=(.*)/s).slice(0, 2)))
  }

  /** Makes a request with this visitor's cookies. It does not follow redirects. */
  async request(method, path, { body, headers = {}, signal } = {}) {
    const answer = await fetch(this.#server.url + path, {
      method,
      body,
      redirect: 'manual',
      signal,
      headers: { ...headers, ...(this.#cookies.size > 0 && { cookie: this.cookie }) },
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/)
      this.#cookies.set(name, value)
    }
    return answer
  }

  get(path) { return this.request('GET', path) }
  form(path, fields) { return this.request('POST', path, { body: new URLSearchParams(fields) }) }
  json(path, value) {
    return this.request('POST', path, { body: JSON.stringify(value), headers: { 'content-type': 'application/json' } })
  }

  /** Makes a room and returns its id. */
  async createRoom({ title = '테스트', max = 10, password = '' } = {}) {
    const answer = await retried(() => this.form('/room', { title, max: String(max), password }))
    assert.equal(Math.floor(answer.status / 100), 3, `create a room: got status ${answer.status}, want a redirect: ${await answer.text()}`)
    return answer.headers.get('location').match(/^\/room\/([0-9a-f]{24})/)[1]
  }

  /** Opens a room's page, which makes the visitor a member. */
  open(id, password) {
    return this.get(`/room/${id}${password === undefined ? '' : `?password=${encodeURIComponent(password)}`}`)
  }

  /** Opens the page and returns its HTML. Fails if the visitor is refused. */
  async enter(id, password) {
    const answer = await retried(() => this.open(id, password))
    const html = await answer.text()
    assert.equal(answer.status, 200, `enter: got status ${answer.status} and Location ${answer.headers.get('location')}, want 200`)
    return html
  }

  postMessage(id, chat) { return this.json(`/room/${id}/chat`, { chat }) }

  upload(id, bytes, { name = '고양이.gif', type = 'image/gif' } = {}) {
    const body = new FormData()
    body.append('gif', new Blob([bytes], { type }), name)
    return this.request('POST', `/room/${id}/gif`, { body })
  }

  /** Connects a stock client with this visitor's cookie, as the room's page does. */
  socket(namespace, { room, ...options } = {}) {
    return client(this.#server.url + namespace, {
      ...options,
      extraHeaders: {
        cookie: this.cookie,
        ...(room && { referer: `${this.#server.url}/room/${room}` }),
      },
    })
  }

  /** Connects to /chat and joins, like the page of the textbook's third edition. */
  async join(id, options = {}) {
    const socket = this.socket('/chat', { room: id, ...options })
    socket.on('connect', () => socket.emit('join', id))
    await nextEvent(socket, 'connect')
    return socket
  }
}

/** Returns a visitor who is a member of the room and has joined it over Socket.IO. */
export async function member(server, id, { password, ...options } = {}) {
  const visitor = new Visitor(server)
  await visitor.get('/')
  await visitor.enter(id, password)
  visitor.chat = await visitor.join(id, options)
  return visitor
}

/** Returns a visitor who has created a room and joined it; its id is visitor.room. */
export async function owner(server, room, options) {
  const visitor = new Visitor(server)
  await visitor.get('/')
  visitor.room = await visitor.createRoom(room)
  await visitor.enter(visitor.room)
  visitor.chat = await visitor.join(visitor.room, options)
  return visitor
}
