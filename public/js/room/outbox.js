// What one does, on its way: one thing at a time, so that their order is kept,
// and each with a name, so that sending it again never doubles it.
import { fill } from "./dom.js"
import { clear, markEdited, showText, textOf } from "./row.js"
import { say } from "./words.js"

const answerWithin = 6_000 // ms
const tries = 4
const pause = 1_500 // ms between tries

/** Resolves after that many ms. */
export const wait = ms => new Promise(done => setTimeout(done, ms))

// Sending the same again would get the same answer.
const finalReasons = new Set(["invalid", "too_large", "not_found", "banned", "foreign", "no_route", "no_method"])

/** Reports whether a refusal lasts; status is that of an HTTP answer without a reason. */
export const isFinal = (reason, status = 0) => reason ? finalReasons.has(reason) : [400, 404, 405, 413, 415].includes(status)

/** A name for something to be sent. */
export const newClientId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`

/** Reports whether the same request may succeed later, by the reason of its refusal. */
export const isTemporary = reason => ["rate_limited", "unavailable"].includes(reason)

export class Outbox {
  #room; #messages; #socket
  #queue = []
  #sending = false
  #hopeless = false // there will never be a socket

  constructor(room, messages) {
    this.#room = room
    this.#messages = messages
  }

  /** Sends over this socket from now on. */
  use(socket) { this.#socket = socket }

  /** Shows a text at once and sends it when its turn comes. */
  send(chat) {
    const clientId = newClientId()
    const row = this.#messages.pending(clientId, { chat })
    this.#add(row, "chat", { chat, clientId }, answer => this.#messages.settle(row, answer))
  }

  /** The same for a text to one person. */
  whisper({ color, nick }, chat) {
    const clientId = newClientId()
    const row = this.#messages.pending(clientId, { chat, kind: "whisper", to: color, toNick: nick })
    this.#add(row, "whisper", { to: color, chat, clientId }, answer => this.#messages.settle(row, answer))
  }

  /** Changes an own message, or the description of an own GIF. */
  edit(row, chat) {
    const before = textOf(row)
    showText(row, chat)
    this.#messages.wait(row)
    this.#add(row, "edit", { seq: Number(row.dataset.seq), chat, clientId: newClientId() }, ({ seq }) => {
      this.#messages.arrived(row)
      markEdited(row, seq)
    }, { failed: say("edit.failed"), discard: say("edit.undo"), undo: () => showText(row, before) })
  }

  /** Takes a message back. */
  remove(row) {
    this.#messages.wait(row)
    this.#add(row, "remove", { seq: Number(row.dataset.seq), clientId: newClientId() }, () => clear(row),
      { failed: say("edit.failed"), discard: say("no"), undo: () => {} })
  }

  #add(row, event, ask, done, words) {
    this.#queue.push({ row, event, ask: { room: this.#room.room, ...ask }, done, words })
    this.resume()
  }

  /** Forgets what waits: there is nobody to send it to. */
  close() {
    this.#queue = []
    this.#socket = null
  }

  /** Says of all that waits, and of what is still to come, that it is not sent. */
  giveUp() {
    this.#hopeless = true
    this.resume()
  }

  /** Goes on after a pause or a new connection. */
  async resume() {
    if (this.#hopeless) for (const job of this.#queue.splice(0)) this.#fail(job)
    if (this.#sending) return
    this.#sending = true
    while (this.#queue.length > 0 && this.#socket?.connected) {
      const done = await this.#deliver(this.#queue[0])
      if (!done) break // offline: it keeps its place
      this.#queue.shift()
    }
    this.#sending = false
  }

  /** Tells whether there is nothing more to do for the job. */
  async #deliver(job) {
    const socket = this.#socket
    for (let left = tries; left > 0; left--) {
      const answer = await socket.timeout(answerWithin).emitWithAck(job.event, job.ask).catch(() => null)
      if (answer?.ok) {
        job.done(answer)
        return true
      }
      if (!socket.connected) return false
      if (answer && !isTemporary(answer.reason)) {
        this.#fail(job, answer)
        return true
      }
      await wait(answer?.retryAfter ?? pause)
    }
    this.#fail(job)
    return true
  }

  #fail(job, answer) {
    const retry = () => {
      this.#messages.wait(job.row)
      this.#queue.push(job)
      this.resume()
    }
    showFailure(job.row, { ...this.#room, ...job.words }, answer?.message, isFinal(answer?.reason) ? null : retry, job.words && (() => {
      this.#messages.arrived(job.row)
      job.words.undo()
    }))
  }
}

/** Says that something was not sent, and offers to send it again, unless retry is null, or to forget it. */
export function showFailure(row, words, reason, retry, undo = () => row.remove()) {
  row.classList.remove("message--pending")
  row.classList.add("message--failed")
  fill(row, { state: reason || words.failed })
  const state = row.querySelector('[data-slot="state"]')
  if (retry) state.append(button(words.retry, retry))
  state.append(button(words.discard, undo))
}

function button(label, action) {
  const element = document.createElement("button")
  element.type = "button"
  element.textContent = label
  element.addEventListener("click", action)
  return element
}
