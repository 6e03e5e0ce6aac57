// Requests from chosen source addresses. On Linux all of 127.0.0.0/8 is this
// machine; elsewhere manyAddresses is false.
import http from 'node:http'
import { networkInterfaces } from 'node:os'
import WebSocket from 'ws'

export const manyAddresses = process.platform === 'linux' && 'lo' in networkInterfaces()

/** Returns the nth source address. */
export const address = (n) => `127.0.${1 + Math.floor(n / 250)}.${1 + (n % 250)}`

const agents = new Map()

function agent(localAddress) {
  if (!agents.has(localAddress)) agents.set(localAddress, new http.Agent({ keepAlive: true, localAddress }))
  return agents.get(localAddress)
}

/** Makes a request from an address. Resolves to { status, headers, body, duration }, with duration in ms. */
export function requestFrom(server, path, { from = '127.0.0.1', method = 'GET', headers = {}, body = '' } = {}) {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1', port: server.port, path, method, agent: agent(from),
      headers: { host: `localhost:${server.port}`, ...(body && { 'content-length': Buffer.byteLength(body) }), ...headers },
    }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => { text += part })
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: text, duration: performance.now() - startedAt }))
    })
    request.on('error', reject).end(body)
  })
}

const formType = { 'content-type': 'application/x-www-form-urlencoded' }

export const postForm = (server, path, fields, options = {}) => requestFrom(server, path, {
  ...options, method: 'POST', body: new URLSearchParams(fields).toString(), headers: { ...formType, ...options.headers },
})

/** Opens a session and returns its cookie. */
export async function newCookie(server, from) {
  const { headers } = await requestFrom(server, '/', { from })
  return headers['set-cookie'][0].split(';')[0]
}

/** A minimal Socket.IO client of the namespace /chat, connected from a chosen address. */
export class ChatSocket {
  #waiting = new Map()
  #next = 0

  static async open(server, { from = '127.0.0.1', cookie } = {}) {
    const client = new ChatSocket()
    client.ws = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`, {
      localAddress: from, perMessageDeflate: false, headers: { ...(cookie && { cookie }) },
      generateMask: (key) => key.fill(0), // masking a megabyte would count in the measured time
    })
    await new Promise((resolve, reject) => {
      client.ws.once('error', reject)
      client.ws.on('message', (data) => {
        const text = data.toString()
        if (text.startsWith('0{')) client.ws.send('40/chat,')
        else if (text.startsWith('40/chat,')) resolve()
        else if (text === '2') client.ws.send('3')
        const [, id, answer] = text.match(/^43\/chat,(\d+)\[(.*)\]$/s) ?? []
        if (id) {
          client.#waiting.get(Number(id))?.(JSON.parse(answer))
          client.#waiting.delete(Number(id))
        }
      })
    })
    return client
  }

  emitWithAck(event, ...args) { return this.prepare(event, ...args)() }

  /** Encodes an event and returns a function that sends it and waits for the acknowledgement. */
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
