// Malformed packets that no correct client sends: the exact bytes, each with a name and
// with the outcome at the reference server.

const nested = (depth) => `42["reply",${'['.repeat(depth)}${']'.repeat(depth)}]`
const sized = (bytes) => `42["reply","${'x'.repeat(bytes - 14)}"]`
const some = Buffer.from([1, 2, 3])

/**
 * Frames for a WebSocket; a Buffer is a binary frame. They are sent after the
 * CONNECT of "/", or before it if the probe is early.
 */
export const webSocketProbes = [
  ...table('closed', [
    ['truncated JSON', ['42["reply",']],
    ['an object for an event', ['42{"a":1}']],
    ['an event without a name', ['42[]']],
    ['the name is null', ['42[null]']],
    ['the name is an object', ['42[{"toString":1}]']],
    ['the name is true', ['42[true]']],
    ['the name "connect"', ['42["connect"]']],
    ['the name "disconnect"', ['42["disconnect"]']],
    ['the name "newListener"', ['42["newListener"]']],
    ['packet type 9', ['49["reply"]']],
    ['a message without a packet', ['4']],
    ['an empty frame', ['']],
    ['engine type 9', ['9']],
    ['a ping', ['2']],
    ['a probe outside of an upgrade', ['2probe']],
    ['ack id -1', ['43-1[]']],
    ['ack id 1.5', ['431.5[]']],
    ['attachments without a number', ['45-["reply"]']],
    ['attachments without a dash', ['451["reply",{"_placeholder":true,"num":0}]']],
    ['11 attachments', ['4511-["reply",{"_placeholder":true,"num":0}]']],
    ['10^20 attachments', ['45100000000000000000000-["reply",{"_placeholder":true,"num":0}]']],
    ['text in place of an attachment', ['451-["reply",{"_placeholder":true,"num":0}]', '42["reply"]']],
    ['binary without an announcement', [some]],
    ['placeholder 5 of 1', ['451-["reply",{"_placeholder":true,"num":5}]', some]],
    ['placeholder -1', ['451-["reply",{"_placeholder":true,"num":-1}]', some]],
    ['placeholder "splice"', ['451-["reply",{"_placeholder":true,"num":"splice"}]', some]],
    ['a second CONNECT', ['40']],
    ['a string for CONNECT', ['40"x"'], 'early'],
    ['an array for CONNECT', ['40[]'], 'early'],
    ['DISCONNECT before CONNECT', ['41'], 'early'],
    ['an event for a namespace not joined', ['42/chat,["join"]']],
    ['CONNECT_ERROR', ['44{"message":"no"}']],
    ['an event before CONNECT', ['42["reply"]'], 'early'],
    ['0 attachments, then an event', ['450-["reply"]', '42["reply"]']],
    ['1,000,001 bytes', [sized(1_000_001)]],
  ]),
  ...table('open', [
    ['1,000,000 bytes', [sized(1_000_000)]],
    ['an event without a payload', ['42']],
    ['the name is a number', ['42[1]']],
    ['the name "error"', ['42["error"]']],
    ['the name "__proto__"', ['42["__proto__"]']],
    ['the name "constructor"', ['42["constructor"]']],
    ['an upgrade packet on a WebSocket', ['5']],
    ['a noop', ['6']],
    ['a pong without a ping', ['3']],
    ['an open packet', ['0{}']],
    ['a close packet', ['1']],
    ['an ack of no pending event', ['4377[]']],
    ['an ack without an id', ['43[]']],
    ['an ack id of 23 digits', ['4399999999999999999999999[]']],
    ['an event with an ack id of 23 digits', ['4299999999999999999999999["reply"]']],
    ['an unknown namespace', ['40/x,']],
    ['an unknown namespace of 100 KB', [`40/${'x'.repeat(100_000)},`]],
    ['U+0000', ['42["reply","\\u0000"]']],
    ['half a surrogate pair', ['42["reply","\\ud800"]']],
    ['1,000 arrays in each other', [nested(1000)]],
    ['3,000 arrays in each other', [nested(3000)]],
  ]),
]

function table(outcome, rows) {
  return rows.map(([name, frames, early]) => ({ name, frames, outcome, early: early === 'early' }))
}

