// Text and files of a paste or a drop. Spreadsheets and word processors add a picture of the text, and file managers
// add the name of the file.

/** Returns the text of a clipboard or a drag, or "" if it has no text besides the names of its files. */
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

/** Inserts text at the caret, as a step that the browser can undo. */
export function insertText(box, text) {
  box.focus()
  document.execCommand("insertText", false, text)
}

/**
 * Calls accept with the files that are pasted into a text box or dropped onto the page. If there is text, it is inserted
 * and the files are ignored.
 * @param {HTMLElement} overlay is shown while files are dragged over the page
 */
export function acceptFiles(box, overlay, accept) {
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
    overlay.hidden = false
  })
  document.addEventListener("dragleave", event => { if (!event.relatedTarget) overlay.hidden = true })
  document.addEventListener("drop", event => {
    if (!holdsFiles(event)) return
    event.preventDefault()
    overlay.hidden = true
    const text = textIn(event.dataTransfer)
    if (!text) accept([...event.dataTransfer.files])
    else if (!box.readOnly) insertText(box, text)
  })
}
