import { clone, fill } from "./dom.js"
import { secondsNow } from "./time.js"

const keep = 200 // lines
const maxText = 300 // characters of what others may have sent

/** One of the notice page's panels. */
export class Lane {
  #root; #lines; #words
  #template = document.querySelector("template#line")

  constructor(root, words) {
    this.#root = root
    this.#words = words
    this.#lines = root.querySelector(".lane__lines")
    this.on = root.dataset.live === "true"
    if (this.on) this.state(false)
  }

  /** Says whether the panel is connected. */
  state(open) {
    this.#root.classList.toggle("lane--open", open)
    fill(this.#root, { state: open ? this.#words.open : this.#words.closed })
  }

  /** Adds a line, and drops the oldest beyond what is kept. */
  add(kind, way, text) {
    const atEnd = this.#lines.scrollHeight - this.#lines.scrollTop - this.#lines.clientHeight < 40
    const line = fill(clone(this.#template), { way, text: String(text).slice(0, maxText), time: secondsNow() })
    line.classList.add(`line--${kind}`)
    this.#lines.append(line)
    while (this.#lines.childElementCount > keep) this.#lines.firstElementChild.remove()
    if (atEnd) this.#lines.scrollTop = this.#lines.scrollHeight
  }

  /** Calls back with what the pause button says. */
  onPause(action) {
    const button = this.#root.querySelector('[data-slot="pause"]')
    let paused = false
    button.hidden = false
    button.addEventListener("click", () => {
      paused = !paused
      button.textContent = paused ? this.#words.resume : this.#words.pause
      action(paused)
    })
  }
}
