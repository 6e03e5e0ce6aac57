// Sentences in the language of the page.

/**
 * Returns t, which looks up a sentence by its key. Each %s in the sentence becomes the second argument, mostly a name,
 * and each %c the third. An unknown key is returned as it is, so that the mistake shows on the page.
 * @typedef {(key: string, s?: string|number, c?: string|number) => string} Translate
 * @returns {Translate}
 */
export const translator = words => (key, s = "", c = "") =>
  (words[key] ?? key).replace(/%[sc]/g, placeholder => placeholder === "%s" ? s : c)

/** Returns what the page calls a person: the nickname, or the colour of a person without one. */
export const nameOf = ({ nick, color }) => nick || color

/** Returns a notice in the language of the page. The text that the server stores is Korean. */
export function noticeText({ topic, chat, nick, person }, { lang, t }) {
  const key = topic === "named" && !nick ? "topic.unnamed" : `topic.${topic}`
  const text = t(key, nick || person, person)
  return lang === "ko" || text === key ? chat : text
}
