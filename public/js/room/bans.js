import { showPersonRows } from "./person-rows.js"

/** Returns how many minutes a person's address stays banned, rounded up. 0: the address is not banned. */
export const minutesBanned = ({ addressFor = 0 }) => Math.ceil(addressFor / 60_000)

/**
 * Lists the banned people, with a button for each that ends the ban. Returns a function that loads the list.
 * @param {{list: HTMLElement, title: HTMLElement, rowTemplate: HTMLTemplateElement}} elements
 */
export function createBanList({ list, title, rowTemplate }, request, t) {
  const note = person => {
    const minutes = minutesBanned(person)
    return minutes ? t("bans.address", minutes) : ""
  }
  async function load() {
    const answer = await request("bans")
    if (!answer?.ok) return
    showPersonRows(list, rowTemplate, answer.people, { none: t("bans.none"), action: t("unban"), act: unban, note })
  }
  async function unban({ color }) {
    await request("unban", { person: color })
    await load()
    title.focus() // the button with the focus is gone
  }
  return load
}
