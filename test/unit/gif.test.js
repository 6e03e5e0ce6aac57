import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { checkGIF, shownSize } from '../../public/js/room/gif.js'
import { animatedGIF } from '../lib/gif.js'

const limits = { gifBytes: 5 * 1024 * 1024, gifSide: 4096, gifWidth: 544, gifHeight: 352 }
const header = (width, height, magic = 'GIF89a') =>
  Buffer.concat([Buffer.from(magic), Buffer.from([width & 255, width >> 8, height & 255, height >> 8])])

describe('the check of a file before its upload', () => {
  for (const [name, content, want] of [
    ['a GIF', animatedGIF({ width: 20, height: 10 }), ''],
    ['a GIF of 1987', header(1, 1, 'GIF87a'), ''],
    ['the largest sides', header(4096, 4096), ''],
    ['too wide', header(4097, 1), 'error.gif_too_wide'],
    ['too high', header(1, 4097), 'error.gif_too_wide'],
    ['a PNG', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'error.not_a_gif'],
    ['another version', header(1, 1, 'GIF88a'), 'error.not_a_gif'],
    ['an empty file', Buffer.alloc(0), 'error.not_a_gif'],
    ['the most bytes', Buffer.concat([header(1, 1), Buffer.alloc(limits.gifBytes - 10)]), ''],
    ['a byte too many', Buffer.concat([header(1, 1), Buffer.alloc(limits.gifBytes - 9)]), 'error.gif_too_large'],
  ]) {
    test(`${name}: "${want}"`, async () => assert.equal(await checkGIF(new Blob([content]), limits), want))
  }

  test('a file that cannot be read is not a GIF', async () => {
    const unreadable = { size: 1, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) }
    assert.equal(await checkGIF(unreadable, limits), 'error.not_a_gif')
  })
})

describe('the size of a GIF on the page', () => {
  for (const [width, height, want] of [
    [100, 50, { width: 100, height: 50 }],
    [1088, 100, { width: 544, height: 50 }],
    [100, 704, { width: 50, height: 352 }],
    [4096, 1, { width: 544, height: 1 }],
  ]) {
    test(`${width}×${height}`, () => assert.deepEqual(shownSize(width, height, limits), want))
  }
})
