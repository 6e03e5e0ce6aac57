// Small GIFs with every field of the format at its limits, and with errors at every place.
import { comment, control, header, image, loop, lzw, pack, plainText, subBlocks, trailer } from './gif-blocks.js'

const H = header()
const frames = (options) => [0, 1, 2].map((number) => [control(options), image({ number })]).flat(2)
const F = (number = 0, options = {}) => [...control(), ...image({ number, ...options })]
const sixtyFour = Array.from({ length: 64 }, (_, i) => i % 4)

/** Returns [name, bytes] of each file. The result is the same in every run. */
export function corpus() {
  const files = []
  const add = (name, ...parts) => files.push([name, Buffer.from(parts.flat())])
  headers(add)
  rectangles(add)
  pixels(add)
  controls(add)
  extensions(add)
  endings(add)
  mutations(add, 100)
  return files
}

function headers(add) {
  for (const version of ['GIF87a', 'GIF89a', 'GIF88a', 'GIF89b', 'GIF90a', 'gif89a', 'GIF   ', 'JIF89a']) add(`version ${version}`, header({ version }), loop(7), frames(), trailer)
  for (const [width, height] of [[0, 0], [0, 8], [8, 0], [1, 1], [7, 7], [4, 20], [20, 4], [9, 9], [4096, 1], [1, 4096]]) add(`a screen of ${width}×${height}`, header({ width, height }), frames(), trailer)
  for (const table of [0, 2, 4, 8, 256]) add(`${table} colours`, header({ table }), frames(), trailer)
  for (const table of [0, 2, 4]) add(`${table} colours, all 256 in use`, header({ table, width: 16, height: 16 }), control(), image({ width: 16, height: 16, codeSize: 8, pixels: Array.from({ length: 256 }, (_, i) => i) }), trailer)
  for (const packed of [0x81, 0xf9, 0xff, 0x7f, 0x00]) add(`packed ${packed}`, header({ packed, table: packed & 0x80 ? 2 << (packed & 7) : 0 }), frames(), trailer)
  for (const background of [1, 3, 4, 255]) add(`background ${background}`, header({ background, aspect: background }), control({ disposal: 2 }), image({ width: 4 }), F(1, { width: 2 }), trailer)
  add('a header alone', H)
  add('a header and a trailer', H, trailer)
  add('nothing')
}

function rectangles(add) {
  for (const [left, top, width, height] of [[3, 0, 8, 8], [0, 3, 8, 8], [0, 0, 9, 8], [0, 0, 8, 9], [7, 7, 1, 1], [8, 8, 1, 1], [100, 100, 8, 8], [0, 0, 0, 0], [0, 0, 0, 8], [0, 0, 8, 0], [20, 20, 0, 0]]) {
    const rect = { left, top, width, height }
    const name = `${width}×${height} at ${left}, ${top}`
    add(`the only frame ${name}`, H, control(), image(rect), trailer)
    add(`the first frame ${name}`, H, control(), image(rect), F(1), F(2), trailer)
    add(`the first frame ${name}, no screen`, header({ width: 0, height: 0 }), control(), image(rect), F(1), trailer)
    add(`the second frame ${name}`, H, F(), control({ disposal: 2 }), image({ ...rect, number: 1 }), F(2, { width: 4 }), trailer)
    add(`the second frame ${name}, no data`, H, F(), control(), image({ ...rect, data: [] }), F(2, { width: 4 }), trailer)
  }
  for (const [left, top, width, height] of [[65535, 65535, 8, 8], [65535, 0, 1, 1], [0, 0, 65535, 1], [0, 0, 1, 65535], [0, 0, 65535, 65535], [65535, 65535, 65535, 65535]]) {
    add(`the second frame ${width}×${height} at ${left}, ${top}`, H, F(), control(), image({ left, top, width, height, number: 1 }), F(2, { width: 4 }), trailer)
  }
  for (const flags of [0x40, 0x20, 0x18, 0x07, 0x78]) for (const height of [1, 3, 5, 8]) add(`flags ${flags}, ${height} rows`, H, control(), image({ flags, height }), F(1, { flags, height }), trailer)
  for (const table of [2, 4, 256]) for (const global of [0, 4]) add(`a table of ${table}, of the screen ${global}`, header({ table: global }), F(), F(1, { table, flags: 0x20 }), F(2), trailer)
}

