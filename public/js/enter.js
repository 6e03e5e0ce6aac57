// Enter sends, Shift+Enter makes a line, and Hangul is composed while both are
// pressed: sending in the middle of a composition loses or doubles the last
// syllable. So Enter while composing is a wish, fulfilled when the composition
// has ended. For other scripts Enter only chooses a candidate: no wish then.

const hangul = /[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]/

/** Calls send when the writer means to. */
export function onEnter(box, send) {
  let composing = false
  let wished = false
  let composed = ""

  box.addEventListener("compositionstart", () => {
    composing = true
    wished = false
  })
  box.addEventListener("compositionend", event => {
    composing = false
    composed = event.data ?? ""
    // In a macrotask the box holds what the input method has left there.
    if (wished && hangul.test(composed)) setTimeout(send)
    wished = false
  })
  box.addEventListener("keydown", event => {
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return
    event.preventDefault()
    if (composing || event.isComposing) {
      wished = true
      return
    }
    // Safari ends the composition first and marks the key that ended it.
    if (event.keyCode === 229 && !hangul.test(composed)) return
    send()
  })
}
