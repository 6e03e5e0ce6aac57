// What one may do with somebody in the room.
import { openMenu } from "./menu.js"
import { nameOf, say } from "./words.js"

const shortMute = 10 * 60_000 // ms

/**
 * Opens the menu of another person.
 * @param {(event: string, ask: object) => void} tell asks the server, and says so if it refuses
 */
export function openPersonMenu(person, button, { owned, whisper, tell }) {
  const name = nameOf(person)
  const about = (event, more) => () => tell(event, { person: person.color, ...more })
  const items = [{ label: say("whisper"), act: () => whisper(person) }]
  if (owned) {
    if (person.muted) items.push({ label: say("unmute"), act: about("unmute") })
    else items.push(
      { label: say("mute.short"), act: about("mute", { for: shortMute }) },
      { label: say("mute.long"), act: about("mute") })
    items.push({ label: say("kick"), sure: say("kick.sure", name), act: about("kick") })
    const ban = address => about("ban", address && { address })()
    items.push({ label: say("ban"), sure: say("ban.sure", name), option: say("ban.address"), act: ban })
    if (!person.bot) items.push({ label: say("delegate"), sure: say("delegate.sure", name), act: about("delegate") })
  }
  openMenu(button, say("menu.person", name), items)
}
