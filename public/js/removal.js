/** Asks before a room is deleted. */
export function confirmRemoval() {
  const form = document.querySelector(".people__remove")
  form?.addEventListener("submit", event => {
    if (!confirm(form.dataset.sure)) event.preventDefault()
  })
}

/** Leaves a room that is no more. */
export function leaveRemoved(room) {
  document.querySelector("#chat-form").inert = true
  const banner = document.querySelector("#connection")
  banner.textContent = room.removed
  banner.hidden = false
  setTimeout(() => location.assign("/"), 2_000) // ms, to read it
}
