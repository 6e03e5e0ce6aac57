// The list of rooms, kept as it is on the server.
import { clone, fill, paint, paintAll } from "./dom.js"
import { connect } from "./socket.js"
import { askPassword } from "./password.js"

const table = document.querySelector(".room-list")
const rows = table.tBodies[0]
const template = document.querySelector("template#room-row")
const status = document.querySelector("#home-status")

// What a list of rows says, to be compared with another.
const saying = list => Array.from(list.rows, row =>
  `${row.dataset.id} ${row.querySelector('[data-slot="people"]').textContent}`).join()

const find = id => rows.querySelector(`tr[data-id="${CSS.escape(id)}"]`)

function add(room) {
  if (find(room._id)) return
  const row = clone(template)
  const secret = Boolean(room.password)
  const kind = secret ? table.dataset.private : table.dataset.public
  row.dataset.id = room._id
  row.classList.add("room-list__new")
  fill(row, { title: room.title, kind, people: 0, capacity: room.max, owner: room.owner })
  row.querySelector('[data-slot="kind"]').classList.toggle("badge--private", secret)
  paint(row.querySelector(".room-list__owner"), room.owner)
  const link = row.querySelector(".join-btn")
  link.dataset.id = room._id
  link.dataset.password = secret
  link.href = secret ? `/?enter=${room._id}` : `/room/${room._id}`
  rows.append(row)
  status.textContent = `${room.title} · ${kind}`
}

paintAll()
askPassword(rows, document.querySelector("#enter-dialog"))

// An error in the address has been read; a reload should not show it again.
if (location.search) history.replaceState(null, "", location.pathname)

const lobby = await connect("/room")

// What is told while a refresh is under way is newer than what it brings.
let meanwhile = null
const hear = (event, apply) => lobby.on(event, news => {
  meanwhile?.push(() => apply(news))
  apply(news)
})
hear("newRoom", add)
hear("removeRoom", id => find(id)?.remove())
hear("people", ({ room, count }) => {
  const row = find(room)
  if (row) fill(row, { people: count })
})

// What happened while we were away, or before we listened, is not told again:
// the page knows it all.
lobby.on("connect", () => { if (!lobby.recovered) refresh() })

async function refresh() {
  meanwhile = []
  const answer = await fetch("/", { headers: { Accept: "text/html" } })
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html")
  const body = fresh.querySelector(".room-list tbody")
  if (body && saying(body) !== saying(rows)) {
    rows.replaceChildren(...body.children)
    paintAll(rows)
    for (const apply of meanwhile) apply()
  }
  meanwhile = null
}
