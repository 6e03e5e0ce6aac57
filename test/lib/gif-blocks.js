// Builders for the blocks of a GIF, valid or malformed.
const latin1 = (text) => [...Buffer.from(text, 'latin1')]

export const u16 = (n) => [n & 255, n >> 8 & 255]

/** Packs codes of [value, bits] into bytes, as LZW does. */
export function pack(codes) {
  const bytes = []
  let bits = 0, held = 0
  for (const [code, width] of codes) {
    held += code * 2 ** bits
    for (bits += width; bits >= 8; bits -= 8, held = Math.floor(held / 256)) bytes.push(held % 256)
  }
  if (bits > 0) bytes.push(held)
  return bytes
}

/** Encodes pixels as LZW with a clear code before each, so that the code size never grows. */
export function lzw(pixels, codeSize, { end = true } = {}) {
  const clear = 2 ** codeSize, width = codeSize + 1
  const codes = pixels.flatMap((pixel) => [[clear, width], [pixel, width]])
  return pack(end ? [...codes, [clear + 1, width]] : codes)
}

/** Splits bytes into sub-blocks, without the empty sub-block at the end. */
export function subBlocks(bytes, size = 255) {
  const blocks = []
  for (let i = 0; i < bytes.length; i += size) {
    const block = bytes.slice(i, i + size)
    blocks.push(block.length, ...block)
  }
  return blocks
}

const colors = (n, seed) => Array.from({ length: n }, (_, i) => [i * 85 + 40 + seed * 30, i * 51 + seed * 77, 200 + i * 219 + seed]).flat().map((c) => c & 255)
const sizeBits = (n) => Math.max(0, Math.ceil(Math.log2(n)) - 1)

/** The signature, the logical screen and a colour table of `table` colours. */
export const header = ({ version = 'GIF89a', width = 8, height = 8, table = 4, packed, background = 0, aspect = 0 } = {}) => [
  ...latin1(version), ...u16(width), ...u16(height),
  packed ?? (table ? 0xf0 | sizeBits(table) : 0x70), background, aspect, ...colors(table, 0),
]

/** A graphic control extension. */
export function control({ delay = 10, disposal = 0, transparent, flags = 0, size = 4, end = [0] } = {}) {
  const fields = [flags | disposal << 2 | (transparent === undefined ? 0 : 1), ...u16(delay), transparent ?? 0, 9, 9, 9, 9]
  return [0x21, 0xf9, size, ...fields.slice(0, size), ...end]
}

/** An image with a pattern that depends on number. */
export function image({ left = 0, top = 0, width = 8, height = 8, table = 0, flags = 0, codeSize = 2, number = 0, pixels, data, subBlock = 255, end = [0] } = {}) {
  pixels ??= Array.from({ length: Math.min(width * height, 5000) }, (_, i) => (i + number + Math.floor(i / width)) % Math.min(4, 2 ** codeSize))
  return [
    0x2c, ...u16(left), ...u16(top), ...u16(width), ...u16(height),
    flags | (table ? 0x80 | sizeBits(table) : 0), ...colors(table, 3),
    codeSize, ...data ?? subBlocks(lzw(pixels, codeSize), subBlock), ...end,
  ]
}

/** An application extension with a loop count. */
export const loop = (count, { name = 'NETSCAPE2.0', blocks = [3, 1, ...u16(count)], end = [0] } = {}) => [0x21, 0xff, name.length, ...latin1(name), ...blocks, ...end]

export const comment = (text = 'hi') => [0x21, 0xfe, text.length, ...latin1(text), 0]
export const plainText = (size = 12) => [0x21, 0x01, size, ...Array(size).fill(1), 2, 0x68, 0x69, 0]
export const trailer = [0x3b]
