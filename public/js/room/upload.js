// GIFs by button, by drop and by paste, one at a time, with progress.
import { acceptFiles } from "./clipboard.js"
import { fill } from "./dom.js"
import { reserve } from "./gif.js"
import { isFinal, isTemporary, newClientId, showFailure, wait } from "./outbox.js"

const maxBytes = 5 * 1024 * 1024
const maxSide = 4096 // pixels; rooms/gif has both limits too
const tries = 5
const firstPause = 1_500 // ms; twice as long after each try, 22 s together

/** Lets the room accept GIFs. */
export function acceptGIFs(form, messages) {
  const words = { ...form.dataset, ...document.querySelector("main").dataset }
  let last = Promise.resolve()

  function accept(files) {
    if (form.dataset.closed || form.dataset.plain) return
    for (const file of files) last = last.then(() => post(form, messages, words, file))
  }

  form.elements.gif.addEventListener("change", event => {
    accept([...event.target.files])
    event.target.value = "" // the same GIF may be sent twice
  })
  acceptFiles(form.elements.chat, accept)
}

async function post(form, messages, words, file) {
  const { image, problem } = await look(file, words)
  if (problem) return messages.say(problem) // the server would refuse it, now and later
  const clientId = newClientId()
  const row = messages.pending(clientId, { kind: "gif" }, image)
  const send = async () => {
    messages.wait(row)
    let answer
    for (let tried = 0; tried < tries; tried++) {
      if (tried > 0) await wait(Math.max(firstPause * 2 ** (tried - 1), answer.retryAfter) * (1 + Math.random() / 4))
      answer = await upload(form, file, clientId)
      if (answer.status === 200) return
      if (answer.status !== 0 && !isTemporary(answer.reason)) break
    }
    const text = answer.text || (answer.status === 413 ? words.bigGif : words.failed)
    showFailure(row, words, text, isFinal(answer.reason, answer.status) ? null : send)
  }
  await send()
}

/** Resolves to { image }, a preview, or to { problem }, what is wrong with the file. */
async function look(file, words) {
  if (file.size > maxBytes) return { problem: words.bigGif }
  const start = new Uint8Array(await file.slice(0, 10).arrayBuffer().catch(() => new ArrayBuffer(0)))
  if (!/^GIF8[79]a/.test(String.fromCharCode(...start))) return { problem: words.badGif }
  const [width, height] = [start[6] + 256 * start[7], start[8] + 256 * start[9]]
  if (width > maxSide || height > maxSide) return { problem: words.wideGif }
  const image = await preview(file)
  return image ? { image } : { problem: words.brokenGif }
}

/** The picture itself, or null if the browser cannot show it. */
async function preview(file) {
  const image = new Image()
  image.className = "message__gif"
  image.alt = file.name
  image.src = URL.createObjectURL(file)
  try {
    await image.decode()
  } catch {
    URL.revokeObjectURL(image.src)
    return null
  }
  reserve(image, image.naturalWidth, image.naturalHeight)
  return image
}

/**
 * Resolves to the server's answer. Its status is 0 when the connection ended first, as in a restart; its text is empty
 * when the answer is not the server's own but that of a proxy.
 */
function upload(form, file, clientId) {
  const bar = form.querySelector(".composer__upload")
  const progress = bar.querySelector("progress")
  const body = new FormData()
  body.append("clientId", clientId) // before the file: the server reads in order
  body.append("gif", file)

  return new Promise(done => {
    const request = new XMLHttpRequest()
    request.open("POST", form.dataset.gifAction)
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest")
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      progress.value = loaded / total
      fill(bar, { "upload-label": `${form.dataset.uploading} ${Math.round(100 * loaded / total)}%` })
    })
    request.addEventListener("loadend", () => {
      bar.hidden = true
      const reason = request.getResponseHeader("X-Reason") ?? ""
      done({
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
