import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { listenPlain } from '../../public/js/notice/listeners.js'

/** A panel with its pause button, and the plain WebSockets that it opens. */
function start(t) {
  const sockets = []
  const original = globalThis.WebSocket // Node 20 has none
  globalThis.location = { origin: 'https://localhost:8005' }
  globalThis.WebSocket = class extends EventTarget {
    constructor(address) {
      super()
      Object.assign(this, { address, sent: [], isClosed: false })
      sockets.push(this)
    }

    send(text) { this.sent.push(text) }
    close() { this.isClosed = true }
  }
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => {
    globalThis.WebSocket = original
    delete globalThis.location
  })
  const lines = []
  let setPaused
  listenPlain({ setConnected: (isConnected) => lines.push(isConnected), add: (kind, text) => lines.push([kind, text]), onPause: (listener) => { setPaused = listener } })
  return { sockets, lines, pause: () => setPaused(true), resume: () => setPaused(false) }
}

const emit = (socket, type, fields) => socket.dispatchEvent(Object.assign(new Event(type), fields))

describe('the plain WebSocket of the notice page', () => {
  test('shows each notice and its answer', (t) => {
    const { sockets: [socket], lines } = start(t)
    assert.equal(socket.address, 'wss://localhost:8005/')
    emit(socket, 'open')
    emit(socket, 'message', { data: '알림' })
    assert.deepEqual(lines, [true, ['in', '알림'], ['out', socket.sent[0]]])
  })

  test('connects again three seconds after it was closed', (t) => {
    const { sockets, lines } = start(t)
    emit(sockets[0], 'close')
    assert.deepEqual(lines, [false])
    t.mock.timers.tick(2_999)
    assert.equal(sockets.length, 1)
    t.mock.timers.tick(1)
    assert.equal(sockets.length, 2)
  })

  test('stays closed while it is paused', (t) => {
    const { sockets, pause } = start(t)
    emit(sockets[0], 'close')
    pause()
    t.mock.timers.tick(10_000)
    assert.deepEqual([sockets.length, sockets[0].isClosed], [1, true])
  })

  test('has one connection when it is paused and resumed before it connects again', (t) => {
    const { sockets, pause, resume } = start(t)
    emit(sockets[0], 'close')
    pause()
    resume()
    t.mock.timers.tick(10_000)
    assert.equal(sockets.length, 2)
  })

  test('ignores the end of the connection before a pause', (t) => {
    const { sockets, lines, pause, resume } = start(t)
    pause()
    resume()
    emit(sockets[0], 'close')
    t.mock.timers.tick(10_000)
    assert.deepEqual({ count: sockets.length, lines }, { count: 2, lines: [] })
  })
})
