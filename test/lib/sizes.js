// The sizes of the tests: `make test` runs the short form of each, `make
// test-long` sets LONG=1 and `make soak` sets SOAK=1 (docs/promises.md).
import { test } from 'node:test'

export const soak = Boolean(process.env.SOAK)
const long = soak || Boolean(process.env.LONG)

/** A test that only `make test-long` runs: it needs more than ten seconds, hundreds of connections, or a promised time. */
export const longTest = long ? test : () => {}

/** Returns the list, or in `make test` every second item. */
export const someOf = (list) => (long ? list : list.filter((_, i) => i % 2 === 0))

/** Returns the first value in `make test` and `make test-long`, the second in `make soak`. */
export const sized = (short, soaked) => (soak ? soaked : short)

/** Timeout in ms for an event that takes milliseconds on a quiet machine. */
export const eventTimeout = 60_000

/**
 * Returns the bound for a promised time, in ms. `make soak` runs on an idle machine and gets the time itself, `make
 * test-long` five times as much. `make test` runs beside busy processes and only detects a hang.
 */
export const promised = (ms) => (soak ? ms : long ? 5 * ms : eventTimeout)

/**
 * Returns the bound for promised memory, in MiB: `make test` allows twice as much, because a busy machine delays the
 * garbage collector.
 */
export const promisedMiB = (mib) => (long ? mib : 2 * mib)

/** Returns a quantile of the values, rounded: share is 0 to 1. */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))])
}
