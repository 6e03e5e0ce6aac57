// A room: wires its parts together.
import { fill, paintAll } from "./dom.js"
import { ask, askAgainIn, connect } from "./socket.js"
import { Follow } from "./scroll.js"
import { Messages } from "./messages.js"
import { Sequence } from "./sequence.js"
import { Whispers } from "./whispers.js"
import { Outbox } from "./outbox.js"
import { Composer } from "./composer.js"
import { Actions } from "./actions.js"
import { acceptGIFs } from "./upload.js"
import { chooseAutoplay } from "./gif.js"
import { readBack } from "./history.js"
import { Standing } from "./standing.js"
import { People } from "./people.js"
import { openPersonMenu } from "./person-menu.js"
import { chooseName } from "./nickname.js"
import { openPanelWith } from "./panel.js"
import { showStill, watchConnection } from "./connection.js"
import { confirmAt } from "./menu.js"
import { showOver } from "./over.js"
import { say } from "./words.js"

const catchUpAfter = 60_000 // ms that the page was hidden

paintAll()
if (location.search) history.replaceState(null, "", location.pathname)

const room = document.querySelector("main").dataset
const box = document.querySelector("#scroll")
const list = document.querySelector("#chat-list")
const form = document.querySelector("#chat-form")

let socket = null
let entered = false
let again = 0 // the timer of another try to enter
const about = (event, what) => socket ? ask(socket, event, { room: room.room, ...what }) : Promise.resolve(null)

const scroll = new Follow(box, document.querySelector("#newer"))
const messages = new Messages(list, document.querySelector("template#message"), scroll, room)
const sequence = new Sequence(Number(room.seq), shown => messages.receive(shown), after => about("sync", { after }))
const whispers = new Whispers(messages, after => about("whispers", { after }))
const standing = new Standing(room)
const outbox = new Outbox(room, messages)
const actions = new Actions(list, box, standing, { edit: row => composer.edit(row), remove: row => outbox.remove(row) })
const composer = new Composer(form, outbox, () => actions.lastOwn())
const openName = chooseName(standing, nick => about("nick", { nick }))
const people = new People(room, (person, button) => {
  if (person.color === room.color) openName(button)
  else openPersonMenu(person, button, { owned: standing.owned, whisper, tell })
})

acceptGIFs(form, messages)
readBack(room, messages, scroll, whispers)
openPanelWith(standing, about)
confirmEnds()
leaveWith(document.querySelector("#exit-btn"))
chooseAutoplay(document.querySelector("#autoplay"))
standing.watch(showStanding)

socket = await connect("/chat", { auth: { room: room.room } }).catch(() => null)
if (socket) listen()
else stayStill()

function listen() {
  outbox.use(socket)
  watchConnection(socket)

  for (const event of ["chat", "notice", "edit", "remove"]) socket.on(event, message => sequence.hear(message))
  socket.on("join", notice => sequence.hear({ ...notice, kind: "notice", topic: "entered" }))
  socket.on("exit", notice => sequence.hear({ ...notice, kind: "notice", topic: "left" }))
  socket.on("whisper", whisper => whispers.hear(whisper))
  socket.on("participants", ({ members }) => standing.meet(members))
  socket.on("room", state => standing.become(state))
  socket.on("removeRoom", () => end("removed"))
  socket.on("kicked", ({ reason }) => end(reason))
  socket.on("quit", () => end("quit"))
  socket.on("connect", enter)
  // The namespace has refused us: the client tries no more.
  socket.on("connect_error", () => { if (!socket.active) end("ended") })
  socket.on("disconnect", reason => {
    clearTimeout(again) // it begins anew with the next connection
    sequence.lost()
    if (reason === "io server disconnect") end("ended")
  })
}

/** Without the client the page does what it does without scripts, and says so. */
function stayStill() {
  form.dataset.plain = "true"
  form.elements.gif.disabled = true
  outbox.giveUp()
  showStill()
}

/** Takes a seat, and brings what was said since the last message we hold. */
async function enter() {
  clearTimeout(again)
  // join lets in whom the owner has sent out meanwhile, if the room is public;
  // the page would rather say so.
  if (entered && refused(await sequence.sync())) return
  const after = sequence.seq
  const answer = await about("join", { after })
  if (refused(answer)) return
  if (outdated(answer, after)) return location.reload()
  entered = true
  standing.become(answer.state)
  standing.meet(answer.members)
  sequence.take(answer.messages ?? [])
  if (!answer.more) sequence.complete()
  outbox.resume()
  whispers.catchUp(answer.whispers)
  if (answer.more) refused(await sequence.sync())
}

/** Tells whether the visitor is not let in; then the page tries again, or says why not. */
function refused(answer) {
  if (answer?.ok) return false
  // Who was away and is no member any more was sent out, has quit or logged out
  // elsewhere: nobody says which.
  const ends = { not_found: "removed", banned: "banned", forbidden: "ended" }
  const pause = askAgainIn(answer)
  if (ends[answer?.reason]) end(ends[answer.reason])
  else if (!pause) location.assign(`/room/${room.room}`) // the server says why
  else if (socket.connected) again = setTimeout(enter, pause)
  return true
}

/** Tells whether the page is another visitor's, or shows what a restored backup of the room does not have. */
function outdated({ user, seq }, after) {
  // To a browser that keeps no cookies every page is another visitor's, the next too.
  const reloaded = performance.getEntriesByType("navigation")[0]?.type === "reload"
  return seq < after || user !== room.color && (entered || !reloaded)
}

/** Stops everything. */
function end(why) {
  clearTimeout(again)
  outbox.close()
  whispers.close()
  socket.off()
  socket.disconnect()
  showOver(why)
}

function whisper(person) {
  people.close() // on a phone it covers the box
  composer.whisper(person)
}

/** Does what the visitor decides about a person; says so if it cannot be. */
async function tell(event, what) {
  const answer = await about(event, what)
  if (!answer?.ok) messages.say(answer?.message ?? say("failed"))
  else if (answer.address === false) messages.say(say("ban.away"))
}

function showStanding({ state, owned, closed }) {
  if (state.title) {
    fill(document.querySelector(".room-top"), { title: state.title })
    document.title = document.title.replace(/^.*( · )/, (_, dot) => state.title + dot)
  }
  document.querySelector("#private").hidden = !state.private
  document.querySelector("#door-badge").hidden = !state.closed
  room.owned = owned
  composer.close(closed && say(closed))
  people.show(standing)
}

function confirmEnds() {
  const quit = document.querySelector("#quit")
  quit.addEventListener("click", () => confirmAt(quit, say("quit.sure"), say("quit.yes"), () => tell("quit")))
  const removal = document.querySelector(".people__remove")
  removal.addEventListener("submit", event => {
    event.preventDefault()
    confirmAt(removal.querySelector("button"), say("removeRoom.sure"), say("removeRoom.yes"), () => removal.submit())
  })
}

/** Frees the place at once when the page is left by its own button: a tab that closes may only be reloading. */
function leaveWith(exit) {
  exit.addEventListener("click", event => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) socket?.disconnect()
  })
  addEventListener("pageshow", event => { if (event.persisted) socket?.connect() }) // back again
}

let hiddenSince = 0
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenSince = Date.now()
  else if (socket?.connected && Date.now() - hiddenSince > catchUpAfter) sequence.sync()
})
