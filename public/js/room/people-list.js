// Who is in the room. Rows stay the same elements, so that the focus stays.
import { clone, fill, paint } from "./dom.js"
import { nameOf, say } from "./words.js"

const panel = document.querySelector("#people")
const toggle = document.querySelector("#people-toggle")
const wide = matchMedia("(width >= 60rem)") // room.css: it is always open there

export class People {
  #room; #choose
  #list = panel.querySelector(".people__list")
  #template = document.querySelector("template#person")
  #rows = new Map() // by colour

  /** @param {(person: object, button: HTMLElement) => void} choose is called with who was chosen */
  constructor(room, choose) {
    this.#room = room
    this.#choose = choose
    toggle.hidden = false
    toggle.addEventListener("click", () => this.#open(!panel.matches(".people--open")))
    panel.addEventListener("keydown", event => {
      if (event.key !== "Escape" || event.defaultPrevented || wide.matches) return
      this.#open(false)
      toggle.focus()
    })
    document.querySelector("#scroll").addEventListener("click", () => this.close())
  }

  /** Makes room for the conversation where the list covers it. */
  close() { this.#open(false) }

  #open(open) {
    panel.classList.toggle("people--open", open)
    toggle.ariaExpanded = String(open)
  }

  /** Shows who is there. */
  show({ people, state }) {
    fill(toggle, { count: people.length, capacity: state.max })
    const rows = people.map(person => this.#row(person, state))
    const there = new Set(people.map(({ color }) => color))
    for (const [color, { item }] of this.#rows) {
      if (there.has(color)) continue
      item.remove()
      this.#rows.delete(color)
    }
    rows.forEach((item, i) => {
      if (this.#list.children[i] !== item) this.#list.insertBefore(item, this.#list.children[i] ?? null)
    })
  }

  #row(person, state) {
    const known = this.#rows.get(person.color) ?? this.#make(person)
    known.person = person
    const notes = ["you", "owner", "muted", "bot"].filter(note => ({
      you: person.color === this.#room.color, owner: person.color === state.owner, muted: person.muted, bot: person.bot,
    })[note])
    const said = [nameOf(person), ...notes].join()
    if (known.said !== said) { // most have not changed when one has
      known.said = said
      fill(known.item, { name: nameOf(person) })
      known.item.querySelector('[data-slot="notes"]').replaceChildren(...notes.map(badge))
      if (notes[0] === "you") known.item.querySelector("button").ariaDescription = say("nick.change")
    }
    return known.item
  }

  #make(person) {
    const item = clone(this.#template)
    paint(item, person.color)
    const known = { item, person, said: "" }
    const button = item.querySelector("button")
    button.ariaHasPopup = "dialog"
    button.addEventListener("click", () => this.#choose(known.person, button))
    this.#rows.set(person.color, known)
    return known
  }
}

function badge(note) {
  const element = document.createElement("span")
  element.className = `badge badge--${note}`
  element.textContent = say(note)
  return element
}
