// Everything that a room stores has a number, its seq, which is one more than the last. A gap in the numbers shows that
// the page has missed something, and the page then requests it.

export class Sequence {
  #show; #fetch
  #complete = false // nothing up to seq is missing, and live messages continue from there
  #ahead = new Set() // numbers of live messages after a gap
  #syncing = null // the promise of a sync in progress
  #failed = false // the last sync failed: the next live message starts another

  /**
   * @param {number} seq the newest number on the page
   * @param {(messages: object[]) => void} show shows messages; it can receive the same message twice
   * @param {(seq: number) => Promise<object|null>} fetch requests the messages after a number
   */
  constructor(seq, show, fetch) {
    this.seq = seq
    this.#show = show
    this.#fetch = fetch
  }

  /** Shows a live message, and requests what is missing before it. */
  receive(message) {
    if (!message.seq) return this.#show([message]) // not stored
    if (message.seq <= this.seq) return
    this.#show([message])
    if (this.#complete && message.seq === this.seq + 1) {
      this.seq++
      return
    }
    this.#ahead.add(message.seq)
    if (this.#complete || this.#failed) this.sync()
  }

  /** Marks the sequence as incomplete: the connection was lost, so messages can be missing. */
  interrupt() { this.#complete = false }

  /** Shows requested messages. */
  addPage(messages) {
    this.#show(messages)
    this.seq = Math.max(this.seq, messages.at(-1)?.seq ?? 0)
  }

  /** Notes that the server has sent all its messages. */
  finish() {
    while (this.#ahead.delete(this.seq + 1)) this.seq++
    this.#complete = Math.max(...this.#ahead, 0) <= this.seq
    this.#failed = !this.#complete
    if (this.#complete) this.#ahead.clear()
  }

  /** Requests what is missing. Resolves to {ok: true}, to the server's refusal, or to null without an answer. */
  sync() {
    return this.#syncing ??= this.#sync().finally(() => { this.#syncing = null })
  }

  async #sync() {
    this.#complete = false
    this.#failed = false
    for (let more = true; more;) {
      const answer = await this.#fetch(this.seq)
      if (!answer?.ok) {
        this.#failed = true
        return answer
      }
      this.addPage(answer.messages)
      more = answer.more
    }
    this.finish()
    return { ok: true }
  }
}
