// The visitor's requests on their way to the server: one at a time, so that they arrive in order. Each has a clientId,
// so that sending it again never stores it twice.
import { isFinal, isTemporary, wait } from "../lib/socket.js"

const answerWithin = 6_000 // ms
const attempts = 4
const pause = 1_500 // ms between attempts, unless the server names another

/** Returns a new clientId. Browsers have randomUUID only on secure pages. */
export const newClientId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`

/**
 * @typedef {object} Job
 * @property {string} event
 * @property {object} data
 * @property {(answer: object) => void} sent is called with the server's answer
 * @property {(reason: string|undefined, retry: (() => void)|null) => void} failed is called with the server's sentence,
 *   if there is one; retry sends the job again, and is null when that cannot succeed
 */

export class Outbox {
  /** @type {Job[]} */
  #queue = []
  #socket = null
  #sending = false
  #failing = false // every job fails at once

  /** Sends over this socket from now on. */
  use(socket) { this.#socket = socket }

  /** Sends a job when its turn comes. */
  add(job) {
    this.#queue.push(job)
    return this.resume()
  }

  /** Drops the waiting jobs and the socket. */
  stop() {
    this.#queue = []
    this.#socket = null
  }

  /** Fails the waiting jobs and all later ones: there will be no socket. */
  failAll() {
    this.#failing = true
    this.resume()
  }

  /** Sends the waiting jobs, for example after a new connection. */
  async resume() {
    if (this.#failing) for (const job of this.#queue.splice(0)) this.#fail(job)
    if (this.#sending) return
    this.#sending = true
    while (this.#queue.length > 0 && this.#socket?.connected) {
      const finished = await this.#send(this.#queue[0])
      if (!finished) break // the connection is lost: the job keeps its place
      this.#queue.shift()
    }
    this.#sending = false
  }

  /** Resolves to true when the job was sent or has failed, and to false when the connection was lost. */
  async #send(job) {
    const socket = this.#socket
    let answer
    for (let failed = 0; failed < attempts; failed++) {
      if (failed > 0) await wait(answer?.retryAfter ?? pause)
      answer = await socket.timeout(answerWithin).emitWithAck(job.event, job.data).catch(() => null)
      if (answer?.ok) {
        job.sent(answer)
        return true
      }
      if (!socket.connected) return false
      if (answer && !isTemporary(answer.reason)) {
        this.#fail(job, answer)
        return true
      }
    }
    this.#fail(job)
    return true
  }

  #fail(job, answer) {
    job.failed(answer?.message, isFinal(answer?.reason) ? null : () => this.add(job))
  }
}
