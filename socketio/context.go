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
	w := s.contextLocked()
	if w.ctx == nil {
		w.ctx, w.cancel = context.WithCancelCause(context.Background())
		if w.ended != "" {
			w.cancel(&DisconnectError{w.ended})
		}
	}
	return w.ctx
}

// socketContext is the context of a socket and its end. A socket allocates it when
// it needs one: most sockets are idle.
type socketContext struct {
	ctx    context.Context         //nolint:containedctx // nil until Context is called
	cancel context.CancelCauseFunc // of ctx
	ended  Reason                  // "" until the context has ended
}

func (s *Socket) contextLocked() *socketContext {
	if s.waits == nil {
		s.waits = &socketContext{}
	}
	return s.waits
}

// endedLocked returns why the context has ended, or "".
func (s *Socket) endedLocked() Reason {
	if s.waits == nil {
		return ""
	}
	return s.waits.ended
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

// expired reports whether the context has ended because the server closes.
func (s *Socket) expired() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endedLocked() == ReasonServerShutdown
}

// expireContext ends the context because the server closes. The socket stays connected.
func (s *Socket) expireContext() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endContextLocked(ReasonServerShutdown)
}

func (s *Socket) endContextLocked(reason Reason) {
	w := s.contextLocked()
	if w.ended != "" {
		return
	}
	w.ended = reason
	if w.cancel != nil {
		w.cancel(&DisconnectError{reason})
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
