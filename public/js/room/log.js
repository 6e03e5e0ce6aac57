// Builds the log of the room.
import { GIFPlayer } from "./gif-player.js"
import { MessageLog } from "./message-log.js"
import { Rows } from "./rows.js"
import { StickyScroll } from "./sticky-scroll.js"

/**
 * Returns the log of a page, and what makes its rows.
 * @param {string} color the visitor's colour
 */
export function createLog(document, page, color) {
  const find = selector => document.querySelector(selector)
  const gifs = new GIFPlayer(page.t("room.play"), find("#autoplay"))
  const rows = new Rows(find("template#message"), color, page, gifs)
  const scroll = new StickyScroll(find("#scroll"), find("#newer"))
  const log = new MessageLog({ list: find("#chat-list"), older: find("#older") }, rows, scroll, color, page)
  return { log, rows }
}
