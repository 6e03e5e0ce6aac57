// The benchmark's contract on stock Socket.IO for Node: node server.js PORT
const http = require("node:http")
const { Server } = require("socket.io")
const addEvents = require("../events.cjs")

const server = http.createServer()
addEvents(new Server(server, { serveClient: false }))
server.listen(Number(process.argv[2]), "127.0.0.1", 4096)
