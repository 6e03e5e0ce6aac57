// Requests from addresses of one's choice: the whole of 127.0.0.0/8 is this
// machine on Linux. Elsewhere `many` is false.
import http from 'node:http'
import { networkInterfaces } from 'node:os'
import WebSocket from 'ws'

export const manyAddresses = process.platform === 'linux' && 'lo' in networkInterfaces()

/** The percentile address. */
export const address = (n) => `127.0.${1 + Math.floor(n / 250)}.${1 + (n % 250)}`

const agents = new Map()

function agent(localAddress) {
  if (!agents.has(localAddress)) agents.set(localAddress, new http.Agent({ keepAlive: true, localAddress }))
  return agents.get(localAddress)
}

/** A request from an address: { status, headers, body, took }. */
export function requestFrom(server, path, { from = '127.0.0.1', method = 'GET', headers = {}, body = '' } = {}) {
  const begun = performance.now()
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1', port: server.port, path, method, agent: agent(from),
      headers: { host: `localhost:${server.port}`, ...(body && { 'content-length': Buffer.byteLength(body) }), ...headers },
    }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => { text += part })
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: text, took: performance.now() - begun }))
    })
    request.on('error', reject).end(body)
  })
}

const formType = { 'content-type': 'application/x-www-form-urlencoded' }

export const postForm = (server, path, fields, options = {}) => requestFrom(server, path, {
  ...options, method: 'POST', body: new URLSearchParams(fields).toString(), headers: { ...formType, ...options.headers },
})

/** A new session's cookie. */
export async function newCookie(server, from) {
  const { headers } = await requestFrom(server, '/', { from })
  return headers['set-cookie'][0].split(';')[0]
}

/** A socket on /chat by hand, from an address; ask(event, ...args) answers with the ack. */
export class ChatSocket {
  #waiting = new Map()
  #next = 0

  static async open(server, { from = '127.0.0.1', cookie } = {}) {
    const chatter = new ChatSocket()
    chatter.ws = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`, {
      localAddress: from, perMessageDeflate: false, headers: { ...(cookie && { cookie }) },
      generateMask: (key) => key.fill(0), // masking a megabyte would be a part of what is measured
    })
    await new Promise((resolve, reject) => {
      chatter.ws.once('error', reject)
      chatter.ws.on('message', (data) => {
        const text = data.toString()
        if (text.startsWith('0{')) chatter.ws.send('40/chat,')
        else if (text.startsWith('40/chat,')) resolve()
        else if (text === '2') chatter.ws.send('3')
        const [, id, answer] = text.match(/^43\/chat,(\d+)\[(.*)\]$/s) ?? []
        if (id) {
          chatter.#waiting.get(Number(id))?.(JSON.parse(answer))
          chatter.#waiting.delete(Number(id))
        }
      })
    })
    return chatter
  }

  emitWithAck(event, ...args) { return this.prepare(event, ...args)() }

  /** What sends an event that is encoded already, and waits for the answer. */
  prepare(event, ...args) {
    const id = this.#next++
    const frame = Buffer.from(`42/chat,${id}${JSON.stringify([event, ...args])}`)
    return () => {
      this.ws.send(frame, { binary: false })
      return new Promise((resolve) => this.#waiting.set(id, resolve))
    }
  }

  close() { this.ws.close() }
}

export function closeAgents() {
  for (const one of agents.values()) one.destroy()
  agents.clear()
}
