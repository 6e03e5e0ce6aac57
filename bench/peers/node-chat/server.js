// The chat of this project's program, as far as the workloads chat-… use it, on stock Socket.IO for Node and
// better-sqlite3. It stores each message in a transaction of its own, and checks nothing: node server.js PORT FILE
const { randomBytes } = require("node:crypto")
const http = require("node:http")
const Database = require("better-sqlite3")
const { Server } = require("socket.io")

const [port, file] = process.argv.slice(2)

const db = new Database(file)
db.pragma("journal_mode = WAL")
db.pragma("synchronous = FULL") // fsync at each commit; better-sqlite3's own default for WAL is NORMAL
db.exec(`
  CREATE TABLE messages (
    id         INTEGER PRIMARY KEY,
    room       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    user       TEXT NOT NULL,
    text       TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    created_at INTEGER NOT NULL
  );
  CREATE INDEX messages_by_room ON messages (room, id);
`)
const insert = db.prepare("INSERT INTO messages (room, kind, user, text, client_id, created_at) VALUES (?, ?, ?, ?, ?, ?)")

const server = http.createServer((request, response) => {
  if (request.method === "POST") response.writeHead(303, { location: `/room/${randomBytes(12).toString("hex")}` })
  response.end()
})
const chats = new Server(server, { serveClient: false }).of("/chat")

chats.on("connection", (socket) => {
  const user = `#${randomBytes(3).toString("hex")}`
  socket.on("join", ({ room }, ack) => {
    socket.data.room = room
    socket.join(room)
    ack({ ok: true, room, user })
  })
  socket.on("chat", ({ chat, clientId }, ack) => {
    const at = Date.now()
    const { room } = socket.data
    const seq = Number(insert.run(room, "text", user, chat, clientId, at).lastInsertRowid)
    const _id = String(seq)
    ack({ ok: true, _id, seq })
    const createdAt = new Date(at).toISOString()
    chats.to(room).emit("chat", { room, user, chat, _id, createdAt, __v: 0, clientId, seq, kind: "text" })
  })
})

server.listen(Number(port), "127.0.0.1", 4096)
