// GIFs as files and as images of messages.

/**
 * Returns the size at which an image is shown: its own, or scaled down to the largest size of the page.
 * @param {{gifWidth: number, gifHeight: number}} limits in pixels
 */
export function shownSize(width, height, { gifWidth, gifHeight }) {
  const scale = Math.min(1, gifWidth / width, gifHeight / height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** Makes the image of a message. Its size is set before it loads, so that nothing moves when it comes. */
export function gifImage({ gif, poster, w, h, alt }, limits) {
  const image = Object.assign(new Image(), shownSize(w, h, limits))
  image.className = "message__gif"
  image.alt = alt ?? ""
  image.decoding = "async"
  image.src = `/gif/${poster ?? gif}`
  if (poster) image.dataset.gif = `/gif/${gif}` // without a poster the GIF has one frame
  return image
}

/** Makes a preview of a file, or returns null if the browser cannot show it. */
export async function previewImage(file, limits) {
  const image = new Image()
  image.className = "message__gif"
  image.alt = file.name
  image.src = URL.createObjectURL(file)
  try {
    await image.decode()
  } catch {
    URL.revokeObjectURL(image.src)
    return null
  }
  return Object.assign(image, shownSize(image.naturalWidth, image.naturalHeight, limits))
}

/** Replaces a preview by the server's image, once that can be painted. */
export async function replacePreview(preview, image) {
  await image.decode().catch(() => {})
  preview.replaceWith(image)
  URL.revokeObjectURL(preview.src)
}

/**
 * Checks a file before its upload: the server would refuse it for the same reasons. Resolves to the key of the sentence
 * about its fault, or to "".
 * @param {Blob} file
 * @param {{gifBytes: number, gifSide: number}} limits in bytes and pixels
 */
export async function checkGIF(file, { gifBytes, gifSide }) {
  if (file.size > gifBytes) return "error.gif_too_large"
  const header = new Uint8Array(await file.slice(0, 10).arrayBuffer().catch(() => new ArrayBuffer(0)))
  if (!/^GIF8[79]a/.test(String.fromCharCode(...header))) return "error.not_a_gif"
  const [width, height] = [header[6] + 256 * header[7], header[8] + 256 * header[9]]
  return width > gifSide || height > gifSide ? "error.gif_too_wide" : ""
}
