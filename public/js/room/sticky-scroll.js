// Keeps the newest message in view while the reader is at the end of the log, and leaves the position alone otherwise.

const nearEnd = 100 // px

export class StickyScroll {
  #box; #button; #label
  #missed = 0 // messages of others since the reader left the end
  #height // of the box when its size was last observed
  following = true

  /** @param {HTMLButtonElement} button leads to the newest message, and shows how many the reader has missed */
  constructor(box, button) {
    this.#box = box
    this.#button = button
    this.#label = button.textContent
    box.addEventListener("scroll", () => this.#scrolled(), { passive: true })
    button.addEventListener("click", () => this.toEnd())
    const resizes = new ResizeObserver(() => {
      this.#height = box.clientHeight
      if (this.following) this.toEnd()
    })
    resizes.observe(box)
    resizes.observe(box.querySelector(".messages"))
    this.toEnd()
  }

  /** Scrolls to the newest message. */
  toEnd() {
    this.following = true
    this.#box.scrollTop = this.#box.scrollHeight
    this.#setMissed(0)
  }

  /** Follows rows that were added at the end, or counts those of others. */
  contentAdded(others) {
    if (this.following) this.toEnd()
    else if (others) this.#setMissed(this.#missed + others)
  }

  /** Runs a change above the rows on the screen, which stay in place. */
  keepPosition(change) {
    const fromEnd = this.#box.scrollHeight - this.#box.scrollTop
    change()
    this.#box.scrollTop = this.#box.scrollHeight - fromEnd
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#box
    // The reader has not scrolled: a draft in the composer has made the box smaller, and this event comes before the
    // observer's.
    if (clientHeight !== this.#height) return
    this.following = scrollHeight - scrollTop - clientHeight <= nearEnd
    if (this.following) this.#setMissed(0)
  }

  #setMissed(missed) {
    this.#missed = missed
    this.#button.hidden = missed === 0
    this.#button.textContent = missed ? `${this.#label} ${missed}` : this.#label
  }
}
