// A load client sends messages, reconnects after faults, catches up and records
// everything in a ledger. It uses the stock client as docs/events.md describes.
import { randomUUID } from 'node:crypto'
import { client, pause, until } from './clients.js'
import { digest } from './ledger.js'

const answerTimeout = 4000 // ms until a request without an answer is repeated

export class LoadClient {
  conn = 0
  last = 0 // the newest seq shown
  recoveries = [] // ms from a disconnect until the client has every message again
  acked = 0
  pauses = 0 // periods without reading
  absences = 0 // times that the client left the room and rejoined
  over = false
  #covered = 0 // the newest seq received as history; the same messages may arrive live once more
  #note
  #socket
  #room
  #member = false // the server has acknowledged the join
  #wanted = true // the client is meant to be in the room
  #catching // the promise of the running catch-up, during which live messages are held back
  #waiting = [] // the live messages held back
  #lost = 0 // time of the lost connection, 0 if connected

  /**
   * @param {string} url of the server, or of a proxy before it
   * @param {{ name, room, cookie, ledger, transports }} options
   */
  constructor(url, { name, room, cookie, ledger, transports }) {
    this.name = name
    this.#room = room
    const note = ledger.writer(name)
    this.#note = (op, fields) => note(op, { conn: this.conn, room, ...fields })
    this.#socket = client(`${url}/chat`, {
      transports, extraHeaders: { cookie }, reconnectionDelay: 50, reconnectionDelayMax: 500, timeout: answerTimeout,
    })
    this.#socket.on('connect', () => {
      this.conn++
      if (!this.#wanted) return
      // A recovered client that had every message needs no catch-up.
      if (!this.#socket.recovered || this.#catching || !this.#member) this.#catchUp()
      else this.#recordRecovery()
    })
    this.#socket.on('disconnect', (reason) => {
      this.#lost ||= performance.now()
      this.#note('close', { reason })
    })
    this.#socket.onAny((event, message) => {
      if (message?.room === room && Number.isInteger(message.seq)) this.#receive(message)
      else if (message?.room) this.#recordOther(event, message)
    })
  }

  get socket() { return this.#socket }
  get room() { return this.#room }

  ready() { return until(() => this.#member && !this.#catching, `${this.name} is in the room`, 30_000) }

  #recordRecovery() {
    if (this.#lost) this.recoveries.push(performance.now() - this.#lost)
    this.#lost = 0
  }

  #receive(message) {
    if (this.#catching || (!this.#member && this.#wanted)) this.#waiting.push(message)
    else if (message.seq > this.last + 1) {
      this.#waiting.push(message)
      this.#note('gap', { seq: message.seq })
      this.#catchUp()
    } else if (message.seq > this.last || message.seq > this.#covered) this.#show('recv', message)
  }

  /** Records any other event that names a room; the checker decides whether the client was a member. */
  #recordOther(event, { room, seq, _id, clientId }) {
    if (room === this.#room && this.#wanted && !this.#member) return // the acknowledgement of join is in transit
    this.#note('notified', { room, seq, id: _id, cid: clientId, reason: event })
  }

  #show(op, { room, seq, _id, chat, gif, clientId }) {
    this.#note(op, { room, seq, id: _id, sha: digest(chat ?? gif ?? ''), cid: clientId })
    this.last = Math.max(this.last, seq)
  }

  #showHistory(messages = []) {
    for (const message of messages) {
      if (message.seq > this.last) this.#show('recovered', message)
      this.#covered = Math.max(this.#covered, message.seq)
    }
  }

  /** Joins with the last seq that it has, and syncs until nothing is missing. */
  #catchUp() {
    this.#catching ??= this.#tryToCatchUp().finally(() => {
      this.#catching = undefined
      for (const message of this.#waiting.splice(0)) if (message.seq > this.last) this.#receive(message)
      this.#recordRecovery()
    })
  }

  async #tryToCatchUp() {
    while (!this.over) {
      const conn = this.conn
      const answer = await this.request('join', { room: this.#room, ...(this.last && { after: this.last }) })
      if (!answer) continue
      if (!this.#member) this.#note('join', { seq: this.last ? 0 : answer.seq, reason: answer.user })
      this.#member = true
      if (!this.last) this.last = this.#covered = answer.seq
      this.#showHistory(answer.messages)
      let { more } = answer
      while (more && !this.over && conn === this.conn) {
        const page = await this.request('sync', { room: this.#room, after: this.last })
        if (!page) break
        this.#showHistory(page.messages)
        more = page.more
      }
      if (!more && conn === this.conn) return
    }
  }

  /** Emits an event and returns the answer. Returns undefined after a timeout, a lost connection or a temporary refusal. */
  async request(event, argument) {
    if (!this.#socket.connected) await until(() => this.over || this.#socket.connected, `${this.name} is connected`, 60_000)
    try {
      const answer = await this.#socket.timeout(answerTimeout).emitWithAck(event, argument)
      if (answer.ok) return answer
      if (event === 'chat') this.#note('nack', { cid: argument.clientId, reason: answer.reason })
      if (!['rate_limited', 'unavailable'].includes(answer.reason)) throw Object.assign(new Error(`${event} was refused: ${answer.reason}`), { answer })
      await pause(answer.retryAfter ?? 100)
    } catch (error) {
      if (error.answer) throw error // a refusal, not a lost connection or a timeout
      await pause(20)
    }
  }

  /** Sends a message, with retries, until it is acknowledged or the test is over. */
  async postMessage(text) {
    const cid = randomUUID()
    while (!this.over) {
      this.#note('send', { cid, sha: digest(text) })
      const answer = await this.request('chat', { room: this.#room, chat: text, clientId: cid })
      if (!answer) continue
      this.#note('ack', { cid, seq: answer.seq, id: answer._id })
      this.acked++
      return
    }
  }

  /** Leaves the room and rejoins after ms. */
  async leaveFor(ms) {
    await this.ready()
    this.#wanted = false
    while (!(await this.request('leave', this.#room)));
    this.#member = false
    this.#note('leave')
    await pause(ms)
    this.#wanted = true
    this.#catchUp()
    await this.ready()
    this.absences++
  }

  /** Stops reading from the WebSocket until a promise resolves. Polling is not affected. */
  async pauseReading(promise) {
    const socket = this.#socket.io.engine?.transport?.ws
    if (socket) this.pauses++
    socket?.pause()
    await promise
    socket?.resume()
  }

  /** Waits for the newest message of the room, and syncs the notices about the client itself, which only others get live. */
  async finish(head) {
    await until(() => this.last >= head, 'the newest message', 2000).catch(async () => {
      await this.ready()
      if (this.last >= head) return
      this.#note('gap', { seq: head + 1 })
      this.#catchUp()
      await until(() => this.last >= head, `${this.name} has message ${head}`, 15_000)
    })
  }
}
