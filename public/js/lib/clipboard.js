// What a paste or a drop brings: text or files. Spreadsheets and word processors put
// a picture of the text beside it, file managers put the name beside the file.

/** Returns the text of a clipboard or a drag; "" if there is none, or only names of the files beside it. */
export function textIn(data) {
  const text = data.getData("text/plain") || textOfMarkup(data.getData("text/html"))
  if (!/\S/.test(text)) return ""
  const names = [...data.files].map(({ name }) => name.normalize())
  const addresses = data.getData("text/uri-list").split(/[\r\n]+/)
  const namesFile = line => names.includes(line.normalize().split(/[\\/]/).at(-1)) || addresses.includes(line)
  const onlyNames = names.length > 0 && text.split(/[\r\n]+/).every(line => line === "" || namesFile(line))
  return onlyNames ? "" : text
}

const textOfMarkup = html => html && new DOMParser().parseFromString(html, "text/html").body.textContent.trim()

/** Inserts text at the caret so that the browser can undo it. */
export function insertText(box, text) {
  box.focus()
  document.execCommand("insertText", false, text)
}

/** Calls accept with the files that are pasted into box or dropped onto the page. Text wins over files. */
export function acceptFiles(box, accept) {
  const drop = document.querySelector("#drop")
  const holdsFiles = event => event.dataTransfer.types.includes("Files")

  box.addEventListener("paste", event => {
    const { files } = event.clipboardData
    if (files.length === 0 || textIn(event.clipboardData)) return
    event.preventDefault()
    accept([...files])
  })
  document.addEventListener("dragover", event => {
    if (!holdsFiles(event)) return
    event.preventDefault()
    drop.hidden = false
  })
  document.addEventListener("dragleave", event => { if (!event.relatedTarget) drop.hidden = true })
  document.addEventListener("drop", event => {
    if (!holdsFiles(event)) return
    event.preventDefault()
    drop.hidden = true
    const text = textIn(event.dataTransfer)
    if (!text) accept([...event.dataTransfer.files])
    else if (!box.readOnly) insertText(box, text)
  })
}
