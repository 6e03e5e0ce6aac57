// The box that one writes in: a message, a whisper to somebody, or another
// text for a message of one's own.
import { fill } from "./dom.js"
import { textOf } from "./row.js"
import { isComposing, submitOnEnter } from "./submit-on-enter.js"
import { TextLimit } from "./text-limit.js"
import { nameOf, say } from "./words.js"

// The most characters of a message and of a GIF's description; rooms/message.go says the same.
const maxText = 2000
const maxAlt = 200

const touch = matchMedia("(pointer: coarse)")

export class Composer {
  #form; #box; #outbox; #bar; #limit
  #to = null // whom the text is whispered to
  #row = null // the message that is edited
  #draft = "" // what is written to all, while the box is for something else
  #key = `draft:${location.pathname}`

  /** @param {() => HTMLElement|undefined} lastOwn finds the message that ArrowUp edits */
  constructor(form, outbox, lastOwn) {
    this.#form = form
    this.#box = form.elements.chat
    this.#outbox = outbox
    this.#bar = form.querySelector("#mode")
    form.addEventListener("submit", event => {
      if (!this.#form.dataset.closed && this.#limit.check()) {
        if (this.#plain) return this.#forget() // the browser sends it
        this.#submit()
      }
      event.preventDefault()
    })
    submitOnEnter(this.#box, () => form.requestSubmit())
    this.#bar.querySelector("[data-leave]").addEventListener("click", () => this.leave())
    form.addEventListener("keydown", event => {
      if (isComposing(event)) return
      if (event.key === "Escape" && !this.#bar.hidden) this.leave()
      else if (event.key === "ArrowUp" && event.target === this.#box && !this.#box.value && this.#bar.hidden) {
        const row = lastOwn()
        if (!row) return
        event.preventDefault()
        this.edit(row)
      }
    })
    // Only what is written to all is kept: a reload knows of no whisper.
    this.#box.addEventListener("input", () => { if (this.#bar.hidden) this.#keep() })
    this.#box.value = sessionStorage.getItem(this.#key) ?? this.#box.value
    this.#limit = new TextLimit(form, maxText)
    // On touch the keyboard would cover the room that one has come to read.
    if (!touch.matches) this.#box.focus()
  }

  /** Whispers to a person from now on. */
  whisper(person) {
    this.leave()
    this.#putAside("")
    this.#to = person
    this.#mode(say("whisper.mode", nameOf(person)), say("whisper.leave"), "whisper")
  }

  /** Edits a message, or describes a GIF. */
  edit(row) {
    this.leave()
    if (this.#form.dataset.closed) return
    this.#row = row
    this.#putAside(textOf(row))
    row.classList.add("message--editing")
    const gif = row.matches(".message--gif")
    this.#limit.set(gif ? maxAlt : maxText)
    this.#mode(say(gif ? "edit.altNow" : "edit.mode"), say("edit.leave"), "edit")
    this.#box.setSelectionRange(this.#box.value.length, this.#box.value.length)
  }

  /** Says that one writes to all again. A half-written whisper is not for all: it goes. */
  leave() {
    this.#row?.classList.remove("message--editing")
    this.#to = this.#row = null
    if (this.#bar.hidden) return
    this.#bar.hidden = true
    fill(this.#bar, { mode: "" }) // it describes the box
    this.#box.value = this.#draft
    this.#limit.set(maxText)
    delete this.#form.dataset.mode
    this.#box.focus()
  }

  /** Keeps the visitor from writing, with the reason; "" opens it again. */
  close(reason) {
    if ((this.#form.dataset.closed ?? "") === reason) return
    if (reason && this.#row) this.leave()
    const line = this.#form.querySelector("#closed")
    line.textContent = reason
    line.hidden = !reason
    if (reason) this.#form.dataset.closed = reason
    else delete this.#form.dataset.closed
    // Read-only, not disabled: a box that is disabled loses the focus.
    this.#box.readOnly = Boolean(reason)
    this.#box.ariaDisabled = String(Boolean(reason))
    this.#form.elements.gif.disabled = Boolean(reason)
    this.#form.querySelector("[type=submit]").disabled = Boolean(reason)
  }

  /** Keeps what is written to all until leave. It is not to be whispered by mistake. */
  #putAside(instead) {
    this.#draft = this.#box.value
    this.#box.value = instead
    this.#limit.set(maxText)
  }

  #keep() {
    try {
      sessionStorage.setItem(this.#key, this.#box.value)
    } catch { /* longer than the browser stores: it stays in the box */ }
  }

  #forget() { sessionStorage.removeItem(this.#key) }

  /** Whether the browser is to send the text itself: the room has no client. */
  get #plain() {
    const { plain, closed } = this.#form.dataset
    return Boolean(plain && !closed && !this.#row && this.#box.value.trim())
  }

  #mode(text, leave, name) {
    fill(this.#bar, { mode: text, leave })
    this.#form.dataset.mode = name
    this.#bar.hidden = false
    this.#box.focus()
  }

  #submit() {
    // Spaces at the start are indentation. A NUL and half a character cannot be stored.
    const text = (this.#box.value.toWellFormed?.() ?? this.#box.value).replaceAll("\0", "").trimEnd()
    if (this.#row) return this.#save(text)
    if (!text) return
    this.#box.value = ""
    this.#limit.set(maxText)
    if (this.#to) this.#outbox.whisper(this.#to, text)
    else {
      this.#forget()
      this.#outbox.send(text)
    }
    this.#box.focus()
  }

  #save(text) {
    const row = this.#row
    if (!text && !row.matches(".message--gif")) return
    const changed = text !== textOf(row)
    this.leave()
    if (changed) this.#outbox.edit(row, text)
  }
}
