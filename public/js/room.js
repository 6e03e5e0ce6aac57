// The page of a room: builds its parts and connects them.
import { setColors } from "./lib/dom.js"
import { Menu } from "./lib/menu.js"
import { readPage } from "./lib/page.js"
import { connect } from "./lib/socket.js"
import { RoomConnection } from "./room/connection.js"
import { confirmQuit, confirmRemoval, leaveByLink } from "./room/leaving.js"
import { createLog, loadOlderMessages } from "./room/message-log.js"
import { createPeople } from "./room/people.js"
import { RoomState, stateOf } from "./room/room-state.js"
import { Sequence } from "./room/sequence.js"
import { createSettingsPanel } from "./room/settings-panel.js"
import { ConnectionBanner, showEnded, showHeader } from "./room/status.js"
import { Whispers } from "./room/whispers.js"
import { createWriting } from "./room/writing.js"

const find = selector => document.querySelector(selector)
const page = readPage(document)
const { t, limits } = page
const facts = find("main").dataset
const { room, color } = facts

setColors(document)
if (location.search) history.replaceState(null, "", location.pathname)

const connection = new RoomConnection(room, color, {
  isReload: performance.getEntriesByType("navigation")[0]?.type === "reload",
  reload: () => location.reload(),
  reopen: () => location.assign(location.pathname),
  showEnded: reason => showEnded(document, reason, t),
})
const { request } = connection
const state = new RoomState(color, stateOf(facts))
const menu = new Menu(t)
const parts = createLog(document, page, color)
const { log } = parts
const sequence = new Sequence(Number(facts.seq), messages => log.receive(messages), after => request("sync", { after }))
const whispers = new Whispers(log, after => request("whispers", { after }), limits.whispers)
const { composer, outbox } = createWriting(document, page, room, parts, state, menu)

showHeader(document, state)
createPeople(document, t, color, state, request, menu, { whisper: person => composer.whisper(person), moderate })
createSettingsPanel({ dialog: find("#panel"), opener: find("#open-panel"), rowTemplate: find("template#panel-row") }, state, request, menu, t)
confirmQuit(find("#quit"), menu, t, () => moderate("quit"))
confirmRemoval(find(".people__remove"), state, menu, t)
leaveByLink(find("#exit-btn"), connection)
loadOlderMessages(find("#older"), log, whispers)
syncWhenShown()

const banner = new ConnectionBanner(find("#connection"), t)
const socket = await connect("/chat", { auth: { room } }).catch(() => null)
if (socket) {
  banner.watch(socket)
  connection.start(socket, { state, sequence, whispers, outbox })
} else { // a build without the client: the page works like one without scripts
  composer.becomePlain()
  outbox.failAll()
  banner.showUnavailable()
}

/** Emits quit or an event of moderation, and shows a refusal in the log. */
async function moderate(event, data) {
  const answer = await request(event, data)
  if (!answer?.ok) log.showNotice(answer?.message ?? t("failed"))
  else if (answer.address === false) log.showNotice(t("ban.away"))
}

/** Makes the connection synchronise when a page that was hidden is shown again. */
function syncWhenShown() {
  let hiddenSince = 0
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenSince = Date.now()
    else connection.shown(Date.now() - hiddenSince)
  })
}
