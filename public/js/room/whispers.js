// The whispers to and from this visitor. They have their own numbers, n, and are shown among the messages by time.
import { retryDelay } from "../lib/socket.js"

export class Whispers {
  #log; #fetch; #pageSize
  #known = [] // by n, without gaps, the oldest first
  #newest = 0 // the highest n that the server has reported
  #retryTimer = 0
  #stopped = false

  /**
   * @param {{since: string, receive: Function, prepend: Function}} log the message log
   * @param {(after: number) => Promise<object|null>} fetch requests the whispers after an n
   * @param {number} pageSize the most whispers of one answer
   */
  constructor(log, fetch, pageSize) {
    this.#log = log
    this.#fetch = fetch
    this.#pageSize = pageSize
  }

  /** Shows a live whisper, and requests what is missing before it. */
  receive(whisper) {
    const next = this.#last + 1
    if (whisper.n < next) return
    if (whisper.n > next) return this.catchUp(whisper.n)
    this.#known.push(whisper)
    this.#log.receive([asMessage(whisper)])
  }

  /** Requests the missing whispers up to the newest. A page that knows none requests the last page only. */
  async catchUp(newest) {
    this.#newest = Math.max(this.#newest, newest)
    const after = Math.max(this.#last, this.#known.length ? 0 : newest - this.#pageSize)
    if (newest <= after) return this.show()
    const answer = await this.#fetch(after)
    if (!answer?.ok) return this.#retryAfter(retryDelay(answer))
    this.#known.push(...answer.whispers.filter(({ n }) => n > this.#last))
    await this.show()
    if (answer.more) await this.catchUp(newest)
  }

  /** Stops all further requests. */
  stop() {
    this.#stopped = true
    clearTimeout(this.#retryTimer)
  }

  #retryAfter(delay) {
    clearTimeout(this.#retryTimer)
    if (delay && !this.#stopped) this.#retryTimer = setTimeout(() => this.catchUp(this.#newest), delay)
  }

  /** Shows the whispers since the oldest message on the page, and requests those that are missing. */
  async show() {
    const { since } = this.#log
    while (this.#known[0]?.n > 1 && this.#known[0].createdAt >= since) {
      const before = this.#known[0].n
      const answer = await this.#fetch(Math.max(0, before - 1 - this.#pageSize))
      if (!answer?.ok) break
      const older = answer.whispers.filter(({ n }) => n < before)
      if (older.length === 0) break
      this.#known.unshift(...older)
    }
    this.#log.prepend(this.#known.filter(({ createdAt }) => createdAt >= since).map(asMessage))
  }

  get #last() { return this.#known.at(-1)?.n ?? 0 }
}

const asMessage = whisper => ({ ...whisper, kind: "whisper", user: whisper.from })
