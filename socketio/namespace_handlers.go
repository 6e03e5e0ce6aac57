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

// listeners are the middleware and handlers of events.
type listeners struct {
	middleware []EventMiddleware
	all        []func(*Event)            // run for every event
	named      map[string][]func(*Event) // by event; nil until the first handler is added
}

func (l *listeners) add(event string, fn func(*Event)) {
	if l.named == nil {
		l.named = make(map[string][]func(*Event))
	}
	l.named[event] = added(l.named[event], fn)
}

// of returns what runs for an event: the middleware, then the handlers of any
// event, then those of this event.
func (l *listeners) of(event string) listenersOf {
	return listenersOf{l.middleware, l.all, l.named[event]}
}

type listenersOf struct {
	middleware []EventMiddleware
	all, named []func(*Event)
}

// added returns a copy of list with one more element.
func added[T any](list []T, element T) []T {
	return append(list[:len(list):len(list)], element)
}

// Use adds a middleware. All are called in order for each socket that connects.
// The first error refuses the socket. An *Error chooses the message and the data
// of the client's connect_error; the text of any other error is hidden.
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

// EventMiddleware surrounds the handlers of an event. next calls the middleware
// that follows and then the handlers, and returns their error; it has an effect
// once. Middleware that returns without calling next keeps the event from the
// handlers. The error that it returns refuses the event; see Event.Refuse:
//
//	chat.UseEvents(func(e *socketio.Event, next func() error) error {
//		ctx, cancel := context.WithTimeout(e.Context(), time.Second)
//		defer cancel()
//		e.SetContext(ctx)
//		return next()
//	})
//
// The error of next is that of Handle and On. A handler of Namespace.On has none.
type EventMiddleware func(e *Event, next func() error) error

// UseEvents adds a middleware for each event of every socket of the namespace.
// The middleware that is added first is called first, all of it before that of
// Socket.UseEvents.
func (h *handlers) UseEvents(fn EventMiddleware) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onEvent.middleware = added(h.onEvent.middleware, fn)
}

// On adds a handler for an event of every socket of the namespace. Events
// without a handler are ignored. The functions Handle and On bind the arguments
// and answer.
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

func (h *handlers) listenersOf(event string) listenersOf {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.onEvent.of(event)
}
