// The benchmark's contract on Socket.IO for Bun, over its own engine: bun server.js PORT
import { Server as Engine } from "@socket.io/bun-engine"
import { Server } from "socket.io"
import addEvents from "../events.cjs"

const engine = new Engine({ path: "/socket.io/" })
const io = new Server()
io.bind(engine)
addEvents(io)
Bun.serve({ hostname: "127.0.0.1", port: Number(process.argv[2]), ...engine.handler() })
