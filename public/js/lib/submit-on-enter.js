// Enter sends a message and Shift+Enter adds a line. Input methods get in the way:
// a Hangul syllable is still being composed when its writer presses Enter, and each
// browser and system reports that press in another order. Sending during the
// composition loses the last syllable or sends it twice. In Japanese and Chinese the
// same key only accepts a candidate. test/hangul.test.js lists the orders.

const hangul = /\p{Script=Hangul}/u
const han = /\p{Script=Han}/u

// Korean input methods commit with Enter and pass the key on. A text with Han
// characters comes from a list of candidates, which consumes the key.
const isHangul = text => hangul.test(text) && !han.test(text)

const byInputMethod = 229 // keyCode of a key that an input method has processed

/** Reports whether a keyboard event is the input method's: it is no command to the page. */
export const isComposing = event => event.isComposing || event.keyCode === byInputMethod

// Windows and Firefox name a key that the input method processes "Process", Android
// "Unidentified". Then only the code says which key it is.
const isEnter = ({ key, code }) =>
  key === "Enter" || ["Process", "Unidentified", ""].includes(key) && /^(Numpad)?Enter$/.test(code)

const isLineBreak = ({ inputType, data }) =>
  /^insert(LineBreak|Paragraph)$/.test(inputType) || inputType === "insertText" && data === "\n"

/**
 * EnterKey decides what a press of Enter means. It takes the events of a text box in
 * the order in which they come, and answers "send", "prevent" (do nothing, and keep
 * the browser from doing anything) or "" (leave the event to the browser).
 */
class EnterKey {
  #composing = false
  #text = "" // of the latest composition, until a key is pressed outside of it
  #wished = false // Enter was pressed during this composition
  #textFollows = false // the composition ended without its text, which arrives on its own
  #sent = false // this press of Enter has sent: what else it causes is prevented
  #breaking = false // Shift+Enter or Alt+Enter is pressed

  keydown(event) {
    this.#textFollows = false
    if (!isEnter(event)) {
      this.#wished = this.#sent = this.#breaking = false
      if (event.keyCode !== byInputMethod) this.#text = ""
      return ""
    }
    this.#breaking = event.shiftKey || event.altKey
    if (this.#breaking) {
      this.#wished = false
      return ""
    }
    if (event.repeat) return "prevent"
    if (event.keyCode === byInputMethod && !this.#composing && !event.isComposing && this.#acceptedCandidate()) return "prevent"
    return this.#press(event)
  }

  keyup(event) { if (isEnter(event)) this.#sent = this.#breaking = false }

  // Some phone keyboards report Enter as a line break only.
  beforeinput(event) {
    if (!isLineBreak(event) || this.#breaking) return ""
    return this.#press(event)
  }

  input({ inputType }) {
    if (/Composition/.test(inputType)) return ""
    this.#sent = this.#textFollows
    this.#textFollows = false
    return this.#sent ? "send" : ""
  }

  compositionstart() {
    this.#composing = true
    this.#wished = this.#sent = this.#textFollows = false
    this.#text = ""
  }

  compositionupdate({ data }) { this.#text = data || this.#text }

  compositionend({ data }) {
    this.#composing = false
    this.#text = data || this.#text
    const sends = this.#wished && isHangul(this.#text)
    this.#wished = false
    this.#sent = sends && Boolean(data)
    this.#textFollows = sends && !data
    return this.#sent ? "send" : ""
  }

  #press(event) {
    if (this.#composing || event.isComposing) {
      this.#wished = true
      return "prevent"
    }
    if (this.#sent) return "prevent"
    this.#sent = true
    return "send"
  }

  // Safari ends the composition first and reports the key afterwards.
  #acceptedCandidate() {
    const accepted = this.#text !== "" && !isHangul(this.#text)
    if (accepted) this.#text = ""
    return accepted
  }
}

/** Calls send once for each press of Enter in box that means it. */
export function submitOnEnter(box, send) {
  const enter = new EnterKey()
  for (const type of ["keydown", "beforeinput"]) {
    box.addEventListener(type, event => {
      const answer = enter[type](event)
      if (answer) event.preventDefault()
      if (answer === "send") send()
    })
  }
  for (const type of ["keyup", "input", "compositionstart", "compositionupdate", "compositionend"]) {
    box.addEventListener(type, event => {
      // A task later the box holds what the input method leaves there.
      if (enter[type](event) === "send") setTimeout(send)
    })
  }
}
