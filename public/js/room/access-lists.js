// The lists in the settings: banned people, and tokens with which programs read and write in the room.
import { cloneTemplate, setColor, setTexts } from "../lib/dom.js"
import { nameOf } from "../lib/page.js"

/** Returns how many minutes a person's address stays banned, rounded up. 0: the address is not banned. */
export const minutesBanned = ({ addressFor = 0 }) => Math.ceil(addressFor / 60_000)

/**
 * Lists the banned people, with a button for each that ends the ban. Returns a function that loads the list.
 * @param {{list: HTMLElement, title: HTMLElement, rowTemplate: HTMLTemplateElement}} elements
 */
export function createBanList({ list, title, rowTemplate }, request, t) {
  const note = person => {
    const minutes = minutesBanned(person)
    return minutes ? t("bans.address", minutes) : ""
  }
  async function load() {
    const answer = await request("bans")
    if (!answer?.ok) return
    showPersonRows(list, rowTemplate, answer.people, { none: t("bans.none"), action: t("unban"), act: unban, note })
  }
  async function unban({ color }) {
    await request("unban", { person: color })
    await load()
    title.focus() // the button with the focus is gone
  }
  return load
}

/** Returns a command that posts a message with a token. */
export const curlCommand = (token, text, { origin, pathname }) =>
  `curl -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\
  -d '{"chat":"${text}"}' ${origin}${pathname}/chat`

/**
 * Lists the tokens, and makes new ones by the form. Returns a function that loads the list.
 * @param {object} elements
 * @param {HTMLElement} elements.list
 * @param {HTMLFormElement} elements.form
 * @param {HTMLElement} elements.problem
 * @param {HTMLElement} elements.created shows a new token, once
 * @param {HTMLTemplateElement} elements.rowTemplate
 */
export function createTokenList({ list, form, problem, created, rowTemplate }, request, menu, t) {
  const code = created.querySelector("textarea")

  async function load() {
    const answer = await request("tokens")
    if (!answer?.ok) return
    showPersonRows(list, rowTemplate, answer.people, { none: t("token.none"), action: t("token.end"), act: end })
  }

  function end({ color }, button) {
    menu.confirm(button, t("token.sure"), t("token.end"), async () => {
      await request("kick", { person: color })
      await load()
      form.elements.nick.focus()
    })
  }

  function selectCode() {
    code.focus()
    code.select()
  }

  form.addEventListener("submit", async event => {
    event.preventDefault()
    problem.textContent = ""
    const answer = await request("token", { nick: form.elements.nick.value.trim() })
    if (!answer?.ok) {
      problem.textContent = answer?.message ?? t("failed")
      return form.elements.nick.focus()
    }
    form.reset()
    created.hidden = false
    setTexts(created, { copied: "" })
    code.value = curlCommand(answer.token, t("token.say"), location)
    selectCode()
    await load()
  })
  created.querySelector("[data-copy]").addEventListener("click", async () => {
    // Browsers have a clipboard on secure and local pages only.
    await navigator.clipboard?.writeText(code.value).catch(() => {})
    selectCode()
    if (navigator.clipboard) setTexts(created, { copied: t("copied") })
  })
  created.closest("dialog").addEventListener("close", () => {
    created.hidden = true
    code.value = ""
  })
  return load
}

/**
 * Shows people in a list of the settings, each with a note and a button.
 * @param {object} options
 * @param {string} options.none is shown when there are no people
 * @param {string} options.action labels the buttons
 * @param {(person: object, button: HTMLButtonElement) => void} options.act
 * @param {(person: object) => string} [options.note]
 */
function showPersonRows(list, template, people, { none, action, act, note = () => "" }) {
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
