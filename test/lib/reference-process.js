// Starts the official Socket.IO server (reference.js) in a process of its own.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { withTimeout } from './clients.js'
import { eventTimeout } from './sizes.js'

export async function startReference(options = {}) {
  const child = fork(join(import.meta.dirname, 'reference.js'), [JSON.stringify(options)])
  const [port] = await withTimeout(eventTimeout, once(child, 'message'), 'the reference server')
  return { child, port, url: `http://localhost:${port}`, ws: `ws://localhost:${port}`, stop: () => child.kill() }
}
