// A GIF plays for a few seconds, then it stands still until asked: by hovering,
// by focus or by a tap. Who wants less motion gets the still picture at once.

const playFor = 5_000 // ms; WCAG 2.2.2
const calm = matchMedia("(prefers-reduced-motion: reduce)")

/** The picture of a message, with its place reserved. */
export function gifImage({ gif, w, h, alt }) {
  const image = new Image(w, h)
  image.className = "message__gif"
  image.alt = alt ?? ""
  image.decoding = "async"
  image.src = `/gif/${gif}`
  return image
}

/** Keeps a GIF from playing for ever. */
export function tame(image, label) {
  const start = () => {
    if (calm.matches) freeze(image, label)
    else setTimeout(() => freeze(image, label), playFor)
  }
  if (image.complete && image.naturalWidth) start()
  else image.addEventListener("load", start, { once: true })
}

function freeze(image, label) {
  if (!image.isConnected || !image.naturalWidth) return
  const still = document.createElement("button")
  still.type = "button"
  still.className = "still"
  still.setAttribute("aria-label", image.alt ? `${image.alt}: ${label}` : label)
  const picture = document.createElement("canvas")
  picture.width = image.naturalWidth
  picture.height = image.naturalHeight
  picture.getContext("2d").drawImage(image, 0, 0)
  still.append(picture)
  image.before(still)
  image.hidden = true

  const play = () => {
    if (!image.hidden) return
    still.remove()
    image.hidden = false
    setTimeout(() => freeze(image, label), playFor)
  }
  still.addEventListener("pointerenter", event => { if (event.pointerType === "mouse" && !calm.matches) play() })
  still.addEventListener("click", play)
}
