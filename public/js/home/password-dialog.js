import { opensElsewhere, setTexts } from "../lib/dom.js"

/** Asks for a private room's password in a dialog. It is sent in the body of a form, and never in an address. */
export function askForPassword(rows, dialog) {
  const form = dialog.querySelector("form")
  rows.addEventListener("click", event => {
    const link = event.target.closest('.join-btn[data-password="true"]')
    if (!link || opensElsewhere(event)) return
    event.preventDefault()
    form.action = `/room/${link.dataset.id}/enter`
    const title = link.closest("tr").querySelector('[data-slot="title"]').textContent
    setTexts(form, { title, problem: "" })
    form.elements.password.removeAttribute("aria-invalid")
    form.reset()
    dialog.showModal()
  })
  dialog.querySelector("[data-close]").addEventListener("click", event => {
    event.preventDefault()
    dialog.close()
  })
  // The server sends an open dialog to pages without scripts. Scripts make it modal.
  if (dialog.open) {
    dialog.close()
    dialog.showModal()
  }
}
