// A room: wires its parts together.
import { paintAll } from "./dom.js"
import { connect } from "./socket.js"
import { Follow } from "./scroll.js"
import { Messages } from "./messages.js"
import { Outbox } from "./outbox.js"
import { compose } from "./composer.js"
import { acceptGIFs } from "./upload.js"
import { chooseAutoplay } from "./gif.js"
import { readBack } from "./history.js"
import { showPeople } from "./people.js"
import { watchConnection } from "./connection.js"
import { confirmRemoval, leaveRemoved } from "./removal.js"

const catchUpAfter = 60_000 // ms that the page was hidden
const answerWithin = 8_000 // ms

const room = document.querySelector("main").dataset
const scroll = new Follow(document.querySelector("#scroll"), document.querySelector("#newer"))
const messages = new Messages(document.querySelector("#chat-list"), document.querySelector("template#message"), scroll, room)
const people = showPeople(room)

paintAll()
if (location.search) history.replaceState(null, "", location.pathname)
readBack(room, messages, scroll)
confirmRemoval()
chooseAutoplay(document.querySelector("#autoplay"))

const outbox = new Outbox(room, messages)
const form = document.querySelector("#chat-form")
compose(form, text => outbox.send(text))
acceptGIFs(form, messages)

const socket = await connect("/chat", { auth: { room: room.room } })
outbox.use(socket)
watchConnection(socket)

socket.on("chat", message => messages.receive(message))
socket.on("join", notice => people.tell(notice, room.entered, messages))
socket.on("exit", notice => people.tell(notice, room.left, messages))
socket.on("participants", ({ people: list }) => people.show(list))
socket.on("removeRoom", () => leaveRemoved(room))
socket.on("connect", enter)
socket.on("disconnect", () => { messages.gap = true })

/** Takes a seat, and brings what was said since the last message we hold. */
async function enter() {
  const ask = { room: room.room, after: messages.seq }
  const answer = await socket.timeout(answerWithin).emitWithAck("join", ask).catch(() => null)
  if (!answer) return
  if (!answer.ok) {
    if (answer.reason === "not_found") leaveRemoved(room)
    else if (answer.reason !== "rate_limited") location.assign(`/room/${room.room}`)
    return
  }
  people.show(answer.people)
  messages.catchUp(answer.messages ?? [])
  outbox.resume()
  if (answer.more) await sync()
  else messages.complete()
}

async function sync() {
  messages.gap = true
  for (let more = true; more;) {
    const ask = { room: room.room, after: messages.seq }
    const answer = await socket.timeout(answerWithin).emitWithAck("sync", ask).catch(() => null)
    if (!answer?.ok) return
    messages.catchUp(answer.messages)
    more = answer.more
  }
  messages.complete()
}

let hiddenSince = 0
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenSince = Date.now()
  else if (socket.connected && Date.now() - hiddenSince > catchUpAfter) sync()
})
