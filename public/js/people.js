import { clone, fill, paint } from "./dom.js"

/** Shows who is in the room. */
export function showPeople(room) {
  const panel = document.querySelector("#people")
  const list = panel.querySelector(".people__list")
  const template = document.querySelector("template#person")
  const status = document.querySelector("#status")
  const toggle = document.querySelector("#people-toggle")

  toggle.hidden = false
  toggle.addEventListener("click", () => {
    toggle.ariaExpanded = String(panel.classList.toggle("people--open"))
  })
  document.addEventListener("keydown", event => { if (event.key === "Escape") close() })
  document.querySelector("#scroll").addEventListener("click", close)

  function close() {
    panel.classList.remove("people--open")
    toggle.ariaExpanded = "false"
  }

  function row(color) {
    const notes = [color === room.color && room.you, color === room.owner && room.ownerWord].filter(Boolean)
    const item = fill(clone(template), { color, note: notes.join(" · ") })
    paint(item, color)
    return item
  }

  return {
    /** Shows these colours. */
    show(colors) {
      fill(toggle, { count: colors.length })
      list.replaceChildren(...colors.map(row))
    },
    /** Says that somebody came or went, and lets screen readers hear it once. */
    tell({ chat, person }, words, messages) {
      const text = person ? person + words : chat
      messages.say(text)
      status.textContent = text
    },
  }
}
