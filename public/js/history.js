/** Brings older messages when asked for. */
export function readBack(room, messages, scroll, whispers) {
  const button = document.querySelector("#older")
  button.addEventListener("click", async () => {
    button.disabled = true
    const before = messages.first
    const answer = await fetch(`/room/${room.room}/messages?before=${before}`).catch(() => null)
    button.disabled = false
    if (!answer?.ok) return
    const { messages: older, more } = await answer.json()
    messages.prepend(older)
    scroll.keepPlace(() => { button.hidden = !more })
    await whispers.place()
  })
}
