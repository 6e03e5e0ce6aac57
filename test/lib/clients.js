// The stock client, and waiting for what it hears.
import { io } from 'socket.io-client'
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { eventTimeout } from './sizes.js'

export { transportModes } from './transports.js'

const open = new Set()
after(() => open.forEach((socket) => socket.disconnect()))

/** A stock client with a connection of its own, which comes back quickly. */
export function client(url, options = {}) {
  const socket = io(url, {
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    ...options,
  })
  open.add(socket)
  return socket
}

/** A client that is connected and, if it may, upgraded. */
export async function connected(url, options = {}) {
  const socket = client(url, options)
  const upgraded = options.transports?.length > 1
    ? new Promise((resolve) => socket.io.once('open', () => socket.io.engine.once('upgrade', resolve)))
    : null
  await nextEvent(socket, 'connect')
  if (upgraded) await withTimeout(eventTimeout, upgraded, 'the upgrade')
  return socket
}

/** The arguments of the next such event. A refused connection ends the wait, unless retry. */
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

/** All arguments of such events from now on, as a list that grows. */
export function collect(emitter, event) {
  const list = []
  emitter.on(event, (...args) => list.push(args))
  return list
}

export function withTimeout(ms, promise, what) {
  let timer
  const late = new Promise((_, reject) => {
    const error = new Error(`waited ${ms} ms in vain for ${what}`)
    timer = setTimeout(() => reject(error), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Waits until check() is true. */
export async function until(check, what, ms = eventTimeout) {
  const end = performance.now() + ms
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`)
    await pause(20)
  }
}

/** Real time has to pass to see that nothing happens. */
/**
 * Joins a room of the chat. A busy machine may need longer than the server waits for its store; then the join is sent
 * again, as the answer "unavailable" asks for.
 */
export async function join(socket, room) {
  const answer = await socket.timeout(eventTimeout).emitWithAck('join', room)
  if (answer.reason === 'unavailable') return join(socket, room)
  assert.equal(answer.ok, true, JSON.stringify(answer))
  return answer
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
