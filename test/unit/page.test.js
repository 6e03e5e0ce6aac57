import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { nameOf, readPage, timeFormats, translator } from '../../public/js/lib/page.js'
import { noticeText } from '../../public/js/room/rows.js'

const document = (lang, data) => ({
  documentElement: { lang },
  querySelector: (selector) => selector === '#page-data' ? { textContent: JSON.stringify(data) } : null,
})

describe('the data of a page', () => {
  test('has sentences, limits and the language', () => {
    const page = readPage(document('en', { sentences: { hello: 'Hello %s' }, limits: { message: 5 } }))
    assert.deepEqual([page.lang, page.limits, page.t('hello', 'Bob')], ['en', { message: 5 }, 'Hello Bob'])
    assert.match(page.time.day(new Date(2026, 0, 2, 12)), /Friday, January 2, 2026/)
  })

  for (const [name, sentence, args, want] of [
    ['a name', '%s entered', ['Bob'], 'Bob entered'],
    ['both placeholders', '%c is now %s', ['Bob', '#123456'], '#123456 is now Bob'],
    ['a name that looks like a placeholder', '%s and %c', ['%c', '%s'], '%c and %s'],
    ['a name that looks like a pattern of replace', '%s', ['$&'], '$&'],
    ['numbers', '%s / %c', [0, 2000], '0 / 2000'],
    ['nothing', '%s!', [], '!'],
  ]) {
    test(`a sentence with ${name}`, () => assert.equal(translator({ key: sentence })('key', ...args), want))
  }

  test('an unknown key is returned as it is', () => assert.equal(translator({})('missing.key'), 'missing.key'))

  test('times of the page’s language', () => {
    assert.equal(timeFormats('ko').day(new Date(2026, 0, 2, 12)), '2026년 1월 2일 금요일')
    assert.equal(timeFormats('en').seconds(new Date(2026, 0, 2, 3, 4, 5)), '03:04:05')
    const element = { dateTime: new Date(2026, 0, 2, 15, 4).toISOString() }
    timeFormats('en').show(element)
    assert.match(element.textContent, /^3:04\sPM$/)
    assert.match(element.title, /^Friday, January 2, 2026/)
  })
})

describe('names and notices', () => {
  const t = translator({ 'topic.entered': '%s entered.', 'topic.named': '%c is now %s.', 'topic.unnamed': '%c has no name.' })

  test('nameOf returns the nickname, or the colour of a person without one', () => {
    assert.deepEqual([{ nick: '밥', color: '#1' }, { color: '#1' }, { nick: '', color: '#1' }].map(nameOf), ['밥', '#1', '#1'])
  })

  for (const [name, notice, lang, want] of [
    ['in English', { topic: 'entered', nick: 'Bob', person: '#1', chat: '…님이' }, 'en', 'Bob entered.'],
    ['without a nickname', { topic: 'entered', person: '#1', chat: '…님이' }, 'en', '#1 entered.'],
    ['of a new name', { topic: 'named', nick: 'Bob', person: '#1', chat: '…님이' }, 'en', '#1 is now Bob.'],
    ['of a name that was removed', { topic: 'named', person: '#1', chat: '…님이' }, 'en', '#1 has no name.'],
    ['in Korean, as it is stored', { topic: 'entered', nick: '밥', person: '#1', chat: '밥님이 입장' }, 'ko', '밥님이 입장'],
    ['of an unknown topic', { topic: 'new', chat: '새 알림' }, 'en', '새 알림'],
    ['of this page, without a topic', { chat: 'Only GIFs.' }, 'en', 'Only GIFs.'],
  ]) {
    test(`a notice ${name}`, () => assert.equal(noticeText(notice, { lang, t }), want))
  }
})
