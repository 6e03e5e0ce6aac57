// The longest text that can be sent. The page never cuts a text: it refuses a paste that does not fit, and a text that
// has become too long stays in the box.
import { insertText, textIn } from "../lib/clipboard.js"

const countedPart = .9 // of the limit: from there on the counter is shown

/** Returns how many characters of a text are sent. The server counts code points; spaces at the end are not sent. */
export const lengthOf = text => [...text.trimEnd()].length

/** Returns a text after text is pasted over its selection. The browser converts the line ends of other systems. */
export const pasted = ({ value, selectionStart, selectionEnd }, text) =>
  value.slice(0, selectionStart) + text.replace(/\r\n?/g, "\n") + value.slice(selectionEnd)

export class TextLimit {
  #box; #counter; #problem; #t; #format
  #max = Infinity

  constructor(form, { lang, t }) {
    this.#box = form.elements.chat
    this.#counter = form.querySelector("#chat-counter")
    this.#problem = form.querySelector("#chat-problem")
    this.#t = t
    this.#format = new Intl.NumberFormat(lang)
    this.#box.addEventListener("input", () => this.#show())
    this.#box.addEventListener("paste", event => this.#paste(event))
  }

  /** Sets the limit in characters, and counts the text in the box. */
  set(max) {
    this.#max = max
    this.#show()
  }

  /** Reports whether the text can be sent. If it is too long, the page shows by how much. */
  check() {
    const excess = lengthOf(this.#box.value) - this.#max
    if (excess > 0) this.#problem.textContent = this.#t("text.long", this.#format.format(excess))
    return excess <= 0
  }

  #paste(event) {
    const text = textIn(event.clipboardData)
    if (!text || this.#box.readOnly) return
    const length = lengthOf(pasted(this.#box, text))
    if (length > this.#max) {
      event.preventDefault()
      this.#show(length)
      this.#problem.textContent = this.#t("text.not_pasted")
    } else if (!event.clipboardData.getData("text/plain")) { // the browser pastes no markup into a text box
      event.preventDefault()
      insertText(this.#box, text)
    }
  }

  #show(length = lengthOf(this.#box.value)) {
    const format = number => this.#format.format(number)
    this.#problem.textContent = ""
    this.#counter.textContent = length < countedPart * this.#max ? "" : this.#t("text.count", format(length), format(this.#max))
    this.#counter.classList.toggle("composer__counter--over", length > this.#max)
    this.#box.ariaInvalid = String(length > this.#max)
  }
}
