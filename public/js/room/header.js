import { setTexts } from "../lib/dom.js"

/** Shows the title of the room, and whether it is private or closed. */
export function createHeader(document, state) {
  const find = selector => document.querySelector(selector)
  state.subscribe(({ room }) => {
    if (room.title) {
      setTexts(find(".room-top"), { title: room.title })
      document.title = document.title.replace(/^.*( · )/, (_, separator) => room.title + separator)
    }
    find("#private").hidden = !room.private
    find("#door-badge").hidden = !room.closed
  })
}
