package socketio

import "context"

// EmitWithAck sends an event and waits for the client's acknowledgement. It
// returns the cause of ctx's end, or ErrDisconnected if the client disconnects
// first. In a handler, pass a ctx with a deadline: a client that sends more
// than Limits.MaxInbox packets before its acknowledgement is not read from
// until the handler returns.
func (s *Socket) EmitWithAck(ctx context.Context, event string, args ...any) (Args, error) {
	wait, err := s.emitWithAck(event, args)
	if err != nil {
		return nil, err
	}
	return wait(ctx)
}

// EmitWithAckFunc sends an event and does not wait. It calls fn once, with the
// client's acknowledgement or with the error that EmitWithAck would return. No
// handler of the client runs at the same time as fn, which may run after the
// disconnect handlers; a handler of the client must not wait for it. Pass a ctx with
// a deadline: without one, fn is not called while a connected client does not answer.
func (s *Socket) EmitWithAckFunc(ctx context.Context, fn func(Args, error), event string, args ...any) {
	wait, err := s.emitWithAck(event, args)
	s.namespace.server.workers.tasks.Go(func() {
		var answer Args
		if err == nil {
			answer, err = wait(ctx)
		}
		s.client.call(func() { fn(answer, err) })
	})
}

// emitWithAck sends an event. It returns a function that waits for the
// acknowledgement and must be called once.
func (s *Socket) emitWithAck(event string, args []any) (wait func(context.Context) (Args, error), err error) {
	id := s.namespace.ackIDs.Add(1)
	p, err := encodeEvent(s.namespace.name, id, true, event, args)
	if err != nil {
		return nil, err
	}
	answers := make(chan Args, 1)
	if !s.expectAck(id, answers) {
		return nil, ErrDisconnected
	}
	if err := s.send(p); err != nil {
		s.forgetAck(id)
		return nil, err
	}
	return func(ctx context.Context) (Args, error) {
		defer s.forgetAck(id)
		select {
		case answer, ok := <-answers:
			if !ok {
				return nil, ErrDisconnected
			}
			return answer, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}, nil
}

// expectAck registers a channel for the acknowledgement of an event that the
// server emits. The channel must have a buffer of one. It is closed if the
// client disconnects first. expectAck returns false if the socket has
// disconnected.
func (s *Socket) expectAck(id uint64, answers chan<- Args) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.Connected() || s.ended != "" {
		return false
	}
	if s.acks == nil {
		s.acks = make(map[uint64]chan<- Args)
	}
	s.acks[id] = answers
	return true
}

// resolveAck passes an acknowledgement on. One that no caller waits for is
// ignored.
func (s *Socket) resolveAck(id uint64, answer Args) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answers, ok := s.acks[id]; ok {
		delete(s.acks, id)
		answers <- answer
	}
}

func (s *Socket) forgetAck(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.acks, id)
}

// call makes the worker call fn after the packets in the inbox.
func (c *client) call(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox.pushCall(fn)
	c.startWorkerLocked()
}
