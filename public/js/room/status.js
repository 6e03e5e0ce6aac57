// What the page shows about the room and its connection.
import { cloneTemplate, setTexts } from "../lib/dom.js"

const offlineDelay = 5_000 // ms; most interruptions are shorter
const onlineTime = 2_500 // ms that the banner stays after the connection is back

/** A banner that shows when the connection is lost, and when it is back. */
export class ConnectionBanner {
  #element; #t
  #timer = 0

  constructor(element, t) {
    this.#element = element
    this.#t = t
  }

  /** Shows the interruptions of a socket. */
  watch(socket) {
    socket.on("disconnect", () => this.#disconnected())
    socket.on("connect", () => this.#connected())
    if (!socket.connected) this.#disconnected()
  }

  /** Shows that there will be no connection. */
  showUnavailable() { this.#show("room.still", false) }

  #disconnected() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#show("room.offline", false), offlineDelay)
  }

  #connected() {
    clearTimeout(this.#timer)
    if (this.#element.hidden) return
    this.#show("room.online", true)
    this.#timer = setTimeout(() => { this.#element.hidden = true }, onlineTime)
  }

  #show(key, isGood) {
    this.#element.textContent = this.#t(key)
    this.#element.classList.toggle("banner--good", isGood)
    this.#element.hidden = false
  }
}

/** Shows the title of the room and whether it is private or closed, now and after each change. */
export function showHeader(document, state) {
  const find = selector => document.querySelector(selector)
  state.subscribe(({ room }) => {
    if (room.title) {
      setTexts(find(".room-top"), { title: room.title })
      document.title = document.title.replace(/^.*( · )/, (_, separator) => room.title + separator)
    }
    find("#private").hidden = !room.private
    find("#door-badge").hidden = !room.closed
  })
}

/**
 * Replaces the room by the reason why the visit has ended, and a link to the list of rooms.
 * @param {string} reason "kicked", "banned", "quit", "removed" or "ended"
 */
export function showEnded(document, reason, t) {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close()
  const section = setTexts(cloneTemplate(document.querySelector("template#ended")), { why: t(`ended.${reason}`) })
  document.querySelector(".room-top__buttons").hidden = true
  document.querySelector("main").replaceChildren(section)
  section.querySelector("a").focus()
}
