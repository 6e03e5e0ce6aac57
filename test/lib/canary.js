// A pair that must not notice what else happens to a server.
import assert from 'node:assert/strict'
import { connected, join, pause, until } from './clients.js'
import { percentile, eventTimeout, promised } from './sizes.js'
import { Visitor } from './visitor.js'

/** Two who chat all the while; stop() tells how long each answer took, and fails if anything was amiss. */
export async function startCanary(server) {
  const visitor = new Visitor(server)
  await visitor.get('/')
  const room = await visitor.createRoom()
  const [one, two] = [await connected(`${server.url}/chat`), await connected(`${server.url}/chat`)]
  const amiss = []
  for (const socket of [one, two]) {
    socket.on('disconnect', (reason) => amiss.push(reason))
    await join(socket, room)
  }
  const said = [], heard = [], waits = []
  two.on('chat', (message) => heard.push(message.chat))
  let over = false
  const talk = (async () => {
    while (!over && one.connected) { // the event disconnect has noted it
      said.push(`카나리아 ${said.length}`)
      const begun = performance.now()
      const answer = await one.timeout(eventTimeout).emitWithAck('chat', said.at(-1))
      if (!answer.ok) amiss.push(answer)
      waits.push(performance.now() - begun)
      await pause(150)
    }
  })().catch((error) => amiss.push(error.message))
  return {
    async stop() {
      over = true
      await talk
      assert.deepEqual(amiss, [])
      await until(() => heard.length === said.length, 'the canaries heard all')
      assert.deepEqual(heard, said)
      assert.deepEqual(amiss, [])
      // Others use this machine too, and for half an hour: one answer in a hundred may wait.
      assert.ok(percentile(waits, 0.99) <= promised(2000), `one answer in a hundred took ${percentile(waits, 0.99)} ms or longer`)
      one.disconnect()
      two.disconnect()
      return waits
    },
  }
}
