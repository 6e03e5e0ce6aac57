// The list of the people in the room. A person keeps the same row, so that the row keeps the focus.
import { cloneTemplate, setColor, setTexts } from "../lib/dom.js"
import { nameOf } from "../lib/page.js"
import { NicknameForm } from "./nickname-form.js"
import { personMenuItems } from "./person-menu.js"

/** Returns the badges of a person: keys of their sentences. */
export const badgesOf = (person, color, owner) => [
  person.color === color && "you", person.color === owner && "owner", person.muted && "muted", person.bot && "bot",
].filter(Boolean)

class PeopleList {
  #panel; #toggle; #list; #template; #color; #t; #choose
  #rows = new Map() // by colour: {item, person, shown}

  /**
   * @param {{panel: HTMLElement, toggle: HTMLButtonElement, log: HTMLElement, template: HTMLTemplateElement}} elements
   *   on a narrow screen toggle opens the panel, and a click on the log closes it
   * @param {string} color this visitor's colour
   * @param {(person: object, button: HTMLButtonElement) => void} choose is called when a person is chosen
   */
  constructor({ panel, toggle, log, template }, color, t, choose) {
    this.#panel = panel
    this.#toggle = toggle
    this.#list = panel.querySelector(".people__list")
    this.#template = template
    this.#color = color
    this.#t = t
    this.#choose = choose
    toggle.hidden = false
    toggle.addEventListener("click", () => this.#setOpen(!panel.matches(".people--open")))
    panel.addEventListener("keydown", event => {
      if (event.key !== "Escape" || event.defaultPrevented || !this.#coversLog) return
      this.close()
      toggle.focus()
    })
    log.addEventListener("click", () => this.close())
  }

  /** Closes the panel where it covers the log. */
  close() { this.#setOpen(false) }

  /** Shows the people of the room. */
  show({ people, room }) {
    setTexts(this.#toggle, { count: people.length, capacity: room.max })
    const items = people.map(person => this.#update(person, room.owner))
    const present = new Set(people.map(({ color }) => color))
    for (const [color, { item }] of this.#rows) {
      if (present.has(color)) continue
      item.remove()
      this.#rows.delete(color)
    }
    items.forEach((item, i) => {
      if (this.#list.children[i] !== item) this.#list.insertBefore(item, this.#list.children[i] ?? null)
    })
  }

  /** On a wide screen the panel stands beside the log and is always open. */
  get #coversLog() { return getComputedStyle(this.#panel).position === "absolute" }

  #setOpen(open) {
    this.#panel.classList.toggle("people--open", open)
    this.#toggle.ariaExpanded = String(open)
  }

  #update(person, owner) {
    const row = this.#rows.get(person.color) ?? this.#create(person)
    row.person = person
    const badges = badgesOf(person, this.#color, owner)
    const shown = [nameOf(person), ...badges].join()
    if (row.shown !== shown) {
      row.shown = shown
      setTexts(row.item, { name: nameOf(person) })
      row.item.querySelector('[data-slot="notes"]').replaceChildren(...badges.map(key => makeBadge(key, this.#t(key))))
      if (badges[0] === "you") row.item.querySelector("button").ariaDescription = this.#t("nick.change")
    }
    return row.item
  }

  #create(person) {
    const item = cloneTemplate(this.#template)
    setColor(item, person.color)
    const row = { item, person, shown: "" }
    const button = item.querySelector("button")
    button.ariaHasPopup = "dialog"
    button.addEventListener("click", () => this.#choose(row.person, button))
    this.#rows.set(person.color, row)
    return row
  }
}

function makeBadge(key, text) {
  const badge = document.createElement("span")
  badge.className = `badge badge--${key}`
  badge.textContent = text
  return badge
}

/**
 * Builds the list, with the menus of others and the form for the visitor's own name.
 * @param {string} color the visitor's colour
 * @param {(event: string, data: object) => Promise<object|null>} request
 * @param {{whisper: (person: object) => void, moderate: (event: string, data: object) => void}} actions
 */
export function createPeople(document, t, color, state, request, menu, { whisper, moderate }) {
  const find = selector => document.querySelector(selector)
  const nickname = new NicknameForm(find("#nickname"), find("#status"), t, nick => request("nick", { nick }))
  const actions = {
    whisper(person) {
      people.close() // on a phone the list covers the text box
      whisper(person)
    },
    moderate,
  }
  const elements = { panel: find("#people"), toggle: find("#people-toggle"), log: find("#scroll"), template: find("template#person") }
  const people = new PeopleList(elements, color, t, (person, button) => {
    if (person.color === color) nickname.open(state.you?.nick ?? "", button)
    else menu.open(button, t("menu.person", nameOf(person)), personMenuItems(person, state.isOwner, t, actions))
  })
  state.subscribe(() => people.show(state))
}
