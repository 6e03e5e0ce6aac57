// The list of rooms, kept as it is on the server.
import { clone, fill, paint, paintAll } from "./dom.js"
import { connect } from "./socket.js"
import { askPassword } from "./password.js"

const most = 200 // rows that may gather on the last page; the link leads on

const table = document.querySelector(".room-list")
const rows = table.tBodies[0]
const template = document.querySelector("template#room-row")
const status = document.querySelector("#home-status")

// What the list says, to be compared with another.
const saying = list => Array.from(list.rows, row => row.dataset.id + row.textContent.replace(/\s+/g, " ") + row.querySelector('[data-slot="closed"]').hidden).join()

const more = () => document.querySelector("#more-rooms")

const find = id => rows.querySelector(`tr[data-id="${CSS.escape(id)}"]`)

function add(room) {
  if (find(room._id) || !more().hidden) return // it stands on the last page
  if (rows.rows.length >= most) {
    more().hidden = false
    return
  }
  const row = clone(template)
  row.dataset.id = room._id
  row.classList.add("room-list__new")
  fill(row, { people: 0 })
  write(row, room)
  row.querySelector(".join-btn").dataset.id = room._id
  rows.append(row)
  status.textContent = `${room.title} · ${row.querySelector('[data-slot="kind"]').textContent}`
}

/** Writes what may change of a room. */
function write(row, room) {
  const secret = Boolean(room.password)
  fill(row, {
    title: room.title, capacity: room.max, owner: room.owner,
    kind: secret ? table.dataset.private : table.dataset.public,
  })
  row.querySelector('[data-slot="kind"]').classList.toggle("badge--private", secret)
  row.querySelector('[data-slot="closed"]').hidden = !room.closed
  paint(row.querySelector(".room-list__owner"), room.owner)
  const link = row.querySelector(".join-btn")
  link.dataset.password = secret
  link.href = secret ? `/?enter=${room._id}` : `/room/${room._id}`
}

paintAll()
askPassword(rows, document.querySelector("#enter-dialog"))

// An error in the address has been read; a reload should not show it again.
const after = new URLSearchParams(location.search).get("after")
const here = after ? `/?after=${encodeURIComponent(after)}` : "/"
if (location.search) history.replaceState(null, "", here)

const lobby = await connect("/room")

// What is told while a refresh is under way is newer than what it brings.
let meanwhile = null
const hear = (event, apply) => lobby.on(event, news => {
  meanwhile?.push(() => apply(news))
  apply(news)
})
const change = (id, fn) => { const row = find(id); if (row) fn(row) }
hear("newRoom", add)
hear("changeRoom", room => change(room._id, row => write(row, room)))
hear("removeRoom", id => change(id, row => row.remove()))
hear("people", ({ room, count }) => change(room, row => fill(row, { people: count })))

// What happened while we were away, or before we listened, is not told again:
// the page knows it all.
lobby.on("connect", () => { if (!lobby.recovered) refresh() })

async function refresh() {
  meanwhile = []
  const answer = await fetch(here, { headers: { Accept: "text/html" } }).catch(() => null)
  const fresh = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html")
  const body = fresh && fresh.querySelector(".room-list tbody")
  if (body && saying(body) !== saying(rows)) {
    const focused = document.activeElement.closest?.("tr[data-id]")?.dataset.id
    rows.replaceChildren(...body.children)
    more().replaceWith(fresh.querySelector("#more-rooms"))
    paintAll(rows)
    for (const apply of meanwhile) apply()
    if (focused) find(focused)?.querySelector("a").focus()
  }
  meanwhile = null
}
