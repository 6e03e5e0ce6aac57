// The ways out of the room: back to the list, for good, and by removing the room.

import { opensElsewhere } from "../lib/dom.js"

/** Disconnects when the visitor goes back to the list. A tab that only closes may be reloading. */
export function leaveByLink(link, connection) {
  link.addEventListener("click", event => {
    if (!opensElsewhere(event)) connection.disconnect()
  })
  addEventListener("pageshow", event => { if (event.persisted) connection.connect() }) // the browser's back button
}

/** Asks before the visitor leaves for good. */
export function confirmQuit(button, menu, t, quit) {
  button.addEventListener("click", () => menu.confirm(button, t("quit.sure"), t("quit.yes"), quit))
}

/** Asks before the owner removes the room, and hides the form from others. */
export function confirmRemoval(form, state, menu, t) {
  form.addEventListener("submit", event => {
    event.preventDefault()
    menu.confirm(form.querySelector("button"), t("removeRoom.sure"), t("removeRoom.yes"), () => form.submit())
  })
  state.subscribe(({ isOwner }) => { form.hidden = !isOwner })
}