function pixels(add) {
  const each = (name, options) => {
    add(`${name}, in the only frame`, H, control(), image(options), trailer)
    add(`${name}, in the first frame`, H, control(), image(options), F(2), trailer)
    add(`${name}, in the second frame`, H, F(), control(), image({ number: 1, ...options }), F(2, { width: 4 }), trailer)
    add(`${name}, in the last frame`, H, F(), control({ transparent: 1 }), image({ number: 1, ...options }), trailer)
  }
  for (const codeSize of [0, 1, 2, 3, 4, 5, 6, 7, 8]) each(`code size ${codeSize}`, { codeSize })
  for (const codeSize of [9, 10, 11, 12, 13, 16, 255]) each(`code size ${codeSize}`, { codeSize, data: [2, 0x44, 1] })
  each('no data', { data: [] })
  for (const codeSize of [0, 1, 6, 8]) each(`no data, code size ${codeSize}`, { codeSize, data: [] })
  each('a byte of no code', { codeSize: 8, data: [1, 0] })
  each('a byte of two codes', { data: [1, 0] })
  each('the end at once', { data: [1, 5] })
  each('a clear code and the end', { data: subBlocks(pack([[4, 3], [5, 3]])) })
  each('clear codes alone', { data: subBlocks(pack(Array(30).fill([4, 3]))) })
  each('a first code of no meaning', { data: subBlocks(pack([[4, 3], [7, 3], [1, 3]])) })
  each('a later code of no meaning', { data: subBlocks(pack([[4, 3], [1, 3], [2, 3], [7, 3], [7, 3]])) })
  each('no clear code', { data: subBlocks(pack([[1, 3], [2, 3], [5, 3]])) })
  each('half the pixels', { pixels: sixtyFour.slice(0, 32) })
  each('half the pixels and no end', { data: subBlocks(lzw(sixtyFour.slice(0, 32), 2, { end: false })) })
  each('no end code', { data: subBlocks(lzw(sixtyFour, 2, { end: false })) })
  each('twice the pixels', { pixels: [...sixtyFour, ...sixtyFour] })
  each('blocks after the end code', { data: [...subBlocks(lzw(sixtyFour, 2)), 3, 1, 2, 3, 4, 1, 2, 3, 4] })
  each('sub-blocks of a byte', { subBlock: 1 })
  each('one pixel', { pixels: [1] })
}

function controls(add) {
  for (let disposal = 0; disposal < 8; disposal++) {
    add(`disposal ${disposal}, of the first frame`, H, control({ disposal }), image(), F(2, { left: 4, top: 4, width: 2, height: 2 }), trailer)
    add(`disposal ${disposal}, of the second frame`, H, F(), control({ disposal, transparent: 1 }), image({ number: 1, left: 2, top: 2, width: 4, height: 4 }), F(2, { left: 4, top: 4, width: 2, height: 2 }), trailer)
  }
  for (const transparent of [0, 1, 3, 4, 255]) add(`transparent ${transparent}`, H, control({ transparent }), image(), control({ transparent }), image({ number: 2 }), trailer)
  add('transparent, without colours', header({ table: 0 }), control({ transparent: 1 }), image(), F(2), trailer)
  for (const delay of [0, 1, 2, 5, 6, 100, 32768, 65535]) add(`delay ${delay}`, H, control({ delay }), image(), control({ delay }), image({ number: 2 }), trailer)
  add('reserved bits', H, control({ flags: 0xe2 }), image(), F(1), trailer)
  const odd = { delay: 25, disposal: 2, transparent: 1 }
  for (const size of [0, 1, 2, 3, 5, 6, 8]) {
    add(`a control of ${size} bytes, first`, H, control({ ...odd, size }), image(), F(2), trailer)
    add(`a control of ${size} bytes, second`, H, F(), control({ ...odd, size }), image({ number: 1 }), F(2), trailer)
  }
  for (const [name, end] of [['no end', []], ['more blocks', [1, 7, 0]]]) {
    add(`a control with ${name}, first`, H, control({ ...odd, end }), image(), F(2), trailer)
    add(`a control with ${name}, second`, H, F(), control({ ...odd, end }), image({ number: 1 }), F(2), trailer)
  }
  for (const [name, between] of [['nothing', []], ['a control', control({ delay: 35 })], ['plain text', plainText()], ['plain text and a control', [...plainText(), ...control()]], ['a comment', comment()], ['a loop', loop(3)], ['a strange byte', [0]]]) {
    add(`a control before ${name}, first`, H, control(odd), between, image(), F(2), trailer)
    add(`a control before ${name}, second`, H, F(), control(odd), between, image({ number: 1 }), F(2), trailer)
  }
  add('a control of no image', H, F(), F(1), control(odd), trailer)
  add('no controls', H, image(), image({ number: 1 }), trailer)
  add('a control for the first alone', H, control(odd), image(), image({ number: 1 }), trailer)
}

