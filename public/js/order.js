// Where a row stands: messages by seq, whispers among them by time, and what
// is still on its way last.
import { dayOf } from "./time.js"

const groupWithin = 5 * 60_000 // ms; handlers/message.go says the same

const timeOf = row => row.querySelector("time").dateTime

/** Puts a row where it belongs; one without a number goes before the pending. */
export function insert(list, row) {
  let after = list.lastElementChild
  while (after && after !== row && comesAfter(after, row)) after = after.previousElementSibling
  if (after !== row) {
    if (after) after.after(row)
    else list.prepend(row)
  }
  group(row)
  if (row.nextElementSibling) group(row.nextElementSibling)
}

function comesAfter(one, other) {
  const [seq, than] = [Number(one.dataset.seq), Number(other.dataset.seq)]
  if (seq && than) return seq > than
  if (!seq && !one.dataset.n) return one.matches(".message--pending, .message--failed")
  // ISO times of the server: as text they are in the order of time.
  return Boolean(one.dataset.n || other.dataset.n) && timeOf(one) > timeOf(other)
}

/** Joins a row to the one above if the same person said both, and begins a day. */
export function group(row) {
  const before = row.previousElementSibling
  const [now, then] = [row, before].map(r => r && timeOf(r))
  const alone = ".system, .message--whisper"
  row.classList.toggle("message--follows", Boolean(before) && !row.matches(alone) && !before.matches(alone) &&
    before.dataset.user === row.dataset.user && new Date(now) - new Date(then) < groupWithin)
  const newDay = dayOf(now) !== (then ? dayOf(then) : dayOf(new Date()))
  if (newDay) row.dataset.day = dayOf(now)
  else delete row.dataset.day
}
