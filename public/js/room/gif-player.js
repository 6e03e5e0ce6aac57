// GIFs show their first frame. A GIF plays while the pointer is over it, while it has the keyboard's focus, and after a
// tap. With autoplay it also plays for some seconds when it scrolls into view.

import { keepText, loadText } from "../lib/storage.js"

const playTime = 5_000 // ms; WCAG 2.2.2
const visiblePart = .4 // of a GIF that starts autoplay
const storageKey = "gif-autoplay"

export class GIFPlayer {
  #label; #checkbox
  #playbacks = new WeakMap() // by button
  #visible = new Set() // buttons
  #reducedMotion = matchMedia("(prefers-reduced-motion: reduce)")
  #observer = new IntersectionObserver(entries => entries.forEach(entry => this.#visibilityChanged(entry)), { threshold: visiblePart })

  /**
   * @param {string} label says what the button around a GIF does
   * @param {HTMLInputElement} checkbox switches autoplay
   */
  constructor(label, checkbox) {
    this.#label = label
    this.#checkbox = checkbox
    checkbox.checked = this.#autoplay()
    checkbox.addEventListener("change", () => this.#autoplayChanged())
  }

  /** Makes an image playable, if it moves: puts a button around it. */
  add(image) {
    if (!image.dataset.gif) return
    const button = document.createElement("button")
    button.type = "button"
    button.className = "gif"
    image.replaceWith(button)
    button.append(image)
    this.describe(image, image.alt)

    const playback = new Playback(image, button)
    this.#playbacks.set(button, playback)
    this.#observer.observe(button)
    const plays = () => !this.#reducedMotion.matches
    button.addEventListener("pointerenter", ({ pointerType }) => { if (pointerType === "mouse" && plays()) playback.play() })
    button.addEventListener("pointerleave", ({ pointerType }) => { if (pointerType === "mouse") playback.stop() })
    button.addEventListener("focus", () => { if (button.matches(":focus-visible") && plays()) playback.play() })
    button.addEventListener("blur", () => playback.stop())
    button.addEventListener("click", () => { playback.playing ? playback.stop() : playback.play() })
  }

  /** Changes the description of an image. */
  describe(image, alt) {
    image.alt = alt
    image.closest("button.gif")?.setAttribute("aria-label", alt ? `${alt}: ${this.#label}` : this.#label)
  }

  #visibilityChanged({ target, isIntersecting }) {
    const playback = this.#playbacks.get(target)
    if (isIntersecting) {
      this.#visible.add(target)
      if (this.#autoplay()) playback.play(playTime)
    } else {
      this.#visible.delete(target)
      playback.stop()
    }
  }

  #autoplay() {
    const choice = loadText("localStorage", storageKey)
    return choice === null ? !this.#reducedMotion.matches : choice === "on"
  }

  #autoplayChanged() {
    const { checked } = this.#checkbox
    keepText("localStorage", storageKey, checked ? "on" : "off")
    for (const button of this.#visible) {
      const playback = this.#playbacks.get(button)
      if (checked) playback.play(playTime)
      else playback.stop()
    }
  }
}

class Playback {
  #image; #button; #poster; #timer
  #duration = 0 // ms; 0: until it is stopped
  #decoded = [] // the GIF and its poster, which the browser keeps decoded for a change without a flicker
  playing = false

  constructor(image, button) {
    this.#image = image
    this.#button = button
    this.#poster = image.getAttribute("src")
    button.setAttribute("aria-pressed", "false")
  }

  /** Plays for a time in ms, or for 0 until it is stopped. While the GIF loads, a later call replaces the time. */
  async play(ms = 0) {
    this.#duration = ms
    if (!this.playing) {
      const [gif, poster] = this.#decoded = [new Image(), new Image()]
      this.#setPlaying(true)
      gif.src = this.#image.dataset.gif
      poster.src = this.#poster
      const loaded = await gif.decode().then(() => true, () => false)
      if (this.#decoded[0] !== gif) return // it was stopped while it loaded
      if (!loaded) return this.stop() // the file or the connection is gone
      this.#image.src = this.#image.dataset.gif
    }
    clearTimeout(this.#timer)
    if (this.#duration) this.#timer = setTimeout(() => this.stop(), this.#duration)
  }

  stop() {
    clearTimeout(this.#timer)
    if (!this.playing) return
    this.#setPlaying(false)
    this.#image.src = this.#poster
    this.#decoded = []
  }

  #setPlaying(playing) {
    this.playing = playing
    this.#button.setAttribute("aria-pressed", String(playing))
  }
}
