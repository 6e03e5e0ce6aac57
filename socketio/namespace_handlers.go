package socketio

import "sync"

// handlers are the middleware and handlers of a namespace. The lists are never
// changed in place, so that they can be read without a lock.
type handlers struct {
	mu           sync.RWMutex
	middleware   []func(*Socket) error   // guarded by mu, as are the next fields
	onConnect    []func(*Socket)         // in the order of registration, like all lists
	onDisconnect []func(*Socket, Reason) //
	onEvent      listeners               //
	serverSide   serverSide              //
}

// listeners are handlers of events.
type listeners struct {
	all   []func(*Event)            // run for every event
	named map[string][]func(*Event) // by event; nil until the first handler is added
}

func (l *listeners) add(event string, fn func(*Event)) {
	if l.named == nil {
		l.named = make(map[string][]func(*Event))
	}
	l.named[event] = added(l.named[event], fn)
}

// added returns a copy of list with one more element.
func added[T any](list []T, element T) []T {
	return append(list[:len(list):len(list)], element)
}

// Use adds a middleware. All are called in order for each socket that connects.
// The first error refuses the socket, and the client gets the error's text. A
// *ConnectError chooses the text and the data.
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
// disconnected, after the last of its events. The socket has left its rooms,
// but Socket.Rooms still returns them.
func (h *handlers) OnDisconnect(fn func(*Socket, Reason)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onDisconnect = added(h.onDisconnect, fn)
}

// On adds a handler for an event of every socket of the namespace. Events
// without a handler are ignored.
func (h *handlers) On(event string, fn func(*Event)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onEvent.add(event, fn)
}

// OnAny adds a handler for all events of every socket of the namespace. It
// runs before the handlers for the event's name, and also if the event has no
// handler.
func (h *handlers) OnAny(fn func(*Event)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onEvent.all = added(h.onEvent.all, fn)
}

func (h *handlers) connectMiddleware() []func(*Socket) error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.middleware
}

func (h *handlers) connectHandlers() []func(*Socket) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.onConnect
}

func (h *handlers) disconnectHandlers() []func(*Socket, Reason) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.onDisconnect
}

func (h *handlers) handlersOf(event string) (all, named []func(*Event)) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.onEvent.all, h.onEvent.named[event]
}

// On adds a handler for an event whose first argument is a T to a *Namespace
// or a *Socket. An event with another argument is rejected: a sender that waits
// for an acknowledgement gets {"error": "…"}.
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
