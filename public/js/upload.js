// GIFs by button, by drop and by paste, one at a time, with progress.
import { fill } from "./dom.js"
import { reserve } from "./gif.js"
import { newClientId, showFailure } from "./outbox.js"

const maxBytes = 5 * 1024 * 1024

/** Lets the room accept GIFs. */
export function acceptGIFs(form, messages) {
  const words = { ...form.dataset, ...document.querySelector("main").dataset }
  const drop = document.querySelector("#drop")
  let last = Promise.resolve()

  function accept(files) {
    if (form.dataset.closed || form.dataset.plain) return
    for (const file of files) last = last.then(() => post(form, messages, words, file))
  }

  form.elements.gif.addEventListener("change", event => {
    accept([...event.target.files])
    event.target.value = "" // the same GIF may be sent twice
  })
  form.elements.chat.addEventListener("paste", event => {
    if (event.clipboardData.files.length === 0) return
    event.preventDefault()
    accept([...event.clipboardData.files])
  })
  document.addEventListener("dragover", event => {
    if (!event.dataTransfer.types.includes("Files")) return
    event.preventDefault()
    drop.hidden = false
  })
  document.addEventListener("dragleave", event => { if (!event.relatedTarget) drop.hidden = true })
  document.addEventListener("drop", event => {
    if (!event.dataTransfer.types.includes("Files")) return
    event.preventDefault()
    drop.hidden = true
    accept([...event.dataTransfer.files])
  })
}

async function post(form, messages, words, file) {
  const image = file.type === "image/gif" && file.size <= maxBytes ? await preview(file) : null
  if (!image) { // the server would say no, and sending again would not change it
    const problem = file.size > maxBytes ? words.bigGif : words.badGif
    return messages.say(problem)
  }
  const clientId = newClientId()
  const row = messages.pending(clientId, { kind: "gif" }, image)
  const send = async () => {
    messages.wait(row)
    const failure = await upload(form, file, clientId)
    if (failure !== null) showFailure(row, words, failure, send)
  }
  await send()
}

/** The picture itself, or null if it is none. */
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

/** Resolves to null when the server has it, else to what the server says. */
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
      done(request.status === 200 ? null : request.responseText.slice(0, 200))
    })
    progress.value = 0
    bar.hidden = false
    request.send(body)
  })
}
