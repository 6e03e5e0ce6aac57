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
