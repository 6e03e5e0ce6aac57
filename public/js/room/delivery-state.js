// The states of a row that the visitor sends: pending, sent or failed.
import { makeButton, setTexts } from "../lib/dom.js"

/** Shows that a row is being sent. */
export function showPending(row, t) {
  row.classList.remove("message--failed")
  row.classList.add("message--pending")
  setTexts(row, { state: t("room.sending") })
}

/** Shows that a row was sent. */
export function showSent(row) {
  row.classList.remove("message--pending", "message--failed")
  setTexts(row, { state: "" })
}

/**
 * Shows that a row was not sent, with buttons to send it again and to discard it.
 * @param {{text: string, retryLabel: string, retry: Function|null, discardLabel: string, discard: Function}} failure
 *   retry is null when sending again cannot succeed
 */
export function showFailure(row, { text, retryLabel, retry, discardLabel, discard }) {
  row.classList.remove("message--pending")
  row.classList.add("message--failed")
  setTexts(row, { state: text })
  const state = row.querySelector('[data-slot="state"]')
  if (retry) state.append(makeButton(retryLabel, retry))
  state.append(makeButton(discardLabel, discard))
}
