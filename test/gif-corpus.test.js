// GIFs that Chromium paints are accepted, and Chromium paints the served copy identically.
import { test, before } from 'node:test'
import assert from 'node:assert/strict'
import { openPage } from './lib/browser.js'
import { corpus } from './lib/gif-corpus.js'
import { binary, startServer } from './lib/server.js'
import { Visitor } from './lib/visitor.js'

const broken = '이 GIF는 열 수 없어요. 파일이 깨졌을 수 있어요.'
const foreign = 'GIF 파일만 올릴 수 있어요.'

let server, page
before(async () => {
  server = await startServer({ RATE_VISITOR: 'off', RATE_ROOM: 'off' }, { path: binary({ race: false }) })
  page = await openPage(server)
  await page.route('**/blank', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' })) // without the Content-Security-Policy of our pages
  await page.goto('/blank')
})

/**
 * Returns what Chromium paints of each file: the frames by WebCodecs, which fails if no
 * frame is complete, and the first frame by an image element.
 */
const paint = (files) => page.evaluate(async (files) => {
  async function describe(width, height, pixels) {
    const hash = String(new Uint8Array(await crypto.subtle.digest('SHA-1', pixels)))
    return { width, height, hash, painted: pixels.some((value, i) => i % 4 === 3 && value > 0) }
  }
  async function frame(decoder, frameIndex) {
    const { image, complete } = await decoder.decode({ frameIndex, completeFramesOnly: false })
    const pixels = new Uint8Array(image.allocationSize({ format: 'RGBA' }))
    await image.copyTo(pixels, { format: 'RGBA' })
    const { displayWidth, displayHeight, duration } = image
    image.close()
    return { ...await describe(displayWidth, displayHeight, pixels), complete, ms: duration / 1000 }
  }
  async function animation(data) {
    try {
      const decoder = new ImageDecoder({ type: 'image/gif', data })
      await decoder.tracks.ready
      await decoder.completed
      const { frameCount, repetitionCount } = decoder.tracks.selectedTrack
      const frames = []
      for (let i = 0; i < frameCount; i++) frames.push(await frame(decoder, i).catch(() => null))
      return { frames, repetitions: String(repetitionCount) }
    } catch {
      return { frames: [] }
    }
  }
  async function still(data) {
    const image = new Image()
    const url = URL.createObjectURL(new Blob([data], { type: 'image/gif' }))
    const loaded = await new Promise((resolve) => {
      image.onload = () => resolve(true)
      image.onerror = () => resolve(false)
      image.src = url
    })
    URL.revokeObjectURL(url)
    if (!loaded) return null
    const { naturalWidth: width, naturalHeight: height } = image
    const context = new OffscreenCanvas(width, height).getContext('2d')
    context.drawImage(image, 0, 0)
    return describe(width, height, context.getImageData(0, 0, width, height).data)
  }
  const seen = []
  for (const file of files) {
    const data = Uint8Array.from(atob(file), (c) => c.charCodeAt(0))
    const { frames, repetitions } = await animation(data)
    seen.push({ frames, repetitions, first: frames[0] ?? await still(data) })
  }
  return seen
}, files.map((file) => file.toString('base64')))

const paints = ({ frames, first }) => frames.some((frame) => frame?.complete || frame?.painted) || frames.length > 0 && Boolean(first?.painted)
const pixels = ({ width, height, hash }) => ({ width, height, hash })

/** Uploads all files. Returns the responses, and the messages by the number of the file. */
async function upload(files) {
  const answers = [], shown = new Map()
  for (let from = 0; from < files.length; from += 90) { // one page of messages for each visitor
    const visitor = new Visitor(server)
    await visitor.get('/')
    const room = await visitor.createRoom()
    await visitor.enter(room)
    const numbers = [...files.keys()].slice(from, from + 90)
    await Promise.all([0, 1, 2].map(async (offset) => { // three at a time
      for (const i of numbers.filter((i) => i % 3 === offset)) {
        const answer = await visitor.upload(room, files[i], { name: `${i}.gif` })
        answers[i] = { status: answer.status, text: await answer.text() }
      }
    }))
    const { messages } = await (await visitor.get(`/room/${room}/messages?limit=100`)).json()
    for (const message of messages) if (message.gif) shown.set(Number(message.alt), { ...message, visitor })
  }
  return { answers, shown }
}

const read = async ({ visitor }, path) => Buffer.from(await (await visitor.get(`/gif/${path}`)).arrayBuffer())

/** Fails unless the file follows the grammar of GIF89a and has no extensions but control and loop. */
function assertWellFormed(file) {
  let at = 13
  const text = file.toString('latin1')
  const skipColors = (packed) => { if (packed & 0x80) at += 3 * 2 ** ((packed & 7) + 1) }
  assert.equal(text.slice(0, 6), 'GIF89a')
  assert.ok(file.readUInt16LE(6) > 0 && file.readUInt16LE(8) > 0, 'the screen has a size')
  skipColors(file[10])
  for (let waiting = false; file[at] !== 0x3b;) {
    const extension = text.slice(at).match(/^!(?:\xf9\x04[^]{4}\0|\xff\x0bNETSCAPE2\.0\x03\x01[^]{2}\0)/)
    if (extension) {
      assert.ok(!waiting, 'a control extension belongs to an image')
      waiting = text[at + 1] === '\xf9'
      at += extension[0].length
      continue
    }
    assert.equal(file[at], 0x2c, `an image or an extension at ${at}`)
    at += 10
    skipColors(file[at - 1])
    assert.ok(file[at++] <= 8, 'a code size')
    assert.ok(file[at] > 0, 'an image has data')
    while (file[at]) at += file[at] + 1
    at++
    waiting = false
    assert.ok(at < file.length, 'it ends with a trailer')
  }
  assert.equal(at, file.length - 1, 'nothing follows the trailer')
}

test('served GIF: is painted by Chromium like the uploaded one', async (t) => {
  const named = corpus()
  const files = named.map(([, bytes]) => bytes)
  const originals = await paint(files)
  const { answers, shown } = await upload(files)
  const accepted = [...shown.keys()]
  const served = await Promise.all(accepted.map((i) => read(shown.get(i), shown.get(i).gif)))
  const moving = accepted.filter((i) => shown.get(i).poster)
  const posters = await Promise.all(moving.map((i) => read(shown.get(i), shown.get(i).poster)))
  const copies = new Map((await paint(served)).map((copy, n) => [accepted[n], copy]))
  const firsts = new Map((await paint(posters)).map((first, n) => [moving[n], first]))

  let doubtful = 0 // accepted, though Chromium paints nothing: a frame without pixels comes first, and only a decoder could tell
  const wrong = []
  const check = (i, act) => { try { act() } catch (error) { wrong.push(`${named[i][0]}: ${error.message}\n${files[i].toString('hex').slice(0, 400)}`) } }
  for (const [i, original] of originals.entries()) {
    check(i, () => {
      if (answers[i].status === 413 && named[i][0].startsWith('mutation')) return // its first frame is too large
      if (!paints(original)) {
        if (answers[i].status === 200 && original.frames.length > 1) return doubtful++
        const words = /^GIF8[79]a/.test(files[i].toString('latin1')) ? [400, broken] : [415, foreign]
        return assert.deepEqual([answers[i].status, answers[i].text], words)
      }
      assert.equal(answers[i].status, 200, answers[i].text)
      const copy = copies.get(i), message = shown.get(i)
      assert.deepEqual(pixels(copy.first), pixels(original.first))
      assert.equal(copy.repetitions, original.repetitions)
      assert.equal(copy.frames.length, original.frames.length)
      for (const [number, frame] of original.frames.entries()) { // a frame that lacks only its end is complete in the copy
        if (frame) assert.deepEqual({ ...copy.frames[number], complete: 0 }, { ...frame, complete: 0 }, `frame ${number}`)
      }
      const { first, frames } = copy
      assert.deepEqual([message.w, message.h, message.frames], [first.width, first.height, frames.length])
      if (frames.every(Boolean)) assert.equal(message.duration ?? 0, frames.reduce((sum, { ms }) => sum + ms, 0))
      assert.equal(Boolean(message.poster), frames.length > 1)
      if (message.poster) assert.deepEqual(pixels(firsts.get(i).first), pixels(first), 'the poster')
    })
  }
  for (const [n, file] of served.entries()) check(accepted[n], () => assertWellFormed(file))
  const good = originals.filter((original, i) => answers[i].status !== 413 && paints(original)).length
  t.diagnostic(`${files.length} files, of which Chromium paints ${good}; ${doubtful} were accepted without need`)
  assert.equal(wrong.length, 0, `${wrong.length} of ${files.length}:\n${wrong.slice(0, 20).join('\n')}`)
  assert.ok(good > 300 && files.length - good > 100, `painted files: got ${good} of ${files.length}, want more than 300, and more than 100 others`)
  assert.equal(accepted.length, good + doubtful)
  assert.ok(doubtful < files.length / 50, `accepted files that show nothing: got ${doubtful}, want less than 2 % of ${files.length}`)
  await page.context().close()
})
