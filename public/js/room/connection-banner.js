const patience = 5_000 // ms; most cuts are shorter and nobody's business
const relief = 2_500 // ms

const banner = document.querySelector("#connection")

function show(text, good) {
  banner.textContent = text
  banner.classList.toggle("banner--good", good)
  banner.hidden = false
}

/** Says that there is no connection and will be none. */
export function showStill() { show(banner.dataset.still, false) }

/** Says when the connection is gone for longer, and when it is back. */
export function watchConnection(socket) {
  let timer = 0

  function lost() {
    clearTimeout(timer)
    timer = setTimeout(() => show(banner.dataset.offline, false), patience)
  }

  socket.on("disconnect", lost)
  socket.on("connect", () => {
    clearTimeout(timer)
    if (banner.hidden) return
    show(banner.dataset.back, true)
    timer = setTimeout(() => { banner.hidden = true }, relief)
  })
  if (!socket.connected) lost()
}
