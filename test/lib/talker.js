// Clients that talk, lose their connections, come back and write down all of
// it. They do what docs/events.md tells a client to do, with the stock client,
// and nothing else.
import { randomUUID } from 'node:crypto'
import { client, pause, until } from './clients.js'
import { digest } from './ledger.js'

const eventTimeout = 4000 // ms for an answer, before it is asked again

export class Talker {
  conn = 0
  last = 0 // the newest seq shown
  recoveries = [] // ms from a disconnect until it has all again
  acked = 0
  pauses = 0 // in which nothing was read
  outings = 0 // of the room and back
  over = false
  #covered = 0 // up to here has been told as history: it may come live once more
  #note
  #socket
  #room
  #member = false // has been told that it is in the room
  #wanted = true // wants to be in the room
  #catching // the promise of a catch-up that goes on; live messages wait for it
  #waiting = []
  #lost = 0 // when the connection went

  /**
   * @param {string} url where the server, or what is in front of it, is
   * @param {{ name, room, cookie, transports }} who
   */
  constructor(url, { name, room, cookie, ledger, transports }) {
    this.name = name
    this.#room = room
    const note = ledger.writer(name)
    this.#note = (op, fields) => note(op, { conn: this.conn, room, ...fields })
    this.#socket = client(`${url}/chat`, {
      transports, extraHeaders: { cookie }, reconnectionDelay: 50, reconnectionDelayMax: 500, timeout: eventTimeout,
    })
    this.#socket.on('connect', () => {
      this.conn++
      if (!this.#wanted) return
      // Who is recovered and had all before goes on; everybody else asks.
      if (!this.#socket.recovered || this.#catching || !this.#member) this.#catchUp()
      else this.#back()
    })
    this.#socket.on('disconnect', (reason) => {
      this.#lost ||= performance.now()
      this.#note('close', { reason })
    })
    this.#socket.onAny((event, message) => {
      if (message?.room === room && Number.isInteger(message.seq)) this.#hear(message)
      else if (message?.room) this.#overhear(event, message)
    })
  }

  get socket() { return this.#socket }
  get room() { return this.#room }

  ready() { return until(() => this.#member && !this.#catching, `${this.name} is in the room`, 30_000) }

  #back() {
    if (this.#lost) this.recoveries.push(performance.now() - this.#lost)
    this.#lost = 0
  }

  #hear(message) {
    if (this.#catching || (!this.#member && this.#wanted)) this.#waiting.push(message)
    else if (message.seq > this.last + 1) {
      this.#waiting.push(message)
      this.#note('gap', { seq: message.seq })
      this.#catchUp()
    } else if (message.seq > this.last || message.seq > this.#covered) this.#show('recv', message)
  }

  /** Whatever else names a room: the checker knows whether the client was in it. */
  #overhear(event, { room, seq, _id, clientId }) {
    if (room === this.#room && this.#wanted && !this.#member) return // the answer to join is on its way
    this.#note('told', { room, seq, id: _id, cid: clientId, reason: event })
  }

  #show(op, { room, seq, _id, chat, gif, clientId }) {
    this.#note(op, { room, seq, id: _id, sha: digest(chat ?? gif ?? ''), cid: clientId })
    this.last = Math.max(this.last, seq)
  }

  #cover(messages = []) {
    for (const message of messages) {
      if (message.seq > this.last) this.#show('recovered', message)
      this.#covered = Math.max(this.#covered, message.seq)
    }
  }

  /** Joins, with the last seq it holds, and asks until it has all. */
  #catchUp() {
    this.#catching ??= this.#tryToCatchUp().finally(() => {
      this.#catching = undefined
      for (const message of this.#waiting.splice(0)) if (message.seq > this.last) this.#hear(message)
      this.#back()
    })
  }

  async #tryToCatchUp() {
    while (!this.over) {
      const conn = this.conn
      const answer = await this.ask('join', { room: this.#room, ...(this.last && { after: this.last }) })
      if (!answer) continue
      if (!this.#member) this.#note('join', { seq: this.last ? 0 : answer.seq, reason: answer.user })
      this.#member = true
      if (!this.last) this.last = this.#covered = answer.seq
      this.#cover(answer.messages)
      let { more } = answer
      while (more && !this.over && conn === this.conn) {
        const page = await this.ask('sync', { room: this.#room, after: this.last })
        if (!page) break
        this.#cover(page.messages)
        more = page.more
      }
      if (!more && conn === this.conn) return
    }
  }

  /** Emits, and returns the answer; undefined if there is none, or a refusal that means later. */
  async ask(event, argument) {
    if (!this.#socket.connected) await until(() => this.over || this.#socket.connected, `${this.name} is connected`, 60_000)
    try {
      const answer = await this.#socket.timeout(eventTimeout).emitWithAck(event, argument)
      if (answer.ok) return answer
      if (event === 'chat') this.#note('nack', { cid: argument.clientId, reason: answer.reason })
      if (!['rate_limited', 'unavailable'].includes(answer.reason)) throw Object.assign(new Error(`${event} was refused: ${answer.reason}`), { answer })
      await pause(answer.retryAfter ?? 100)
    } catch (error) {
      if (error.answer) throw error // not a lost connection, nor a late answer
      await pause(20)
    }
  }

  /** Says something until it is acknowledged, or the talk is over. */
  async postMessage(text) {
    const cid = randomUUID()
    while (!this.over) {
      this.#note('send', { cid, sha: digest(text) })
      const answer = await this.ask('chat', { room: this.#room, chat: text, clientId: cid })
      if (!answer) continue
      this.#note('ack', { cid, seq: answer.seq, id: answer._id })
      this.acked++
      return
    }
  }

  /** Is out of the room for a while. */
  async goOut(ms) {
    await this.ready()
    this.#wanted = false
    while (!(await this.ask('leave', this.#room)));
    this.#member = false
    this.#note('leave')
    await pause(ms)
    this.#wanted = true
    this.#catchUp()
    await this.ready()
    this.outings++
  }

  /** Does not read until that is over; over polling there is nothing to stop. */
  async sleep(over) {
    const wire = this.#socket.io.engine?.transport?.ws
    if (wire) this.pauses++
    wire?.pause()
    await over
    wire?.resume()
  }

  /** At the end: what nobody has sent, such as a notice about oneself, is asked for. */
  async finish(head) {
    await until(() => this.last >= head, '', 2000).catch(async () => {
      await this.ready()
      if (this.last >= head) return
      this.#note('gap', { seq: head + 1 })
      this.#catchUp()
      await until(() => this.last >= head, `${this.name} is at ${head}, not at ${this.last}`, 15_000)
    })
  }
}
