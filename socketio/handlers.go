package socketio

import "sync"

// handlers are what a namespace does with its sockets and their events. Their
// lists are never changed in place, so that they can be run without a lock.
type handlers struct {
	mu           sync.RWMutex
	middleware   []func(*Socket) error   // guarded by mu, as is all that follows
	onConnect    []func(*Socket)         // in the order of registration, as everywhere
	onDisconnect []func(*Socket, Reason) //
	onEvent      listeners               //
	serverSide   serverSide              //
}

// listeners are handlers of events.
type listeners struct {
	all   []func(*Event)            // of every event
	named map[string][]func(*Event) // by event; nil until the first
}

func (l *listeners) add(event string, fn func(*Event)) {
	if l.named == nil {
		l.named = make(map[string][]func(*Event))
	}
	l.named[event] = added(l.named[event], fn)
}

// added returns a list with one more element, and leaves list as it is.
func added[T any](list []T, element T) []T {
	return append(list[:len(list):len(list)], element)
}

// Use adds a middleware. All are called in order for each socket that wants to
// connect; the first error refuses it, and the client hears the error's text.
// A *ConnectError chooses text and data.
func (h *handlers) Use(fn func(*Socket) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.middleware = added(h.middleware, fn)
}

// OnConnect adds a function that is called for each socket that has connected,
// before the first of its events.
func (h *handlers) OnConnect(fn func(*Socket)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onConnect = added(h.onConnect, fn)
}

// OnDisconnect adds a function that is called for each socket that has
// disconnected, after the last of its events. The socket has left its rooms;
// Socket.Rooms still tells which they were.
func (h *handlers) OnDisconnect(fn func(*Socket, Reason)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onDisconnect = added(h.onDisconnect, fn)
}

// On adds a handler for an event of every socket of the namespace. Events
// nobody handles are ignored.
func (h *handlers) On(event string, fn func(*Event)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onEvent.add(event, fn)
}

// OnAny adds a handler for all events of every socket of the namespace. It
// runs before the handlers of the event's name, and if there are none too.
func (h *handlers) OnAny(fn func(*Event)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onEvent.all = added(h.onEvent.all, fn)
}

func (h *handlers) forConnecting() []func(*Socket) error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.middleware
}

func (h *handlers) forConnect() []func(*Socket) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.onConnect
}

func (h *handlers) forDisconnect() []func(*Socket, Reason) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.onDisconnect
}

func (h *handlers) forEvent(event string) (all, named []func(*Event)) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.onEvent.all, h.onEvent.named[event]
}

// On adds a handler for an event whose first argument is a T, to a *Namespace
// or a *Socket. An event whose argument is not, is not handled: if its sender
// waits for an acknowledgement, it gets {"error": "…"}.
func On[T any](to interface{ On(string, func(*Event)) }, event string, fn func(*Event, T)) {
	to.On(event, func(e *Event) {
		var arg T
		if err := e.Bind(&arg); err != nil {
			e.refuse(err)
			return
		}
		fn(e, arg)
	})
}
