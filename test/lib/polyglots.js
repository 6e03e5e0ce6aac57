// Files that are a GIF to one program and another type to the next, and files that only claim
// to be a GIF. Their payload sets "executed" or requests /executed.
import { animatedGIF } from './gif.js'

const plain = Buffer.from(animatedGIF())
const palette = 13 + 12 // where the first block of plain begins
const script = 'top.executed=1;new Image().src="/executed"'
const page = `<!doctype html><script>${script}</script>`
const style = '}*{background:url("/executed")!important}'
const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload='${script}'><script>${script}</script></svg>`
const pdf = `%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert("executed"))>>>>endobj\ntrailer<</Root 1 0 R>>`

const join = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part, typeof part === 'string' ? 'latin1' : undefined)))
const blocks = (text) => join(...text.match(/[^]{1,255}/g).map((s) => join([s.length], s)), [0])
const extension = (label, text) => join([0x21, label], blocks(text))
const application = (name, text) => join([0x21, 0xff, name.length], name, blocks(text))
const within = (block, file = plain) => join(file.subarray(0, palette), block, file.subarray(palette))
const after = (what) => join(plain, what)

// JavaScript that begins with GIF89a: whitespace and an equals sign are valid sizes of a
// GIF, and the next bytes are a string until a block closes it.
const head = (version) => join(version, ' \n=\n', '"xx')
const frame = (colors, pixels) => join([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0x80 | colors.depth], colors.bytes, [2], pixels, [0x3b])
const filled = (text) => join(text, Buffer.alloc(768 - text.length, 'x'))
const grey = { depth: 0, bytes: Buffer.from([0, 0, 0, 255, 255, 255]) }
const dot = Buffer.from([2, 0x44, 1, 0])
const zip = (name) => join('PK\x03\x04', Buffer.alloc(22), [name.length, 0, 0, 0], name, 'PK\x05\x06', Buffer.alloc(18))

/** [description, bytes, file name, Content-Type, whether the payload is in a part that a GIF needs] */
export const polyglots = [
  ['a script whose sizes are a comment', join('GIF89a/*', Buffer.alloc(8), `*/=1;${script}//`)],
  ['the same, 87a', join('GIF87a/*', Buffer.alloc(8), `*/=1;${script}//`)],
  ['a script whose sizes are a number', `GIF89a=1;${script}//`],
  ['a script in a comment', join(head('GIF89a'), extension(0xfe, `";${script}//`), frame(grey, dot))],
  ['a script in a comment, 87a', join(head('GIF87a'), extension(0xfe, `";${script}//`), frame(grey, dot))],
  ['a script in a plain text', join(head('GIF89a'), extension(0x01, `";${script}//`), frame(grey, dot))],
  ['a script in XMP', join(head('GIF89a'), application('XMP DataXMP', `";${script}//`), frame(grey, dot))],
  ['a script behind the loop count', within(join([0x21, 0xff, 11], 'NETSCAPE2.0', [3, 1, 0, 0], blocks(script)))],
  ['a script in an unknown extension', within(extension(0x42, script))],
  ['a script in a control of no image', within(join([0x21, 0xf9, 4], '";//', [0], extension(0xfe, script)))],
  ['a script in the colours of a frame', join(head('GIF89a'), frame({ depth: 7, bytes: filled(`";${script}//`) }, dot)), , , true],
  ['a script in the compressed pixels', join(head('GIF89a'), frame(grey, join([2], blocks(`";${script}//`)))), , , true],
  ['a page in the compressed pixels', join(plain.subarray(0, palette), frame(grey, join([2], blocks(page)))), , , true],
  ['a page in the colours', join(plain.subarray(0, 10), [0x87, 0, 0], filled(page), plain.subarray(palette)), , , true],
  ['a style in the colours', join(plain.subarray(0, 10), [0x87, 0, 0], filled(`{${style}`), plain.subarray(palette)), , , true],
  ['a style in a comment', within(extension(0xfe, `{${style}`))],
  ['a page in a comment', within(extension(0xfe, page))],
  ['a page in many comments', within(join(...[...page].map((c) => extension(0xfe, c))))],
  ['a page in an application', within(application('ICCRGBG1012', page))],
  ['a PHP file in a comment', within(extension(0xfe, '<?php echo "executed"; ?>')), 'x.gif.php'],
  ['a PDF in a comment', within(extension(0xfe, pdf)), 'x.pdf'],
  ['a page after the trailer', after(page), 'x.html'],
  ['a script after the trailer', after(`\n${script}`), 'x.js'],
  ['a ZIP after the trailer', after(zip('executed.txt')), 'x.zip'],
  ['a JAR after the trailer', after(zip('META-INF/executed.MF')), 'x.jar'],
  ['a PDF after the trailer', after(pdf)],
  ['a GIF with a page after the trailer', after(within(extension(0xfe, page)))],
  ['a page between the blocks', within(page)],
  ['a page before the GIF', join(page, plain)],
  ['a byte order mark before the GIF', join('\xef\xbb\xbf', within(extension(0xfe, page)))],
  ['an SVG', svg],
  ['an SVG of that type', svg, 'x.svg', 'image/svg+xml'],
  ['a page', page],
  ['a page of that type', page, 'x.html', 'text/html'],
  ['a page of two extensions', page, 'x.gif.html'],
  ['a page whose name is cut', page, 'x.html\0.gif'],
  ['a script', script, 'x.js', 'text/javascript'],
  ['a style', `*{${style}`, 'x.css', 'text/css'],
  ['a PNG', join('\x89PNG\r\n\x1a\n', Buffer.alloc(30), page)],
  ['a JPEG', join('\xff\xd8\xff\xe0', page)],
  ['a WebP', join('RIFF\x40\0\0\0WEBPVP8 ', page)],
  ['a BMP', join('BM', Buffer.alloc(12), page)],
  ['an MP4', join('\0\0\0\x18ftypisom', page)],
  ['a program', join('MZ', Buffer.alloc(60), 'executed')],
  ['a small gif89a', join('gif89a', plain.subarray(6))],
  ['a GIF with a comment, as a page', within(extension(0xfe, page)), 'x.html', 'text/html'],
  ['a GIF with a comment, as a script', within(extension(0xfe, script)), 'x.js', 'application/javascript'],
].map(([what, bytes, name = 'x.gif', type = 'image/gif', kept = false]) => ({ what, bytes: Buffer.from(bytes), name, type, kept }))
