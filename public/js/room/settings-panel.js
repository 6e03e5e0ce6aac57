// The settings of the room, in a dialog for its owner.
import { setTexts } from "../lib/dom.js"
import { createBanList, createTokenList } from "./access-lists.js"

/**
 * Returns the settings to request for the fields of the form. A room keeps its password if no new one is given.
 * @param {{title: string, max: number, password: string, open: boolean, keep: boolean}} fields
 */
export function settingsOf({ title, max, password, open, keep }) {
  const settings = { title, max: max || 0, keep }
  if (open) settings.password = ""
  else if (password) settings.password = password
  return settings
}

/**
 * Builds the dialog and the button that opens it.
 * @param {{dialog: HTMLDialogElement, opener: HTMLButtonElement, rowTemplate: HTMLTemplateElement}} elements
 * @param {import("./room-state.js").RoomState} state
 * @param {(event: string, data?: object) => Promise<object|null>} request
 */
export function createSettingsPanel({ dialog, opener, rowTemplate }, state, request, menu, t) {
  const find = selector => dialog.querySelector(selector)
  const form = new SettingsForm(find("#settings"), t)
  const loadBans = createBanList({ list: find("#bans"), title: find("#bans-title"), rowTemplate }, request, t)
  const loadTokens = createTokenList({
    list: find("#tokens"), form: find("#make-token"), problem: find("#token-problem"), created: find("#made-token"), rowTemplate,
  }, request, menu, t)
  // Switches that change the room at once, by the names of their settings.
  const switches = { frozen: find("#freeze"), closed: find("#door") }

  opener.addEventListener("click", () => {
    form.show(state.room)
    form.showProblem()
    dialog.showModal()
    loadBans()
    loadTokens()
  })
  state.subscribe(({ isOwner, room }) => {
    opener.hidden = !isOwner
    for (const [name, checkbox] of Object.entries(switches)) checkbox.checked = room[name]
    if (!isOwner && dialog.open) dialog.close()
  })
  for (const [name, checkbox] of Object.entries(switches)) {
    checkbox.addEventListener("change", async () => {
      const answer = await request("settings", { [name]: checkbox.checked })
      if (answer?.ok) state.update(answer.state)
      else checkbox.checked = state.room[name]
    })
  }
  form.onSubmit(async settings => {
    const answer = await request("settings", settings)
    if (!answer?.ok) return form.showProblem(answer ?? {})
    state.update(answer.state)
    form.show(state.room)
    form.showSaved()
  })
}

class SettingsForm {
  #form; #t; #fields

  constructor(form, t) {
    this.#form = form
    this.#t = t
    const { title, max, password } = form.elements
    this.#fields = { title, capacity: max, password } // by the names that a refusal uses
  }

  onSubmit(save) {
    this.#form.addEventListener("submit", event => {
      event.preventDefault()
      this.showProblem()
      const { title, max, password, open, keep } = this.#form.elements
      save(settingsOf({ title: title.value, max: max.valueAsNumber, password: password.value, open: open.checked, keep: keep.checked }))
    })
  }

  show(room) {
    const { title, max, password, open, keep } = this.#form.elements
    title.value = room.title
    max.value = room.max
    password.value = ""
    open.checked = false
    open.closest("[data-open]").hidden = !room.private
    keep.checked = room.keep
  }

  showSaved() { setTexts(this.#form, { saved: this.#t("saved") }) }

  /** Shows a refusal beside its field, or clears the last one. */
  showProblem(refusal) {
    setTexts(this.#form, { saved: "" })
    const field = refusal && (this.#fields[refusal.field] ? refusal.field : "")
    for (const line of this.#form.querySelectorAll("[data-problem]")) {
      line.textContent = line.dataset.problem === field ? refusal.message ?? this.#t("failed") : ""
    }
    for (const [name, input] of Object.entries(this.#fields)) input.ariaInvalid = String(name === field)
    this.#fields[field]?.focus()
  }
}
