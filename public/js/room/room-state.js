// What the room is like and who is in it, as it was last heard.

export class Standing {
  #room; #timer = 0
  #listeners = []

  constructor(room) {
    this.#room = room
    this.people = []
    this.state = {
      title: "", max: Number(room.capacity), owner: room.owner,
      private: room.private === "true", frozen: room.frozen === "true", keep: room.keep === "true",
      closed: room.closed === "true",
    }
  }

  /** Whether the room is this visitor's. */
  get owned() { return this.state.owner === this.#room.color }

  /** The visitor, if present. */
  get you() { return this.people.find(({ color }) => color === this.#room.color) }

  /** Why the visitor may not speak: frozen, silent or nothing. */
  get closed() {
    if (this.state.frozen && !this.owned) return "frozen"
    return this.you?.muted ? "silent" : ""
  }

  /** Calls fn with every change, and now. */
  watch(fn) {
    this.#listeners.push(fn)
    fn(this)
  }

  /** Takes what the event room says, or a part of it. */
  become(state) {
    this.state = { ...this.state, ...state }
    this.#tell()
  }

  /** Takes who is there. A mute with an end ends here too: nobody tells of it. */
  meet(people) {
    const now = performance.now()
    this.people = people.map(person => ({ ...person, ends: person.mutedFor ? now + person.mutedFor : Infinity }))
    this.#tell()
    this.#wait()
  }

  #wait() {
    clearTimeout(this.#timer)
    const next = Math.min(...this.people.filter(({ muted }) => muted).map(({ ends }) => ends))
    if (next === Infinity) return
    this.#timer = setTimeout(() => {
      this.people = this.people.map(person => ({ ...person, muted: person.muted && person.ends > performance.now() }))
      this.#tell()
      this.#wait()
    }, Math.min(next - performance.now() + 1, 2 ** 31 - 1)) // setTimeout counts no further
  }

  #tell() { for (const fn of this.#listeners) fn(this) }
}
