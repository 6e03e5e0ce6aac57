// A GIF shows its first frame. It plays while somebody wants to see it: the
// pointer is over it, it has the keyboard's focus, or it was tapped. If the
// reader likes, it also plays by itself when it comes into view, for a few
// seconds.

const playFor = 5_000 // ms; WCAG 2.2.2
const calm = matchMedia("(prefers-reduced-motion: reduce)")
// The largest a GIF is shown, in pixels; handlers/message.go says the same.
const widest = 544
const tallest = 352

/** Gives an image its place on the page before its bytes are there. */
export function reserve(image, width, height) {
  const scale = Math.min(1, widest / width, tallest / height)
  image.width = Math.max(1, Math.round(width * scale))
  image.height = Math.max(1, Math.round(height * scale))
}

/** The picture of a message. */
export function gifImage({ gif, poster, w, h, alt }) {
  const image = new Image()
  reserve(image, w, h)
  image.className = "message__gif"
  image.alt = alt ?? ""
  image.decoding = "async"
  image.src = `/gif/${poster ?? gif}`
  if (poster) image.dataset.gif = `/gif/${gif}` // else there is nothing that moves
  return image
}

/** Puts a picture in the place of another when it can be shown, not before. */
export async function replace(before, image) {
  await image.decode().catch(() => {})
  before.replaceWith(image)
  URL.revokeObjectURL(before.src)
}

/** Lets the reader play a GIF that moves. */
export function tame(image, label) {
  if (!image.dataset.gif) return
  const button = document.createElement("button")
  button.type = "button"
  button.className = "gif"
  image.replaceWith(button)
  button.append(image)
  describe(image, image.alt, label)

  const film = new Film(image, button)
  films.set(button, film)
  views.observe(button)
  button.addEventListener("pointerenter", ({ pointerType }) => { if (pointerType === "mouse" && !calm.matches) film.play() })
  button.addEventListener("pointerleave", ({ pointerType }) => { if (pointerType === "mouse") film.stop() })
  button.addEventListener("focus", () => { if (button.matches(":focus-visible") && !calm.matches) film.play() })
  button.addEventListener("blur", () => film.stop())
  button.addEventListener("click", () => { film.playing ? film.stop() : film.play() })
}

/** Says in other words what a GIF shows. */
export function describe(image, alt, label) {
  image.alt = alt
  image.closest("button.gif")?.setAttribute("aria-label", alt ? `${alt}: ${label}` : label)
}

class Film {
  #image; #button; #still; #timer
  #kept = [] // what is shown next stays decoded, so that nothing flickers
  playing = false

  constructor(image, button) {
    this.#image = image
    this.#button = button
    this.#still = image.getAttribute("src")
    button.setAttribute("aria-pressed", "false")
  }

  /** Plays for so many ms, or until it is stopped. */
  async play(ms) {
    clearTimeout(this.#timer)
    if (!this.playing) {
      const [moving, still] = this.#kept = [new Image(), new Image()]
      this.#turn(true)
      moving.src = this.#image.dataset.gif
      still.src = this.#still
      const ready = await moving.decode().then(() => true, () => false)
      if (this.#kept[0] !== moving) return // stopped meanwhile
      if (!ready) return this.stop() // it is gone, or the connection is
      this.#image.src = this.#image.dataset.gif
    }
    if (ms) this.#timer = setTimeout(() => this.stop(), ms)
  }

  stop() {
    clearTimeout(this.#timer)
    if (!this.playing) return
    this.#turn(false)
    this.#image.src = this.#still
    this.#kept = []
  }

  #turn(playing) {
    this.playing = playing
    this.#button.setAttribute("aria-pressed", String(playing))
  }
}

const films = new WeakMap() // by button
const inView = new Set() // buttons

const views = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) {
      inView.add(target)
      if (autoplay()) films.get(target).play(playFor)
    } else {
      inView.delete(target)
      films.get(target).stop()
    }
  }
}, { threshold: .4 })

const key = "gif-autoplay"

function autoplay() {
  let chosen = null
  try {
    chosen = localStorage.getItem(key)
  } catch { /* storage is switched off */ }
  return chosen === null ? !calm.matches : chosen === "on"
}

/** Lets the reader say whether GIFs play by themselves. */
export function chooseAutoplay(box) {
  box.checked = autoplay()
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(key, box.checked ? "on" : "off")
    } catch { /* for this page alone it makes no sense */ }
    for (const button of inView) {
      if (box.checked) films.get(button).play(playFor)
      else films.get(button).stop()
    }
  })
}
