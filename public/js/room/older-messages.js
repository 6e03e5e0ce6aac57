/** Brings older messages when asked for. */
export function readBack(room, messages, scroll, whispers) {
  const button = document.querySelector("#older")
  button.addEventListener("click", async () => {
    button.disabled = true
    const first = messages.first
    // A page may hold nothing that is shown, such as edits: then on to the next.
    for (let before = first, more = true; more && messages.first === first;) {
      const answer = await fetch(`/room/${room.room}/messages?before=${before}`).catch(() => null)
      if (!answer?.ok) break
      const page = await answer.json()
      more = page.more
      before = page.messages[0]?.seq
      messages.prepend(page.messages)
      scroll.keepPlace(() => { button.hidden = !more })
    }
    button.disabled = false
    await whispers.place()
  })
}
