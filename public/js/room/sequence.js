// Everything that a room keeps has a number, its seq, and each is one more than
// the last. So the page can tell when it has not heard something, and ask.

export class Sequence {
  #show; #fetch
  #whole = false // nothing is missing up to seq, and what comes live goes on from there
  #ahead = new Set() // heard while that was not so
  #syncing = null
  #failed = false

  /**
   * @param {number} seq the last one that the page holds
   * @param {(messages: object[]) => void} show writes them; it may be shown one twice
   * @param {(seq: number) => Promise<object|null>} fetch asks for what came after a seq
   */
  constructor(seq, show, fetch) {
    this.seq = seq
    this.#show = show
    this.#fetch = fetch
  }

  /** Takes what comes live. */
  hear(message) {
    if (!message.seq) return this.#show([message]) // not kept
    if (message.seq <= this.seq) return
    this.#show([message])
    if (this.#whole && message.seq === this.seq + 1) {
      this.seq++
      return
    }
    this.#ahead.add(message.seq)
    if (this.#whole || this.#failed) this.sync()
  }

  /** Something may be missing from now on. */
  lost() { this.#whole = false }

  /** Takes what was asked for. */
  take(messages) {
    this.#show(messages)
    this.seq = Math.max(this.seq, messages.at(-1)?.seq ?? 0)
  }

  /** There was no more to ask for. */
  complete() {
    while (this.#ahead.delete(this.seq + 1)) this.seq++
    this.#whole = Math.max(...this.#ahead, 0) <= this.seq
    this.#failed = !this.#whole
    if (this.#whole) this.#ahead.clear()
  }

  /** Brings what is missing; returns the refusal if there is one, null when nobody answers. */
  sync() {
    return this.#syncing ??= this.#sync().finally(() => { this.#syncing = null })
  }

  async #sync() {
    this.#whole = false
    this.#failed = false
    for (let more = true; more;) {
      const answer = await this.#fetch(this.seq)
      if (!answer?.ok) {
        this.#failed = true // the next thing heard tries again
        return answer
      }
      this.take(answer.messages)
      more = answer.more
    }
    this.complete()
    return { ok: true }
  }
}
