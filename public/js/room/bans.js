// Who may not enter, and letting them in again.
import { clone, fill, paint } from "./dom.js"
import { nameOf, say } from "./words.js"

const list = document.querySelector("#bans")
const template = document.querySelector("template#panel-row")

/** A list of people with something to do for each. */
export function listPeople(list, people, { none, action, act }) {
  if (people.length === 0) {
    const line = document.createElement("li")
    line.className = "faint"
    line.textContent = none
    return list.replaceChildren(line)
  }
  list.replaceChildren(...people.map(person => {
    const row = fill(clone(template), { name: nameOf(person), note: note(person), action })
    paint(row, person.color)
    const button = row.querySelector("button")
    button.ariaLabel = `${action}: ${nameOf(person)}`
    button.addEventListener("click", () => act(person, button))
    return row
  }))
}

function note({ addressFor }) {
  return addressFor ? say("bans.address", Math.ceil(addressFor / 60_000)) : ""
}

/** Returns what reads the list anew. */
export function listBans(ask) {
  async function read() {
    const answer = await ask("bans")
    if (!answer?.ok) return
    listPeople(list, answer.people, { none: say("bans.none"), action: say("unban"), act: unban })
  }
  async function unban({ color }) {
    await ask("unban", { person: color })
    await read()
    document.querySelector("#bans-title").focus() // the button is gone
  }
  return read
}
