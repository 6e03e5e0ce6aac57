// Helpers for the page's own markup.

/** Clones the element in a <template>. */
export const cloneTemplate = template => template.content.firstElementChild.cloneNode(true)

/** Writes texts into the elements that data-slot names, as text and never as markup. Returns root. */
export function setTexts(root, texts) {
  for (const [slot, text] of Object.entries(texts)) {
    const element = root.querySelector(`[data-slot="${slot}"]`)
    if (element) element.textContent = text
  }
  return root
}

/** Gives an element the colour of its visitor. The stylesheet decides what is painted with it. */
export function setColor(element, color) {
  element.dataset.color = color
  element.style.setProperty("--visitor", color)
  element.querySelector('[data-slot="dot"]')?.setAttribute("fill", color)
}

/** Colours the elements that the server has sent with data-color: the page's policy forbids style attributes. */
export function setColors(root) {
  for (const element of root.querySelectorAll("[data-color]")) {
    if (element.dataset.color) element.style.setProperty("--visitor", element.dataset.color)
  }
}

/** Makes a button. */
export function makeButton(label, action, className = "") {
  const button = document.createElement("button")
  button.type = "button"
  button.className = className
  button.textContent = label
  button.addEventListener("click", action)
  return button
}

/** Reports whether a click opens a link in another tab or window. */
export const opensElsewhere = ({ ctrlKey, metaKey, shiftKey }) => ctrlKey || metaKey || shiftKey

/** Runs fn with the next frame. A hidden page draws no frames, so there fn runs as a task. */
export function onNextFrame(fn) {
  if (document.hidden) setTimeout(fn)
  else requestAnimationFrame(fn)
}
