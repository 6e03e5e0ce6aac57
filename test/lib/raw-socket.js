// Engine.IO and Socket.IO without a client library, for packets that no stock client sends.
import WebSocket from 'ws'
import { withTimeout } from './clients.js'
import { eventTimeout } from './sizes.js'

/** A bare Engine.IO connection over WebSocket. `frames` collects the received messages. */
export class RawSocket {
  frames = []
  closed = false
  #waiting = new Set()

  static async open(server, headers = {}) {
    const raw = new RawSocket()
    raw.ws = new WebSocket(`${server.ws}/socket.io/?EIO=4&transport=websocket`, { headers, perMessageDeflate: false })
    raw.ws.on('message', (data, binary) => {
      raw.frames.push(binary ? data : data.toString())
      for (const check of [...raw.#waiting]) check()
    })
    raw.gone = new Promise((resolve) => raw.ws.on('close', (code) => { raw.closed = true; resolve(code) }))
    raw.ws.on('error', () => {})
    await raw.until((frame) => frame.startsWith?.('0{'))
    return raw
  }

  send(frame) { this.ws.send(frame) }

  /** Waits for a frame that matches, among those received and those to come. */
  async until(matches, ms = eventTimeout) {
    let check
    try {
      return await withTimeout(ms, new Promise((resolve) => {
        check = () => {
          const found = this.frames.find(matches)
          if (found !== undefined) resolve(found)
        }
        this.#waiting.add(check)
        check()
      }), 'a frame')
    } finally {
      this.#waiting.delete(check)
    }
  }

  async connect(namespace) {
    const prefix = namespace === '/' ? '' : `${namespace},`
    this.send(`40${prefix}`)
    return this.until((frame) => frame.startsWith?.(`40${prefix}{`))
  }

  /** Waits until the server has closed the connection. */
  untilClosed(ms = eventTimeout) { return withTimeout(ms, this.gone, 'the close') }

  close() { this.ws.close() }
}

export const polling = (server, query, options) =>
  fetch(`${server.url}/socket.io/?EIO=4&transport=polling${query}`, options)

/** Opens a polling connection. */
export async function openPolling(server) {
  const answer = await polling(server, '')
  const packet = await answer.text()
  return { answer, packet, sid: JSON.parse(packet.slice(1)).sid }
}
