const language = document.documentElement.lang
const clock = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" })
const clockWithSeconds = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })
const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" })
const day = new Intl.DateTimeFormat(language, { dateStyle: "full" })

/** Shows a <time>'s own datetime the way its reader writes times. */
export function showTime(element) {
  const date = new Date(element.dateTime)
  element.textContent = clock.format(date)
  element.title = full.format(date)
}

/** The day of a date, as a line in the log shows it. */
export const dayOf = iso => day.format(new Date(iso))

/** The time now, to the second. */
export const secondsNow = () => clockWithSeconds.format(new Date())
