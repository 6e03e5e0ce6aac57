// Places rows in the log, and shows which rows belong together.
import { continues, newDay, rowBefore } from "./order.js"

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
