// The sizes of the tests: `make test` runs the quick form of each, `make
// test-long` sets LONG=1 and `make soak` SOAK=1 (docs/promises.md).
import { test } from 'node:test'

export const soak = Boolean(process.env.SOAK)
const long = soak || Boolean(process.env.LONG)

/** A test that `make test` leaves to `make test-long`: it needs more than ten seconds, hundreds of connections, or a promised time. */
export const longTest = long ? test : () => {}

/** What `make test` takes of a list: every other one. */
export const someOf = (list) => (long ? list : list.filter((_, i) => i % 2 === 0))

/** The first in `make test` and `make test-long`, the second in `make soak`. */
export const sized = (short, soaked) => (soak ? soaked : short)

/** How long a test waits for an event that comes within milliseconds on a quiet machine: in ms. */
export const eventTimeout = 60_000

/**
 * The bound for a time that is promised, in ms. Only `make soak` measures on a machine that does nothing else; `make
 * test-long` allows five times as much, and `make test` beside busy processes only finds what hangs.
 */
export const promised = (ms) => (soak ? ms : long ? 5 * ms : eventTimeout)

/** The value below which that share of the values is, rounded. */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))])
}