function extensions(add) {
  for (const label of [0x00, 0x01, 0x2c, 0x3b, 0x42, 0xce, 0xf8, 0xfe]) add(`extension ${label}`, H, [0x21, label, 3, 1, 2, 3, 1, 9, 0], F(), [0x21, label, 0], F(1), trailer)
  for (const name of ['NETSCAPE2.0', 'ANIMEXTS1.0', 'NETSCAPE2.1', 'netscape2.0', 'NETSCAPE', 'NETSCAPE2.0 ', 'XMP DataXMP', 'ICCRGBG1012', '']) add(`application “${name}”`, H, loop(7, { name }), F(), F(1), trailer)
  for (const count of [0, 1, 2, 255, 256, 65535]) add(`loop ${count}`, H, loop(count), F(), F(1), trailer)
  add('loop of one frame', H, loop(7), F(), trailer)
  for (const [first, second] of [[2, 7], [7, 0], [0, 7], [3, 3]]) {
    add(`loops ${first}, ${second}`, H, loop(first), loop(second), F(), F(1), trailer)
    add(`loops ${first}, ${second} by the other name`, H, loop(first), loop(second, { name: 'ANIMEXTS1.0' }), F(), F(1), trailer)
    add(`loops ${first}, ${second} between frames`, H, loop(first), F(), loop(second), F(1), trailer)
    add(`loops ${first}, ${second} after the frames`, H, loop(first), F(), F(1), loop(second), trailer)
  }
  add('a loop after the frames', H, F(), F(1), loop(7), trailer)
  for (const [name, blocks] of Object.entries({
    'of 1 byte': [1, 1], 'of 2 bytes': [2, 1, 7], 'of 4 bytes': [4, 1, 7, 0, 0], 'of id 0': [3, 0, 7, 0], 'of id 2': [3, 2, 7, 0], 'of id 65': [3, 65, 7, 0],
    'in two parts': [1, 1, 2, 7, 0], twice: [3, 1, 7, 0, 3, 1, 5, 0], 'and a buffer': [3, 1, 7, 0, 5, 2, 1, 1, 1, 1], 'after a buffer': [5, 2, 1, 1, 1, 1, 3, 1, 7, 0], 'of no block': [],
  })) {
    add(`a count ${name}`, H, loop(0, { blocks }), F(), F(1), trailer)
    add(`a count ${name}, after another`, H, loop(9), F(), loop(0, { blocks }), F(1), F(2), trailer)
  }
  add('a loop without end', H, loop(7, { end: [] }), F(), F(1), trailer)
}

function endings(add) {
  const rich = [header({ table: 2 }), loop(7), control({ transparent: 1 }), image({ width: 5, height: 5, subBlock: 9 }), comment(), control({ disposal: 2 }), image({ table: 2, flags: 0x40, width: 4, height: 4, number: 1, subBlock: 7 }), loop(2), trailer].flat()
  for (let length = 0; length < rich.length; length++) add(`cut after ${length} bytes`, rich.slice(0, length))
  for (const byte of [0, 1, 0x20, 0x2b, 0x3a, 0x3c, 0xff]) {
    add(`byte ${byte} before the first frame`, H, [byte], frames(), trailer)
    add(`byte ${byte} between frames`, H, F(), [byte], F(1), trailer)
    add(`byte ${byte} before the trailer`, H, F(), F(1), [byte], trailer)
  }
  add('a trailer first', H, trailer, frames(), trailer)
  add('frames after the trailer', H, frames(), trailer, F(3), trailer)
  add('no trailer', H, frames())
}

/** Complete files with a few bytes changed, missing or added. */
function mutations(add, count) {
  let seed = 13
  const random = (n) => {
    seed = seed + 0x6d2b79f5 | 0
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0) % n
  }
  const bytes = [0, 1, 2, 3, 4, 9, 0x21, 0x2c, 0x3b, 0xf9, 0xfe, 0xff]
  for (let i = 0; i < count; i++) {
    const file = [header({ table: [0, 2, 4][random(3)] }), loop(random(4))].flat()
    for (let number = 0; number < 3; number++) {
      if (random(3)) file.push(...control({ delay: random(20), disposal: random(8), transparent: random(2) ? random(6) : undefined }))
      file.push(...image({ number, left: number && random(4), width: 1 + random(8), height: 1 + random(8), table: random(2) * 2, flags: random(2) * 0x40, subBlock: 7 }))
    }
    file.push(...trailer)
    for (let changes = random(3); changes >= 0; changes--) {
      const at = 13 + random(file.length - 13) // the header has its own cases
      const byte = random(2) ? bytes[random(bytes.length)] : random(256)
      file.splice(at, random(3), ...[[byte], [byte, byte], []][random(3)])
    }
    add(`mutation ${i}`, file)
  }
}
