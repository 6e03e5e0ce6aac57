// One small menu for the whole page, at the control that opened it. It is a
// native popover: Esc and a click elsewhere close it, and the focus goes back.
import { say } from "./words.js"

const box = document.createElement("div")
box.className = "menu card"
box.popover = "auto"
box.role = "dialog"
box.addEventListener("keydown", event => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step) return
  event.preventDefault()
  const buttons = [...box.querySelectorAll("button, input")]
  const at = buttons.indexOf(document.activeElement)
  buttons[(at + step + buttons.length) % buttons.length].focus()
})

/**
 * Opens it.
 * @param {HTMLElement} anchor the control
 * @param {string} label what the menu is about
 * @param {{label: string, act: (chosen?: boolean) => void, sure?: string, option?: string}[]} items with sure, it is
 *   asked first; option is something that may be chosen besides
 */
export function openMenu(anchor, label, items) {
  show(anchor, label, items.map(item => button(item.label, () => {
    if (item.sure) return confirmAt(anchor, item.sure, item.label, item.act, item.option)
    box.hidePopover()
    item.act()
  }, item.sure && "menu__item--danger")))
  box.querySelector("button")?.focus()
}

/** Asks at a control whether one is sure. */
export function confirmAt(anchor, question, yes, act, option) {
  const text = document.createElement("p")
  text.textContent = question
  const choice = option && checkbox(option)
  const no = button(say("no"), () => box.hidePopover())
  show(anchor, question, [text, ...choice ? [choice] : [], button(yes, () => {
    box.hidePopover()
    act(choice?.control.checked)
  }, "menu__item--danger"), no])
  no.focus() // an Enter too many must not do it
}

function checkbox(text) {
  const label = document.createElement("label")
  label.className = "switch menu__option"
  const input = document.createElement("input")
  input.type = "checkbox"
  const words = document.createElement("span")
  words.textContent = text
  label.append(input, words)
  return label
}

function show(anchor, label, content) {
  // In a modal dialog everything outside of it is out of reach.
  const home = anchor.closest("dialog") ?? document.body
  const open = box.matches(":popover-open")
  if (box.parentElement !== home) home.append(box)
  box.ariaLabel = label
  box.replaceChildren(...content)
  if (!open || !box.matches(":popover-open")) {
    anchor.focus() // where the focus goes back to; Safari focuses no clicked button
    box.showPopover()
  }
  place(anchor)
}

function place(anchor) {
  box.style.setProperty("left", "0") // at its own width, wherever it was before
  const [at, size] = [anchor.getBoundingClientRect(), box.getBoundingClientRect()]
  const gap = 8 // px to the edges
  const below = at.bottom + size.height + gap <= innerHeight
  const top = below ? at.bottom + 4 : Math.max(gap, at.top - size.height - 4)
  const left = Math.min(Math.max(gap, at.left), document.documentElement.clientWidth - size.width - gap)
  box.style.setProperty("top", `${top}px`)
  box.style.setProperty("left", `${left}px`)
}

function button(label, act, kind) {
  const element = document.createElement("button")
  element.type = "button"
  element.className = `menu__item ${kind || ""}`
  element.textContent = label
  element.addEventListener("click", act)
  return element
}
