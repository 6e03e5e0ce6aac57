// Many load clients in several rooms of one server, and the check of their ledgers.
import { Ledger } from './ledger.js'
import { Talker } from './talker.js'
import { pause, until, transportModes } from './clients.js'
import { Visitor } from './visitor.js'

/** Settings for many clients at one address. */
export const fromOneAddress = { RATE_ADDRESS: 'off', RATE_ROOM: 'off', RATE_SESSION_ADDRESS: 'off', RATE_CONNECT: 'off', RATE_CONNECT_ADDRESS: 'off' }

const [polling, websocket, upgrade] = Object.values(transportModes)
const mix = [polling, websocket, upgrade, polling, websocket, upgrade, polling, websocket, upgrade, upgrade] // 30 % stay on polling

// The largest message, 8 KB. floodSize of them are more than any socket buffers.
const long = '😀'.repeat(1990)
const floodSize = 1500

export class Crowd {
  ledger = new Ledger()
  talkers = []
  #flooded = [] // the members of the flooded room
  #keepers = new Map() // by room: the visitor who created it
  #server
  #dice

  constructor(server, dice) {
    this.#server = server
    this.#dice = dice
  }

  /** Creates rooms and clients with a session each, and waits until every client has joined its room. */
  async gather(clients, rooms, url = this.#server.url) {
    const ids = []
    for (let i = 0; i < rooms; i++) ids.push(await this.#room(`${i}`))
    for (let i = 0; i < clients; i++) this.talkers.push(await this.#seat(ids[i % rooms], `client-${i}`, url, mix[i % mix.length]))
    await Promise.all(this.talkers.map((talker) => talker.ready()))
  }

  async #room(title) {
    const keeper = new Visitor(this.#server)
    await keeper.get('/')
    const room = await keeper.createRoom({ title, max: 100 })
    this.#keepers.set(room, keeper)
    return room
  }

  async #seat(room, name, url, mode) {
    const visitor = new Visitor(this.#server)
    await visitor.get('/')
    return new Talker(url, { name, room, cookie: visitor.cookie, ledger: this.ledger, ...mode })
  }

  /**
   * Sends messages for ms, or until over() returns true. `every` is the mean time in ms between two messages of a client.
   * `restless` is the probability that a client leaves the room, or stops reading, in place of sending.
   */
  async talk(ms, every, { restless = 0.005, over = () => false } = {}) {
    const end = performance.now() + ms
    await Promise.all(this.talkers.map(async (talker) => {
      for (let n = 0; performance.now() < end && !over(); n++) {
        await pause(this.#dice() * 2 * every)
        const whim = this.#dice()
        if (whim < restless) await talker.goOut(500 + this.#dice() * 3000)
        else if (whim < 2 * restless) await talker.sleep(pause(500 + this.#dice() * 3000))
        else await talker.postMessage(`${talker.name} says ${n}: 안녕하세요 😀`)
      }
    }))
  }

  /** Sends `rate` messages a second over all clients until over() returns true. A late client catches up. */
  async recite(rate, over) {
    const [begun, every] = [performance.now(), this.talkers.length * 1000 / rate]
    await Promise.all(this.talkers.map(async (talker) => {
      for (let n = 0; !over(); n++) {
        await pause(Math.max(0, begun + (n + this.#dice()) * every - performance.now()))
        await talker.postMessage(`${talker.name} says ${n}: 안녕하세요 😀`)
      }
    }))
  }

  /**
   * Sends bursts to a room with clients that do not read. A burst is more than their sockets and queues hold, so
   * the server cuts at least two of them, and they must recover every message. RATE_VISITOR has to be off.
   * @param url for a third client that does not read; behind a proxy its buffers are larger, so it may stay uncut
   */
  async flood(times, every, url) {
    const [, websocket, upgrade] = Object.values(transportModes)
    const room = await this.#room('flooded')
    const sender = await this.#seat(room, 'flood', this.#server.url, websocket)
    const listener = await this.#seat(room, 'flooded', url, upgrade)
    const slow = []
    for (let i = 0; i < 3; i++) slow.push(await this.#seat(room, `slow-${i}`, i === 2 ? url : this.#server.url, websocket))
    this.#flooded.push(sender, listener, ...slow)
    for (let n = 0; n < times || (this.cuts === 0 && n < 5 * times); n++) { // on a busy machine a burst may cut nobody
      await Promise.all(this.#flooded.map((talker) => talker.ready()))
      const [before, sent] = [this.cuts, sender.acked]
      // After 4 s the clients may miss a ping.
      const over = until(() => this.cuts >= before + 2 || sender.acked >= sent + floodSize, 'two slow clients cut', 4000).catch(() => {})
      let enough = Infinity
      over.then(() => { enough = sender.acked + 100 }) // more than recovery keeps
      await Promise.all([
        ...slow.map((talker) => talker.sleep(over)),
        ...Array.from({ length: 20 }, async () => { while (sender.acked < enough) await sender.postMessage(`${n} ${long}`) }),
      ])
      await pause(every)
    }
  }

  /** Waits until every client has every message, reads all histories, stops the server and checks the ledger. Returns its counts. */
  async settle() {
    await Promise.all(this.#all.map((talker) => talker.ready()))
    // A client that disconnected may still cause a notice, until its leave grace is over.
    const heads = () => Promise.all([...this.#keepers].map(([room, keeper]) => newest(keeper, room)))
    for (let before, now = await heads(); `${before}` !== `${now}`; now = await heads()) {
      before = now
      await pause(2500)
    }
    for (const [room, keeper] of this.#keepers) {
      const head = await newest(keeper, room)
      await Promise.all(this.#all.filter((talker) => talker.room === room).map((talker) => talker.finish(head)))
      await this.ledger.read(keeper, room)
    }
    this.#all.forEach((talker) => { talker.over = true })
    await this.#server.stop()
    this.#all.forEach((talker) => talker.socket.disconnect())
    await until(() => this.#all.every((talker) => !talker.socket.connected), 'every client disconnected')
    return this.ledger.check(this.#server)
  }

  /** Returns the visitor who created a room. */
  keeper(room) { return this.#keepers.get(room) }

  get #all() { return [...this.talkers, ...this.#flooded] }

  get acked() { return this.talkers.reduce((sum, talker) => sum + talker.acked, 0) }
  get recoveries() { return this.talkers.flatMap((talker) => talker.recoveries) }
  get floodRecoveries() { return this.#flooded.flatMap((talker) => talker.recoveries) } // each of some megabytes

  get pauses() { return this.#all.reduce((sum, talker) => sum + talker.pauses, 0) }
  get outings() { return this.#all.reduce((sum, talker) => sum + talker.outings, 0) }

  /** The number of slow clients that the server has cut. */
  get cuts() { return this.#server.logs.split('closing a slow client').length - 1 }
}

async function newest(visitor, room) {
  const { messages } = await (await visitor.get(`/room/${room}/messages?limit=1`)).json()
  return messages[0]?.seq ?? 0
}
