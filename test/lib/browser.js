// Pages in Chromium. Each page has a browser context of its own and records its errors.
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

let browser // a promise, because two tests may launch it at once
after(async () => (await browser)?.close())

const sharedBrowser = () => browser ??= launchBrowser()

/** Launches another browser with additional arguments. The caller closes it. */
export function launchBrowser(...args) {
  return chromium.launch({
    executablePath: executable(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', ...args],
  })
}

function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  // The headless shell has the same engine and needs two thirds of the processor time.
  for (const name of ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
    } catch { /* try the next name */ }
  }
  throw new Error('no Chromium found; set CHROMIUM to its path')
}

/** Opens a page in a context of its own. page.errors collects exceptions, console errors and warnings. */
export async function openPage(server, options = desktop) {
  const context = await (await sharedBrowser()).newContext({ locale: 'ko-KR', baseURL: server.url, ...options })
  context.setDefaultTimeout(eventTimeout)
  // Closing a context while its page loads sometimes never ends. The browser is
  // closed at the end anyway.
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

/** Fails if a page has errors. `allowed` are patterns of expected errors. */
export function assertNoErrors(pages, ...allowed) {
  for (const page of pages) {
    assert.deepEqual(page.errors.filter((line) => !allowed.some((pattern) => pattern.test(line))), [])
  }
}

export const screenshot = (page, name) => page.screenshot({ path: join(screenshots, `${name}.png`) })