/** Handshakes: the query, the method, and the answer of the reference server. */
export const handshakeProbes = [
  ['EIO is missing', 'transport=polling', 'GET', 400, 5],
  ['EIO=3 while it is off', 'EIO=3&transport=polling', 'GET', 400, 5],
  ['EIO=5', 'EIO=5&transport=polling', 'GET', 400, 5],
  ['transport __proto__', 'EIO=4&transport=__proto__', 'GET', 400, 0],
  ['transport constructor', 'EIO=4&transport=constructor', 'GET', 400, 0],
  ['an unknown sid', 'EIO=4&transport=polling&sid=nobody', 'GET', 400, 1],
  ['two sids', 'EIO=4&transport=polling&sid=nobody&sid=nobody', 'GET', 400, 1],
  ['POST without a sid', 'EIO=4&transport=polling', 'POST', 400, 2],
  ['PUT', 'EIO=4&transport=polling', 'PUT', 400, 2],
  ['a bad escape in another parameter', 'EIO=4&transport=polling&a=%zz', 'GET', 200, undefined],
].map(([name, query, method, status, code]) => ({ name, query, method, answer: { status, code } }))

/** The same handshakes with EIO=3, where the query has EIO=4. */
export const handshakeProbes3 = handshakeProbes
  .filter(({ query }) => query.includes('EIO=4'))
  .map((probe) => ({ ...probe, name: `${probe.name}, revision 3`, query: probe.query.replace('EIO=4', 'EIO=3') }))

/** Bodies of a POST to an open connection. */
export const bodyProbes = [
  ['octet-stream', some, 'closed', 400, { type: 'application/octet-stream' }],
  ['a second POST at once', '3', 'closed', 400, { overlap: true }],
  ['1,000,001 bytes in a body', sized(1_000_001), 'open', 413],
  ['garbage in a body', 'garbage', 'closed', 200],
  ['an empty body', '', 'closed', 200],
  ['bad base64', 'b!!!', 'closed', 200],
  ['100,000 pings', Array(100_000).fill('2').join('\x1e'), 'closed', 200],
].map(([name, body, outcome, status, options]) => ({ name, body, outcome, status, ...options }))

/** The same bodies as Engine.IO 3 payloads, which have lengths. The outcome is taken from the reference server. */
export const bodyProbes3 = [
  ['octet-stream that is no payload', some, { type: 'application/octet-stream' }],
  ['a second POST at once', '1:3', { overlap: true }],
  ['1,000,001 bytes in a body', `999992:${'x'.repeat(999_993)}`],
  ['garbage in a body', 'garbage'],
  ['an empty body', ''],
  ['bad base64', '5:b4!!!'],
  ['a length that is too long', '10:4x'],
  ['a length that is too short', '1:4x'],
  ['a length of 20 digits', '99999999999999999999:4x'],
  ['no length', ':4x'],
  ['100,000 pings', '1:2'.repeat(100_000)],
].map(([name, body, options]) => ({ name, body, ...options }))

/**
 * Base64 in a text message, as a client with forceBase64 sends it. The prefix depends
 * on the revision. `loses` is true where the reference server drops characters that it
 * cannot decode and delivers the rest.
 */
export const base64Probes = [
  ...['AQID', 'AQ==', 'AQI=', 'AQ', 'AQI', '', '=', 'AQ=', 'AQID====', 'AR==', 'AQ ID', 'AQ\r\nID', '\tAQID', '-_-_', '+/+/', '-_+/']
    .map((base64) => ({ base64, loses: false })),
  ...['A', 'AQIDA', '!!!!', 'AQID!', '안AQID', 'AQ==AQID', 'AQI\0'].map((base64) => ({ base64, loses: true })),
].flatMap(({ base64, loses }) => [[4, 'b'], [3, 'b4']].map(([revision, mark]) => ({
  name: `${JSON.stringify(base64)}, revision ${revision}`, revision, loses,
  frames: ['451-["reply",{"_placeholder":true,"num":0}]', mark + base64],
})))

/** The base64 prefix before other packets than binary messages. */
export const base64TypeProbes = [
  ...['b', 'bAQID'].map((frame) => [4, frame, 'closed']),
  ...['b0AQID', 'b2', 'b2AQID', 'b2!', 'b5AQID', 'b6AQID'].map((frame) => [3, frame, 'open']),
  ...['b4', 'b4AQID', 'b3AQID'].map((frame) => [3, frame, 'closed']),
  ...['b', 'b1AQID', 'b7AQID', 'b9', 'bxAQID'].map((frame) => [3, frame, 'open', 'stricter']),
].map(([revision, frame, outcome, stricter]) => ({ name: `${frame}, revision ${revision}`, revision, frames: [frame], outcome, stricter }))
