// The text box of the room. It writes a message to all, a whisper to one person, or another text for a message.
import { setTexts } from "../lib/dom.js"
import { nameOf } from "../lib/page.js"
import { keepText, loadText } from "../lib/storage.js"
import { isComposing, submitOnEnter } from "../lib/submit-on-enter.js"
import { textOf } from "./rows.js"

/**
 * Returns a text as it is sent: without NUL and without halves of surrogate pairs, which cannot be stored, and without
 * spaces at the end. Spaces at the beginning are indentation.
 */
export const cleanText = text => (text.toWellFormed?.() ?? text).replaceAll("\0", "").trimEnd()

export class Composer {
  #form; #box; #bar; #limit; #limits; #t; #actions
  #recipient = null // of a whisper
  #row = null // the message that is edited
  #draft = "" // the message to all, while the box is used for something else
  #draftKey = `draft:${location.pathname}`
  #closedReason = ""
  #isPlain = false

  /**
   * @param {HTMLFormElement} form
   * @param {import("./text-limit.js").TextLimit} limit
   * @param {{limits: {message: number, description: number}, t: Function}} page
   * @param {{send: (text: string) => void, whisper: (person: object, text: string) => void,
   *   edit: (row: HTMLElement, text: string) => void, lastOwn: () => HTMLElement|undefined}} actions
   *   lastOwn returns the message that ArrowUp edits
   */
  constructor(form, limit, page, actions) {
    this.#form = form
    this.#box = form.elements.chat
    this.#bar = form.querySelector("#mode")
    this.#limit = limit
    this.#limits = page.limits
    this.#t = page.t
    this.#actions = actions
    form.addEventListener("submit", event => this.#submitted(event))
    form.addEventListener("keydown", event => this.#keyPressed(event))
    submitOnEnter(this.#box, () => form.requestSubmit())
    this.#bar.querySelector("[data-leave]").addEventListener("click", () => this.leaveMode())
    // Whispers and edits are not kept: after a reload the box writes to all.
    this.#box.addEventListener("input", () => { if (this.#bar.hidden) this.#keepDraft() })
    this.#box.value = loadText("sessionStorage", this.#draftKey) ?? this.#box.value
    limit.set(this.#limits.message)
    // On a touch screen the keyboard would cover the messages.
    if (!matchMedia("(pointer: coarse)").matches) this.#box.focus()
  }

  /** Whether the visitor can send GIFs. */
  get acceptsGIFs() { return !this.#closedReason && !this.#isPlain }

  /** Starts a whisper to a person. */
  whisper(person) {
    this.leaveMode()
    this.#setDraftAside("")
    this.#recipient = person
    this.#enterMode("whisper", this.#t("whisper.mode", nameOf(person)), this.#t("whisper.leave"))
  }

  /** Starts an edit of a message, or of the description of a GIF. */
  edit(row) {
    this.leaveMode()
    if (this.#closedReason) return
    this.#row = row
    this.#setDraftAside(textOf(row))
    row.classList.add("message--editing")
    const isGIF = row.matches(".message--gif")
    this.#limit.set(isGIF ? this.#limits.description : this.#limits.message)
    this.#enterMode("edit", this.#t(isGIF ? "edit.altNow" : "edit.mode"), this.#t("edit.leave"))
    this.#box.setSelectionRange(this.#box.value.length, this.#box.value.length)
  }

  /** Ends a whisper or an edit. Its text is dropped, since a whisper is not meant for all. */
  leaveMode() {
    this.#row?.classList.remove("message--editing")
    this.#recipient = this.#row = null
    if (this.#bar.hidden) return
    this.#bar.hidden = true
    setTexts(this.#bar, { mode: "" }) // the box refers to it by aria-describedby
    this.#box.value = this.#draft
    this.#limit.set(this.#limits.message)
    delete this.#form.dataset.mode
    this.#box.focus()
  }

  /** Closes the box and shows the reason, or opens it again for "". */
  setClosed(reason) {
    if (this.#closedReason === reason) return
    if (reason && this.#row) this.leaveMode()
    this.#closedReason = reason
    const line = this.#form.querySelector("#closed")
    line.textContent = reason
    line.hidden = !reason
    if (reason) this.#form.dataset.closed = ""
    else delete this.#form.dataset.closed
    // Read-only, not disabled: a disabled box loses the focus.
    this.#box.readOnly = Boolean(reason)
    this.#box.ariaDisabled = String(Boolean(reason))
    this.#form.querySelector("[type=submit]").disabled = Boolean(reason)
    this.#showGIFButton()
  }

  /** Lets the browser send the form, as without scripts: the page has no Socket.IO client. */
  becomePlain() {
    this.#isPlain = true
    this.#showGIFButton()
  }

  #showGIFButton() { this.#form.elements.gif.disabled = !this.acceptsGIFs }

  #submitted(event) {
    const accepted = !this.#closedReason && this.#limit.check()
    if (accepted && this.#isPlain && !this.#row && this.#box.value.trim()) return this.#forgetDraft() // the browser sends it
    event.preventDefault()
    if (accepted) this.#submit()
  }

  #submit() {
    const text = cleanText(this.#box.value)
    if (this.#row) return this.#submitEdit(text)
    if (!text) return
    this.#box.value = ""
    this.#limit.set(this.#limits.message)
    if (this.#recipient) this.#actions.whisper(this.#recipient, text)
    else {
      this.#forgetDraft()
      this.#actions.send(text)
    }
    this.#box.focus()
  }

  #submitEdit(text) {
    const row = this.#row
    if (!text && !row.matches(".message--gif")) return
    const isChanged = text !== textOf(row)
    this.leaveMode()
    if (isChanged) this.#actions.edit(row, text)
  }

  #keyPressed(event) {
    if (isComposing(event)) return
    if (event.key === "Escape" && !this.#bar.hidden) this.leaveMode()
    else if (event.key === "ArrowUp" && event.target === this.#box && !this.#box.value && this.#bar.hidden) {
      const row = this.#actions.lastOwn()
      if (!row) return
      event.preventDefault()
      this.edit(row)
    }
  }

  #enterMode(name, text, leave) {
    setTexts(this.#bar, { mode: text, leave })
    this.#form.dataset.mode = name
    this.#bar.hidden = false
    this.#box.focus()
  }

  /** Keeps the message to all until leaveMode, so that it is not whispered by mistake. */
  #setDraftAside(replacement) {
    this.#draft = this.#box.value
    this.#box.value = replacement
    this.#limit.set(this.#limits.message)
  }

  #keepDraft() { keepText("sessionStorage", this.#draftKey, this.#box.value) }

  #forgetDraft() { keepText("sessionStorage", this.#draftKey, null) }
}
