// The log shows each message once, in its place.
import { onNextFrame } from "../lib/dom.js"
import { GIFPlayer } from "./gif-player.js"
import { gifImage, replacePreview } from "./gif.js"
import { groupRow, placeRow } from "./order.js"
import { Rows, showPending, showSent } from "./rows.js"
import { StickyScroll } from "./sticky-scroll.js"

const maxRows = 300 // older rows are removed, and loaded again on demand

class MessageLog {
  #list; #older; #rows; #scroll; #color; #page
  #waiting = [] // messages of the next frame

  /**
   * @param {{list: HTMLElement, older: HTMLButtonElement}} elements the rows, and the button that loads older ones
   * @param {import("./rows.js").Rows} rows makes and changes rows
   * @param {import("./sticky-scroll.js").StickyScroll} scroll
   * @param {string} color this visitor's colour
   */
  constructor({ list, older }, rows, scroll, color, page) {
    this.#list = list
    this.#older = older
    this.#rows = rows
    this.#scroll = scroll
    this.#color = color
    this.#page = page
    for (const row of this.#all()) rows.enhance(row)
  }

  /** The lowest seq on the page, or 0. */
  get first() {
    return Number(this.#list.querySelector(".message[data-seq]")?.dataset.seq ?? 0)
  }

  /** The time of the oldest message on the page, or "" if there is no older one in the room. */
  get since() {
    const oldest = this.#list.querySelector(".message[data-seq] time")
    return this.#older.hidden ? "" : oldest?.dateTime ?? ""
  }

  /** Shows or hides the button that loads older messages. The rows on the screen stay in place. */
  setHasOlder(hasOlder) {
    this.#scroll.keepPosition(() => { this.#older.hidden = !hasOlder })
  }

  /** Shows messages, notices, whispers, edits and removals with the next frame. */
  receive(messages) {
    if (messages.length === 0) return
    this.#waiting.push(...messages)
    if (this.#waiting.length === messages.length) onNextFrame(() => this.flush())
  }

  /** Shows the waiting messages now. */
  flush() {
    const added = this.#waiting.splice(0).filter(message => this.#show(message))
    const others = added.filter(({ user }) => user !== this.#color)
    if (added.length > 0) this.#scroll.contentAdded(others.length)
    this.#trim()
  }

  /** Shows older messages at the beginning. The rows on the screen stay in place. */
  prepend(messages) {
    const region = this.#list.closest('[role="log"]')
    region.ariaLive = "off" // screen readers announce new messages only
    this.#scroll.keepPosition(() => messages.forEach(message => this.#show(message, true)))
    setTimeout(() => { region.ariaLive = "polite" }, 500)
  }

  /** Shows a line of this page, which the server does not know. */
  showNotice(text) {
    this.#place(this.#rows.create({ kind: "notice", chat: text, createdAt: new Date().toISOString() }))
    this.#scroll.contentAdded(0)
  }

  /** Shows a message of this visitor before it is sent, and returns its row. */
  addPending(clientId, message, image) {
    const row = this.#rows.create({ kind: "text", user: this.#color, createdAt: new Date().toISOString(), ...message })
    row.dataset.clientId = clientId
    if (image) this.#rows.showImage(row, image)
    showPending(row, this.#page.t)
    this.#list.append(row)
    groupRow(row, this.#page)
    this.#scroll.toEnd()
    return row
  }

  /**
   * Turns a pending row into the stored message. The answer to a request has only a number, and the event has everything;
   * either can come first. The row stays the same element, so nothing flickers.
   */
  confirm(row, message) {
    const { seq, n, createdAt, gif } = message
    showSent(row)
    if (!row.dataset.clientId) return // the event came first
    if (seq) row.dataset.seq = seq
    if (n) row.dataset.n = n
    if (createdAt) {
      delete row.dataset.clientId
      const time = row.querySelector("time")
      time.dateTime = createdAt
      this.#page.time.show(time)
    }
    if (gif) this.#confirmGIF(row, gifImage(message, this.#page.limits))
    if (seq || createdAt) this.#place(row) // the answer to a whisper has neither
  }

  async #confirmGIF(row, image) {
    await replacePreview(row.querySelector("img"), image)
    this.#rows.makePlayable(row)
  }

  /** Shows a message. Returns true if that added a row. */
  #show(message, isOlder = false) {
    if (message.target) {
      const row = this.#row(message.target)
      if (row) this.#rows.apply(row, message)
      return false
    }
    const isMine = message.clientId && message.user === this.#color
    const pending = isMine && this.#list.querySelector(`[data-client-id="${CSS.escape(message.clientId)}"]`)
    if (pending) {
      this.confirm(pending, message)
      return false
    }
    const known = message.kind === "whisper" ? this.#list.querySelector(`[data-n="${message.n}"]`) : this.#row(message.seq)
    if (known || this.#isOwnMove(message)) return false
    if (!isOlder && message.seq < this.first) return false // its row was trimmed
    this.#place(this.#rows.create(message))
    return true
  }

  #row(seq) { return this.#list.querySelector(`.message[data-seq="${seq}"]`) }

  /** Reports whether a notice is about this visitor's own coming or going, which the log leaves out. */
  #isOwnMove({ topic, person }) {
    return person === this.#color && (topic === "entered" || topic === "left")
  }

  #place(row) { placeRow(this.#list, row, this.#page) }

  #trim() {
    if (!this.#scroll.following) return
    const rows = this.#all()
    if (rows.length <= maxRows) return
    for (const row of rows.slice(0, rows.length - maxRows)) row.remove()
    this.#older.hidden = false
  }

  #all() { return [...this.#list.querySelectorAll(".message")] }
}

/**
 * Returns the log of a page, and what makes its rows.
 * @param {string} color the visitor's colour
 */
export function createLog(document, page, color) {
  const find = selector => document.querySelector(selector)
  const gifs = new GIFPlayer(page.t("room.play"), find("#autoplay"))
  const rows = new Rows(find("template#message"), color, page, gifs)
  const scroll = new StickyScroll(find("#scroll"), find("#newer"))
  const log = new MessageLog({ list: find("#chat-list"), older: find("#older") }, rows, scroll, color, page)
  return { log, rows }
}

/**
 * Loads older messages when the visitor presses the button.
 * @param {HTMLButtonElement} button data-path is the address of the room's messages
 */
export function loadOlderMessages(button, log, whispers) {
  button.addEventListener("click", async () => {
    button.disabled = true
    const { first } = log
    // A page of the history can hold edits and removals only. Then the next page is loaded.
    for (let before = first, more = true; more && log.first === first;) {
      const page = await fetchHistory(button.dataset.path, before).catch(() => null)
      if (!page) break
      more = page.more
      before = page.messages[0]?.seq
      log.prepend(page.messages)
      log.setHasOlder(more)
    }
    button.disabled = false
    await whispers.show()
  })
}

/** Resolves to the page of the history before a seq, or to null after a refusal. Rejects when the connection is lost. */
async function fetchHistory(path, before) {
  const answer = await fetch(`${path}?before=${before}`)
  return answer.ok ? answer.json() : null
}
