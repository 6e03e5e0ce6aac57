// Many talkers in some rooms of one server, and the end of their talk.
import { Ledger } from './ledger.js'
import { Talker } from './talker.js'
import { pause, until, transportModes } from './clients.js'
import { Visitor } from './visitor.js'

/** Settings for a crowd, all of which comes from one address. */
export const fromOneAddress = { RATE_ADDRESS: 'off', RATE_ROOM: 'off', RATE_SESSION_ADDRESS: 'off', RATE_CONNECT: 'off', RATE_CONNECT_ADDRESS: 'off' }

const [polling, websocket, upgrade] = Object.values(transportModes)
const mix = [polling, websocket, upgrade, polling, websocket, upgrade, polling, websocket, upgrade, upgrade] // 30 % stay on polling

// 8 KB, the most that one message may be; and so many of them are more than any socket holds.
const long = '😀'.repeat(1990)
const mostSaid = 1500

export class Crowd {
  ledger = new Ledger()
  talkers = []
  #flooded = [] // those in the room that is flooded
  #keepers = new Map() // by room: the visitor who has made it
  #server
  #dice

  constructor(server, dice) {
    this.#server = server
    this.#dice = dice
  }

  /** Everybody has a cookie, gets into a room, and says so when it is there. */
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

  /** Talks for so long, or until it is over; each says something every so often, on average. Some leave, some do not listen for a while. */
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

  /** Says so much a second in all, until it is over: who is late hurries. */
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
   * In a room of its own somebody says now and then, in a second or so, more than
   * the sockets and the queues of two hold who do not read: the server cuts them,
   * and they have to have all of it. For that the rate of a visitor has to be off.
   * @param url where a third one is, whom nobody waits for: behind a proxy there is room for more
   */
  async flood(times, every, url) {
    const [, websocket, upgrade] = Object.values(transportModes)
    const room = await this.#room('flooded')
    const speaker = await this.#seat(room, 'flood', this.#server.url, websocket)
    const listener = await this.#seat(room, 'flooded', url, upgrade)
    const slow = []
    for (let i = 0; i < 3; i++) slow.push(await this.#seat(room, `slow-${i}`, i === 2 ? url : this.#server.url, websocket))
    this.#flooded.push(speaker, listener, ...slow)
    for (let n = 0; n < times || (this.cuts === 0 && n < 5 * times); n++) { // a busy machine floods slowly
      await Promise.all(this.#flooded.map((talker) => talker.ready()))
      const [before, said] = [this.cuts, speaker.acked]
      // Where a ping is missed after four seconds, it ends then.
      const over = until(() => this.cuts >= before + 2 || speaker.acked >= said + mostSaid, 'they are cut', 4000).catch(() => {})
      let enough = Infinity
      over.then(() => { enough = speaker.acked + 100 }) // more than they get back without asking
      await Promise.all([
        ...slow.map((talker) => talker.sleep(over)),
        ...Array.from({ length: 20 }, async () => { while (speaker.acked < enough) await speaker.postMessage(`${n} ${long}`) }),
      ])
      await pause(every)
    }
  }

  /** Waits until all are at the head, pages through the rooms, stops the server and checks the ledger: its counts. */
  async settle() {
    await Promise.all(this.#all.map((talker) => talker.ready()))
    // Notices of coming and going still come, for as long as anyone may be away without one.
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
    await until(() => this.#all.every((talker) => !talker.socket.connected), 'all have gone')
    return this.ledger.check(this.#server)
  }

  /** The visitor who has made a room. */
  keeper(room) { return this.#keepers.get(room) }

  get #all() { return [...this.talkers, ...this.#flooded] }

  get acked() { return this.talkers.reduce((sum, talker) => sum + talker.acked, 0) }
  get recoveries() { return this.talkers.flatMap((talker) => talker.recoveries) }
  get floodRecoveries() { return this.#flooded.flatMap((talker) => talker.recoveries) } // of megabytes

  /** How often somebody did not read for a while, and how often somebody was out of the room. */
  get pauses() { return this.#all.reduce((sum, talker) => sum + talker.pauses, 0) }
  get outings() { return this.#all.reduce((sum, talker) => sum + talker.outings, 0) }

  /** How many the server has cut because they were too slow. */
  get cuts() { return this.#server.logs.split('closing a slow client').length - 1 }
}

async function newest(visitor, room) {
  const { messages } = await (await visitor.get(`/room/${room}/messages?limit=1`)).json()
  return messages[0]?.seq ?? 0
}
