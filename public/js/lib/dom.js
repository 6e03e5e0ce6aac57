// Small tools for the page's own markup.

/** Clones what stands in a <template>. */
export function clone(template) {
  return template.content.firstElementChild.cloneNode(true)
}

/** Writes texts into the elements that data-slot names. Never markup. */
export function fill(root, texts) {
  for (const [slot, text] of Object.entries(texts)) {
    const element = root.querySelector(`[data-slot="${slot}"]`)
    if (element) element.textContent = text
  }
  return root
}

/** Gives an element its visitor's colour; the stylesheet decides what it means. */
export function paint(element, color) {
  element.dataset.color = color
  element.style.setProperty("--visitor", color)
  element.querySelector('[data-slot="dot"]')?.setAttribute("fill", color)
}

/** Paints everything that the server has sent with a colour. */
export function paintAll(root = document) {
  for (const element of root.querySelectorAll("[data-color]")) {
    if (element.dataset.color) element.style.setProperty("--visitor", element.dataset.color)
  }
}

/** Runs fn with the next frame, or soon when nobody looks at the page. */
export function soon(fn) {
  if (document.hidden) setTimeout(fn)
  else requestAnimationFrame(fn)
}
