// What the owner may change of the room.
import { fill } from "./dom.js"
import { say } from "./words.js"
import { listBans } from "./bans.js"
import { makeTokens } from "./tokens.js"

const dialog = document.querySelector("#panel")
const form = dialog.querySelector("#settings")
// The switches that change the room at once, by what the server calls them.
const switches = { frozen: dialog.querySelector("#freeze"), closed: dialog.querySelector("#door") }

/** @param {(event: string, what?: object) => Promise<object|null>} ask asks the server about this room */
export function openPanelWith(standing, ask) {
  const opener = document.querySelector("#open-panel")
  const bans = listBans(ask)
  const tokens = makeTokens(ask)

  opener.addEventListener("click", () => {
    show(standing)
    complain()
    dialog.showModal()
    bans()
    tokens()
  })
  // What others read, the owner reads as well: another tab may have changed it.
  standing.watch(({ owned, state }) => {
    opener.hidden = !owned
    document.querySelector(".people__remove").hidden = !owned
    for (const [name, box] of Object.entries(switches)) box.checked = state[name]
    if (!owned && dialog.open) dialog.close()
  })
  for (const [name, box] of Object.entries(switches)) {
    box.addEventListener("change", async () => {
      const answer = await ask("settings", { [name]: box.checked })
      if (answer?.ok) standing.become(answer.state)
      else box.checked = standing.state[name]
    })
  }
  form.addEventListener("submit", async event => {
    event.preventDefault()
    complain()
    const answer = await ask("settings", wanted())
    if (!answer?.ok) return complain(answer ?? {})
    standing.become(answer.state)
    show(standing)
    fill(form, { saved: say("saved") })
  })
}

function wanted() {
  const { title, max, password, open, keep } = form.elements
  const settings = { title: title.value, max: max.valueAsNumber || 0, keep: keep.checked }
  if (open.checked) settings.password = ""
  else if (password.value) settings.password = password.value
  return settings
}

function show({ state }) {
  const { title, max, password, open, keep } = form.elements
  title.value = state.title
  max.value = state.max
  password.value = ""
  open.checked = false
  open.closest("[data-open]").hidden = !state.private
  keep.checked = state.keep
}

/** Says what is wrong beside the field it is about, or that nothing is. */
function complain(refusal) {
  fill(form, { saved: "" })
  const fields = { title: form.elements.title, capacity: form.elements.max, password: form.elements.password }
  const field = refusal && (fields[refusal.field] ? refusal.field : "")
  for (const line of form.querySelectorAll("[data-problem]")) {
    line.textContent = line.dataset.problem === field ? refusal.message ?? say("failed") : ""
  }
  for (const [name, input] of Object.entries(fields)) input.ariaInvalid = String(name === field)
  fields[field]?.focus()
}
