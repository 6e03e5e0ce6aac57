// The menu of a message. One button moves to the message that is pointed at, tapped, or chosen with the arrow keys. A
// button in each row would make 300 stops for the Tab key, and screen readers would read it with every message.
import { textOf } from "./rows.js"

const longPress = 500 // ms
const updateDelay = 150 // ms; a busy room must not update the button with every message
const editable = ".message.mine[data-seq]:not(.message--removed, .message--whisper)"
const removable = ".message[data-seq]:not(.system:not(.message--damaged), .message--removed, .message--whisper)"

export class MessageActions {
  #list; #scroll; #button; #menu; #state; #t; #actions
  #row = null // the message of the button
  #scrollTop = 0 // where the reader has scrolled to

  /**
   * @param {{list: HTMLElement, scroll: HTMLElement, button: HTMLButtonElement}} elements
   * @param {import("../lib/menu.js").Menu} menu
   * @param {import("./room-state.js").RoomState} state an owner can remove the messages of others
   * @param {{edit: (row: HTMLElement) => void, remove: (row: HTMLElement) => void}} actions
   */
  constructor({ list, scroll, button }, menu, state, t, actions) {
    this.#list = list
    this.#scroll = scroll
    this.#button = button
    this.#menu = menu
    this.#state = state
    this.#t = t
    this.#actions = actions
    list.addEventListener("pointerover", event => { if (event.pointerType === "mouse") this.#aim(event.target) })
    scroll.addEventListener("pointerleave", () => button.classList.remove("message-more--shown"))
    this.#listenToTouch()
    scroll.addEventListener("scroll", () => { this.#scrollTop = scroll.scrollTop }, { passive: true })
    button.addEventListener("focus", () => {
      // The browser has scrolled to the button's last place. The scroll event comes later.
      scroll.scrollTop = this.#scrollTop
      this.#aim(this.#visibleRow())
    })
    button.addEventListener("click", () => this.#open())
    button.addEventListener("keydown", event => this.#step(event))
    let timer = 0
    const updateLater = () => {
      timer ||= setTimeout(() => {
        timer = 0
        this.#update()
      }, updateDelay)
    }
    new MutationObserver(updateLater).observe(list, { childList: true, subtree: true, attributeFilter: ["class", "data-seq"] })
    state.subscribe(() => this.#update())
  }

  /** Returns the newest message that this visitor can edit, or undefined. */
  lastOwn() { return [...this.#list.querySelectorAll(editable)].at(-1) }

  get #selector() { return this.#state.isOwner ? removable : editable }

  #rows() { return [...this.#list.querySelectorAll(this.#selector)] }

  /** Returns the button's message if it is on the screen, otherwise the newest one on the screen, or scrolls to one. */
  #visibleRow() {
    const view = this.#scroll.getBoundingClientRect()
    const isVisible = row => {
      const { top, bottom } = row.querySelector(".message__bubble").getBoundingClientRect()
      return row.isConnected && top < view.bottom && bottom > view.top
    }
    if (this.#row && isVisible(this.#row)) return this.#row
    const rows = this.#rows()
    const visible = rows.findLast(isVisible)
    if (!visible) rows.at(-1)?.scrollIntoView({ block: "nearest" })
    return visible ?? rows.at(-1)
  }

  /** Hides the button when no message has actions: the Tab key would stop at a button without a use. */
  #update() {
    this.#button.hidden = !this.#list.querySelector(this.#selector)
    if (this.#row && !this.#row.matches(this.#selector)) this.#row = null
    if (this.#row && document.activeElement === this.#button) this.#place()
  }

  #listenToTouch() {
    let timer = 0
    let opened = false
    const cancel = () => clearTimeout(timer)
    this.#list.addEventListener("pointerdown", event => {
      if (event.pointerType === "mouse") return
      cancel()
      opened = false
      timer = setTimeout(() => {
        opened = this.#aim(event.target)
        if (opened) this.#open()
      }, longPress)
    })
    for (const type of ["pointerup", "pointercancel"]) this.#list.addEventListener(type, cancel)
    this.#list.addEventListener("pointermove", event => { if (Math.hypot(event.movementX, event.movementY) > 3) cancel() })
    this.#list.addEventListener("contextmenu", event => { if (opened) event.preventDefault() })
    this.#list.addEventListener("click", event => { if (!event.target.closest('[data-slot="state"]')) this.#aim(event.target) })
  }

  /** Moves the button to the message of an element. Returns false if there is none, or it has no actions. */
  #aim(element) {
    const row = element?.closest(".message")
    const hasActions = Boolean(row?.matches(this.#selector))
    this.#button.classList.toggle("message-more--shown", hasActions)
    if (!hasActions) return false
    this.#row = row
    this.#button.ariaLabel = `${this.#t("menu.message")}: ${textOf(row).slice(0, 60)}`
    this.#place()
    return true
  }

  #place() {
    const [view, bubble] = [this.#scroll, this.#row.querySelector(".message__bubble")].map(element => element.getBoundingClientRect())
    const width = Number.parseFloat(getComputedStyle(this.#button).inlineSize) // offsetWidth is 0 while it is hidden
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
    const t = this.#t
    const items = []
    if (row.matches(".mine")) {
      items.push({ label: t(row.matches(".message--gif") ? "edit.alt" : "edit"), act: () => this.#actions.edit(row) })
    }
    items.push({ label: t("remove"), sure: t("remove.sure"), act: () => this.#actions.remove(row) })
    this.#menu.open(this.#button, this.#button.ariaLabel, items)
  }
}
