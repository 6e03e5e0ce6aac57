// Tokens, with which programs speak in the room.
import { fill } from "./dom.js"
import { confirmAt } from "./menu.js"
import { listPeople } from "./bans.js"
import { say } from "./words.js"

const list = document.querySelector("#tokens")
const form = document.querySelector("#make-token")
const problem = document.querySelector("#token-problem")
const made = document.querySelector("#made-token")
const code = made.querySelector("textarea")

/** Returns what reads the list anew. */
export function makeTokens(ask) {
  async function read() {
    const answer = await ask("tokens")
    if (!answer?.ok) return
    listPeople(list, answer.people, { none: say("token.none"), action: say("token.end"), act: end })
  }

  function end({ color }, button) {
    confirmAt(button, say("token.sure"), say("token.end"), async () => {
      await ask("kick", { person: color })
      await read()
      form.elements.nick.focus()
    })
  }

  form.addEventListener("submit", async event => {
    event.preventDefault()
    problem.textContent = ""
    const answer = await ask("token", { nick: form.elements.nick.value.trim() })
    if (!answer?.ok) {
      problem.textContent = answer?.message ?? say("failed")
      return form.elements.nick.focus()
    }
    form.reset()
    made.hidden = false
    fill(made, { copied: "" })
    code.value = curl(answer.token)
    code.focus()
    code.select()
    await read()
  })
  made.querySelector("[data-copy]").addEventListener("click", async () => {
    // Pages without TLS have no clipboard, unless they are local.
    await navigator.clipboard?.writeText(code.value).catch(() => {})
    code.focus()
    code.select()
    if (navigator.clipboard) fill(made, { copied: say("copied") })
  })
  // It is shown once: closed is gone.
  made.closest("dialog").addEventListener("close", () => {
    made.hidden = true
    code.value = ""
  })
  return read
}

const curl = token => `curl -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\
  -d '{"chat":"${say("token.say")}"}' ${location.origin}${location.pathname}/chat`
