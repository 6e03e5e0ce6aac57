// The state of the room as the server last reported it: its settings, its owner, and the people in it.

const maxDelay = 2 ** 31 - 1 // ms; the longest that setTimeout waits

/** Returns the state of the room in the data attributes of its page. */
export const stateOf = ({ capacity, owner, private: isPrivate, frozen, keep, closed }) => ({
  title: "", max: Number(capacity), owner,
  private: isPrivate === "true", frozen: frozen === "true", keep: keep === "true", closed: closed === "true",
})

export class RoomState {
  #color
  #listeners = []
  #muteTimer = 0
  people = []

  /**
   * @param {string} color the visitor's colour
   * @param {object} room what the event room carries: title, max, owner, private, frozen, keep and closed
   */
  constructor(color, room) {
    this.#color = color
    this.room = room
  }

  /** Whether this visitor owns the room. */
  get isOwner() { return this.room.owner === this.#color }

  /** This visitor among the people, or undefined. */
  get you() { return this.people.find(({ color }) => color === this.#color) }

  /** Why this visitor cannot write: "frozen", "silent" for a muted visitor, or "". */
  get closedReason() {
    if (this.room.frozen && !this.isOwner) return "frozen"
    return this.you?.muted ? "silent" : ""
  }

  /** Calls listener now and after each change. */
  subscribe(listener) {
    this.#listeners.push(listener)
    listener(this)
  }

  /** Replaces some or all fields of the room. */
  update(room) {
    this.room = { ...this.room, ...room }
    this.#notify()
  }

  /** Replaces the people. The server sends no event when a timed mute ends, so a timer ends it here. */
  setPeople(people) {
    const now = performance.now()
    this.people = people.map(person => ({ ...person, mutedUntil: person.mutedFor ? now + person.mutedFor : Infinity }))
    this.#notify()
    this.#scheduleUnmute()
  }

  #scheduleUnmute() {
    clearTimeout(this.#muteTimer)
    const next = Math.min(...this.people.filter(({ muted }) => muted).map(({ mutedUntil }) => mutedUntil))
    if (next === Infinity) return
    this.#muteTimer = setTimeout(() => {
      const now = performance.now()
      this.people = this.people.map(person => ({ ...person, muted: person.muted && person.mutedUntil > now }))
      this.#notify()
      this.#scheduleUnmute()
    }, Math.min(next - performance.now() + 1, maxDelay))
  }

  #notify() { for (const listener of this.#listeners) listener(this) }
}
