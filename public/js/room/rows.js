// Rows of the log: made from messages, and changed by edits and removals.
import { cloneTemplate, makeButton, setColor, setTexts } from "../lib/dom.js"
import { nameOf } from "../lib/page.js"
import { gifImage } from "./gif.js"

/** Returns a notice in the language of the page. The text that the server stores is Korean. */
export function noticeText({ topic, chat, nick, person }, { lang, t }) {
  const key = topic === "named" && !nick ? "topic.unnamed" : `topic.${topic}`
  const text = t(key, nick || person, person)
  return lang === "ko" || text === key ? chat : text
}

/**
 * Returns what the row of a message shows.
 * @param {object} message a message, notice or whisper as the server sends it
 * @param {string} color this visitor's colour
 * @returns {{kind: "mine"|"other"|"system", name: string, text: string, color: string, damaged: boolean}}
 */
export function rowContent(message, color, { lang, t }) {
  const damaged = message.kind === "damaged" || Boolean(message.damaged)
  const isNotice = message.kind === "notice" || damaged
  const kind = isNotice ? "system" : message.user === color ? "mine" : "other"
  const text = damaged ? t("room.damaged") : isNotice ? noticeText(message, { lang, t }) : message.chat ?? ""
  const content = { kind, name: message.nick || message.user || "", text, color: message.user, damaged }
  if (message.kind !== "whisper") return content
  const { from, fromNick, to, toNick } = message
  return kind === "mine"
    ? { ...content, name: t("whisper.to", nameOf({ nick: toNick, color: to })), color: to }
    : { ...content, name: t("whisper.from", nameOf({ nick: fromNick, color: from })) }
}

/** Returns the text of a row, or the description of its GIF. */
export const textOf = row => row.querySelector("img")?.alt ?? row.querySelector('[data-slot="text"]')?.textContent ?? ""

export class Rows {
  #template; #color; #page; #gifs

  /** @param {import("./gif-player.js").GIFPlayer} gifs plays the GIFs of the rows */
  constructor(template, color, page, gifs) {
    this.#template = template
    this.#color = color
    this.#page = page
    this.#gifs = gifs
  }

  /** Makes the row of a message. */
  create(message) {
    const row = cloneTemplate(this.#template)
    const { kind, name, text, color, damaged } = rowContent(message, this.#color, this.#page)
    row.className = `message ${kind}`
    row.dataset.user = message.user ?? ""
    if (message.seq) row.dataset.seq = message.seq
    else delete row.dataset.seq
    setTexts(row, { user: name, text, edited: "" })
    if (message.gif) this.showImage(row, gifImage(message, this.#page.limits))
    if (message.kind === "whisper") {
      row.classList.add("message--whisper")
      if (message.n) row.dataset.n = message.n
    }
    if (message.kind === "removed") this.clear(row)
    row.classList.toggle("message--damaged", damaged)
    if (message.edited) this.markEdited(row, message.edited)
    if (kind !== "system") setColor(row, color)
    row.querySelector("time").dateTime = message.createdAt
    this.enhance(row)
    return row
  }

  /** Shows the time of a row as the browser's language writes it, and makes its GIF playable. */
  enhance(row) {
    this.#page.time.show(row.querySelector("time"))
    this.makePlayable(row)
  }

  /** Makes the GIF of a row playable, if it has one. */
  makePlayable(row) {
    const image = row.querySelector("img")
    if (image) this.#gifs.add(image)
  }

  /** Shows an image in place of a row's text. */
  showImage(row, image) {
    row.classList.add("message--gif")
    row.querySelector(".message__bubble").replaceChildren(image)
  }

  /** Changes the text of a row, or the description of its GIF. */
  setText(row, text) {
    const image = row.querySelector("img")
    if (image) this.#gifs.describe(image, text)
    else setTexts(row, { text })
  }

  /** Marks a message as edited by the edit with this seq. */
  markEdited(row, seq) {
    row.dataset.edited = seq
    setTexts(row, { edited: this.#page.t("room.edited") })
  }

  /** Replaces the content of a removed message by a sentence. */
  clear(row) {
    const text = document.createElement("p")
    text.className = "message__text"
    text.dataset.slot = "text"
    text.textContent = this.#page.t("room.gone")
    row.querySelector(".message__bubble").replaceChildren(text)
    row.classList.remove("message--gif", "message--pending", "message--failed")
    row.classList.add("message--removed")
    setTexts(row, { edited: "", state: "" })
  }

  /** Applies an edit or a removal. An edit older than the shown one changes nothing. */
  apply(row, { kind, seq, chat }) {
    if (row.matches(".message--removed")) return
    if (kind === "remove") return this.clear(row)
    if (Number(row.dataset.edited) > seq) return
    this.setText(row, chat ?? "")
    this.markEdited(row, seq)
  }
}

/** Shows that a row is being sent. */
export function showPending(row, t) {
  row.classList.remove("message--failed")
  row.classList.add("message--pending")
  setTexts(row, { state: t("room.sending") })
}

/** Shows that a row was sent. */
export function showSent(row) {
  row.classList.remove("message--pending", "message--failed")
  setTexts(row, { state: "" })
}

/**
 * Shows that a row was not sent, with buttons to send it again and to discard it.
 * @param {{text: string, retryLabel: string, retry: Function|null, discardLabel: string, discard: Function}} failure
 *   retry is null when sending again cannot succeed
 */
export function showFailure(row, { text, retryLabel, retry, discardLabel, discard }) {
  row.classList.remove("message--pending")
  row.classList.add("message--failed")
  setTexts(row, { state: text })
  const state = row.querySelector('[data-slot="state"]')
  if (retry) state.append(makeButton(retryLabel, retry))
  state.append(makeButton(discardLabel, discard))
}
