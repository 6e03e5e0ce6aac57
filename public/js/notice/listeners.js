// Two connections that receive the notice and answer it.
import { connect } from "../lib/socket.js"

const reconnectDelay = 3_000 // ms; the browser's WebSocket does not reconnect by itself
const plainAnswer = "클라이언트에서 서버로 답장을 보냅니다"
const socketIOAnswer = "Hello Node.JS"

/** Listens over a plain WebSocket. */
export function listenPlain(panel) {
  let current = null
  let isPaused = false
  let reconnectTimer = 0

  function open() {
    const socket = current = new WebSocket(`${location.origin.replace(/^http/, "ws")}/`)
    socket.addEventListener("open", () => panel.setConnected(true))
    socket.addEventListener("message", ({ data }) => {
      panel.add("in", data)
      socket.send(plainAnswer)
      panel.add("out", plainAnswer)
    })
    socket.addEventListener("close", () => {
      if (socket !== current) return // the panel was resumed before this socket had closed
      panel.setConnected(false)
      if (!isPaused) reconnectTimer = setTimeout(open, reconnectDelay)
    })
  }

  panel.onPause(paused => {
    isPaused = paused
    clearTimeout(reconnectTimer)
    if (paused) current.close()
    else open()
  })
  open()
}

/** Listens over Socket.IO. */
export async function listenSocketIO(panel) {
  const socket = await connect("/")
  socket.on("connect", () => panel.setConnected(true))
  socket.on("disconnect", () => panel.setConnected(false))
  socket.on("news", text => {
    panel.add("in", `news ${JSON.stringify(text)}`)
    socket.emit("reply", socketIOAnswer)
    panel.add("out", `reply ${JSON.stringify(socketIOAnswer)}`)
  })
  socket.on("reply", (...args) => {
    const sender = args.pop()
    panel.add("others", `reply ${args.map(arg => JSON.stringify(arg)).join(", ")} ← ${sender}`)
  })
  socket.on("replies", ({ count }) => panel.add("many", `+${count}`))
  panel.onPause(paused => paused ? socket.disconnect() : socket.connect())
}
