// One's own name in the room.
import { isComposing } from "./submit-on-enter.js"
import { say } from "./words.js"

const form = document.querySelector("#nickname")
const problem = form.querySelector("#nick-problem")
const box = form.elements.nick

/** Lets the visitor choose a name: returns what opens the form. */
export function chooseName(standing, rename) {
  let opener = null

  function close() {
    form.hidden = true
    opener?.focus()
  }

  function complain(text) {
    problem.textContent = text
    box.ariaInvalid = String(text !== "")
  }

  form.addEventListener("submit", async event => {
    event.preventDefault()
    complain("")
    const answer = await rename(box.value.trim())
    if (answer?.ok) {
      close()
      document.querySelector("#status").textContent = say("nick.done")
      return
    }
    complain(answer?.message ?? say("failed"))
    box.focus()
  })
  form.querySelector("[data-cancel]").addEventListener("click", close)
  form.addEventListener("keydown", event => {
    if (event.key !== "Escape" || isComposing(event)) return
    event.preventDefault() // and the list of people stays open
    close()
  })

  return button => {
    opener = button
    box.value = standing.you?.nick ?? ""
    complain("")
    form.hidden = false
    box.focus()
    box.select()
  }
}
