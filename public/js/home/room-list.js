// The list of rooms, kept as it is on the server.
import { cloneTemplate, setColor, setColors, setTexts } from "../lib/dom.js"

const maxRows = 200 // of the last page; further rooms are on the next page

export class RoomList {
  #body; #more; #template; #status; #t

  /**
   * @param {{table: HTMLTableElement, more: HTMLElement, template: HTMLTemplateElement, status: HTMLElement}} elements
   *   more leads to the next page of the list, and status announces a new room
   */
  constructor({ table, more, template, status }, t) {
    this.#body = table.tBodies[0]
    this.#more = more
    this.#template = template
    this.#status = status
    this.#t = t
  }

  /** The table body with the rows. */
  get rows() { return this.#body }

  /** Adds a new room. It belongs to the last page of the list, so other pages ignore it. */
  add(room) {
    if (this.#find(room._id) || !this.#more.hidden) return
    if (this.#body.rows.length >= maxRows) {
      this.#more.hidden = false
      return
    }
    const row = cloneTemplate(this.#template)
    row.dataset.id = room._id
    row.classList.add("room-list__new")
    setTexts(row, { people: 0 })
    this.#write(row, room)
    row.querySelector(".join-btn").dataset.id = room._id
    this.#body.append(row)
    this.#status.textContent = `${room.title} · ${row.querySelector('[data-slot="kind"]').textContent}`
  }

  /** Shows the changed facts of a room. */
  change(room) {
    const row = this.#find(room._id)
    if (row) this.#write(row, room)
  }

  /** Shows how many people are in a room. */
  setPeople({ room, count }) {
    const row = this.#find(room)
    if (row) setTexts(row, { people: count })
  }

  remove(id) { this.#find(id)?.remove() }

  /** Replaces the rows by those of a page that was loaded again. Returns false if that shows the same. */
  replace(fresh) {
    const body = fresh.querySelector(".room-list tbody")
    const more = fresh.querySelector("#more-rooms")
    if (!body || describe(body, more) === describe(this.#body, this.#more)) return false
    const focused = document.activeElement.closest?.("tr[data-id]")?.dataset.id
    this.#body.replaceChildren(...body.children)
    this.#more.replaceWith(more)
    this.#more = more
    setColors(this.#body)
    if (focused) this.#find(focused)?.querySelector("a").focus()
    return true
  }

  #find(id) { return this.#body.querySelector(`tr[data-id="${CSS.escape(id)}"]`) }

  #write(row, room) {
    const isPrivate = Boolean(room.password)
    setTexts(row, {
      title: room.title, capacity: room.max, owner: room.owner,
      kind: this.#t(isPrivate ? "home.private" : "home.public"),
    })
    row.querySelector('[data-slot="kind"]').classList.toggle("badge--private", isPrivate)
    row.querySelector('[data-slot="closed"]').hidden = !room.closed
    setColor(row.querySelector(".room-list__owner"), room.owner)
    const link = row.querySelector(".join-btn")
    link.dataset.password = isPrivate
    link.href = isPrivate ? `/?enter=${room._id}` : `/room/${room._id}`
  }
}

/** Returns what a page of the list shows, to compare it with another. */
const describe = ({ rows }, more) => [more.hidden, ...Array.from(rows, row =>
  row.dataset.id + row.textContent.replace(/\s+/g, " ") + row.querySelector('[data-slot="closed"]').hidden)].join()
