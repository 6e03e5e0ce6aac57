// Times as a reader of the page's language writes them.

/**
 * Returns the formats of a language.
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
