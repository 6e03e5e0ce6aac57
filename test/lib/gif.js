/**
 * A small animated GIF of two frames that loops without end.
 * @param draw colour 0 to 3 of the palette for (x, y, frame)
 */
export function animatedGIF({ width = 8, height = 8, draw = (x, y, frame) => frame, palette = ['d04040', '4040d0', 'ffffff', '000000'], delay = 20 } = {}) {
  const u16 = (n) => [n & 255, n >> 8]
  const frame = (number) => {
    const pixels = Array.from({ length: width * height }, (_, i) => draw(i % width, Math.floor(i / width), number))
    return [
      0x21, 0xf9, 4, 0, ...u16(delay), 0, 0, // in 1/100 s
      0x2c, 0, 0, 0, 0, ...u16(width), ...u16(height), 0,
      ...lzw(pixels),
    ]
  }
  return Uint8Array.from([
    ...Buffer.from('GIF89a'), ...u16(width), ...u16(height), 0x81, 0, 0,
    ...Buffer.from(palette.join(''), 'hex'),
    0x21, 0xff, 11, ...Buffer.from('NETSCAPE2.0'), 3, 1, 0, 0, 0,
    ...frame(0), ...frame(1),
    0x3b,
  ])
}

// The simplest valid LZW: a clear code before the code size would grow.
function lzw(pixels) {
  const clear = 4, end = 5
  const codes = pixels.flatMap((p, i) => (i % 2 === 0 ? [clear, p] : [p]))
  codes.push(end)
  const bytes = []
  let bits = 0, held = 0
  for (const code of codes) {
    held |= code << bits
    for (bits += 3; bits >= 8; bits -= 8, held >>= 8) bytes.push(held & 255)
  }
  if (bits > 0) bytes.push(held)
  const blocks = []
  for (let i = 0; i < bytes.length; i += 255) {
    const block = bytes.slice(i, i + 255)
    blocks.push(block.length, ...block)
  }
  return [2, ...blocks, 0]
}
