// Texts that the browser keeps. A browser that blocks cookies throws an error for each access, and a full storage for each
// new text: the page then works without them.

/**
 * Returns a kept text, or null.
 * @param {"localStorage"|"sessionStorage"} storage for all visits, or for this tab
 */
export function loadText(storage, key) {
  try {
    return globalThis[storage].getItem(key)
  } catch {
    return null
  }
}

/** Keeps a text, or removes it for null. */
export function keepText(storage, key, text) {
  try {
    if (text === null) globalThis[storage].removeItem(key)
    else globalThis[storage].setItem(key, text)
  } catch { /* the text is lost with the page */ }
}
