// Two clients that chat while other clients stress a server, and must not be affected.
import assert from 'node:assert/strict'
import { connected, join, pause, until, untilAvailable } from './clients.js'
import { percentile, eventTimeout, promised } from './sizes.js'
import { Visitor } from './visitor.js'

/** Starts two clients that chat. stop() returns how long each answer took, and fails if anything was lost or refused. */
export async function startCanary(server) {
  const visitor = new Visitor(server)
  await visitor.get('/')
  const room = await visitor.createRoom()
  const [one, two] = [await connected(`${server.url}/chat`), await connected(`${server.url}/chat`)]
  const failures = []
  for (const socket of [one, two]) {
    socket.on('disconnect', (reason) => failures.push(reason))
    await join(socket, room)
  }
  const sent = [], received = [], waits = []
  two.on('chat', (message) => received.push(message.chat))
  let over = false
  const sending = (async () => {
    while (!over && one.connected) { // the listener of disconnect records a lost connection
      sent.push(`카나리아 ${sent.length}`)
      const startedAt = performance.now()
      const message = { chat: sent.at(-1), clientId: `canary-${sent.length}` }
      const answer = await untilAvailable(() => one.timeout(eventTimeout).emitWithAck('chat', message))
      if (!answer.ok) failures.push(answer)
      waits.push(performance.now() - startedAt)
      await pause(150)
    }
  })().catch((error) => failures.push(error.message))
  return {
    async stop() {
      over = true
      await sending
      assert.deepEqual(failures, [], 'failures of the canary')
      await until(() => received.length === sent.length, 'the canary has received every message')
      assert.deepEqual(received, sent)
      assert.deepEqual(failures, [], 'failures of the canary')
      // Other processes use this machine too, for up to half an hour: one answer in a hundred may be late.
      assert.ok(percentile(waits, 0.99) <= promised(2000), `99th percentile of the canary's answers: got ${percentile(waits, 0.99)} ms, want at most ${promised(2000)}`)
      one.disconnect()
      two.disconnect()
      return waits
    },
  }
}
