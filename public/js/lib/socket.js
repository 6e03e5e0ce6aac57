// The stock Socket.IO client, from the page's own server.

const answerWithin = 8_000 // ms

/** Opens a namespace. The import is dynamic, so that the pages work in a build without the client. */
export async function connect(namespace, options) {
  const { io } = await import("../../vendor/socket.io.esm.min.js")
  return io(namespace, options)
}

/** Emits an event and resolves to the server's answer, or to null if none comes within 8 s. */
export const request = (socket, event, data) =>
  socket.timeout(answerWithin).emitWithAck(event, data).catch(() => null)
