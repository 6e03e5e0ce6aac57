// Stay at the end while the reader is there; else leave the reader alone.

const nearEnd = 100 // px

export class Follow {
  #box; #button; #missed = 0
  #height // of the box when it was last laid out

  constructor(box, button) {
    this.#box = box
    this.#button = button
    this.following = true
    box.addEventListener("scroll", () => this.#look(), { passive: true })
    button.addEventListener("click", () => this.toEnd())
    const resized = new ResizeObserver(() => {
      this.#height = box.clientHeight
      if (this.following) this.toEnd()
    })
    resized.observe(box)
    resized.observe(box.querySelector(".messages"))
    this.toEnd()
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#box
    // Not the reader's: a draft that is put into the composer makes the box smaller, and
    // this event comes before the observer's.
    if (clientHeight !== this.#height) return
    this.following = scrollHeight - scrollTop - clientHeight <= nearEnd
    if (this.following) this.#count(0)
  }

  #count(missed) {
    this.#missed = missed
    this.#button.hidden = missed === 0
    const label = this.#button.dataset.label ??= this.#button.textContent
    this.#button.textContent = missed ? `${label} ${missed}` : label
  }

  /** Goes to the newest message. */
  toEnd() {
    this.following = true
    this.#box.scrollTop = this.#box.scrollHeight
    this.#count(0)
  }

  /** The log has grown at its end, by so many messages of others. */
  grown(others) {
    if (this.following) this.toEnd()
    else if (others) this.#count(this.#missed + others)
  }

  /** Changes what is above without moving what is on the screen. */
  keepPlace(change) {
    const fromEnd = this.#box.scrollHeight - this.#box.scrollTop
    change()
    this.#box.scrollTop = this.#box.scrollHeight - fromEnd
  }
}
