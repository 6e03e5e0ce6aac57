// A TCP proxy that behaves like a slow network.
import net from 'node:net'
import { once } from 'node:events'
import { pause } from './clients.js'

const interval = 50 // ms between two writes

/**
 * Starts a proxy to a local port: { url, stop() }.
 * @param {{ up, down }} rates bytes per second from a client to the server, and from the server to a client
 */
export async function startSlowLink(port, { up = Infinity, down = Infinity }) {
  const listener = net.createServer((client) => {
    const server = net.connect(port, 'localhost')
    for (const [end, other] of [[client, server], [server, client]]) end.on('error', () => other.destroy())
    client.on('close', () => server.destroy())
    forward(client, server, up)
    forward(server, client, down)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return { url: `http://localhost:${listener.address().port}`, stop: () => listener.close() }
}

/** Writes what it reads, at most `rate` bytes per second. */
async function forward(from, to, rate) {
  if (rate === Infinity) {
    from.pipe(to)
    return
  }
  const size = rate * interval / 1000
  try {
    for await (const chunk of from) {
      for (let at = 0; at < chunk.length; at += size) {
        to.write(chunk.subarray(at, at + size))
        await pause(interval)
      }
    }
  } catch { } // one of the ends was closed
  to.end()
}
