package socketio

import (
	"context"
	"sync"
	"time"

	"gifchat/socketio/engineio"
)

// inboxTimeout is how long the packets in the inbox of a client are handled after
// the start of its shutdown. A client may have sent a hundred slow events ahead. It
// must expect that an event without an acknowledgement was not handled.
const inboxTimeout = 200 * time.Millisecond

// replayTimeout is how long clients that are behind receive missed events after their
// handlers have returned. Then the rest is dropped, and they receive what was held.
const replayTimeout = 200 * time.Millisecond

// endHandlers spreads the end of connections over Config.CloseOver. Without CloseOver
// it waits until no client has a handler, at most twice Config.HandlerGrace. All
// connections stay open until then, because a handler may emit to any of them or wait
// for its acknowledgement. endHandlers returns early if ctx is done or another call
// of Close has got further.
func (s *Server) endHandlers(ctx context.Context, conns []*engineio.Conn) {
	ctx, cancel := s.untilStopped(ctx)
	defer cancel()
	clients := make([]*client, len(conns))
	for i, conn := range conns {
		clients[i] = conn.Receiver().(*client)
	}
	if s.cfg.CloseOver > 0 {
		s.pace(ctx, clients)
		return
	}
	s.quiesce(ctx, clients)
}

// untilStopped returns a context that ends with ctx, or when another call of Close
// has stopped the workers.
func (s *Server) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.workers.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// shutDown is engineio.Config.OnShutdown.
func (s *Server) shutDown(conns []*engineio.Conn) {
	s.endHandlers(context.Background(), conns)
	for _, conn := range conns {
		conn.Shutdown()
	}
}

// pace ends the connections one by one at equal intervals within Config.CloseOver.
// A client works as before until its turn, because a client without a server for that
// long would be worse than one that reconnects. A client that leaves before its turn is
// skipped.
func (s *Server) pace(ctx context.Context, clients []*client) {
	var ending sync.WaitGroup
	defer ending.Wait()
	begin := time.Now()
	for i, c := range clients {
		due := time.Duration(float64(s.cfg.CloseOver) * float64(i) / float64(len(clients)))
		turn, cancel := context.WithDeadline(ctx, begin.Add(due))
		left := c.waitFor(turn, (*client).endedLocked)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case left:
			continue
		}
		ending.Go(func() {
			s.quiesce(ctx, []*client{c})
			c.conn.Shutdown()
		})
	}
}

// quiesce makes the server ignore further events of clients, and waits until their
// handlers have returned, ctx is done, or twice Config.HandlerGrace has passed. A
// handler that waits for its own context returns after once that time: it would wait
// for the end of its connection, and the connection for the handler.
func (s *Server) quiesce(ctx context.Context, clients []*client) {
	grace := s.cfg.HandlerGrace
	ctx, cancel := context.WithTimeout(ctx, 2*grace)
	defer cancel()
	for _, c := range clients {
		c.ignoreEvents()
	}
	defer afterEach(inboxTimeout, clients, (*client).dropInbox).Stop()
	defer afterEach(grace, clients, (*client).endContexts).Stop()
	for _, c := range clients {
		if !c.waitFor(ctx, (*client).idleLocked) {
			return
		}
	}
	finishReplays(ctx, clients)
}

// finishReplays gives the clients that are still being sent missed events replayTimeout
// to receive them, because acknowledgements follow them.
func finishReplays(ctx context.Context, clients []*client) {
	for _, c := range clients {
		for _, socket := range c.list() {
			socket.namespace.delivery.finish(socket, replayTimeout)
		}
	}
	for _, c := range clients {
		if !c.waitFor(ctx, (*client).releasedLocked) {
			return
		}
	}
}

// afterEach calls fn for each client after d, unless the timer is stopped before.
func afterEach(d time.Duration, clients []*client, fn func(*client)) *time.Timer {
	return time.AfterFunc(d, func() {
		for _, c := range clients {
			fn(c)
		}
	})
}

// ignoreEvents drops what the client sends from now on, except acknowledgements and
// DISCONNECT packets. The client is read from even if its inbox is full, because a
// handler may wait for an acknowledgement.
func (c *client) ignoreEvents() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = true
	c.signalLocked()
}

// dropInbox drops the packets in the inbox.
func (c *client) dropInbox() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hurry = true
}

// endContexts ends the contexts of the client's sockets. The sockets stay connected, so
// that a handler that waits for its context can still answer.
func (c *client) endContexts() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired = true
	for _, s := range c.sockets {
		s.expireContext()
	}
	if c.checking != nil {
		c.checking.expireContext()
	}
}

// idleLocked reports whether no handler of the client runs.
func (c *client) idleLocked() bool { return !c.working }

// releasedLocked reports whether no delivery has packets for the client.
func (c *client) releasedLocked() bool { return c.holds == 0 }

// endedLocked reports whether the connection has ended.
func (c *client) endedLocked() bool { return c.ended != "" }

// waitFor waits until the client has reached a state, and returns false if ctx is done
// before. The state depends on the fields that signalLocked is called for.
func (c *client) waitFor(ctx context.Context, reached func(*client) bool) bool {
	for changed := c.unless(reached); changed != nil; changed = c.unless(reached) {
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// unless returns nil if the client has reached a state, and otherwise the channel of
// changeLocked.
func (c *client) unless(reached func(*client) bool) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if reached(c) {
		return nil
	}
	return c.changeLocked()
}
