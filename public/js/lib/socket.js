// Requests to the server, and what its answers mean: repeat the request now, later or never. docs/events.md lists the
// reasons of refusals.

const answerWithin = 8_000 // ms

/** Opens a namespace. The import is dynamic, so that the pages work in a build without the client. */
export async function connect(namespace, options) {
  const { io } = await import("../../vendor/socket.io.esm.min.js")
  return io(namespace, options)
}

/** Emits an event and resolves to the server's answer, or to null if none comes within 8 s. */
export const request = (socket, event, data) =>
  socket.timeout(answerWithin).emitWithAck(event, data).catch(() => null)

// The same request would get the same refusal.
const finalReasons = new Set(["invalid", "too_large", "not_found", "banned", "foreign", "no_route", "no_method"])
const finalStatuses = new Set([400, 404, 405, 413, 415])

/** Reports whether a refusal is final. The HTTP status decides when the refusal has no reason. */
export const isFinal = (reason, status = 0) => reason ? finalReasons.has(reason) : finalStatuses.has(status)

/** Reports whether the same request can succeed soon, by the reason of its refusal. */
export const isTemporary = reason => reason === "rate_limited" || reason === "unavailable"

const defaultDelay = 1_500 // ms

/**
 * Returns after how many ms to repeat a request, or 0 if the answer would stay the same.
 * @param {object|null} answer is null when the server did not answer
 */
export function retryDelay(answer) {
  if (answer && !isTemporary(answer.reason) && answer.reason !== "internal") return 0
  return answer?.retryAfter || defaultDelay
}

/** Resolves after a time in ms. */
export const wait = ms => new Promise(resolve => setTimeout(resolve, ms))
