// A TCP proxy that breaks connections like an unreliable network.
import net from 'node:net'
import { after } from 'node:test'

const open = new Set()
after(() => open.forEach((proxy) => proxy.close()))

/** Returns a generator of numbers from 0 to 1 that a seed reproduces (mulberry32). */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The environment variable SEED reproduces the choices of a run, but not its timing. */
export const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))

const faults = {
  reset: (pair) => pair.ends.forEach((end) => end.resetAndDestroy()),
  finish: (pair) => pair.ends.forEach((end) => end.end()),
  stall: (pair, dice) => {
    pair.ends.forEach((end) => end.pause())
    setTimeout(() => pair.ends.forEach((end) => end.resume()), 200 + dice() * 1800).unref()
  },
  // Neither side gets a FIN or RST; each notices it by a timeout.
  vanish: (pair) => {
    pair.vanished = true
    setTimeout(() => pair.ends.forEach((end) => end.destroy()), 15_000).unref()
  },
}

/**
 * Starts a proxy to a local port: { url, counts, start(), stop() }.
 * @param every ms between two rounds of faults
 * @param share of the connections that each round breaks
 * @param delay of the bytes in each direction, in ms
 */
export async function startFaultProxy(port, { dice = random(seed), every = 2000, share = 0.15, kinds = Object.keys(faults), delay = 0 } = {}) {
  const pairs = new Set()
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0]))
  let refusing = false
  const server = net.createServer({ noDelay: true }, (near) => {
    if (refusing) return near.on('error', () => {}).resetAndDestroy()
    const far = net.connect({ port, host: 'localhost', noDelay: true })
    const pair = { ends: [near, far], vanished: false }
    pairs.add(pair)
    for (const [from, to] of [[near, far], [far, near]]) {
      const forward = (bytes) => {
        if (!pair.vanished && !to.destroyed && !to.write(bytes)) from.pause()
      }
      const delayed = (action) => (...args) => { if (delay) setTimeout(action, delay, ...args); else action(...args) }
      from.on('data', delayed(forward))
      to.on('drain', () => from.resume())
      from.on('end', delayed(() => pair.vanished || to.end()))
      from.on('error', () => pair.vanished || to.destroy())
      from.on('close', () => {
        if (pair.vanished && !to.destroyed) return // stop() closes the other end
        pairs.delete(pair)
        if (!pair.vanished) delayed(() => to.destroy())()
      })
    }
  })
  await new Promise((resolve) => server.listen(0, 'localhost', resolve))
  let rounds
  const proxy = {
    url: `http://localhost:${server.address().port}`,
    counts,
    start() {
      rounds = setInterval(() => {
        for (const pair of [...pairs]) {
          if (pair.vanished || dice() >= share) continue
          const kind = kinds[Math.floor(dice() * kinds.length)]
          counts[kind]++
          faults[kind](pair, dice)
        }
      }, every)
    },
    /** Ends the faults and closes vanished connections, so that both sides notice. */
    stop() {
      clearInterval(rounds)
      for (const pair of pairs) if (pair.vanished) pair.ends.forEach((end) => end.destroy())
    },
    /** Resets all connections now and refuses new ones for ms. */
    async cut(ms = 0) {
      refusing = true
      for (const pair of [...pairs]) faults.reset(pair)
      await new Promise((resolve) => setTimeout(resolve, ms))
      refusing = false
    },
    close() {
      clearInterval(rounds)
      open.delete(proxy)
      server.close()
      for (const pair of pairs) pair.ends.forEach((end) => end.destroy())
    },
  }
  open.add(proxy)
  return proxy
}
