// The stock client, and helpers that wait for its events.
import { io } from 'socket.io-client'
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { eventTimeout } from './sizes.js'

export { transportModes } from './transports.js'

const open = new Set()
after(() => open.forEach((socket) => socket.disconnect()))

/** Opens a stock client with a connection of its own and short reconnection delays. */
export function client(url, options = {}) {
  const socket = io(url, {
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    ...options,
  })
  open.add(socket)
  limitAcks(socket)
  return socket
}

/** Gives acknowledgements a timeout: the stock client never settles that of an event whose connection was lost. */
function limitAcks(socket) {
  const emitWithAck = socket.emitWithAck.bind(socket)
  socket.emitWithAck = (...args) => {
    if (socket.flags.timeout === undefined) socket.timeout(eventTimeout)
    return emitWithAck(...args)
  }
}

/**
 * Closes the connection under a client like a broken network. The client stays away until resume: what happens meanwhile
 * must not depend on the speed of the machine.
 */
export async function cut(socket) {
  socket.io.reconnection(false)
  const closed = nextEvent(socket, 'disconnect')
  const { transport } = socket.io.engine
  transport.ws ? transport.ws.terminate() : socket.io.engine.close()
  await closed
}

/** Reconnects a client whose connection was cut. */
export async function resume(socket) {
  const connect = nextEvent(socket, 'connect')
  socket.connect()
  await connect
}

/**
 * Opens a client and waits until it is connected and has upgraded, if its options allow that. On a busy machine the
 * probe may take longer than the server allows; the client then stays on polling, and another one is opened.
 */
export async function connected(url, options = {}, attempts = 3) {
  const socket = client(url, options)
  const upgraded = options.transports?.length > 1
    ? new Promise((resolve) => socket.io.once('open', () => {
      socket.io.engine.once('upgrade', () => resolve(true))
      socket.io.engine.once('upgradeError', (error) => resolve(error))
    }))
    : true
  await nextEvent(socket, 'connect')
  const outcome = await withTimeout(eventTimeout, upgraded, 'the upgrade')
  if (outcome === true) return socket
  assert.ok(attempts > 1, `upgrade: got ${outcome}, want a WebSocket`)
  socket.disconnect()
  return connected(url, options, attempts - 1)
}

/**
 * Waits for the next event that matches and returns its arguments. A refused connection fails the wait for
 * `connect`, unless retry is set.
 */
export function nextEvent(emitter, event, { ms = eventTimeout, where = () => true, retry = false } = {}) {
  return withTimeout(ms, new Promise((resolve, reject) => {
    const listen = (...args) => {
      if (!where(...args)) return
      emitter.off(event, listen)
      resolve(args)
    }
    emitter.on(event, listen)
    if (event === 'connect' && !retry) emitter.once('connect_error', reject)
  }), `the event ${event}`)
}

/** Returns a list that collects the arguments of all later events of that name. */
export function collect(emitter, event) {
  const list = []
  emitter.on(event, (...args) => list.push(args))
  return list
}

/** Waits for a promise, and fails after ms. `what` describes the expected result. */
export function withTimeout(ms, promise, what) {
  let timer
  const late = new Promise((_, reject) => {
    const error = new Error(`timeout after ${ms} ms: want ${what}`)
    timer = setTimeout(() => reject(error), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Waits until check() returns true. `what` describes the expected state. */
export async function until(check, what, ms = eventTimeout) {
  const end = performance.now() + ms
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`timeout after ${ms} ms: want ${what}`)
    await pause(20)
  }
}

/**
 * Resolves to the answer to an event. On a busy machine the server's store may take too long; after the answer
 * "unavailable", send is called again.
 */
export async function untilAvailable(send) {
  const answer = await send()
  return answer?.reason === 'unavailable' ? untilAvailable(send) : answer
}

/** Joins a room of the chat. */
export async function join(socket, room) {
  const answer = await untilAvailable(() => socket.timeout(eventTimeout).emitWithAck('join', room))
  assert.equal(answer.ok, true, JSON.stringify(answer))
  return answer
}

/** Waits for ms, mostly to check that nothing happens. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
