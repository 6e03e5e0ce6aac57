// Row O6 of docs/promises.md: a flood from one machine silences neither the owner of a room nor a quiet member.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { binary, startServer } from '../lib/server.js'
import { pause } from '../lib/clients.js'
import { ChatSocket } from '../lib/addresses.js'
import { Visitor } from '../lib/visitor.js'

const lone = { path: binary({ race: false }) }

test('flood by 25 sockets of one address: the messages of the owner and of a quiet member are accepted', { timeout: 180_000 }, async (t) => {
  const server = await startServer({}, lone)
  const host = new Visitor(server)
  await host.get('/')
  const room = await host.createRoom({ max: 500 })
  const [owner, member] = [await ChatSocket.open(server, { cookie: host.cookie }), await ChatSocket.open(server)]
  for (const one of [owner, member]) assert.equal((await one.emitWithAck('join', room)).ok, true)
  const flood = await Promise.all(Array.from({ length: 25 }, () => ChatSocket.open(server)))
  for (const one of flood) assert.equal((await one.emitWithAck('join', room)).ok, true)

  const startedAt = performance.now()
  let over = false, accepted = 0, refused = 0
  const flooding = Promise.all(flood.map(async (one) => {
    while (!over) {
      const { ok } = await one.emitWithAck('chat', { room, chat: '도배' })
      if (ok) accepted++
      else refused++
      await pause(20)
    }
  }))
  await pause(12_000) // members who have been present for 10 s have a rate of their own
  assert.ok(refused > accepted, `flood: got ${accepted} messages accepted and ${refused} refused, want more refused`)
  const answers = { owner: [], member: [] }
  for (let i = 0; i < 20; i++) {
    answers.member.push(await member.emitWithAck('chat', { room, chat: `말 ${i}` }))
    for (let j = 0; j < 4; j++) {
      answers.owner.push(await owner.emitWithAck('chat', { room, chat: `방장 ${i}` }))
      await pause(525) // the owner sends two messages a second, the member one in two seconds
    }
  }
  over = true
  await flooding
  const all = accepted + answers.owner.length + answers.member.length
  const most = 2 * (400 + 100 * (performance.now() - startedAt) / 1000)
  t.diagnostic(`${accepted} messages of the flood accepted, ${refused} refused; ${all} messages in all, at most ${Math.round(most)} allowed`)
  for (const [who, got] of Object.entries(answers)) assert.deepEqual(got.filter(({ ok }) => !ok), [], `refused messages of the ${who}`)
  assert.ok(all <= most * 1.1, `messages: got ${all}, want at most ${most * 1.1}`)
  for (const one of [owner, member, ...flood]) one.close()
  await server.stop()
})
