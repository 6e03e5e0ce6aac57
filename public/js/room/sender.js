// What the visitor writes, edits and removes: shown in the log at once, then sent.
import { newClientId } from "./outbox.js"
import { showFailure, showPending, showSent, textOf } from "./rows.js"

export class Sender {
  #room; #log; #rows; #outbox; #t

  /** @param {string} room the id of the room */
  constructor(room, log, rows, outbox, t) {
    this.#room = room
    this.#log = log
    this.#rows = rows
    this.#outbox = outbox
    this.#t = t
  }

  /** Sends a message. */
  send(chat) {
    const clientId = newClientId()
    const row = this.#log.addPending(clientId, { chat })
    this.#add(row, "chat", { chat, clientId }, answer => this.#log.confirm(row, answer))
  }

  /** Sends a message to one person. */
  whisper({ color, nick }, chat) {
    const clientId = newClientId()
    const row = this.#log.addPending(clientId, { chat, kind: "whisper", to: color, toNick: nick })
    this.#add(row, "whisper", { to: color, chat, clientId }, answer => this.#log.confirm(row, answer))
  }

  /** Changes the text of a message, or the description of a GIF. */
  edit(row, chat) {
    const before = textOf(row)
    this.#rows.setText(row, chat)
    showPending(row, this.#t)
    const sent = ({ seq }) => {
      showSent(row)
      this.#rows.markEdited(row, seq)
    }
    this.#add(row, "edit", { seq: Number(row.dataset.seq), chat, clientId: newClientId() }, sent, {
      text: this.#t("edit.failed"), discardLabel: this.#t("edit.undo"), discard: () => {
        showSent(row)
        this.#rows.setText(row, before)
      },
    })
  }

  /** Removes a message. */
  remove(row) {
    showPending(row, this.#t)
    this.#add(row, "remove", { seq: Number(row.dataset.seq), clientId: newClientId() }, () => this.#rows.clear(row), {
      text: this.#t("edit.failed"), discardLabel: this.#t("cancel"), discard: () => showSent(row),
    })
  }

  #add(row, event, data, sent, failure) {
    const t = this.#t
    this.#outbox.add({
      event,
      data: { room: this.#room, ...data },
      sent,
      failed: (reason, retry) => showFailure(row, {
        retryLabel: t("room.retry"), discardLabel: t("room.discard"), discard: () => row.remove(), ...failure,
        text: reason || (failure?.text ?? t("room.failed")),
        retry: retry && (() => {
          showPending(row, t)
          retry()
        }),
      }),
    })
  }
}
