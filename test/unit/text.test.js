import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { textIn } from '../../public/js/lib/clipboard.js'
import { cleanText } from '../../public/js/room/composer.js'
import { curlCommand, minutesBanned } from '../../public/js/room/access-lists.js'
import { settingsOf } from '../../public/js/room/settings-panel.js'
import { lengthOf, pasted } from '../../public/js/room/text-limit.js'

describe('the length of a text', () => {
  for (const [name, text, want] of [
    ['letters', '안녕', 2],
    ['a character outside of the basic plane', '😀', 1],
    ['spaces at the beginning count', '  x', 3],
    ['spaces and lines at the end do not', 'x \n', 1],
    ['nothing', '', 0],
  ]) {
    test(name, () => assert.equal(lengthOf(text), want))
  }

  for (const [name, box, text, want] of [
    ['a paste at the caret', { value: 'ab', selectionStart: 1, selectionEnd: 1 }, 'X', 'aXb'],
    ['a paste over a selection', { value: 'abcd', selectionStart: 1, selectionEnd: 3 }, 'X', 'aXd'],
    ['line ends of other systems', { value: '', selectionStart: 0, selectionEnd: 0 }, 'a\r\nb\rc', 'a\nb\nc'],
  ]) {
    test(name, () => assert.equal(pasted(box, text), want))
  }
})

describe('a text as it is sent', () => {
  for (const [name, text, want] of [
    ['keeps its indentation', '  if (x)\n    y', '  if (x)\n    y'],
    ['loses spaces at the end', 'x \n\t', 'x'],
    ['loses NUL', 'a\0b', 'ab'],
    ['loses half of a surrogate pair', 'a\ud800b', 'a\ufffdb'],
    ['keeps whole characters', '😀', '😀'],
    ['of spaces is empty', ' \n ', ''],
  ]) {
    test(name, () => assert.equal(cleanText(text), want))
  }
})

describe('the text of a paste or a drop', () => {
  const data = (formats, names = []) => ({ files: names.map((name) => ({ name })), getData: (type) => formats[type] ?? '' })
  for (const [name, formats, files, want] of [
    ['text', { 'text/plain': '안녕' }, [], '안녕'],
    ['nothing', {}, [], ''],
    ['spaces only', { 'text/plain': ' \n' }, [], ''],
    ['text with a picture of it', { 'text/plain': '1\t2' }, ['image.png'], '1\t2'],
    ['the name of the file', { 'text/plain': 'cat.gif' }, ['cat.gif'], ''],
    ['paths of the files', { 'text/plain': '/home/a/cat.gif\nC:\\b\\dog.gif\n' }, ['cat.gif', 'dog.gif'], ''],
    ['the address of the file', { 'text/plain': 'file:///tmp/x', 'text/uri-list': 'file:///tmp/x\r\n' }, ['cat.gif'], ''],
    ['a decomposed name', { 'text/plain': '고양이.gif'.normalize('NFD') }, ['고양이.gif'], ''],
    ['a name and another text', { 'text/plain': 'cat.gif\n안녕' }, ['cat.gif'], 'cat.gif\n안녕'],
    ['a name without a file', { 'text/plain': 'cat.gif' }, [], 'cat.gif'],
  ]) {
    test(name, () => assert.equal(textIn(data(formats, files)), want))
  }
})

describe('the settings', () => {
  const fields = { title: '방', max: 10, password: '', open: false, keep: true }
  for (const [name, change, want] of [
    ['keep the password when none is given', {}, { title: '방', max: 10, keep: true }],
    ['set a password', { password: 'pw' }, { title: '방', max: 10, keep: true, password: 'pw' }],
    ['remove the password', { open: true, password: 'pw' }, { title: '방', max: 10, keep: true, password: '' }],
    ['send 0 for an empty number, which the server refuses', { max: NaN }, { title: '방', max: 0, keep: true }],
  ]) {
    test(name, () => assert.deepEqual(settingsOf({ ...fields, ...change }), want))
  }

  test('the minutes of a banned address are rounded up', () => {
    assert.deepEqual([{}, { addressFor: 1 }, { addressFor: 60_000 }, { addressFor: 60_001 }].map(minutesBanned), [0, 1, 1, 2])
  })

  test('a command for a token', () => {
    assert.equal(curlCommand('abc', '안녕', { origin: 'http://localhost:8005', pathname: '/room/1' }),
      `curl -H 'Authorization: Bearer abc' -H 'Content-Type: application/json' \\\n  -d '{"chat":"안녕"}' http://localhost:8005/room/1/chat`)
  })
})
