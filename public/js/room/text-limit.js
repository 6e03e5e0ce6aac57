// The longest text that can be sent. Nothing is ever cut: a paste that does not fit
// is refused, and a text that has become too long stays in the box and is not sent.
import { insertText, textIn } from "./clipboard.js"
import { say } from "./words.js"

const counted = .9 // of the limit: from there on the counter is shown
const number = new Intl.NumberFormat(document.documentElement.lang)

// The server counts code points, and so do these. Spaces at the end are not sent.
const lengthOf = text => [...text.trimEnd()].length

export class TextLimit {
  #box; #counter; #problem
  #most = 0

  constructor(form, most) {
    this.#box = form.elements.chat
    this.#counter = form.querySelector("#chat-counter")
    this.#problem = form.querySelector("#chat-problem")
    this.#box.addEventListener("input", () => this.#show())
    this.#box.addEventListener("paste", event => this.#paste(event))
    this.set(most)
  }

  /** Changes the limit, and counts the text that is in the box now. */
  set(most) {
    this.#most = most
    this.#show()
  }

  /** Reports whether the text can be sent; if it cannot, the page says why. */
  check() {
    const over = lengthOf(this.#box.value) - this.#most
    if (over > 0) this.#problem.textContent = say("text.long", number.format(over))
    return over <= 0
  }

  #paste(event) {
    const text = textIn(event.clipboardData)
    if (!text || this.#box.readOnly) return
    const { value, selectionStart, selectionEnd } = this.#box
    // The browser turns the line ends of other systems into its own.
    const after = value.slice(0, selectionStart) + text.replace(/\r\n?/g, "\n") + value.slice(selectionEnd)
    const length = lengthOf(after)
    if (length > this.#most) {
      event.preventDefault()
      this.#show(length)
      this.#problem.textContent = say("text.not_pasted")
    } else if (!event.clipboardData.getData("text/plain")) { // the browser pastes no markup
      event.preventDefault()
      insertText(this.#box, text)
    }
  }

  #show(length = lengthOf(this.#box.value)) {
    this.#problem.textContent = ""
    this.#counter.textContent = length < counted * this.#most ? "" : say("text.count", number.format(length), number.format(this.#most))
    this.#counter.classList.toggle("composer__counter--over", length > this.#most)
    this.#box.ariaInvalid = String(length > this.#most)
  }
}
