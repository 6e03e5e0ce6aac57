// Many talkers in some rooms of one server, and the end of their talk.
import { Ledger } from './ledger.js'
import { Talker } from './load.js'
import { pause, until, ways } from './clients.js'
import { Visitor } from './visitor.js'

/** Settings for a crowd, all of which comes from one address. */
export const fromOneAddress = { RATE_ADDRESS: 'off', RATE_ROOM: 'off', RATE_SESSION_ADDRESS: 'off', RATE_CONNECT: 'off', RATE_CONNECT_ADDRESS: 'off' }

const [polling, websocket, upgrade] = Object.values(ways)
const mix = [polling, websocket, upgrade, polling, websocket, upgrade, polling, websocket, upgrade, upgrade] // 30 % stay on polling

export class Crowd {
  ledger = new Ledger()
  talkers = []
  #keepers = new Map() // by room: the visitor who has made it
  #server
  #dice

  constructor(server, dice) {
    this.#server = server
    this.#dice = dice
  }

  /** Everybody has a cookie, gets into a room, and says so when it is there. */
  async gather(clients, rooms, url = this.#server.url) {
    for (let i = 0; i < rooms; i++) {
      const keeper = new Visitor(this.#server)
      await keeper.get('/')
      this.#keepers.set(await keeper.createRoom({ title: `${i}`, max: 100 }), keeper)
    }
    const ids = [...this.#keepers.keys()]
    for (let i = 0; i < clients; i++) {
      const visitor = new Visitor(this.#server)
      await visitor.get('/')
      this.talkers.push(new Talker(url, {
        name: `client-${i}`, room: ids[i % rooms], cookie: visitor.cookie, ledger: this.ledger, ...mix[i % mix.length],
      }))
    }
    await Promise.all(this.talkers.map((talker) => talker.ready()))
  }

  /** Talks for so long; each says something every so often, on average. Some leave, some do not listen for a while. */
  async talk(ms, every, { restless = 0.005, talkers = this.talkers } = {}) {
    const end = performance.now() + ms
    await Promise.all(talkers.map(async (talker) => {
      for (let n = 0; performance.now() < end; n++) {
        await pause(this.#dice() * 2 * every)
        const whim = this.#dice()
        if (whim < restless) await talker.goOut(500 + this.#dice() * 3000)
        else if (whim < 2 * restless) await talker.sleep(500 + this.#dice() * 3000)
        else await talker.say(`${talker.name} says ${n}: 안녕하세요 😀`)
      }
    }))
  }

  /** Waits until all are at the head, pages through the rooms, stops the server and checks the ledger: its counts. */
  async settle() {
    await Promise.all(this.talkers.map((talker) => talker.ready()))
    // Notices of coming and going still come, for as long as anyone may be away without one.
    const heads = () => Promise.all([...this.#keepers].map(([room, keeper]) => newest(keeper, room)))
    for (let before, now = await heads(); `${before}` !== `${now}`; now = await heads()) {
      before = now
      await pause(2500)
    }
    for (const [room, keeper] of this.#keepers) {
      const head = await newest(keeper, room)
      await Promise.all(this.talkers.filter((talker) => talker.room === room).map((talker) => talker.finish(head)))
      await this.ledger.read(keeper, room)
    }
    this.talkers.forEach((talker) => { talker.over = true })
    await this.#server.stop()
    this.talkers.forEach((talker) => talker.socket.disconnect())
    await until(() => this.talkers.every((talker) => !talker.socket.connected), 'all have gone')
    return this.ledger.check(this.#server)
  }

  /** The visitor who has made a room. */
  keeper(room) { return this.#keepers.get(room) }

  get acked() { return this.talkers.reduce((sum, talker) => sum + talker.acked, 0) }
  get recoveries() { return this.talkers.flatMap((talker) => talker.recoveries) }
}

async function newest(visitor, room) {
  const { messages } = await (await visitor.get(`/room/${room}/messages?limit=1`)).json()
  return messages[0]?.seq ?? 0
}
