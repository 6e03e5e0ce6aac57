// Sends the probes of probes.js to our server or to the reference server.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import WebSocket from 'ws'
import { pause, until, withTimeout } from './clients.js'
import { eventTimeout } from './sizes.js'

/** Sends a probe over WebSocket and returns whether the connection still works afterwards. */
export async function probeWebSocket(server, { name, frames, early }, revision) {
  const ws = new WebSocket(`${server.ws}/socket.io/?EIO=${revision}&transport=websocket`, { perMessageDeflate: false })
  const received = []
  let code
  ws.on('message', (data) => received.push(data.toString()))
  ws.on('error', () => {})
  ws.on('close', (c) => { code = c })
  const answer = (start) => until(() => code !== undefined || received.some((frame) => frame.startsWith(start)),
    `${server.url} answers ${start} after "${name}", beside ${received}`, 15_000)
  try {
    await answer('0{')
    if (revision === 3) {
      await answer('40') // the server connects Engine.IO 3 clients by itself
    } else if (!early) {
      ws.send('40')
      await answer('40{')
    }
    for (const frame of frames) {
      const old = revision === 3 && Buffer.isBuffer(frame)
      ws.send(old ? Buffer.concat([Buffer.of(4), frame]) : frame)
    }
    await pause(30) // until the server has read them
    if (early && revision === 4 && code === undefined) {
      ws.send('40')
      await answer('40{')
    }
    for (const id of [111, 222]) { // the second shows whether the first ended the connection
      if (code === undefined) ws.send(`42${id}["reply"]`)
      await answer(`43${id}`)
    }
    return { outcome: code === undefined ? 'open' : 'closed', code }
  } finally {
    ws.terminate()
  }
}

const request = (server, query, options) => fetch(`${server.url}/socket.io/?${query}`, options)

/** Requests a handshake and returns the status and the error code. */
export async function probeHandshake(server, { query, method }) {
  const answer = await request(server, query, { method })
  const text = await answer.text()
  return { status: answer.status, code: codeOf(text) }
}

const codeOf = (text) => (text.startsWith('{') ? JSON.parse(text).code : undefined)

/** Posts a probe as a polling body and returns whether the connection still works afterwards. */
export async function probeBody(server, { body, type, overlap }, revision = 4) {
  const opened = await (await request(server, `EIO=${revision}&transport=polling`)).text()
  const session = `EIO=${revision}&transport=polling&sid=${opened.match(/"sid":"([^"]+)"/)[1]}`
  const post = (data, headers) => request(server, session, { method: 'POST', body: data, headers })
  const one = (packet) => (revision === 3 ? `${packet.length}:${packet}` : packet)
  if (revision === 4) await post('40') // the server connects Engine.IO 3 clients by itself
  const connected = revision === 3 && /\d:40/.test(opened) ? opened : await (await request(server, session)).text()
  assert.match(connected, revision === 3 ? /2:40/ : /^40\{/)

  const first = overlap && await halfPost(server, session)
  const answer = await post(body, { 'content-type': type ?? 'text/plain;charset=UTF-8' })
  const code = codeOf(await answer.text())
  first?.destroy()

  const check = await post(one('42111["reply"]'))
  let outcome = 'closed'
  if (check.ok) {
    const polled = await request(server, session)
    if (/(^|\x1e|:)43111/.test(await polled.text())) outcome = 'open'
  }
  return { outcome, status: answer.status, code }
}

/** Starts a POST whose body stays incomplete. */
async function halfPost(server, session) {
  const socket = net.connect(server.port, 'localhost')
  socket.on('error', () => {})
  socket.write(`POST /socket.io/?${session} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n`)
  const [head] = await withTimeout(eventTimeout, once(socket, 'data'), '100 Continue')
  assert.match(head.toString(), /^HTTP\/1\.1 100 /)
  return socket
}
