// The words that the server has put into the page, in the reader's language.
const table = JSON.parse(document.querySelector("#words").textContent)

/** A sentence with somebody's name in it, and perhaps the colour. */
export const say = (key, name = "", color = "") =>
  (table[key] ?? key).replace(/%[sc]/g, place => place === "%s" ? name : color)

/** What a person is called here: by the name chosen, else by the colour. */
export const nameOf = ({ nick, color }) => nick || color

/** A notice in the reader's words. The server keeps the Korean ones. */
export function noticeText({ topic, chat, nick, person }) {
  const key = topic === "named" && !nick ? "topic.unnamed" : `topic.${topic}`
  const known = document.documentElement.lang !== "ko" && table[key]
  return known ? say(key, nick || person, person) : chat
}
