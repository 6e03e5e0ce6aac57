// The log: every message once, in the order of seq, pending ones last.
import { clone, fill, paint, soon } from "./dom.js"
import { dayOf, showTime } from "./time.js"
import { gifImage, replace, tame } from "./gif.js"

const groupWithin = 5 * 60_000 // ms; handlers/message.go says the same
// What the server keeps of comings and goings, whatever the reader's language.
const entered = "님이 입장하셨습니다."
const left = "님이 퇴장하셨습니다."
const keep = 300 // messages in the page; older ones come back on demand

export class Messages {
  #list; #template; #scroll; #room
  #waiting = []

  constructor(list, template, scroll, room) {
    this.#list = list
    this.#template = template
    this.#scroll = scroll
    this.#room = room
    /** The last seq up to which we hold everything. */
    this.seq = Number(room.seq)
    /** Whether something may be missing between seq and what comes live. */
    this.gap = true
    for (const row of this.#rows()) this.#finish(row)
  }

  /** The oldest seq in the page; 0 when there is none. */
  get first() {
    return Number(this.#list.querySelector(".message[data-seq]")?.dataset.seq ?? 0)
  }

  /** Shows a message that came live; many in one frame are written at once. */
  receive(message) {
    this.#waiting.push(message)
    if (this.#waiting.length === 1) soon(() => this.#flush())
  }

  #flush() {
    const waiting = this.#waiting.splice(0)
    const fresh = waiting.filter(message => this.#put(message))
    const others = fresh.filter(({ user }) => user !== this.#room.color)
    this.#scroll.grown(others.length)
    this.#trim()
  }

  /** Shows what was missed. Notices heard live come again, now with their seq. */
  catchUp(list) {
    if (list.length === 0) return
    for (const row of this.#list.querySelectorAll(".system:not([data-seq])")) row.remove()
    this.#waiting.push(...list)
    this.#flush()
    this.seq = Math.max(this.seq, list.at(-1).seq)
  }

  /** Nothing is missing any more. */
  complete() {
    this.#flush()
    this.gap = false
    this.seq = Math.max(this.seq, ...this.#rows().map(row => Number(row.dataset.seq ?? 0)))
  }

  /** Shows older messages above, without moving what is being read. */
  prepend(list) {
    this.#list.ariaLive = "off" // they are no news
    this.#scroll.keepPlace(() => list.forEach(message => this.#put(message, true)))
    setTimeout(() => { this.#list.ariaLive = "polite" }, 500)
  }

  /** Shows a line of the room's own. */
  say(text) {
    const row = this.#make({ kind: "notice", chat: text, createdAt: new Date().toISOString() })
    this.#insert(row)
    this.#scroll.grown(0)
  }

  /** Shows an own message before anybody knows of it. */
  pending(clientId, { chat, image }) {
    const row = this.#make({ kind: "text", user: this.#room.color, chat, createdAt: new Date().toISOString() })
    row.dataset.clientId = clientId
    row.classList.add("message--pending")
    fill(row, { state: this.#room.sending })
    if (image) row.querySelector(".message__bubble").replaceChildren(image)
    this.#list.append(row)
    this.#group(row)
    this.#scroll.toEnd()
    return row
  }

  /** Makes a pending message the real one: the same element, no flicker. */
  settle(row, message) {
    const { _id, seq, createdAt, gif } = message
    if (row.dataset.seq) return
    row.classList.remove("message--pending", "message--failed")
    fill(row, { state: "" })
    row.dataset.id = _id
    row.dataset.seq = seq
    if (createdAt) row.querySelector("time").dateTime = createdAt
    if (gif) this.#settleGIF(row, gifImage(message))
    this.#insert(row)
  }

  async #settleGIF(row, image) {
    await replace(row.querySelector("img"), image)
    tame(image, this.#room.play)
  }

  /** Tells whether the message is new to the page. */
  #put(message, old = false) {
    if (!old && !this.gap) this.seq = Math.max(this.seq, message.seq)
    if (this.#list.querySelector(`.message[data-seq="${message.seq}"]`)) return false
    if (message.kind === "notice" && message.chat.startsWith(this.#room.color)) return false // one's own coming is no news
    if (!old && message.seq < this.first) return false // trimmed meanwhile
    const mine = message.clientId && message.user === this.#room.color
    const row = mine && this.#list.querySelector(`[data-client-id="${CSS.escape(message.clientId)}"]`)
    if (row) this.settle(row, message)
    else this.#insert(this.#make(message))
    return !row
  }

  #make(message) {
    const row = clone(this.#template)
    const who = message.kind === "notice" ? "system" : message.user === this.#room.color ? "mine" : "other"
    row.className = `message ${who}`
    row.dataset.user = message.user ?? ""
    if (message._id) row.dataset.id = message._id
    if (message.seq) row.dataset.seq = message.seq
    else delete row.dataset.seq
    fill(row, { user: message.user ?? "", text: this.#inWords(message.chat ?? "", who) })
    if (message.gif) row.querySelector(".message__bubble").replaceChildren(gifImage(message))
    if (who !== "system") paint(row, message.user)
    row.querySelector("time").dateTime = message.createdAt
    this.#finish(row)
    return row
  }

  #inWords(text, who) {
    if (who !== "system") return text
    if (text.endsWith(entered)) return text.slice(0, -entered.length) + this.#room.entered
    if (text.endsWith(left)) return text.slice(0, -left.length) + this.#room.left
    return text
  }

  #finish(row) {
    showTime(row.querySelector("time"))
    const image = row.querySelector("img")
    if (image) tame(image, this.#room.play)
  }

  /** Puts a row where its seq belongs; one without goes before the pending. */
  #insert(row) {
    const seq = Number(row.dataset.seq ?? Infinity)
    let after = this.#list.lastElementChild
    while (after && after !== row && this.#comesAfter(after, seq)) after = after.previousElementSibling
    if (after !== row) {
      if (after) after.after(row)
      else this.#list.prepend(row)
    }
    this.#group(row)
    const next = row.nextElementSibling
    if (next) this.#group(next)
  }

  #comesAfter(row, seq) {
    if (row.matches(".message--pending, .message--failed")) return true
    return row.dataset.seq !== undefined && Number(row.dataset.seq) > seq
  }

  #group(row) {
    const before = row.previousElementSibling
    const [now, then] = [row, before].map(r => r?.querySelector("time")?.dateTime)
    row.classList.toggle("message--follows", Boolean(before) && !row.matches(".system") && !before.matches(".system") &&
      before.dataset.user === row.dataset.user && new Date(now) - new Date(then) < groupWithin)
    const newDay = dayOf(now) !== (then ? dayOf(then) : dayOf(new Date()))
    if (newDay) row.dataset.day = dayOf(now)
    else delete row.dataset.day
  }

  #trim() {
    if (!this.#scroll.following) return
    const rows = this.#rows()
    if (rows.length <= keep) return
    for (const row of rows.slice(0, rows.length - keep)) row.remove()
    document.querySelector("#older").hidden = false
  }

  #rows() { return [...this.#list.querySelectorAll(".message")] }
}
