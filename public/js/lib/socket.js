// The stock client, from the same server and the same version folder. It is
// imported late, so that a build without it still has working pages.

/** Opens a namespace. */
export async function connect(namespace, options) {
  const { io } = await import("../vendor/socket.io.esm.min.js")
  return io(namespace, options)
}

const answerWithin = 8_000 // ms

/** Asks the server; null when it does not answer. */
export const ask = (socket, event, what) =>
  socket.timeout(answerWithin).emitWithAck(event, what).catch(() => null)

const pause = 1_500 // ms
const passing = ["rate_limited", "unavailable", "internal"]

/** After how many ms one may ask again who has answered so, or not at all; 0 if the answer would be the same. */
export const askAgainIn = answer => !answer || passing.includes(answer.reason) ? answer?.retryAfter || pause : 0
