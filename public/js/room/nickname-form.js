// The form for the visitor's own name in the room.
import { isComposing } from "../lib/submit-on-enter.js"

export class NicknameForm {
  #form; #input; #problem
  #opener = null

  /**
   * @param {HTMLElement} status announces the change
   * @param {(nick: string) => Promise<object|null>} rename requests another name
   */
  constructor(form, status, t, rename) {
    this.#form = form
    this.#input = form.elements.nick
    this.#problem = form.querySelector("#nick-problem")
    form.addEventListener("submit", async event => {
      event.preventDefault()
      this.#showProblem("")
      const answer = await rename(this.#input.value.trim())
      if (answer?.ok) {
        this.#close()
        status.textContent = t("nick.done")
        return
      }
      this.#showProblem(answer?.message ?? t("failed"))
      this.#input.focus()
    })
    form.querySelector("[data-cancel]").addEventListener("click", () => this.#close())
    form.addEventListener("keydown", event => {
      if (event.key !== "Escape" || isComposing(event)) return
      event.preventDefault() // the list of people stays open
      this.#close()
    })
  }

  /** Opens the form with the current name. The focus later returns to opener. */
  open(nick, opener) {
    this.#opener = opener
    this.#input.value = nick
    this.#showProblem("")
    this.#form.hidden = false
    this.#input.focus()
    this.#input.select()
  }

  #close() {
    this.#form.hidden = true
    this.#opener?.focus()
  }

  #showProblem(text) {
    this.#problem.textContent = text
    this.#input.ariaInvalid = String(text !== "")
  }
}
