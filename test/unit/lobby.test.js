import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { followLobby } from '../../public/js/home/lobby.js'

const tick = () => new Promise(setImmediate)

/** A lobby whose list writes into log. loaded(page) ends the nth load, by default the latest. */
function start(replaced = true) {
  const socket = Object.assign(new EventEmitter(), { recovered: false })
  const log = []
  const list = {
    add: ({ _id }) => log.push(`add ${_id}`), change: ({ _id }) => log.push(`change ${_id}`), remove: (id) => log.push(`remove ${id}`),
    setPeople: ({ room, count }) => log.push(`${count} in ${room}`), replace: (page) => { log.push(`replace ${page}`); return replaced },
  }
  const loads = []
  followLobby(socket, list, () => new Promise((resolve) => { loads.push(resolve); log.push('load') }))
  return { socket, log, loaded: (page, nth = -1) => { loads.at(nth)(page); return tick() } }
}

describe('the list of rooms', () => {
  test('follows the events', () => {
    const { socket, log } = start()
    socket.emit('newRoom', { _id: 'a' })
    socket.emit('changeRoom', { _id: 'a' })
    socket.emit('people', { room: 'a', count: 2 })
    socket.emit('removeRoom', 'a')
    assert.deepEqual(log, ['add a', 'change a', '2 in a', 'remove a'])
  })

  test('is loaded again with each connection that is not recovered', () => {
    const { socket, log } = start()
    socket.emit('connect')
    assert.deepEqual(log, ['load'])
    socket.recovered = true
    socket.emit('connect')
    assert.deepEqual(log, ['load'])
  })

  test('events during a load are applied to the loaded rows as well', async () => {
    const { socket, log, loaded } = start()
    socket.emit('connect')
    socket.emit('newRoom', { _id: 'b' })
    await loaded('page')
    socket.emit('newRoom', { _id: 'c' })
    assert.deepEqual(log, ['load', 'add b', 'replace page', 'add b', 'add c'])
  })

  test('a second connection during a load starts another, and the first one is ignored', async () => {
    const { socket, log, loaded } = start()
    socket.emit('connect')
    socket.emit('newRoom', { _id: 'b' })
    socket.emit('connect')
    socket.emit('newRoom', { _id: 'c' })
    await loaded('old page', 0)
    socket.emit('newRoom', { _id: 'd' })
    await loaded('page', 1)
    assert.deepEqual(log, ['load', 'add b', 'load', 'add c', 'add d', 'replace page', 'add c', 'add d'])
  })

  test('events are applied once when the page shows the same rows, or is not loaded', async () => {
    for (const [page, replaced, want] of [['page', false, ['load', 'add b', 'replace page']], [null, true, ['load', 'add b']]]) {
      const { socket, log, loaded } = start(replaced)
      socket.emit('connect')
      socket.emit('newRoom', { _id: 'b' })
      await loaded(page)
      assert.deepEqual(log, want)
    }
  })
})
