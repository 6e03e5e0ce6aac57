package socketio

import (
	"context"
	"time"
)

// ackWaiter receives the acknowledgement of an event that the server emits: in a
// channel, or by a call of a function. The channel must have a buffer of one. It is
// closed if the client disconnects first.
type ackWaiter struct {
	answers chan<- Args
	fn      func(Args, error)
	timeout *time.Timer // of fn; may be nil
}

// EmitWithAck sends an event and waits for the client's acknowledgement. It
// returns the cause of ctx's end, or ErrDisconnected if the client disconnects
// first. In a handler, pass a ctx with a deadline: a client that sends more
// than Limits.MaxInbox packets before its acknowledgement is not read from
// until the handler returns.
func (s *Socket) EmitWithAck(ctx context.Context, event string, args ...any) (Args, error) {
	answers := make(chan Args, 1)
	id, err := s.emitWithAck(ackWaiter{answers: answers}, event, args)
	if err != nil {
		return nil, err
	}
	defer s.takeWaiter(id)
	select {
	case answer, ok := <-answers:
		if !ok {
			return nil, ErrDisconnected
		}
		return answer, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// EmitWithAckFunc sends an event and does not wait. It calls fn once: with the
// client's acknowledgement, with context.DeadlineExceeded if none has come within
// the timeout, with ErrDisconnected, or with the error of Socket.Emit. Without a
// positive timeout only the client's acknowledgement or its end lead to a call.
//
// fn is called like a handler of the client, in the order of the client's packets.
// No handler of the client runs at the same time, so a handler must not wait for fn.
// It may be called after the disconnect handlers.
func (s *Socket) EmitWithAckFunc(timeout time.Duration, fn func(Args, error), event string, args ...any) {
	id, err := s.emitWithAck(ackWaiter{fn: fn}, event, args)
	if err != nil {
		s.client.call(func() { fn(nil, err) })
		return
	}
	if timeout <= 0 {
		return
	}
	timer := time.AfterFunc(timeout, func() {
		if _, ok := s.takeWaiter(id); ok {
			s.client.call(func() { fn(nil, context.DeadlineExceeded) })
		}
	})
	if !s.setTimeout(id, timer) {
		timer.Stop()
	}
}

// emitWithAck sends an event whose acknowledgement goes to w. It returns the id
// for takeWaiter.
func (s *Socket) emitWithAck(w ackWaiter, event string, args []any) (id uint64, err error) {
	id = s.namespace.ackIDs.Add(1)
	p, err := encodeEvent(s.namespace.name, id, true, event, args)
	if err != nil {
		return 0, err
	}
	if !s.expectAck(id, w) {
		return 0, ErrDisconnected
	}
	if err := s.send(p); err != nil {
		if _, ok := s.takeWaiter(id); !ok && w.fn != nil {
			return id, nil // the function has been called because the socket has ended
		}
		return 0, err
	}
	return id, nil
}

// expectAck registers a waiter. It returns false if the socket has disconnected.
func (s *Socket) expectAck(id uint64, w ackWaiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.Connected() || s.endedLocked() != "" {
		return false
	}
	if s.acks == nil {
		s.acks = make(map[uint64]ackWaiter)
	}
	s.acks[id] = w
	return true
}

// setTimeout sets the timer of a waiter. It returns false if the waiter has been
// taken.
func (s *Socket) setTimeout(id uint64, timer *time.Timer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.acks[id]
	if ok {
		w.timeout = timer
		s.acks[id] = w
	}
	return ok
}

// resolveAck passes an acknowledgement on. One that no caller waits for is
// ignored.
func (s *Socket) resolveAck(id uint64, answer Args) {
	w, ok := s.takeWaiter(id)
	switch {
	case !ok:
	case w.fn != nil:
		s.client.call(func() { w.fn(answer, nil) })
	default:
		w.answers <- answer
	}
}

// takeWaiter removes and returns a waiter, whose timer it stops.
func (s *Socket) takeWaiter(id uint64) (w ackWaiter, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok = s.acks[id]
	delete(s.acks, id)
	if w.timeout != nil {
		w.timeout.Stop()
	}
	return w, ok
}

// dropWaitersLocked ends the wait for all acknowledgements and returns the functions
// that have to be called.
func (s *Socket) dropWaitersLocked() (calls []func()) {
	for _, w := range s.acks {
		if w.timeout != nil {
			w.timeout.Stop()
		}
		if w.fn != nil {
			calls = append(calls, func() { w.fn(nil, ErrDisconnected) })
		} else {
			close(w.answers)
		}
	}
	s.acks = nil
	return calls
}

// call makes the worker call functions after the packets in the inbox.
func (c *client) call(fns ...func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.callLocked(fns)
}

func (c *client) callLocked(fns []func()) {
	for _, fn := range fns {
		c.inbox.pushCall(fn)
		c.startWorkerLocked()
	}
}
