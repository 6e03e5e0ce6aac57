/**
 * Keeps a list of rooms as it is on the server: by events, and after an interruption by the page itself.
 * @param {object} socket of the namespace /room
 * @param {{add: Function, change: Function, remove: Function, setPeople: Function, replace: Function}} list
 * @param {() => Promise<Document|null>} load loads the page again
 */
export function followLobby(socket, list, load) {
  let pending = null // events during the latest load: the loaded page can be older than they are

  const handle = (event, apply) => socket.on(event, data => {
    pending?.push(() => apply(data))
    apply(data)
  })
  handle("newRoom", room => list.add(room))
  handle("changeRoom", room => list.change(room))
  handle("removeRoom", id => list.remove(id))
  handle("people", count => list.setPeople(count))

  // The page was sent before its socket connected, and an interrupted socket has missed events.
  socket.on("connect", async () => {
    if (socket.recovered) return
    const own = pending = []
    const fresh = await load()
    if (pending !== own) return // the socket has connected again, and loads again
    pending = null
    if (fresh && list.replace(fresh)) for (const apply of own) apply()
  })
}
