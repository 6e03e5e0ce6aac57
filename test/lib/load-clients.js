// A group of load clients in several rooms of one server, and the check of their ledgers.
import { Ledger } from './ledger.js'
import { LoadClient } from './load-client.js'
import { pause, until, transportModes } from './clients.js'
import { Visitor } from './visitor.js'

/** Settings for many clients at one address. */
export const fromOneAddress = { RATE_ADDRESS: 'off', RATE_ROOM: 'off', RATE_SESSION_ADDRESS: 'off', RATE_CONNECT: 'off', RATE_CONNECT_ADDRESS: 'off' }

const [polling, websocket, upgrade] = Object.values(transportModes)
const mix = [polling, websocket, upgrade, polling, websocket, upgrade, polling, websocket, upgrade, upgrade] // 30 % stay on polling

// The largest message, 8 KB. floodSize of them are more than any socket buffers.
const long = '😀'.repeat(1990)
const floodSize = 1500

/** A group of load clients, and the owners of their rooms. */
export class LoadClients {
  ledger = new Ledger()
  clients = []
  #floodClients = [] // the members of the flooded room
  #owners = new Map() // by room
  #server
  #dice

  constructor(server, dice) {
    this.#server = server
    this.#dice = dice
  }

  /** Creates rooms and clients with a session each, and waits until every client has joined its room. */
  async start(count, rooms, url = this.#server.url) {
    const ids = []
    for (let i = 0; i < rooms; i++) ids.push(await this.#createRoom(`${i}`))
    for (let i = 0; i < count; i++) this.clients.push(await this.#addClient(ids[i % rooms], `client-${i}`, url, mix[i % mix.length]))
    await Promise.all(this.clients.map((client) => client.ready()))
  }

  async #createRoom(title) {
    const owner = new Visitor(this.#server)
    await owner.get('/')
    const room = await owner.createRoom({ title, max: 100 })
    this.#owners.set(room, owner)
    return room
  }

  async #addClient(room, name, url, mode) {
    const visitor = new Visitor(this.#server)
    await visitor.get('/')
    return new LoadClient(url, { name, room, cookie: visitor.cookie, ledger: this.ledger, ...mode })
  }

  /**
   * Sends messages for ms, or until over() returns true. `every` is the mean time in ms between two messages of a client.
   * `interruption` is the probability that a client leaves the room, or stops reading, in place of sending.
   */
  async sendRandomly(ms, every, { interruption = 0.005, over = () => false } = {}) {
    const end = performance.now() + ms
    await Promise.all(this.clients.map(async (client) => {
      for (let n = 0; performance.now() < end && !over(); n++) {
        await pause(this.#dice() * 2 * every)
        const choice = this.#dice()
        if (choice < interruption) await client.leaveFor(500 + this.#dice() * 3000)
        else if (choice < 2 * interruption) await client.pauseReading(pause(500 + this.#dice() * 3000))
        else await client.postMessage(`${client.name} says ${n}: 안녕하세요 😀`)
      }
    }))
  }

  /** Sends `rate` messages a second over all clients until over() returns true. A late client catches up. */
  async sendAtRate(rate, over) {
    const [startedAt, every] = [performance.now(), this.clients.length * 1000 / rate]
    await Promise.all(this.clients.map(async (client) => {
      for (let n = 0; !over(); n++) {
        await pause(Math.max(0, startedAt + (n + this.#dice()) * every - performance.now()))
        await client.postMessage(`${client.name} says ${n}: 안녕하세요 😀`)
      }
    }))
  }

  /**
   * Sends bursts to a room with clients that do not read. A burst is more than their sockets and queues hold, so
   * the server cuts at least two of them, and they must recover every message. RATE_VISITOR has to be off.
   * @param url for a third client that does not read; behind a proxy its buffers are larger, so the server may not cut it
   */
  async flood(times, every, url) {
    const [, websocket, upgrade] = Object.values(transportModes)
    const room = await this.#createRoom('flooded')
    const sender = await this.#addClient(room, 'flood', this.#server.url, websocket)
    const listener = await this.#addClient(room, 'flooded', url, upgrade)
    const slow = []
    for (let i = 0; i < 3; i++) slow.push(await this.#addClient(room, `slow-${i}`, i === 2 ? url : this.#server.url, websocket))
    this.#floodClients.push(sender, listener, ...slow)
    for (let n = 0; n < times || (this.cuts === 0 && n < 5 * times); n++) { // on a busy machine a burst may cut no client
      await Promise.all(this.#floodClients.map((client) => client.ready()))
      const [before, sent] = [this.cuts, sender.acked]
      // After 4 s the clients may miss a ping.
      const over = until(() => this.cuts >= before + 2 || sender.acked >= sent + floodSize, 'two slow clients cut', 4000).catch(() => {})
      let enough = Infinity
      over.then(() => { enough = sender.acked + 100 }) // more than recovery keeps
      await Promise.all([
        ...slow.map((client) => client.pauseReading(over)),
        ...Array.from({ length: 20 }, async () => { while (sender.acked < enough) await sender.postMessage(`${n} ${long}`) }),
      ])
      await pause(every)
    }
  }

  /** Waits until every client has every message, reads all histories, stops the server and checks the ledger. Returns its counts. */
  async stopAndCheck() {
    await Promise.all(this.#all.map((client) => client.ready()))
    // A client that disconnected may still cause a notice, until its leave grace is over.
    const heads = () => Promise.all([...this.#owners].map(([room, owner]) => newest(owner, room)))
    for (let before, now = await heads(); `${before}` !== `${now}`; now = await heads()) {
      before = now
      await pause(2500)
    }
    for (const [room, owner] of this.#owners) {
      const head = await newest(owner, room)
      await Promise.all(this.#all.filter((client) => client.room === room).map((client) => client.finish(head)))
      await this.ledger.read(owner, room)
    }
    this.#all.forEach((client) => { client.over = true })
    await this.#server.stop()
    this.#all.forEach((client) => client.socket.disconnect())
    await until(() => this.#all.every((client) => !client.socket.connected), 'every client disconnected')
    return this.ledger.check(this.#server)
  }

  /** Returns the visitor who created a room. */
  ownerOf(room) { return this.#owners.get(room) }

  get #all() { return [...this.clients, ...this.#floodClients] }

  get acked() { return this.clients.reduce((sum, client) => sum + client.acked, 0) }
  get recoveries() { return this.clients.flatMap((client) => client.recoveries) }
  get floodRecoveries() { return this.#floodClients.flatMap((client) => client.recoveries) } // each of some megabytes

  get pauses() { return this.#all.reduce((sum, client) => sum + client.pauses, 0) }
  get absences() { return this.#all.reduce((sum, client) => sum + client.absences, 0) }

  /** The number of slow clients that the server has cut. */
  get cuts() { return this.#server.logs.split('closing a slow client').length - 1 }
}

async function newest(visitor, room) {
  const { messages } = await (await visitor.get(`/room/${room}/messages?limit=1`)).json()
  return messages[0]?.seq ?? 0
}
