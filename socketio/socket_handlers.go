package socketio

// socketHandlers are the middleware and handlers of one socket.
type socketHandlers struct {
	listeners

	once map[string][]func(*Event) // by event; removed when they run
}

// On adds a handler for an event of this socket only. Namespace.On uses less
// memory if all sockets share a handler.
func (s *Socket) On(event string, fn func(*Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ownLocked().add(event, fn)
}

// Once adds a handler for the next event of that name from this socket. It runs
// after those of On. An event that middleware refuses does not count.
func (s *Socket) Once(event string, fn func(*Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.ownLocked()
	if own.once == nil {
		own.once = make(map[string][]func(*Event))
	}
	own.once[event] = append(own.once[event], fn)
}

// Off removes the handlers that Socket.On and Socket.Once have added for an
// event. The namespace's handlers stay.
func (s *Socket) Off(event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == nil {
		return
	}
	delete(s.own.named, event)
	delete(s.own.once, event)
}

// OnAny adds a handler for all events of this socket. It runs before the
// handlers for the event's name, and also if the event has no handler.
func (s *Socket) OnAny(fn func(*Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.ownLocked()
	own.all = added(own.all, fn)
}

// UseEvents adds a middleware for the events of this socket, which runs after
// that of the namespace. See Namespace.UseEvents.
func (s *Socket) UseEvents(fn EventMiddleware) {
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

// listenersOf returns what runs for an event, and whether takeOnce has to be
// called.
func (s *Socket) listenersOf(event string) (own listenersOf, once bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == nil {
		return own, false
	}
	return s.own.of(event), len(s.own.once[event]) > 0
}

// takeOnce removes and returns the handlers of Once for an event.
func (s *Socket) takeOnce(event string) []func(*Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.own.once[event]
	delete(s.own.once, event)
	return list
}
