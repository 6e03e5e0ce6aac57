// How the modules of the pages are built: importing one has no effect, so that each can be tested without a browser.
import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../public/js')
const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.js'))
const isEntry = (name) => !name.includes('/') // one for each page: it builds the page
const read = (name) => readFileSync(join(root, name), 'utf8')
const importsOf = (name) => [...read(name).matchAll(/from "(\.[^"]+)"/g)].map(([, path]) => join(name, '..', path))

// Globals of the browser that a module could use while it is imported.
const browserNames = ['document', 'window', 'location', 'navigator', 'localStorage', 'sessionStorage', 'matchMedia', 'addEventListener', 'Image']

describe('the modules of the pages', () => {
  test('there are modules for each page', () => {
    assert.deepEqual(files.filter(isEntry).sort(), ['home.js', 'notice.js', 'room.js'])
    assert.ok(files.length > 25, `${files.length} files`)
  })

  for (const name of files.filter((name) => !isEntry(name))) {
    test(`importing ${name} uses no global of the browser`, async () => {
      const used = []
      for (const global of browserNames) {
        Object.defineProperty(globalThis, global, { configurable: true, get: () => { used.push(global) } })
      }
      await import(join(root, name))
      for (const global of browserNames) delete globalThis[global]
      assert.deepEqual(used, [])
    })

    test(`${name} has no state outside of functions and classes`, () => {
      const state = read(name).match(/^(?:export )?(?:let|var) .*|^(?:export )?const \w+ = (?:\[\]|\{\}|new \w+\(\)).*/gm)
      assert.deepEqual(state ?? [], [])
    })

    test(`${name} exports something that is used`, () => {
      const exported = [...read(name).matchAll(/^export (?:async )?(?:function|class|const) (\w+)/gm)].map(([, exportName]) => exportName)
      assert.ok(exported.length > 0)
      const others = [...files.filter((other) => other !== name).map(read), ...readdirSync(import.meta.dirname).map((test) => readFileSync(join(import.meta.dirname, test), 'utf8'))]
      for (const exportName of exported) assert.ok(others.some((text) => new RegExp(`\\b${exportName}\\b`).test(text)), `${exportName} is not imported`)
    })
  }

  test('no module imports an entry, and there are no cycles', () => {
    const seen = new Set()
    const visit = (name, path) => {
      assert.ok(!path.includes(name), `a cycle: ${[...path, name].join(' → ')}`)
      if (seen.has(name)) return
      for (const imported of importsOf(name)) {
        assert.ok(files.includes(imported), `${name} imports ${imported}`)
        assert.ok(!isEntry(imported), `${name} imports the entry ${imported}`)
        visit(imported, [...path, name])
      }
      seen.add(name)
    }
    for (const name of files) visit(name, [])
    assert.equal(seen.size, files.length)
  })

  test('lib imports nothing of a page, and pages nothing of each other', () => {
    for (const name of files.filter((file) => !isEntry(file))) {
      const folder = name.split('/')[0]
      for (const imported of importsOf(name)) assert.ok([folder, 'lib'].includes(imported.split('/')[0]), `${name} imports ${imported}`)
    }
  })
})
