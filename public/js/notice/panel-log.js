// A panel of the notice page: the log of one connection.
import { cloneTemplate, setTexts } from "../lib/dom.js"

const maxLines = 200
const maxText = 300 // characters; other visitors can send longer texts
const nearEnd = 40 // px

export class PanelLog {
  #root; #lines; #template; #page

  /** @param {HTMLTemplateElement} template of a line */
  constructor(root, template, page) {
    this.#root = root
    this.#lines = root.querySelector(".panel-log__lines")
    this.#template = template
    this.#page = page
    this.isLive = root.dataset.live === "true"
    if (this.isLive) this.setConnected(false)
  }

  /** Shows whether the panel is connected. */
  setConnected(isConnected) {
    this.#root.classList.toggle("panel-log--open", isConnected)
    setTexts(this.#root, { state: this.#page.t(isConnected ? "notice.open" : "notice.closed") })
  }

  /**
   * Adds a line, and removes the oldest one of a full panel.
   * @param {"in"|"out"|"others"|"many"} kind "many" summarises further replies
   */
  add(kind, text) {
    const lines = this.#lines
    const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < nearEnd
    const line = setTexts(cloneTemplate(this.#template), {
      way: this.#page.t(`notice.${kind}`), text: String(text).slice(0, maxText), time: this.#page.time.seconds(new Date()),
    })
    line.classList.add(`line--${kind}`)
    lines.append(line)
    while (lines.childElementCount > maxLines) lines.firstElementChild.remove()
    if (isAtEnd) lines.scrollTop = lines.scrollHeight
  }

  /** Shows the pause button, and calls setPaused with each change. */
  onPause(setPaused) {
    const button = this.#root.querySelector('[data-slot="pause"]')
    let isPaused = false
    button.hidden = false
    button.addEventListener("click", () => {
      isPaused = !isPaused
      button.textContent = this.#page.t(isPaused ? "notice.resume" : "notice.pause")
      setPaused(isPaused)
    })
  }
}
