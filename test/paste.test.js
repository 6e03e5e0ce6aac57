// Text and files that are pasted, dropped or typed into a message: sent completely, or refused with a reason.
import { test, after, before, beforeEach, describe } from 'node:test'
import assert from 'node:assert/strict'
import { startServer } from './lib/server.js'
import { nextEvent, until } from './lib/clients.js'
import { assertNoErrors, desktop, openPage, screenshot } from './lib/browser.js'
import { animatedGIF } from './lib/gif.js'
import { owner } from './lib/visitor.js'

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const sheet = '이름\t점수\r\n민지\t90\r\n'
const html = '<table><tr><td>이름</td><td>점수</td></tr><tr><td>민지</td><td>90</td></tr></table>'

/** Fills the system clipboard and presses Ctrl+V, so that the browser pastes by itself. */
async function paste(page, formats) {
  await page.evaluate(async (contents) => {
    const items = Object.entries(contents).map(([type, content]) => [type, type.startsWith('image/')
      ? new Blob([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], { type })
      : new Blob([content], { type })])
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(items))])
  }, formats)
  await page.keyboard.press('Control+V')
}

/** Dispatches a paste or drop event with files, which a page cannot put onto the system clipboard. */
const dispatch = (page, type, { data = {}, files = [] }) => page.evaluate(({ type, data, files }) => {
  const transfer = new DataTransfer()
  for (const [kind, text] of Object.entries(data)) transfer.setData(kind, text)
  for (const { name, kind, bytes } of files) transfer.items.add(new File([new Uint8Array(bytes)], name, { type: kind }))
  const options = { bubbles: true, cancelable: true }
  const event = type === 'paste' ? new ClipboardEvent('paste', { ...options, clipboardData: transfer }) : new DragEvent('drop', { ...options, dataTransfer: transfer })
  return document.querySelector('#chat').dispatchEvent(event) // false if the page prevented the default action
}, { type, data, files })

const gif = { name: '고양이.gif', kind: 'image/gif', bytes: [...animatedGIF({ width: 20, height: 20 })] }

