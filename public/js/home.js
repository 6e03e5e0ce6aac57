// The home page: the list of rooms.
import { followLobby } from "./home/lobby.js"
import { askForPassword } from "./home/password-dialog.js"
import { RoomList } from "./home/room-list.js"
import { setColors } from "./lib/dom.js"
import { readPage } from "./lib/page.js"
import { connect } from "./lib/socket.js"

const find = selector => document.querySelector(selector)
const { t } = readPage(document)
const elements = { table: find(".room-list"), more: find("#more-rooms"), template: find("template#room-row"), status: find("#home-status") }
const list = new RoomList(elements, t)

setColors(document)
askForPassword(list.rows, find("#enter-dialog"))

// The address without the error that it can carry, so that a reload does not show the error again.
const after = new URLSearchParams(location.search).get("after")
const address = after ? `/?after=${encodeURIComponent(after)}` : "/"
if (location.search) history.replaceState(null, "", address)

followLobby(await connect("/room"), list, () => loadPage().catch(() => null))

async function loadPage() {
  const answer = await fetch(address, { headers: { Accept: "text/html" } })
  return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null
}
