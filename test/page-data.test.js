// The server puts exactly those sentences and limits into a page that the page's scripts use.
import { test, before, after, describe } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from './lib/server.js'
import { owner } from './lib/visitor.js'

const scripts = join(import.meta.dirname, '../public/js')

/** Returns the text of a page's modules, without comments. */
function sourceOf(entry) {
  const names = new Set([entry])
  let source = ''
  for (const name of names) { // a set grows while it is walked
    const text = readFileSync(join(scripts, name), 'utf8')
    for (const [, path] of text.matchAll(/from "(\.[^"]+)"/g)) names.add(join(name, '..', path))
    source += text.replaceAll(/\/\*\*.*?\*\//gs, '').replaceAll(/(?<=^|\s)\/\/ .*$/gm, '')
  }
  return source
}

describe('page data', () => {
  let server, host
  before(async () => {
    server = await startServer()
    host = await owner(server, { title: '방' })
  })
  after(() => server.stop())

  async function dataOf(path, lang) {
    const answer = await fetch(server.url + path, { headers: { cookie: host.cookie, 'accept-language': lang } })
    const text = await answer.text()
    assert.equal(answer.status, 200, path)
    const scripts = [...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)
    assert.equal(scripts.length, 2, `scripts: got ${scripts}, want one entry module and one JSON`)
    return JSON.parse(text.match(/<script type="application\/json" id="page-data">(.*?)<\/script>/s)[1])
  }

  for (const [entry, path] of [['home.js', () => '/'], ['notice.js', () => '/notice'], ['room.js', () => `/room/${host.room}`]]) {
    test(`${entry}: has every sentence that it looks up, and no others`, async () => {
      const source = sourceOf(entry)
      const { sentences } = await dataOf(path(), 'ko')
      const lookedUp = [...source.matchAll(/\bt\("([^"]+)"|(?<!closest\()"([a-z]+\.[a-zA-Z_]+)"/g)].map(([, key, dotted]) => key ?? dotted)
      const prefixes = [...source.matchAll(/`([a-z]+\.)\$\{/g)].map(([, prefix]) => prefix)
      assert.ok(lookedUp.length > 1 || prefixes.length > 0, `${entry}: got no sentences that it looks up`)
      for (const key of lookedUp) assert.ok(key in sentences, `${key} is not in the page`)
      for (const prefix of prefixes) assert.ok(Object.keys(sentences).some((key) => key.startsWith(prefix)), `no ${prefix} in the page`)
      for (const key of Object.keys(sentences)) {
        assert.ok(source.includes(`"${key}"`) || prefixes.some((prefix) => key.startsWith(prefix)), `${key} is not used`)
      }
    })

    test(`${entry}: has its sentences in the language of the page`, async () => {
      const [korean, english] = [await dataOf(path(), 'ko'), await dataOf(path(), 'en')]
      assert.deepEqual(Object.keys(korean.sentences), Object.keys(english.sentences))
      assert.deepEqual(korean.limits, english.limits)
      for (const [key, text] of Object.entries(english.sentences)) {
        assert.doesNotMatch(text, /[가-힣]/, key)
        assert.match(korean.sentences[key], /[가-힣]|^%s/, key)
      }
    })
  }

  test('limits: are those of the server, and each is used', async () => {
    const { limits } = await dataOf(`/room/${host.room}`, 'ko')
    assert.deepEqual(limits, {
      description: 200, gifBytes: 5 << 20, gifHeight: 352, gifSide: 4096, gifWidth: 544, groupWithin: 5 * 60_000, message: 2000, whispers: 100,
    })
    const source = sourceOf('room.js')
    for (const name of Object.keys(limits)) assert.match(source, new RegExp(`limits\\.${name}\\b|\\{[^{}]*\\b${name}\\b[^{}]*\\}\\) `), `${name} is not used`)
    for (const number of [5 << 20, 2000, 200, 544, 352, 4096]) {
      assert.doesNotMatch(source.replaceAll('_', ''), new RegExp(`\\b${number}\\b(?!\\))`), `${number} is repeated in a script`)
    }
  })
})
