// The benchmark's contract on stock Socket.IO for Node: node server.js PORT
const http = require("node:http")
const { Server } = require("socket.io")

const gifBytes = 32 << 10 // of the picture that a gif event broadcasts

const server = http.createServer()
const io = new Server(server, { serveClient: false })

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

server.listen(Number(process.argv[2]), "127.0.0.1", 4096)
