// The log: every message once, in its place.
import { fill, soon } from "./dom.js"
import { gifImage, replace, tame } from "./gif.js"
import { group, insert } from "./order.js"
import { amend, finish, makeRow } from "./row.js"

const keep = 300 // messages in the page; older ones come back on demand

export class Messages {
  #list; #template; #scroll; #room
  #waiting = []

  constructor(list, template, scroll, room) {
    this.#list = list
    this.#template = template
    this.#scroll = scroll
    this.#room = room
    for (const row of this.#rows()) finish(row, room)
  }

  /** The oldest seq in the page; 0 when there is none. */
  get first() {
    return Number(this.#list.querySelector(".message[data-seq]")?.dataset.seq ?? 0)
  }

  /** When the oldest message in the page was said, "" when there is none before it. */
  get since() {
    const oldest = this.#list.querySelector(".message[data-seq] time")
    return document.querySelector("#older").hidden ? "" : oldest?.dateTime ?? ""
  }

  /** Shows messages, notices, whispers, edits; many in one frame are written at once. */
  receive(list) {
    if (list.length === 0) return
    this.#waiting.push(...list)
    if (this.#waiting.length === list.length) soon(() => this.flush())
  }

  /** Writes what waits for the next frame now. */
  flush() {
    const fresh = this.#waiting.splice(0).filter(message => this.#put(message))
    const others = fresh.filter(({ user }) => user !== this.#room.color)
    if (fresh.length > 0) this.#scroll.grown(others.length)
    this.#trim()
  }

  /** Shows older ones above, without moving what is being read. */
  prepend(list) {
    const log = this.#list.closest('[role="log"]')
    log.ariaLive = "off" // they are no news
    this.#scroll.keepPlace(() => list.forEach(message => this.#put(message, true)))
    setTimeout(() => { log.ariaLive = "polite" }, 500)
  }

  /** Shows a line of the page's own. */
  say(text) {
    insert(this.#list, this.#make({ kind: "notice", chat: text, createdAt: new Date().toISOString() }))
    this.#scroll.grown(0)
  }

  /** Shows an own message before anybody knows of it. */
  pending(clientId, message, image) {
    const row = this.#make({ kind: "text", user: this.#room.color, createdAt: new Date().toISOString(), ...message })
    row.dataset.clientId = clientId
    if (image) {
      row.classList.add("message--gif")
      row.querySelector(".message__bubble").replaceChildren(image)
    }
    this.wait(row)
    this.#list.append(row)
    group(row)
    this.#scroll.toEnd()
    return row
  }

  /** Says that a row is on its way. */
  wait(row) {
    row.classList.remove("message--failed")
    row.classList.add("message--pending")
    fill(row, { state: this.#room.sending })
  }

  /** Says that it has arrived. */
  arrived(row) {
    row.classList.remove("message--pending", "message--failed")
    fill(row, { state: "" })
  }

  /** Makes a pending message the real one: the same element, no flicker. */
  settle(row, message) {
    const { _id, seq, n, createdAt, gif } = message
    if (row.dataset.seq || row.dataset.n && !createdAt) return
    this.arrived(row)
    row.dataset.id = _id
    if (seq) row.dataset.seq = seq
    if (n) row.dataset.n = n
    if (createdAt) row.querySelector("time").dateTime = createdAt
    if (gif) this.#settleGIF(row, gifImage(message))
    if (seq || createdAt) insert(this.#list, row) // a whisper has no place before its time is known
  }

  async #settleGIF(row, image) {
    await replace(row.querySelector("img"), image)
    tame(image, this.#room.play)
  }

  /** The row of a message that may be on the page. */
  row(seq) { return this.#list.querySelector(`.message[data-seq="${seq}"]`) }

  /** Tells whether the message is new to the page. */
  #put(message, old = false) {
    if (message.target) {
      const row = this.row(message.target)
      if (row) amend(row, message)
      return false
    }
    const known = message.kind === "whisper" ? this.#list.querySelector(`[data-n="${message.n}"]`) : this.row(message.seq)
    if (known || this.#ownTrip(message)) return false
    if (!old && message.seq < this.first) return false // trimmed meanwhile
    const mine = message.clientId && message.user === this.#room.color
    const row = mine && this.#list.querySelector(`[data-client-id="${CSS.escape(message.clientId)}"]`)
    if (row) this.settle(row, message)
    else insert(this.#list, this.#make(message))
    return !row
  }

  /** One's own coming and going is no news. */
  #ownTrip({ topic, person }) {
    return person === this.#room.color && (topic === "entered" || topic === "left")
  }

  #make(message) { return makeRow(this.#template, message, this.#room) }

  #trim() {
    if (!this.#scroll.following) return
    const rows = this.#rows()
    if (rows.length <= keep) return
    for (const row of rows.slice(0, rows.length - keep)) row.remove()
    document.querySelector("#older").hidden = false
  }

  #rows() { return [...this.#list.querySelectorAll(".message")] }
}
