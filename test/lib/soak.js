// `make soak` sets SOAK=1: the long forms of the promises (docs/promises.md).
export const soak = Boolean(process.env.SOAK)

/** The first in `make test`, the second in `make soak`. */
export const sized = (short, long) => (soak ? long : short)

/** The value below which that share of the values is, rounded. */
export function nth(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))])
}
