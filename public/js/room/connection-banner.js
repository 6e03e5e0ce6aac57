// A banner that shows when the connection is lost, and when it is back.

const offlineDelay = 5_000 // ms; most interruptions are shorter
const onlineTime = 2_500 // ms that the banner stays after the connection is back

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
