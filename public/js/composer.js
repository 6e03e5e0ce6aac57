import { onEnter } from "./enter.js"

const touch = matchMedia("(pointer: coarse)")

/** Makes the form send without a reload. */
export function compose(form, send) {
  const box = form.elements.chat
  const draft = `draft:${location.pathname}`

  function submit() {
    const text = box.value.trim()
    if (!text) return
    send(text)
    box.value = ""
    sessionStorage.removeItem(draft)
    box.focus()
  }

  form.addEventListener("submit", event => {
    event.preventDefault()
    submit()
  })
  onEnter(box, submit)
  box.addEventListener("input", () => sessionStorage.setItem(draft, box.value))
  box.value = sessionStorage.getItem(draft) ?? box.value
  // On touch the keyboard would cover the room that one has come to read.
  if (!touch.matches) box.focus()
}
