// The words that the server has put into the page, in the reader's language.
const table = JSON.parse(document.querySelector("#words").textContent)

/** A sentence with somebody's name in it. */
export const say = (key, name = "") => (table[key] ?? key).replaceAll("%s", () => name)

/** What a person is called here: by the name chosen, else by the colour. */
export const nameOf = ({ nick, color }) => nick || color

/** A notice in the reader's words. The server keeps the Korean ones. */
export function noticeText({ topic, chat, nick, person }) {
  const known = document.documentElement.lang !== "ko" && table[`topic.${topic}`]
  return known ? say(`topic.${topic}`, nick || person) : chat
}
