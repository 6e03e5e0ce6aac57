// People with a browser: one context each, and nothing they must not see.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'
import { eventTimeout } from './sizes.js'

const screenshots = join(import.meta.dirname, '../screenshots')
mkdirSync(screenshots, { recursive: true })

export const desktop = { viewport: { width: 1280, height: 800 } }
export const phone = { viewport: { width: 375, height: 700 }, hasTouch: true, isMobile: true }
export const dark = { ...desktop, colorScheme: 'dark' }

let browser // a promise: two people may come at once
after(async () => (await browser)?.close())

const launch = () => browser ??= start()

/** A browser of its own, with more arguments; the caller closes it. */
export function start(...args) {
  return chromium.launch({
    executablePath: executable(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', ...args],
  })
}

function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  // The headless shell is the same engine and needs two thirds of the processor time.
  for (const name of ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
    } catch { /* the next one */ }
  }
  throw new Error('no Chromium found; set CHROMIUM to its path')
}

/** A page in a context of its own; complaints gathers what went wrong in it. */
export async function openPage(server, options = desktop) {
  const context = await (await launch()).newContext({ locale: 'ko-KR', baseURL: server.url, ...options })
  context.setDefaultTimeout(eventTimeout)
  // Now and then a context that is closed while its page loads never is. The
  // browser is closed in the end anyway.
  const close = context.close.bind(context)
  context.close = () => Promise.race([close(), new Promise((resolve) => { setTimeout(resolve, 5000).unref() })])
  const page = await context.newPage()
  page.errors = []
  page.on('pageerror', (error) => page.errors.push(`exception: ${error.message}`))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.errors.push(`${message.type()}: ${message.text()} ${message.location().url}`)
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => console.error('policy', e.violatedDirective, e.blockedURI))
  })
  return page
}

/** What nobody complained about; allowed are patterns of expected complaints. */
export function assertNoErrors(pages, ...allowed) {
  for (const page of pages) {
    assert.deepEqual(page.errors.filter((line) => !allowed.some((pattern) => pattern.test(line))), [])
  }
}

export const screenshot = (page, name) => page.screenshot({ path: join(screenshots, `${name}.png`) })
