// Own messages on their way: one at a time, so that their order is kept, and
// each with a name, so that sending it again never doubles it.
import { fill } from "./dom.js"

const answerWithin = 6_000 // ms
const tries = 4
const pause = 1_500 // ms between tries

const wait = ms => new Promise(done => setTimeout(done, ms))

export class Outbox {
  #room; #messages; #socket
  #queue = []
  #sending = false

  constructor(room, messages) {
    this.#room = room
    this.#messages = messages
  }

  /** Sends over this socket from now on. */
  use(socket) { this.#socket = socket }

  /** Shows a text at once and sends it when its turn comes. */
  send(chat) {
    const clientId = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
    const row = this.#messages.pending(clientId, { chat })
    this.#queue.push({ clientId, chat, row })
    this.resume()
  }

  /** Goes on after a pause or a new connection. */
  async resume() {
    if (this.#sending) return
    this.#sending = true
    while (this.#queue.length > 0 && this.#socket?.connected) {
      const done = await this.#deliver(this.#queue[0])
      if (!done) break // offline: it keeps its place
      this.#queue.shift()
    }
    this.#sending = false
  }

  /** Tells whether there is nothing more to do for the message. */
  async #deliver({ clientId, chat, row }) {
    const ask = { room: this.#room.room, chat, clientId }
    for (let left = tries; left > 0; left--) {
      const answer = await this.#socket.timeout(answerWithin).emitWithAck("chat", ask).catch(() => null)
      if (answer?.ok) {
        this.#messages.settle(row, answer)
        return true
      }
      if (!this.#socket.connected) return false
      if (answer && !["rate_limited", "unavailable"].includes(answer.reason)) {
        this.#fail({ clientId, chat, row }, answer.message)
        return true
      }
      await wait(answer?.retryAfter ?? pause)
    }
    this.#fail({ clientId, chat, row })
    return true
  }

  #fail(job, reason) {
    showFailure(job.row, this.#room, reason, () => {
      this.#queue.push(job)
      this.resume()
    })
  }
}

/** Says that a message was not sent, and offers to send it again or to forget it. */
export function showFailure(row, words, reason, retry) {
  row.classList.replace("message--pending", "message--failed")
  fill(row, { state: reason || words.failed })
  const again = button(words.retry, () => {
    row.classList.replace("message--failed", "message--pending")
    fill(row, { state: words.sending })
    retry()
  })
  row.querySelector('[data-slot="state"]').append(again, button(words.discard, () => row.remove()))
}

function button(label, action) {
  const element = document.createElement("button")
  element.type = "button"
  element.textContent = label
  element.addEventListener("click", action)
  return element
}
