package socketio

// socketHandlers are the middleware and handlers of one socket.
type socketHandlers struct {
	middleware []func(*Event) error
	onEvent    listeners
}

// On adds a handler for an event of this socket only. Namespace.On uses less
// memory if all sockets share a handler.
func (s *Socket) On(event string, fn func(*Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ownLocked().onEvent.add(event, fn)
}

// OnAny adds a handler for all events of this socket. It runs before the
// handlers for the event's name, and also if the event has no handler.
func (s *Socket) OnAny(fn func(*Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.ownLocked()
	own.onEvent.all = added(own.onEvent.all, fn)
}

// Use adds a middleware. All are called in order for each event of this socket.
// The first error rejects the event: no handler runs, and a sender that waits
// for an acknowledgement gets {"error": "…"} with the error's text, unless the
// middleware has acknowledged the event.
func (s *Socket) Use(fn func(*Event) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.ownLocked()
	own.middleware = added(own.middleware, fn)
}

func (s *Socket) ownLocked() *socketHandlers {
	if s.own == nil {
		s.own = &socketHandlers{}
	}
	return s.own
}

// admit runs the socket's middleware.
func (s *Socket) admit(e *Event) error {
	for _, fn := range s.eventMiddleware() {
		var err error
		if !s.namespace.server.protect("middleware", func() { err = fn(e) }) {
			return errInternal
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Socket) eventMiddleware() []func(*Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == nil {
		return nil
	}
	return s.own.middleware
}

func (s *Socket) handlersOf(event string) (all, named []func(*Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == nil {
		return nil, nil
	}
	return s.own.onEvent.all, s.own.onEvent.named[event]
}
