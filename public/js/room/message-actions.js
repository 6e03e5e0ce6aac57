// What one may do with a message. A single button goes to the message that is
// pointed at, tapped or chosen with the arrow keys: one in each row would be 300
// stops for the Tab key, and screen readers would hear it with every message.
import { openMenu } from "./menu.js"
import { textOf } from "./row.js"
import { say } from "./words.js"

const longPress = 500 // ms
const lookAfter = 150 // ms: in a busy room not with every message
const mineAlone = ".message.mine[data-seq]:not(.message--removed, .message--whisper)"
const anybodys = ".message[data-seq]:not(.system:not(.message--damaged), .message--removed, .message--whisper)"

export class Actions {
  #list; #scroll; #standing; #do
  #button = document.querySelector("#more")
  #row = null
  #at = 0 // how far the reader has scrolled

  /** @param {{edit: (row: HTMLElement) => void, remove: (row: HTMLElement) => void}} deeds */
  constructor(list, scroll, standing, deeds) {
    this.#list = list
    this.#scroll = scroll
    this.#standing = standing
    this.#do = deeds
    list.addEventListener("pointerover", event => { if (event.pointerType === "mouse") this.#aim(event.target) })
    scroll.addEventListener("pointerleave", () => this.#button.classList.remove("message-more--shown"))
    this.#listenToTouch()
    scroll.addEventListener("scroll", () => { this.#at = scroll.scrollTop }, { passive: true })
    this.#button.addEventListener("focus", () => {
      // The browser has gone to where the button stood last; the event scroll is still to come.
      scroll.scrollTop = this.#at
      this.#aim(this.#seen())
    })
    this.#button.addEventListener("click", () => this.#open())
    this.#button.addEventListener("keydown", event => this.#step(event))
    // It is there while there is something to do, else Tab would stop at nothing.
    let looking = 0
    const lookSoon = () => {
      looking ||= setTimeout(() => {
        looking = 0
        this.#look()
      }, lookAfter)
    }
    new MutationObserver(lookSoon).observe(list, { childList: true, subtree: true, attributeFilter: ["class", "data-seq"] })
    standing.watch(() => this.#look())
  }

  /** The newest own message that can be edited. */
  lastOwn() { return [...this.#list.querySelectorAll(mineAlone)].at(-1) }

  #rows() { return [...this.#list.querySelectorAll(this.#standing.owned ? anybodys : mineAlone)] }

  /** The message that is meant, if it is on the screen, else the newest that is, or comes there: the focus must be seen. */
  #seen() {
    const view = this.#scroll.getBoundingClientRect()
    const onScreen = row => {
      const { top, bottom } = row.querySelector(".message__bubble").getBoundingClientRect()
      return row.isConnected && top < view.bottom && bottom > view.top
    }
    if (this.#row && onScreen(this.#row)) return this.#row
    const rows = this.#rows()
    const seen = rows.findLast(onScreen)
    if (!seen) rows.at(-1)?.scrollIntoView({ block: "nearest" })
    return seen ?? rows.at(-1)
  }

  #may(row) { return row?.matches(this.#standing.owned ? anybodys : mineAlone) }

  #look() {
    this.#button.hidden = !this.#list.querySelector(this.#standing.owned ? anybodys : mineAlone)
    if (this.#row && !this.#may(this.#row)) this.#row = null
    if (this.#row && document.activeElement === this.#button) this.#place()
  }

  #listenToTouch() {
    let timer = 0
    let opened = false
    const stop = () => clearTimeout(timer)
    this.#list.addEventListener("pointerdown", event => {
      if (event.pointerType === "mouse") return
      stop()
      opened = false
      timer = setTimeout(() => {
        opened = this.#aim(event.target)
        if (opened) this.#open()
      }, longPress)
    })
    for (const end of ["pointerup", "pointercancel", "pointermove"]) {
      this.#list.addEventListener(end, event => { if (end !== "pointermove" || Math.hypot(event.movementX, event.movementY) > 3) stop() })
    }
    this.#list.addEventListener("contextmenu", event => { if (opened) event.preventDefault() })
    this.#list.addEventListener("click", event => { if (!event.target.closest('[data-slot="state"]')) this.#aim(event.target) })
  }

  /** Goes to the message of an element; tells whether there is something to do with it. */
  #aim(element) {
    const row = element?.closest(".message")
    const may = Boolean(row) && this.#may(row)
    this.#button.classList.toggle("message-more--shown", may)
    if (!may) return false
    this.#row = row
    this.#button.ariaLabel = `${say("menu.message")}: ${textOf(row).slice(0, 60)}`
    this.#place()
    return true
  }

  #place() {
    const [view, bubble] = [this.#scroll, this.#row.querySelector(".message__bubble")].map(e => e.getBoundingClientRect())
    const width = 44 // px, as in message.css
    const left = this.#row.matches(".mine") ? bubble.left - view.left - width : bubble.right - view.left
    this.#button.style.setProperty("top", `${bubble.top - view.top + this.#scroll.scrollTop}px`)
    this.#button.style.setProperty("left", `${Math.min(Math.max(left, 0), this.#scroll.clientWidth - width)}px`)
  }

  #step(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (!step) return
    event.preventDefault()
    const rows = this.#rows()
    const next = rows[rows.indexOf(this.#row) + step]
    if (!next) return
    next.scrollIntoView({ block: "nearest" })
    this.#aim(next)
  }

  #open() {
    const row = this.#row
    if (!row) return
    const items = []
    if (row.matches(".mine")) {
      items.push({ label: say(row.matches(".message--gif") ? "edit.alt" : "edit"), act: () => this.#do.edit(row) })
    }
    items.push({ label: say("remove"), sure: say("remove.sure"), act: () => this.#do.remove(row) })
    openMenu(this.#button, this.#button.ariaLabel, items)
  }
}
