// Where a row stands: messages by seq, whispers among them by time, and what
// is still on its way last.
import { dayOf } from "./time.js"

const groupWithin = 5 * 60_000 // ms; handlers/message.go says the same

const timeOf = row => row.querySelector("time").dateTime

/** Puts a row where it belongs; one without a number goes before the pending. */
export function insert(list, row) {
  let after = list.lastElementChild
  let passed = false // a row with a number
  let one = after
  for (; one; one = one.previousElementSibling) {
    // What only this page has said stands where it was said, and tells nothing
    // of the order of what has a number.
    if (one === row || numbered(row) && !numbered(one) && !waits(one)) continue
    if (!comesAfter(one, row)) break
    after = one.previousElementSibling
    passed ||= numbered(one)
  }
  if (!one && passed) after = null // older than all there is
  if (after !== row) {
    if (after) after.after(row)
    else list.prepend(row)
  }
  group(row)
  if (row.nextElementSibling) group(row.nextElementSibling)
}

const numbered = row => Boolean(Number(row.dataset.seq) || row.dataset.n)

const waits = row => row.matches(".message--pending, .message--failed")

function comesAfter(one, other) {
  const [seq, than] = [Number(one.dataset.seq), Number(other.dataset.seq)]
  if (seq && than) return seq > than
  if (!numbered(one)) return waits(one)
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
