// Builds the list of people, with the menus of others and the form for the visitor's own name.
import { nameOf } from "../lib/words.js"
import { NicknameForm } from "./nickname-form.js"
import { PeopleList } from "./people-list.js"
import { personMenuItems } from "./person-menu.js"

/**
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
