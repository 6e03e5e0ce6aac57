// The connection of the page to its room: joins, joins again after each interruption, and ends.
import { request, retryDelay } from "../lib/socket.js"

const maxHidden = 60_000 // ms; a page that was hidden for longer synchronises when it is shown

// Refusals after which the visitor cannot join again, and the reason that the page then shows. "forbidden" covers a visitor
// who was kicked, has left or has logged out elsewhere: the server does not distinguish them.
const endings = { not_found: "removed", banned: "banned", forbidden: "ended" }

export class RoomConnection {
  #room; #color; #parts; #page
  #socket = null
  #joined = false
  #ended = false
  #retryTimer = 0

  /**
   * @param {string} room the id of the room
   * @param {string} color the visitor's colour
   * @param {object} page
   * @param {boolean} page.isReload whether the page was loaded again
   * @param {() => void} page.reload loads the page again
   * @param {() => void} page.reopen opens the room's address: the server answers with a page that has the reason
   * @param {(reason: string) => void} page.showEnded
   */
  constructor(room, color, page) {
    this.#room = room
    this.#color = color
    this.#page = page
  }

  /** Emits an event about the room. Resolves to the server's answer, or to null without one. */
  request = async (event, data) => this.#socket ? request(this.#socket, event, { room: this.#room, ...data }) : null

  /**
   * Joins the room over a socket.
   * @param {{state: object, sequence: object, whispers: object, outbox: object}} parts receive what the server sends
   */
  start(socket, parts) {
    this.#socket = socket
    this.#parts = parts
    const { state, sequence, whispers, outbox } = parts
    outbox.use(socket)
    for (const event of ["chat", "notice", "edit", "remove"]) socket.on(event, message => sequence.receive(message))
    socket.on("join", notice => sequence.receive({ ...notice, kind: "notice", topic: "entered" }))
    socket.on("exit", notice => sequence.receive({ ...notice, kind: "notice", topic: "left" }))
    socket.on("whisper", whisper => whispers.receive(whisper))
    socket.on("participants", ({ members }) => state.setPeople(members))
    socket.on("room", room => state.update(room))
    socket.on("removeRoom", () => this.#end("removed"))
    socket.on("kicked", ({ reason }) => this.#end(reason))
    socket.on("quit", () => this.#end("quit"))
    socket.on("connect", () => this.#join())
    // A socket that is not active was refused by the namespace, and does not connect again.
    socket.on("connect_error", () => { if (!socket.active) this.#end("ended") })
    socket.on("disconnect", reason => {
      clearTimeout(this.#retryTimer) // the next connection joins
      sequence.interrupt()
      if (reason === "io server disconnect") this.#end("ended")
    })
  }

  /** Closes the connection, so that the visitor's place is free at once. */
  disconnect() { this.#socket?.disconnect() }

  /** Opens the connection again, unless the visit has ended. */
  connect() { if (!this.#ended) this.#socket?.connect() }

  /** Requests what the page can have missed while it was hidden for hiddenFor ms. */
  shown(hiddenFor) {
    if (this.#socket?.connected && hiddenFor > maxHidden) this.#parts.sequence.sync()
  }

  async #join() {
    clearTimeout(this.#retryTimer)
    const { state, sequence, whispers, outbox } = this.#parts
    // A visitor who was kicked during the interruption must not come back: a sync is refused, but a join would let the
    // visitor into a public room again.
    if (this.#joined && this.#handleRefusal(await sequence.sync())) return
    const after = sequence.seq
    const answer = await this.request("join", { after })
    if (this.#handleRefusal(answer)) return
    if (this.#isOutdated(answer, after)) return this.#page.reload()
    this.#joined = true
    state.update(answer.state)
    state.setPeople(answer.members)
    sequence.addPage(answer.messages ?? [])
    if (!answer.more) sequence.finish()
    outbox.resume()
    whispers.catchUp(answer.whispers)
    if (answer.more) this.#handleRefusal(await sequence.sync())
  }

  /** Returns false for an accepted request. After a refusal, ends the visit, joins again later, or opens the page with the reason. */
  #handleRefusal(answer) {
    if (answer?.ok) return false
    const ending = endings[answer?.reason]
    const delay = retryDelay(answer)
    if (ending) this.#end(ending)
    else if (!delay) this.#page.reopen()
    else if (this.#socket.connected) this.#retryTimer = setTimeout(() => this.#join(), delay)
    return true
  }

  /** Reports whether the page is another visitor's, or has messages that a restored backup of the room does not have. */
  #isOutdated({ user, seq }, after) {
    // A browser that keeps no cookies is a new visitor with each page, so it loads the page again only once.
    return seq < after || user !== this.#color && (this.#joined || !this.#page.isReload)
  }

  #end(reason) {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#retryTimer)
    this.#parts.outbox.stop()
    this.#parts.whispers.stop()
    this.#socket.off()
    this.#socket.disconnect()
    this.#page.showEnded(reason)
  }
}
