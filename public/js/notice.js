// The notice page: the same server heard in two ways, side by side.
import { Lane } from "./lane.js"
import { connect } from "./socket.js"

const reconnectAfter = 3_000 // ms
const words = document.querySelector("main").dataset

function listenPlain(lane) {
  const answer = "클라이언트에서 서버로 답장을 보냅니다"
  let socket = null
  let wanted = true

  function open() {
    const mine = socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/`)
    socket.addEventListener("open", () => lane.state(true))
    socket.addEventListener("message", ({ data }) => {
      lane.add("in", words.in, data)
      mine.send(answer)
      lane.add("out", words.out, answer)
    })
    socket.addEventListener("close", () => {
      if (mine !== socket) return // resumed before this one had closed
      lane.state(false)
      if (wanted) setTimeout(() => { if (wanted) open() }, reconnectAfter)
    })
  }

  lane.onPause(paused => {
    wanted = !paused
    if (paused) socket.close()
    else open()
  })
  open()
}

async function listenSocketIO(lane) {
  const answer = "Hello Node.JS"
  const socket = await connect("/")
  socket.on("connect", () => lane.state(true))
  socket.on("disconnect", () => lane.state(false))
  socket.on("news", text => {
    lane.add("in", words.in, `news ${JSON.stringify(text)}`)
    socket.emit("reply", answer)
    lane.add("out", words.out, `reply ${JSON.stringify(answer)}`)
  })
  socket.on("reply", (...args) => {
    const from = args.pop()
    lane.add("other", words.others, `reply ${args.map(arg => JSON.stringify(arg)).join(", ")} ← ${from}`)
  })
  socket.on("replies", ({ count }) => lane.add("other", words.many, `+${count}`))
  lane.onPause(paused => paused ? socket.disconnect() : socket.connect())
}

for (const [name, listen] of [["plain", listenPlain], ["socketio", listenSocketIO]]) {
  const lane = new Lane(document.querySelector(`#lane-${name}`), words)
  if (lane.on) listen(lane)
}
