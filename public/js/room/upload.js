// Uploads of GIFs: one at a time, repeated while the server is busy, with progress.
import { setTexts } from "../lib/dom.js"
import { isFinal, isTemporary, wait } from "../lib/socket.js"
import { checkGIF, previewImage } from "./gif.js"
import { newClientId } from "./outbox.js"
import { showFailure, showPending } from "./rows.js"

const attempts = 5
const firstPause = 1_500 // ms; it doubles with each attempt: 22 s in total

/** Returns how many ms to wait after the nth failed attempt: up to a quarter more, so that pages do not retry together. */
export const pauseAfter = (n, retryAfter, random = Math.random()) =>
  Math.max(firstPause * 2 ** (n - 1), retryAfter) * (1 + random / 4)

export class Uploads {
  #form; #log; #page
  #queue = Promise.resolve()

  /** @param {HTMLFormElement} form data-gif-action is the address for GIFs */
  constructor(form, log, page) {
    this.#form = form
    this.#log = log
    this.#page = page
  }

  /** Uploads files one after another. */
  add(files) {
    for (const file of files) this.#queue = this.#queue.then(() => this.#upload(file))
  }

  async #upload(file) {
    const { limits, t } = this.#page
    const problem = await checkGIF(file, limits)
    const image = !problem && await previewImage(file, limits)
    if (!image) return this.#log.showNotice(t(problem || "error.gif_broken"))
    const clientId = newClientId()
    const row = this.#log.addPending(clientId, { kind: "gif" }, image)
    const send = async () => {
      showPending(row, t)
      const answer = await this.#postWithRetries(file, clientId)
      if (answer.status === 200) return // the event confirms the row
      showFailure(row, {
        text: answer.text || t(answer.status === 413 ? "error.gif_too_large" : "room.failed"),
        retryLabel: t("room.retry"), retry: isFinal(answer.reason, answer.status) ? null : send,
        discardLabel: t("room.discard"), discard: () => row.remove(),
      })
    }
    await send()
  }

  async #postWithRetries(file, clientId) {
    let answer
    for (let failed = 0; failed < attempts; failed++) {
      if (failed > 0) await wait(pauseAfter(failed, answer.retryAfter))
      answer = await this.#post(file, clientId)
      if (answer.status !== 0 && !isTemporary(answer.reason)) break
    }
    return answer
  }

  /**
   * Resolves to the server's answer. The status is 0 when the connection ended first, as in a restart. The text is empty
   * when the answer is a proxy's.
   */
  #post(file, clientId) {
    const bar = this.#form.querySelector(".composer__upload")
    const progress = bar.querySelector("progress")
    const body = new FormData()
    body.append("clientId", clientId) // before the file, because the server reads the parts in order
    body.append("gif", file)

    return new Promise(resolve => {
      const request = new XMLHttpRequest()
      request.open("POST", this.#form.dataset.gifAction)
      request.setRequestHeader("X-Requested-With", "XMLHttpRequest")
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        progress.value = loaded / total
        setTexts(bar, { "upload-label": `${this.#page.t("room.uploading")} ${Math.round(100 * loaded / total)}%` })
      })
      request.addEventListener("loadend", () => {
        bar.hidden = true
        const reason = request.getResponseHeader("X-Reason") ?? ""
        resolve({
          status: request.status,
          reason,
          retryAfter: 1000 * Number(request.getResponseHeader("Retry-After")), // ms
          text: reason && request.responseText.slice(0, 200),
        })
      })
      progress.value = 0
      bar.hidden = false
      request.send(body)
    })
  }
}
