// The events of the benchmark's contract, for every server with the API of
// Socket.IO for Node.
const gifBytes = 32 << 10 // size of the picture that a gif event broadcasts

module.exports = function addEvents(io) {
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
}
