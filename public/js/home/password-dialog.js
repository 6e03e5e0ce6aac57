/** Asks for a private room's password in a dialog: it travels in a form's body. */
export function askPassword(rows, dialog) {
  const form = dialog.querySelector("form")
  rows.addEventListener("click", event => {
    const link = event.target.closest('.join-btn[data-password="true"]')
    if (!link || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    form.action = `/room/${link.dataset.id}/enter`
    form.querySelector('[data-slot="title"]').textContent =
      link.closest("tr").querySelector('[data-slot="title"]').textContent
    form.querySelector('[data-slot="problem"]').textContent = "" // of another try
    form.elements.password.removeAttribute("aria-invalid")
    form.reset()
    dialog.showModal()
  })
  dialog.querySelector("[data-close]").addEventListener("click", event => {
    event.preventDefault()
    dialog.close()
  })
  // Opened by the server for pages without JavaScript: make it a real one.
  if (dialog.open) {
    dialog.close()
    dialog.showModal()
  }
}
