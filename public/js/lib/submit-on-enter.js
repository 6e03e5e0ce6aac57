// Enter sends a message and Shift+Enter adds a line. Input methods complicate this: a writer presses Enter while the
// last Hangul syllable is still being composed, and each browser and system reports that press in another order.
// Sending during the composition loses the last syllable or sends it twice. In Japanese and Chinese the same key only
// accepts a candidate. test/hangul.test.js lists the orders.

const hangul = /\p{Script=Hangul}/u
const han = /\p{Script=Han}/u

// Korean input methods commit with Enter and pass the key on. Han characters come from a list of candidates, which
// consumes the key.
const isHangul = text => hangul.test(text) && !han.test(text)

const processedKeyCode = 229 // keyCode of a key that an input method has processed

/** Reports whether an input method handles a keyboard event. The page must then ignore the key. */
export const isComposing = event => event.isComposing || event.keyCode === processedKeyCode

// Windows and Firefox name a key that the input method processes "Process", Android "Unidentified". Then only the code
// identifies it.
const isEnter = ({ key, code }) =>
  key === "Enter" || ["Process", "Unidentified", ""].includes(key) && /^(Numpad)?Enter$/.test(code)

const isLineBreak = ({ inputType, data }) =>
  /^insert(LineBreak|Paragraph)$/.test(inputType) || inputType === "insertText" && data === "\n"

/**
 * EnterKey decides what a press of Enter does. Its methods handle the events of a text box in their order, and return
 * "send", "prevent" (cancel the event) or "" (leave the event to the browser).
 */
export class EnterKey {
  #composing = false
  #text = "" // of the latest composition, until the next key outside of a composition
  #pressed = false // Enter was pressed during this composition
  #textFollows = false // the composition ended without its text, which comes as an input event
  #sent = false // this press of Enter has sent the text: its other events are cancelled
  #breaking = false // Shift+Enter or Alt+Enter is pressed

  keydown(event) {
    this.#textFollows = false
    if (!isEnter(event)) {
      this.#pressed = this.#sent = this.#breaking = false
      if (event.keyCode !== processedKeyCode) this.#text = ""
      return ""
    }
    this.#breaking = event.shiftKey || event.altKey
    if (this.#breaking) {
      this.#pressed = false
      return ""
    }
    if (event.repeat) return "prevent"
    if (event.keyCode === processedKeyCode && !this.#composing && !event.isComposing && this.#acceptsCandidate()) return "prevent"
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
    this.#pressed = this.#sent = this.#textFollows = false
    this.#text = ""
  }

  compositionupdate({ data }) { this.#text = data || this.#text }

  compositionend({ data }) {
    this.#composing = false
    this.#text = data || this.#text
    const sends = this.#pressed && isHangul(this.#text)
    this.#pressed = false
    this.#sent = sends && Boolean(data)
    this.#textFollows = sends && !data
    return this.#sent ? "send" : ""
  }

  #press(event) {
    if (this.#composing || event.isComposing) {
      this.#pressed = true
      return "prevent"
    }
    if (this.#sent) return "prevent"
    this.#sent = true
    return "send"
  }

  // Safari ends the composition before it reports the key that accepted a candidate.
  #acceptsCandidate() {
    const accepts = this.#text !== "" && !isHangul(this.#text)
    if (accepts) this.#text = ""
    return accepts
  }
}

/** Calls send once for each press of Enter in a text box that sends. */
export function submitOnEnter(box, send) {
  const enter = new EnterKey()
  for (const type of ["keydown", "beforeinput"]) {
    box.addEventListener(type, event => {
      const action = enter[type](event)
      if (action) event.preventDefault()
      if (action === "send") send()
    })
  }
  for (const type of ["keyup", "input", "compositionstart", "compositionupdate", "compositionend"]) {
    box.addEventListener(type, event => {
      // The input method writes its text into the box after the event, so the text is read in the next task.
      if (enter[type](event) === "send") setTimeout(send)
    })
  }
}
