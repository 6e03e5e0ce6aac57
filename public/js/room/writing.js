// Builds the composer, the menu of messages, and uploads.
import { acceptFiles } from "../lib/clipboard.js"
import { Composer } from "./composer.js"
import { MessageActions } from "./message-actions.js"
import { Outbox } from "./outbox.js"
import { Sender } from "./sender.js"
import { TextLimit } from "./text-limit.js"
import { Uploads } from "./upload.js"

/**
 * Returns the composer, and the outbox that the connection empties.
 * @param {string} room the id of the room
 * @param {{log: object, rows: object}} parts of createLog
 */
export function createWriting(document, page, room, { log, rows }, state, menu) {
  const find = selector => document.querySelector(selector)
  const form = find("#chat-form")
  const outbox = new Outbox()
  const sender = new Sender(room, log, rows, outbox, page.t)
  const actions = new MessageActions({ list: find("#chat-list"), scroll: find("#scroll"), button: find("#more") }, menu, state, page.t, {
    edit: row => composer.edit(row),
    remove: row => sender.remove(row),
  })
  const composer = new Composer(form, new TextLimit(form, page), page, {
    send: text => sender.send(text),
    whisper: (person, text) => sender.whisper(person, text),
    edit: (row, text) => sender.edit(row, text),
    lastOwn: () => actions.lastOwn(),
  })
  acceptGIFs(form, find("#drop"), composer, new Uploads(form, log, page))
  state.subscribe(({ closedReason }) => composer.setClosed(closedReason && page.t(closedReason)))
  return { composer, outbox }
}

/** Uploads GIFs that are chosen, pasted or dropped. */
function acceptGIFs(form, overlay, composer, uploads) {
  const add = files => { if (composer.acceptsGIFs) uploads.add(files) }
  form.elements.gif.addEventListener("change", event => {
    add([...event.target.files])
    event.target.value = "" // choosing the same file again must be a change
  })
  acceptFiles(form.elements.chat, overlay, add)
}
