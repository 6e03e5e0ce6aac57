// The benchmark's contract on Socket.IO for Bun, over its own engine: bun server.js PORT
import { Server as Engine } from "@socket.io/bun-engine"
import { Server } from "socket.io"

const gifBytes = 32 << 10 // of the picture that a gif event broadcasts

const io = new Server()
const engine = new Engine({ path: "/socket.io/" })
io.bind(engine)

io.on("connection", (socket) => {
  socket.on("join", (room, ack) => {
    socket.data.room = room
    socket.join(room)
    ack?.()
  })
  socket.on("chat", (text) => {
    io.to(socket.data.room).emit("chat", { user: "u1", chat: text, ts: Date.now() })
  })
  socket.on("volatile", (text) => {
    io.to(socket.data.room).volatile.emit("chat", { user: "u1", chat: text, ts: Date.now() })
  })
  socket.on("gif", (text) => {
    io.to(socket.data.room).emit("gif", { user: "u1", chat: text, gif: Buffer.alloc(gifBytes) })
  })
  socket.on("echo", (x, ack) => ack(x))
})

Bun.serve({ hostname: "127.0.0.1", port: Number(process.argv[2]), ...engine.handler() })
