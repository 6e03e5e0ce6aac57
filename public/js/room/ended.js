import { cloneTemplate, setTexts } from "../lib/dom.js"

/**
 * Replaces the room by the reason why the visit has ended, and a link to the list of rooms.
 * @param {string} reason "kicked", "banned", "quit", "removed" or "ended"
 */
export function showEnded(document, reason, t) {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close()
  const section = setTexts(cloneTemplate(document.querySelector("template#ended")), { why: t(`ended.${reason}`) })
  document.querySelector("#people-toggle").hidden = true
  document.querySelector("main").replaceChildren(section)
  section.querySelector("a").focus()
}
