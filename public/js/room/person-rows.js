import { cloneTemplate, setColor, setTexts } from "../lib/dom.js"
import { nameOf } from "../lib/words.js"

/**
 * Shows people in a list of the settings, each with a note and a button.
 * @param {object} options
 * @param {string} options.none is shown when there are no people
 * @param {string} options.action labels the buttons
 * @param {(person: object, button: HTMLButtonElement) => void} options.act
 * @param {(person: object) => string} [options.note]
 */
export function showPersonRows(list, template, people, { none, action, act, note = () => "" }) {
  if (people.length === 0) {
    const line = document.createElement("li")
    line.className = "faint"
    line.textContent = none
    return list.replaceChildren(line)
  }
  list.replaceChildren(...people.map(person => {
    const row = setTexts(cloneTemplate(template), { name: nameOf(person), note: note(person), action })
    setColor(row, person.color)
    const button = row.querySelector("button")
    button.ariaLabel = `${action}: ${nameOf(person)}`
    button.addEventListener("click", () => act(person, button))
    return row
  }))
}
