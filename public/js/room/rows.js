// One line of the log: made from a message, and changed when the message is.
import { clone, fill, paint } from "./dom.js"
import { showTime } from "./time.js"
import { describe, gifImage, tame } from "./gif.js"
import { nameOf, noticeText, say } from "./words.js"

/** Makes a row of a message, a notice or a whisper. */
export function makeRow(template, message, room) {
  const row = clone(template)
  const damaged = message.kind === "damaged" || message.damaged
  const who = message.kind === "notice" || damaged ? "system" : message.user === room.color ? "mine" : "other"
  const toOther = message.kind === "whisper" && who === "mine"
  row.className = `message ${who}`
  row.dataset.user = message.user ?? ""
  if (message._id) row.dataset.id = message._id
  if (message.seq) row.dataset.seq = message.seq
  else delete row.dataset.seq
  const text = damaged ? say("damaged") : who === "system" ? noticeText(message) : message.chat ?? ""
  fill(row, { user: message.nick || message.user || "", text, edited: "" })
  if (message.gif) {
    row.classList.add("message--gif")
    row.querySelector(".message__bubble").replaceChildren(gifImage(message))
  }
  if (message.kind === "whisper") markWhisper(row, message, toOther)
  if (message.kind === "removed") clear(row)
  row.classList.toggle("message--damaged", Boolean(damaged))
  if (message.edited) markEdited(row, message.edited)
  if (who !== "system") paint(row, toOther ? message.to : message.user)
  row.querySelector("time").dateTime = message.createdAt
  finish(row, room)
  return row
}

/** What only the browser can do with a row, also with one of the server's. */
export function finish(row, room) {
  showTime(row.querySelector("time"))
  const image = row.querySelector("img")
  if (image) tame(image, room.play)
}

function markWhisper(row, { n, from, fromNick, to, toNick }, toOther) {
  row.classList.add("message--whisper")
  if (n) row.dataset.n = n
  fill(row, {
    user: toOther ? say("whisper.to", nameOf({ nick: toNick, color: to })) : say("whisper.from", nameOf({ nick: fromNick, color: from })),
  })
}

/** The text of a row, or the description of its GIF. */
export const textOf = row => row.querySelector("img")?.alt ?? row.querySelector('[data-slot="text"]')?.textContent ?? ""

/** Shows another text, or describes the GIF in other words. */
export function showText(row, text) {
  const image = row.querySelector("img")
  if (image) describe(image, text, document.querySelector("main").dataset.play)
  else fill(row, { text })
}

/** Says that a message is not as it was first. An older edit changes nothing. */
export function markEdited(row, seq = Infinity) {
  row.dataset.edited = seq
  fill(row, { edited: say("edited") })
}

/** Leaves nothing of a message but its place. */
export function clear(row) {
  const text = document.createElement("p")
  text.className = "message__text"
  text.dataset.slot = "text"
  text.textContent = say("gone")
  row.querySelector(".message__bubble").replaceChildren(text)
  row.classList.remove("message--gif", "message--pending", "message--failed")
  row.classList.add("message--removed")
  fill(row, { edited: "", state: "" })
}

/** Does to a row what an edit or a removal says. */
export function amend(row, { kind, seq, chat }) {
  if (row.matches(".message--removed")) return
  if (kind === "remove") return clear(row)
  if (Number(row.dataset.edited) > seq) return
  showText(row, chat ?? "")
  markEdited(row, seq)
}
