// The menu of another person in the room.
import { nameOf } from "../lib/page.js"

const shortMute = 10 // minutes

/**
 * Returns the items of a person's menu.
 * @param {boolean} isOwner whether this visitor owns the room
 * @param {{whisper: (person: object) => void, moderate: (event: string, data: object) => void}} actions
 */
export function personMenuItems(person, isOwner, t, { whisper, moderate }) {
  const items = [{ label: t("whisper"), act: () => whisper(person) }]
  if (!isOwner) return items
  const name = nameOf(person)
  const emit = (event, data) => () => moderate(event, { person: person.color, ...data })
  if (person.muted) items.push({ label: t("unmute"), act: emit("unmute") })
  else {
    items.push(
      { label: t("mute.short", shortMute), act: emit("mute", { for: shortMute * 60_000 }) },
      { label: t("mute.long"), act: emit("mute") },
    )
  }
  items.push(
    { label: t("kick"), sure: t("kick.sure", name), act: emit("kick") },
    {
      label: t("ban"), sure: t("ban.sure", name), option: t("ban.address"),
      act: banAddress => emit("ban", banAddress ? { address: true } : {})(),
    },
  )
  if (!person.bot) items.push({ label: t("delegate"), sure: t("delegate.sure", name), act: emit("delegate") })
  return items
}
