// Checks a file before it is uploaded: the server would refuse it for the same reasons.

/**
 * Resolves to the key of the sentence that says what is wrong with a file, or to "".
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
