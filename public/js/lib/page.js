// The data that the server puts into a page for its scripts.
import { timeFormats } from "./time.js"
import { translator } from "./words.js"

/**
 * Reads a page's data: its language, its sentences as t, the server's limits, and the formats of times.
 * @typedef {{lang: string, t: Translate, limits: Record<string, number>, time: TimeFormats}} Page
 * @returns {Page}
 */
export function readPage(document) {
  const { words, limits } = JSON.parse(document.querySelector("#page-data").textContent)
  const lang = document.documentElement.lang
  return { lang, limits, t: translator(words), time: timeFormats(lang) }
}
