package socketio

import "context"

// DisconnectError is the cause with which the context of a socket ends. It wraps
// ErrDisconnected.
type DisconnectError struct{ Reason Reason }

func (e *DisconnectError) Error() string { return ErrDisconnected.Error() + ": " + string(e.Reason) }

func (e *DisconnectError) Unwrap() error { return ErrDisconnected }

// Context returns a context that ends when the socket disconnects, with a
// *DisconnectError as its cause. It ends at once: events that the client has sent
// before may still be handled. It also ends if middleware refuses the socket, and
// while the server closes, before the socket disconnects (see Config.HandlerGrace).
// The first call creates it, as does the first event for Handle or On.
func (s *Socket) Context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil {
		s.ctx, s.cancel = context.WithCancelCause(context.Background())
		if s.ended != "" {
			s.cancel(&DisconnectError{s.ended})
		}
	}
	return s.ctx
}

// endWaits ends the context and the wait for all acknowledgements. Only the
// first reason counts. expectAck registers no further waiter.
func (s *Socket) endWaits(reason Reason) { s.client.call(s.dropWaits(reason)...) }

// dropWaits is endWaits without calling the functions that wait. It returns them.
func (s *Socket) dropWaits(reason Reason) []func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endContextLocked(reason)
	return s.dropWaitersLocked()
}

// expireContext ends the context because the server closes. The socket stays connected.
func (s *Socket) expireContext() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endContextLocked(ReasonServerShutdown)
}

func (s *Socket) endContextLocked(reason Reason) {
	if s.ended != "" {
		return
	}
	s.ended = reason
	if s.cancel != nil {
		s.cancel(&DisconnectError{reason})
	}
}

// Context returns the context of the event's handlers: that of the socket,
// unless middleware has called SetContext.
func (e *Event) Context() context.Context {
	if e.more != nil && e.more.ctx != nil {
		return e.more.ctx
	}
	return e.Socket.Context()
}

// SetContext replaces the context of the handlers and the middleware that
// follow, for example by one with a value or a deadline. Only event middleware
// may call it, before it calls next.
func (e *Event) SetContext(ctx context.Context) { e.extra().ctx = ctx }
