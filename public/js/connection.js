const patience = 5_000 // ms; most cuts are shorter and nobody's business
const relief = 2_500 // ms

/** Says when the connection is gone for longer, and when it is back. */
export function watchConnection(socket) {
  const banner = document.querySelector("#connection")
  let timer = 0

  function show(text, good) {
    banner.textContent = text
    banner.classList.toggle("banner--good", good)
    banner.hidden = false
  }

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
