// The page's one menu. It is a native popover: Esc and a click elsewhere close it, and the focus returns to the control
// that opened it.
import { makeButton } from "./dom.js"

const margin = 8 // px between the menu and the edges of the window
const gap = 4 // px between the menu and its control

export class Menu {
  #t
  #box = document.createElement("div")

  constructor(t) {
    this.#t = t
    this.#box.className = "menu card"
    this.#box.popover = "auto"
    this.#box.role = "dialog"
    this.#box.addEventListener("keydown", event => this.#moveFocus(event))
  }

  /**
   * Opens the menu at a control.
   * @param {HTMLElement} control
   * @param {string} label names what the menu acts on
   * @param {{label: string, act: (chosen?: boolean) => void, sure?: string, option?: string}[]} items an item with the
   *   question sure is confirmed first; option labels a checkbox of that question
   */
  open(control, label, items) {
    this.#show(control, label, items.map(item => this.#button(item.label, () => {
      if (item.sure) return this.confirm(control, item.sure, item.label, item.act, item.option)
      this.#box.hidePopover()
      item.act()
    }, item.sure && "menu__item--danger")))
    this.#box.querySelector("button")?.focus()
  }

  /** Asks a question at a control, and calls act with the checkbox's state if the visitor chooses yes. */
  confirm(control, question, yes, act, option) {
    const text = document.createElement("p")
    text.textContent = question
    const checkbox = option && makeCheckbox(option)
    const no = this.#button(this.#t("cancel"), () => this.#box.hidePopover())
    this.#show(control, question, [text, ...checkbox ? [checkbox] : [], this.#button(yes, () => {
      this.#box.hidePopover()
      act(checkbox?.control.checked)
    }, "menu__item--danger"), no])
    no.focus() // a second press of Enter must not confirm
  }

  #button(label, action, kind = "") { return makeButton(label, action, `menu__item ${kind}`) }

  #moveFocus(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const controls = [...this.#box.querySelectorAll("button, input")]
    const at = controls.indexOf(document.activeElement)
    controls[(at + step + controls.length) % controls.length].focus()
  }

  #show(control, label, content) {
    const box = this.#box
    // A modal dialog makes everything outside of it inert.
    const parent = control.closest("dialog") ?? document.body
    const open = box.matches(":popover-open")
    if (box.parentElement !== parent) parent.append(box)
    box.ariaLabel = label
    box.replaceChildren(...content)
    if (!open || !box.matches(":popover-open")) {
      control.focus() // the focus returns here; Safari does not focus a clicked button
      box.showPopover()
    }
    this.#place(control)
  }

  #place(control) {
    const { style } = this.#box
    style.setProperty("left", "0") // measure the menu at its full width
    const [at, size] = [control, this.#box].map(element => element.getBoundingClientRect())
    const fitsBelow = at.bottom + size.height + margin <= innerHeight
    const top = fitsBelow ? at.bottom + gap : Math.max(margin, at.top - size.height - gap)
    const left = Math.min(Math.max(margin, at.left), document.documentElement.clientWidth - size.width - margin)
    style.setProperty("top", `${top}px`)
    style.setProperty("left", `${left}px`)
  }
}

function makeCheckbox(text) {
  const label = document.createElement("label")
  label.className = "switch menu__option"
  const input = document.createElement("input")
  input.type = "checkbox"
  const words = document.createElement("span")
  words.textContent = text
  label.append(input, words)
  return label
}
