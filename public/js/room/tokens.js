// Tokens, with which programs read and write in the room.
import { setTexts } from "../lib/dom.js"
import { showPersonRows } from "./person-rows.js"

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
