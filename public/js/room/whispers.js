// What was said to and by this visitor alone. It has numbers of its own, n, and
// stands among the messages by its time.
import { askAgainIn } from "./socket.js"

const page = 100 // how many one answer carries

export class Whispers {
  #held = [] // by n, without holes, the oldest first
  #messages; #ask
  #newest = 0 // that is known of
  #again = 0 // the timer of another try
  #closed = false

  /** @param {(after: number) => Promise<object|null>} ask asks for those after an n */
  constructor(messages, ask) {
    this.#messages = messages
    this.#ask = ask
  }

  /** Takes one that comes live. */
  hear(whisper) {
    const next = this.#last + 1
    if (whisper.n < next) return
    if (whisper.n > next) return this.catchUp(whisper.n)
    this.#held.push(whisper)
    this.#messages.receive([this.#shown(whisper)])
  }

  /** Brings those up to the newest that are missing; of a long past only its end. */
  async catchUp(newest) {
    this.#newest = Math.max(this.#newest, newest)
    const after = Math.max(this.#last, this.#held.length ? 0 : newest - page)
    if (newest <= after) return this.place()
    const answer = await this.#ask(after)
    if (!answer?.ok) return this.#tryAgain(askAgainIn(answer))
    this.#held.push(...answer.whispers.filter(({ n }) => n > this.#last))
    await this.place()
    if (answer.more) await this.catchUp(newest)
  }

  /** Asks for nothing any more. */
  close() {
    this.#closed = true
    clearTimeout(this.#again)
  }

  #tryAgain(pause) {
    clearTimeout(this.#again)
    if (pause && !this.#closed) this.#again = setTimeout(() => this.catchUp(this.#newest), pause)
  }

  /** Shows those that are no older than the page's messages. */
  async place() {
    const since = this.#messages.since
    while (this.#held[0]?.n > 1 && this.#held[0].createdAt >= since) {
      const before = this.#held[0].n
      const answer = await this.#ask(Math.max(0, before - 1 - page))
      if (!answer?.ok) break
      const older = answer.whispers.filter(({ n }) => n < before)
      if (older.length === 0) break
      this.#held.unshift(...older)
    }
    this.#messages.prepend(this.#held.filter(({ createdAt }) => createdAt >= since).map(whisper => this.#shown(whisper)))
  }

  get #last() { return this.#held.at(-1)?.n ?? 0 }

  #shown(whisper) {
    return { ...whisper, kind: "whisper", user: whisper.from }
  }
}
