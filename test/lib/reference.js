// The official Socket.IO server with its defaults, and the events that the probes
// need. It runs in a process of its own and sends its port to the parent process.
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const listener = createServer()
const io = new Server(listener, JSON.parse(process.argv[2]))
const emitParts = (socket, count, size) => {
  for (let i = 0; i < count; i++) socket.emit('part', i, 'x'.repeat(size))
}
io.on('connection', (socket) => {
  socket.on('reply', (...args) => {
    if (args.length > 2) socket.broadcast.emit('reply', ...args.slice(0, -1)) // like our server; the probes send fewer arguments
    const ack = args.at(-1)
    if (typeof ack === 'function') ack({ ok: true })
  })
  socket.on('burst', (count, size) => emitParts(socket, count, size))
  socket.on('leave', (count, size) => {
    emitParts(socket, count, size)
    socket.disconnect(true)
  })
})
io.of('/greedy').on('connection', (socket) => emitParts(socket, 30, 20_000))
io.of('/chat')
listener.listen(0, 'localhost', () => process.send(listener.address().port))