describe('message input', () => {
  let server, ann, page
  const received = []
  before(async () => {
    server = await startServer({ RATE_VISITOR: 'off', RATE_ROOM: 'off' })
    ann = await owner(server, { title: '붙여 넣기' })
    ann.chat.on('chat', ({ chat, gif }) => received.push(gif ? 'GIF' : chat))
    page = await open()
  })
  after(() => page.context().close())
  beforeEach(async () => {
    if (await page.locator('#mode').isVisible()) await page.locator('#chat').press('Escape')
    await page.fill('#chat', '')
  })

  async function open(options = desktop) {
    const page = await openPage(server, { ...options, permissions: ['clipboard-read', 'clipboard-write'] })
    await page.goto(`/room/${ann.room}`)
    await page.locator('.person').nth(1).waitFor({ state: 'attached' })
    await page.locator('#chat').focus()
    return page
  }
  const value = (page) => page.locator('#chat').inputValue()
  const counter = (page) => page.locator('#chat-counter').textContent()
  const problem = (page) => page.locator('#chat-problem').textContent()

  /** Sends the text in the field and returns the message that another member receives. */
  async function send(page) {
    const before = received.length
    await page.locator('#chat').press('Enter')
    await until(() => received.length > before, 'the message')
    assert.equal(received.length, before + 1)
    return received.at(-1)
  }

  test('paste of spreadsheet cells with a picture: inserts the text', async () => {
    await paste(page, { 'text/plain': sheet, 'text/html': html, 'image/png': png })
    await until(async () => await value(page) === '이름\t점수\n민지\t90\n', 'the text in the field')
    assert.equal(await send(page), '이름\t점수\n민지\t90')
    const text = page.locator('.mine .message__text').last()
    assert.equal(await text.textContent(), '이름\t점수\n민지\t90')
    assert.equal(await text.evaluate((e) => getComputedStyle(e).whiteSpaceCollapse), 'preserve')

    await paste(page, { 'text/plain': '글만' })
    await until(async () => await value(page) === '글만', 'plain text in the field')
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Delete')
    await paste(page, { 'text/html': '<p>서식 있는 글</p>', 'image/png': png })
    await until(async () => await value(page) === '서식 있는 글', 'the text of the HTML in the field')
    await page.keyboard.press('Control+Z')
    assert.notEqual(await value(page), '서식 있는 글', 'text after an undo')
    await page.fill('#chat', '')
    assert.equal(await page.locator('#chat-list .system', { hasText: 'GIF' }).count(), 0)

    await paste(page, { 'image/png': png })
    await page.locator('#chat-list .system', { hasText: 'GIF 파일만 올릴 수 있어요.' }).waitFor()
    await paste(page, { 'text/html': '<meta charset="utf-8"><img src="https://cat.example/cat.gif" alt="고양이">', 'image/png': png })
    await page.locator('#chat-list .system', { hasText: 'GIF 파일만 올릴 수 있어요.' }).nth(1).waitFor()
    assert.equal(await value(page), '')
    assertNoErrors([page])
  })

  test('paste of a GIF: uploads it alone or beside its own name, and inserts any other text instead', async () => {
    for (const [name, clipboard] of [
      ['text', { data: { 'text/plain': '고양이 좀 봐' }, files: [gif] }],
      ['text that mentions the file', { data: { 'text/plain': '고양이.gif 좀 봐' }, files: [gif] }],
      ['markup', { data: { 'text/plain': sheet, 'text/html': html }, files: [gif] }],
    ]) assert.equal(await dispatch(page, 'paste', clipboard), true, `${name}: the default action of the browser`)

    const count = () => page.locator('#chat-list .message--gif').count()
    let expected = await count()
    for (const [name, clipboard] of [
      ['a file', { files: [gif] }],
      ['blank text', { data: { 'text/plain': ' \n' }, files: [gif] }],
      ['its name, as macOS writes it', { data: { 'text/plain': '고양이.gif' }, files: [gif] }],
      ['its name in decomposed letters', { data: { 'text/plain': '고양이.gif'.normalize('NFD') }, files: [gif] }],
      ['its path', { data: { 'text/plain': '/home/민지/고양이.gif' }, files: [gif] }],
      ['its path on Windows', { data: { 'text/plain': 'C:\\그림\\고양이.gif\r\n' }, files: [gif] }],
      ['its address', { data: { 'text/plain': 'https://cat.example/1', 'text/uri-list': 'https://cat.example/1' }, files: [gif] }],
    ]) {
      for (const type of ['paste', 'drop']) {
        assert.equal(await dispatch(page, type, clipboard), false, `${type} of ${name}`)
        expected++
        await until(async () => await count() === expected, `an upload after ${type} of ${name}`)
      }
    }
    assert.equal(await value(page), '')
    await page.fill('#chat', '앞 ')
    await dispatch(page, 'drop', { data: { 'text/plain': sheet, 'text/html': html }, files: [gif] })
    assert.equal(await value(page), '앞 이름\t점수\n민지\t90\n')
    await until(() => page.evaluate(() => document.querySelectorAll('.message--pending').length === 0), 'the end of the uploads')
    assert.equal(await count(), expected)
    await page.fill('#chat', '')
    assertNoErrors([page])
  })

  test('paste that is too long: is refused with a message and not truncated', async () => {
    await page.fill('#chat', '앞')
    await paste(page, { 'text/plain': '가'.repeat(2012), 'text/html': '<p>가</p>', 'image/png': png })
    await until(async () => await counter(page) === '2,013 / 2,000자', 'the length of the result in the counter')
    assert.match(await problem(page), /넣지 않았어요/)
    assert.equal(await page.locator('#chat').getAttribute('aria-invalid'), 'true')
    assert.equal(await value(page), '앞')
    await screenshot(page, 'paste-refused-1280')
    await page.keyboard.type('!')
    assert.deepEqual([await value(page), await counter(page), await problem(page)], ['앞!', '', ''])
    assert.equal(await page.locator('#chat').getAttribute('aria-invalid'), 'false')

    // The paste replaces the selection. Characters count as on the server, a line end as one.
    await page.keyboard.press('Control+A')
    const most = `${'😺'.repeat(1998)}\r\n나`
    await paste(page, { 'text/plain': most })
    await until(async () => await counter(page) === '2,000 / 2,000자', 'the longest text')
    assert.equal(await send(page), most.replace('\r\n', '\n'))
    assert.equal(await counter(page), '')
    assertNoErrors([page])
  })

  test('draft of many lines: covers no message after a reload, and the log still follows new messages', async () => {
    for (let line = 0; line < 30; line++) assert.equal((await ann.postMessage(ann.room, `줄 ${line}`)).status, 200)
    await page.fill('#chat', 'ㄱ\n'.repeat(15))
    await page.reload()
    const fromEnd = () => page.locator('.conversation__scroll').evaluate((box) => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight))
    await page.locator('.message', { hasText: '줄 29' }).waitFor()
    await until(async () => await fromEnd() === 0, 'the newest message visible')
    assert.equal((await ann.postMessage(ann.room, '아직 보여요')).status, 200)
    await page.locator('.message', { hasText: '아직 보여요' }).waitFor()
    await until(async () => await fromEnd() === 0, 'the log scrolled to its end')
  })

  test('typed text beyond the limit: is kept, also over a reload, and sent once it is shorter', async () => {
    const page = await open({ ...desktop, locale: 'en-US' })
    await page.fill('#chat', 'x'.repeat(1799))
    assert.equal(await counter(page), '')
    await page.keyboard.press('Control+End')
    await page.keyboard.type('y')
    assert.equal(await counter(page), '1,800 / 2,000 characters')
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('Input.insertText', { text: 'z'.repeat(199) })
    await cdp.send('Input.imeSetComposition', { text: '안녕', selectionStart: 2, selectionEnd: 2 })
    await cdp.send('Input.insertText', { text: '안녕' })
    const long = `${'x'.repeat(1799)}y${'z'.repeat(199)}안녕`
    assert.deepEqual([await value(page), await counter(page)], [long, '2,001 / 2,000 characters'])
    await page.reload()
    await page.locator('.person').nth(1).waitFor({ state: 'attached' })
    assert.deepEqual([await value(page), await counter(page)], [long, '2,001 / 2,000 characters'])
    const before = received.length
    await page.locator('#chat').press('Enter')
    assert.equal(await problem(page), 'Too long to send: 1 over the limit.')
    await page.locator('#chat-form [type=submit]').click()
    assert.equal(await value(page), long)
    await screenshot(page, 'too-long-1280')
    await page.locator('#chat').press('Control+End')
    await page.keyboard.press('Backspace')
    assert.equal(await problem(page), '')
    assert.equal(await send(page), long.slice(0, -1))
    assert.equal(received.length, before + 1)
    assertNoErrors([page])
    await page.context().close()
  })

  test('indentation: is preserved in messages, edits and whispers', async () => {
    const code = '    if (a) {\n\tb()\n    }'
    await paste(page, { 'text/plain': `${code}  \r\n\r\n` })
    await until(async () => (await value(page)).startsWith(code), 'the text in the field')
    assert.equal(await send(page), code)
    await page.locator('.mine[data-seq] .message__text').getByText('if (a)').waitFor()
    await page.reload()
    await page.locator('.person').nth(1).waitFor({ state: 'attached' })
    const text = page.locator('.mine .message__text').last()
    assert.equal(await text.textContent(), code)
    const indent = await text.evaluate((e) => {
      const range = document.createRange()
      range.setStart(e.firstChild, 4)
      range.setEnd(e.firstChild, 5)
      return range.getBoundingClientRect().left - e.getBoundingClientRect().left - parseFloat(getComputedStyle(e).paddingLeft)
    })
    assert.ok(indent > 8, `indentation of the first line: got ${indent} px, want more than 8`)

    await page.locator('#chat').press('ArrowUp')
    assert.equal(await value(page), code)
    await page.locator('#chat').press('Control+Home')
    await paste(page, { 'text/plain': 'x'.repeat(2000) })
    await until(async () => await counter(page) === '2,023 / 2,000자', 'the counter of an edit')
    assert.equal(await value(page), code)
    await page.keyboard.type('  ')
    await page.keyboard.press('Enter')
    await page.locator('.mine .message__edited', { hasText: '수정됨' }).waitFor()
    await until(async () => (await (await ann.get(`/room/${ann.room}/messages?limit=1`)).json()).messages.length === 1
      && await page.locator('.message--pending').count() === 0, 'the stored edit')
    assert.equal(await text.textContent(), `  ${code}`)

    const whispered = nextEvent(ann.chat, 'whisper')
    await page.locator('.person__open:has(.badge--owner)').click()
    await page.locator('.menu button', { hasText: '귓속말' }).click()
    await page.locator('#mode').waitFor()
    await paste(page, { 'text/plain': 'x'.repeat(2001) })
    await until(async () => await counter(page) === '2,001 / 2,000자', 'the counter of a whisper')
    await paste(page, { 'text/plain': '  둘만\r\n  알자', 'image/png': png })
    await until(async () => await value(page) === '  둘만\n  알자', 'the text in the field')
    await page.locator('#chat').press('Enter')
    assert.equal((await whispered)[0].chat, '  둘만\n  알자')
    assertNoErrors([page])
  })

  test('description of a GIF: has a limit of 200 characters', async () => {
    await page.setInputFiles('#chat-form input[name=gif]', { name: 'cat.gif', mimeType: 'image/gif', buffer: Buffer.from(gif.bytes) })
    await page.locator('.mine.message--gif[data-seq] img[alt="cat"]').waitFor()
    await page.locator('#chat').press('ArrowUp')
    await page.locator('#mode').waitFor()
    await page.fill('#chat', '가'.repeat(201))
    assert.equal(await counter(page), '201 / 200자')
    await page.locator('#chat').press('Enter')
    assert.match(await problem(page), /1자를 줄여/)
    await page.locator('#chat').press('Control+End')
    await page.keyboard.press('Backspace')
    await page.keyboard.press('Enter')
    await page.locator(`#chat-list img[alt="${'가'.repeat(200)}"]`).waitFor()
    assert.equal(await counter(page), '')
    assertNoErrors([page])
  })

  test('characters that cannot be stored: are removed or replaced, and the message is sent', async () => {
    await page.evaluate(() => {
      const box = document.querySelector('#chat')
      box.value = 'a\0b\ud83d c'
      box.dispatchEvent(new Event('input', { bubbles: true }))
    })
    assert.equal(await send(page), 'ab\ufffd c')
    assertNoErrors([page])
  })

  test('page without scripts: sends text unchanged, and returns refused text in a form', async () => {
    const page = await openPage(server, { ...desktop, javaScriptEnabled: false })
    await page.goto(`/room/${ann.room}`)
    const code = '\n    if (a) {\n\tb()\n    }'
    const posted = async (text) => {
      await page.fill('#chat', text)
      await page.locator('#chat-form [type=submit]').click()
      await page.waitForLoadState()
    }
    await posted(code)
    assert.equal(received.at(-1), code, 'the message with its line ends')
    assert.equal(await page.locator('.mine .message__text').last().textContent(), code)
    const lines = `${'가나다\n'.repeat(499)}가나다라` // 2,000 characters, and 499 more with the CRLF of a form
    await posted(lines)
    assert.equal(received.at(-1), lines)

    const long = `\n  ${'가'.repeat(2000)}\n<b>&amp;</b>`
    await posted(long)
    await page.getByText('내용이 너무 깁니다.').waitFor()
    const unsent = page.locator('.unsent textarea')
    assert.equal(await unsent.inputValue(), long)
    await screenshot(page, 'unsent-1280')
    await unsent.fill('  짧게')
    await page.locator('.unsent button').click()
    await page.waitForURL(`**/room/${ann.room}#composer`)
    assert.equal(received.at(-1), '  짧게')
    await page.context().close()
  })

  test('other fields: do not truncate pasted text', async () => {
    await page.goto('/room')
    const long = '가'.repeat(300)
    for (const field of ['title', 'password']) {
      await page.locator(`[name=${field}]`).focus()
      await paste(page, { 'text/plain': long })
      await until(async () => await page.locator(`[name=${field}]`).inputValue() === long, `the whole text in ${field}`)
    }
    await page.locator('form[action="/room"] button').click()
    await page.locator('.flash', { hasText: '제목은 1자에서 60자' }).waitFor()
    assert.equal(await page.locator('[name=title]').inputValue(), long)
    await page.goto(`/room/${ann.room}`)
    assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('[maxlength]')].map((e) => e.name)), [])
    assertNoErrors([page], /status of 400/)
  })
})
