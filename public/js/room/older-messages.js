/**
 * Loads older messages when the visitor presses the button.
 * @param {HTMLButtonElement} button
 * @param {string} path the address of the room's messages
 */
export function loadOlderMessages(button, path, log, whispers) {
  button.addEventListener("click", async () => {
    button.disabled = true
    const { first } = log
    // A page of the history can hold edits and removals only. Then the next page is loaded.
    for (let before = first, more = true; more && log.first === first;) {
      const answer = await fetch(`${path}?before=${before}`).catch(() => null)
      if (!answer?.ok) break
      const page = await answer.json()
      more = page.more
      before = page.messages[0]?.seq
      log.prepend(page.messages)
      log.setHasOlder(more)
    }
    button.disabled = false
    await whispers.show()
  })
}
