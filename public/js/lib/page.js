// What the server puts into a page for its scripts: sentences in the page's language, and limits.

/**
 * Reads a page's data: its language, its sentences as t, the server's limits, and the formats of times.
 * @typedef {{lang: string, t: Translate, limits: Record<string, number>, time: TimeFormats}} Page
 * @returns {Page}
 */
export function readPage(document) {
  const { sentences, limits } = JSON.parse(document.querySelector("#page-data").textContent)
  const lang = document.documentElement.lang
  return { lang, limits, t: translator(sentences), time: timeFormats(lang) }
}

/**
 * Returns t, which looks up a sentence by its key. Each %s in the sentence becomes the second argument, mostly a name,
 * and each %c the third. An unknown key is returned as it is, so that the mistake shows on the page.
 * @typedef {(key: string, s?: string|number, c?: string|number) => string} Translate
 * @returns {Translate}
 */
export const translator = sentences => (key, s = "", c = "") =>
  (sentences[key] ?? key).replace(/%[sc]/g, placeholder => placeholder === "%s" ? s : c)

/** Returns what the page calls a person: the nickname, or the colour of a person without one. */
export const nameOf = ({ nick, color }) => nick || color

/**
 * Returns the formats of times in a language.
 * @typedef {{show: (element: HTMLTimeElement) => void, day: (iso: string|Date) => string, seconds: (date: Date) => string}} TimeFormats
 * @returns {TimeFormats}
 */
export function timeFormats(lang) {
  const clock = new Intl.DateTimeFormat(lang, { hour: "numeric", minute: "2-digit" })
  const clockWithSeconds = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })
  const full = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "short" })
  const day = new Intl.DateTimeFormat(lang, { dateStyle: "full" })
  return {
    /** Shows the time of a <time>'s datetime, and its date as the title. */
    show(element) {
      const date = new Date(element.dateTime)
      element.textContent = clock.format(date)
      element.title = full.format(date)
    },

    /** Returns the day of a date, as the message log shows it. */
    day: iso => day.format(new Date(iso)),

    /** Returns the time of a date, to the second. */
    seconds: date => clockWithSeconds.format(date),
  }
}
