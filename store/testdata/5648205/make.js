// Fills the data folder of a running server. The README beside this file says
// how to run it.
import { writeFileSync } from 'node:fs'
import { Visitor, member, owner } from './test/lib/visitor.js'
import { animatedGIF } from './test/lib/gif.js'

const [url, expected] = process.argv.slice(2)
const server = { url }
const ask = async (visitor, event, argument) => {
  const answer = await visitor.chat.emitWithAck(event, argument)
  if (!answer.ok) throw new Error(`${event}: ${JSON.stringify(answer)}`)
  return answer
}

const ann = await owner(server, { title: '공개 방' })
const room = ann.room
await ask(ann, 'nick', { room, nick: '나래' })
const bob = await member(server, room)
const bobColor = (await ask(bob, 'join', { room })).user
const annColor = (await ask(ann, 'join', { room })).user
await ask(ann, 'chat', { room, chat: '안녕하세요', clientId: 'ann-1' })
const greeting = await ask(bob, 'chat', { room, chat: 'hello, wrold', clientId: 'bob-1' })
await ask(bob, 'edit', { room, seq: greeting.seq, chat: 'hello, world', clientId: 'bob-2' })
const secret = await ask(ann, 'chat', { room, chat: 'this text was removed' })
await ask(ann, 'remove', { room, seq: secret.seq })
const upload = await ann.upload(room, animatedGIF())
if (upload.status !== 200) throw new Error(`upload: ${upload.status}`)
await ask(ann, 'whisper', { room, to: bobColor, chat: '귓속말', clientId: 'whisper-1' })
await ask(bob, 'whisper', { room, to: annColor, chat: 'psst' })
const eve = await member(server, room)
const eveColor = (await ask(eve, 'join', { room })).user
await ask(ann, 'ban', { room, person: eveColor })
await ask(ann, 'mute', { room, person: bobColor })
await ask(ann, 'settings', { room, keep: true })
const token = (await ask(ann, 'token', { room, nick: 'build' })).token

const password = 'S3cr3t of 2026'
const cat = new Visitor(server)
await cat.get('/')
const closed = await cat.createRoom({ title: 'password', password })
await cat.say(closed, 'behind a password')
const cats = await cat.join(closed)
const kept = await cats.emitWithAck('settings', { room: closed, keep: true })
if (!kept.ok) throw new Error(JSON.stringify(kept))

writeFileSync(expected, JSON.stringify({
  room, closed, password, token, annColor, bobColor, eveColor,
  cookies: { ann: ann.cookie, bob: bob.cookie, cat: cat.cookie },
}, null, 2) + '\n')
for (const socket of [ann.chat, bob.chat, eve.chat, cats]) socket.disconnect()
process.exit(0)
