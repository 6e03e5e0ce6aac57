// The order of the log: messages by seq, whispers among them by time, and messages that are still being sent last.

/**
 * @typedef {object} Row
 * @property {number} seq of a message; 0 without one
 * @property {number} n of a whisper; 0 without one
 * @property {string} time ISO 8601 in UTC: as text it sorts by time
 * @property {boolean} waiting the row is being sent, or was not sent
 */

/**
 * Returns the row after which a row belongs, or null if it belongs at the beginning.
 * @param {Iterable<Row>} rows the other rows, from the last to the first
 * @param {Row} row
 */
export function rowBefore(rows, row) {
  let candidate // the lowest row above those that belong after row
  let passedNumbered = false
  for (const other of rows) {
    candidate ??= other
    // A line that only this page shows has no number. It keeps its place, and does not decide the place of others.
    if (isNumbered(row) && !isNumbered(other) && !other.waiting) continue
    if (!belongsAfter(other, row)) return candidate
    candidate = undefined
    passedNumbered ||= isNumbered(other)
  }
  return passedNumbered ? null : candidate ?? null // null: older than all numbered rows
}

const isNumbered = ({ seq, n }) => Boolean(seq || n)

/** Reports whether other has its place after row. */
function belongsAfter(other, row) {
  if (other.seq && row.seq) return other.seq > row.seq
  if (!isNumbered(other)) return other.waiting
  return Boolean(other.n || row.n) && other.time > row.time
}

/**
 * Reports whether a row continues the row before it: the same person wrote both, less than within ms apart.
 * @param {{user: string, time: string, separate: boolean}|null} before separate rows are notices and whispers
 */
export function continues(row, before, within) {
  return Boolean(before) && !row.separate && !before.separate && row.user === before.user &&
    new Date(row.time) - new Date(before.time) < within
}

/** Returns the day that a row begins, or "". The first row of a log begins a day unless the day is today. */
export function newDay(row, before, { day }, now = new Date()) {
  const rowDay = day(row.time)
  return rowDay === day(before ? before.time : now) ? "" : rowDay
}

const factsOf = row => row && {
  row,
  seq: Number(row.dataset.seq) || 0,
  n: Number(row.dataset.n) || 0,
  user: row.dataset.user,
  time: row.querySelector("time").dateTime,
  waiting: row.matches(".message--pending, .message--failed"),
  separate: row.matches(".system, .message--whisper"),
}

/** Yields the facts of a list's rows but one, from the last to the first. */
function* backwards(list, except) {
  for (let row = list.lastElementChild; row; row = row.previousElementSibling) {
    if (row !== except) yield factsOf(row)
  }
}

/** Puts a row into its place. A row without a number goes before those that are being sent. */
export function placeRow(list, row, page) {
  const before = rowBefore(backwards(list, row), factsOf(row))?.row ?? null
  const inPlace = row.parentElement === list && row.previousElementSibling === before
  if (!inPlace) {
    if (before) before.after(row)
    else list.prepend(row)
  }
  groupRow(row, page)
  if (row.nextElementSibling) groupRow(row.nextElementSibling, page)
}

/** Joins a row to the row above if it continues it, and shows the day that it begins. */
export function groupRow(row, { limits, time }) {
  const [facts, before] = [row, row.previousElementSibling].map(factsOf)
  row.classList.toggle("message--follows", continues(facts, before, limits.groupWithin))
  const day = newDay(facts, before, time)
  if (day) row.dataset.day = day
  else delete row.dataset.day
}
