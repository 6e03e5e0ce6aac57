// The end of a visit: the page says why and offers the list of rooms.
import { clone, fill } from "./dom.js"
import { say } from "./words.js"

let said = false

/** Leaves the room's page with nothing that could still be used. */
export function showOver(why) {
  if (said) return
  said = true
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close()
  const over = fill(clone(document.querySelector("template#over")), { why: say(`over.${why}`) })
  document.querySelector("#people-toggle").hidden = true
  document.querySelector("main").replaceChildren(over)
  over.querySelector("a").focus()
}
