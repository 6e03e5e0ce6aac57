// Writes the table of clients into README.md and README.ko.md from the records of this test
// run. With --check it fails if the table differs, and writes nothing.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recorded } from './lib/client-record.js'
import { transportModes } from './lib/transports.js'

const everyMode = Object.keys(transportModes).flatMap((mode) => [`${mode}: events`, `${mode}: room`])
const four = 'Engine.IO 4, Socket.IO 5', three = 'Engine.IO 3, Socket.IO 4'
const msgpack = { en: `${four} as MessagePack`, ko: 'Engine.IO 4, MessagePack으로 된 Socket.IO 5' }
const both = (text) => ({ en: text, ko: text })
const yes = { en: 'yes', ko: '됨' }
const afterCrash = { en: 'yes; over polling, only after a crash', ko: '됨; 폴링에서는 비정상 종료 뒤에만' }
const withoutRecovery = { en: 'yes, with `RECOVERY_TIME=0s`', ko: '됨, `RECOVERY_TIME=0s`일 때' }
const staying = { en: 'yes, without the upgrade', ko: '됨, 업그레이드 없이' }
const served = { en: 'Chromium, the bundle served here', ko: 'Chromium, 이 서버가 제공하는 파일' }
const carried = { en: 'carried by go-socket.io', ko: 'go-socket.io로 처리' }

const stock = (where) => ({ en: (v) => `socket.io-client ${v} (${where.en})`, ko: (v) => `socket.io-client ${v} (${where.ko})` })
const throughCarrier = (name) => ({ en: (v) => `${name.en(v)}, ${carried.en}`, ko: (v) => `${name.ko(v)}, ${carried.ko}` })
const node = stock(both('Node.js')), chromium = stock(both('Chromium'))

// In the order of the table: the recorded name, the label, and the protocol.
const rows = [
  ['node 4', node, both(four)],
  ['chromium 4', stock(served), both(four)],
  ['node 4 msgpack', {
    en: (v) => `socket.io-client ${v.replace(' ', ' with socket.io-msgpack-parser ')} (Node.js)`,
    ko: (v) => `socket.io-client ${v.replace(' ', '와 socket.io-msgpack-parser ')} (Node.js)`,
  }, msgpack],
  ['chromium 4 msgpack', {
    en: (v) => `socket.io-client ${v} (Chromium, socket.io.msgpack.min.js as served here)`,
    ko: (v) => `socket.io-client ${v} (Chromium, 이 서버가 제공하는 socket.io.msgpack.min.js)`,
  }, msgpack],
  ['node 3', node, both(four)],
  ['node 2', node, both(three)],
  ['chromium 2', chromium, both(three)],
  ['node 1', node, both(three)],
  ['chromium 1', chromium, both(three)],
  ['node 2 carried', throughCarrier(node), both(three), staying],
  ['chromium 2 carried', throughCarrier(chromium), both(three), staying],
  ['node 1 carried', throughCarrier(node), both(three), staying],
  ['chromium 1 carried', throughCarrier(chromium), both(three), staying],
  ['python', both((v) => `python-socketio ${v} (Debian)`), both(four), yes, everyMode, afterCrash],
  ['go', both((v) => `github.com/karagenc/socket.io-go ${v} (Go)`), both(four), yes, everyMode, withoutRecovery],
  ['plain', { en: () => 'plain WebSocket', ko: () => '일반 웹소켓' }, both('RFC 6455'), { en: 'the notice only', ko: '알림만' }, ['notice']],
]
const heads = {
  en: ['client', 'protocol', 'rooms, relays, acks, binary', 'reconnects after a restart'],
  ko: ['클라이언트', '프로토콜', '룸, 전달, ack, 바이너리', '서버 재시작 뒤 재접속'],
}

const lines = existsSync(recorded) ? readFileSync(recorded, 'utf8').trim().split('\n').map((line) => JSON.parse(line)) : []
for (const { client } of lines) {
  if (!rows.some(([id]) => id === client)) throw new Error(`unknown client in the records: ${client}`)
}

function table(language) {
  const cells = rows.map(([id, name, protocol, word = yes, needs = everyMode, back = yes]) => {
    const shown = lines.filter(({ client }) => client === id)
    const facts = new Set(shown.map(({ fact }) => fact))
    return [
      name[language](shown[0]?.version ?? '?'),
      protocol[language],
      needs.every((fact) => facts.has(fact)) ? word[language] : '',
      facts.has('reconnects') ? back[language] : '',
    ]
  })
  const row = (columns) => `| ${columns.join(' | ')} |`.replace(/\|  (?=\|)/g, '| ')
  return [row(heads[language]), '|---|---|---|---|', ...cells.map(row)].join('\n')
}

const begin = '<!-- clients: written by test/clients-table.js -->', end = '<!-- end of clients -->'
const stale = []
for (const [file, language] of [['README.md', 'en'], ['README.ko.md', 'ko']]) {
  const path = join(import.meta.dirname, '..', file)
  const text = readFileSync(path, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file}: got no marks of the clients table, want ${begin} and ${end}`)
  const made = `${text.slice(0, from)}${begin}\n${table(language)}\n${text.slice(to)}`
  if (made === text) continue
  stale.push(file)
  if (!process.argv.includes('--check')) writeFileSync(path, made)
}
if (stale.length && process.argv.includes('--check')) {
  console.error(`the table of clients in ${stale.join(' and ')} differs from the records of the tests:\n${table('en')}\nto update it, run node test/clients-table.js`)
  process.exitCode = 1
}
