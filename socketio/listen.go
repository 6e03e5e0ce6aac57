package socketio

// On adds a handler for an event of this socket only. Where all sockets share
// a handler, Namespace.On costs less.
func (s *Socket) On(event string, fn func(*Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ownLocked().onEvent.add(event, fn)
}

// OnAny adds a handler for all events of this socket. It runs before the
// handlers of the event's name, and if there are none too.
func (s *Socket) OnAny(fn func(*Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.ownLocked()
	own.onEvent.all = added(own.onEvent.all, fn)
}

// Use adds a middleware. All are called in order for each event of this socket;
// after the first error the event is not handled, by OnAny neither. If its
// sender waits for an acknowledgement, it gets {"error": "…"} with the error's
// text, unless the middleware has acknowledged the event itself.
func (s *Socket) Use(fn func(*Event) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.ownLocked()
	own.middleware = added(own.middleware, fn)
}

func (s *Socket) ownLocked() *ownHandlers {
	if s.own == nil {
		s.own = &ownHandlers{}
	}
	return s.own
}

// admit asks the socket's middleware.
func (s *Socket) admit(e *Event) error {
	for _, fn := range s.forAdmitting() {
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

func (s *Socket) forAdmitting() []func(*Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == nil {
		return nil
	}
	return s.own.middleware
}

func (s *Socket) forEvent(event string) (all, named []func(*Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == nil {
		return nil, nil
	}
	return s.own.onEvent.all, s.own.onEvent.named[event]
}
