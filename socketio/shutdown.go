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

// endHandlers spreads the end of connections over Config.CloseOver, and then waits
// until no client of the others has a handler. These connections stay open until
// then, because a handler may emit to any of them or wait for its acknowledgement.
// endHandlers returns false early if ctx is done or another call of Close has got
// further.
func (s *Server) endHandlers(ctx context.Context, conns []*engineio.Conn) bool {
	clients := make([]*client, len(conns))
	for i, conn := range conns {
		clients[i] = conn.Receiver().(*client)
	}
	return s.pace(ctx, clients) && s.quiesce(ctx, clients)
}

// shutDown is engineio.Config.OnShutdown.
func (s *Server) shutDown(conns []*engineio.Conn) {
	_ = s.endHandlers(context.Background(), conns) // after false, Close ends the connections too
	for _, conn := range conns {
		conn.Shutdown()
	}
}

// pace ends the connections one by one at equal intervals within Config.CloseOver.
// A client works as before until its turn, because a client without a server for that
// long would be worse than one that reconnects.
func (s *Server) pace(ctx context.Context, clients []*client) bool {
	if s.cfg.CloseOver <= 0 {
		return true
	}
	var ending sync.WaitGroup
	defer ending.Wait()
	begin := time.Now()
	for i, c := range clients {
		due := time.Duration(float64(s.cfg.CloseOver) * float64(i) / float64(len(clients)))
		select {
		case <-time.After(time.Until(begin.Add(due))):
		case <-ctx.Done():
			return false
		case <-s.workers.closing:
			return false
		}
		ending.Go(func() {
			s.quiesce(ctx, []*client{c})
			c.conn.Shutdown()
		})
	}
	return true
}

// quiesce makes the server ignore further events of clients, and waits until their
// handlers have returned. It returns false as endHandlers does.
func (s *Server) quiesce(ctx context.Context, clients []*client) bool {
	for _, c := range clients {
		c.ignoreEvents()
	}
	expiry := time.AfterFunc(inboxTimeout, func() {
		for _, c := range clients {
			c.dropInbox()
		}
	})
	defer expiry.Stop()
	return s.waitFor(ctx, clients, (*client).idleLocked) && s.finishReplays(ctx, clients)
}

// finishReplays gives the clients that are still being sent missed events replayTimeout
// to receive them, because acknowledgements follow them. It returns false as
// endHandlers does.
func (s *Server) finishReplays(ctx context.Context, clients []*client) bool {
	for _, c := range clients {
		for _, socket := range c.list() {
			socket.namespace.delivery.finish(socket, replayTimeout)
		}
	}
	return s.waitFor(ctx, clients, (*client).releasedLocked)
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

// idleLocked reports whether no handler of the client runs.
func (c *client) idleLocked() bool { return !c.working }

// releasedLocked reports whether no delivery has packets for the client.
func (c *client) releasedLocked() bool { return c.holds == 0 }

// waitFor waits until each client has reached a state. It returns false as endHandlers
// does.
func (s *Server) waitFor(ctx context.Context, clients []*client, reached func(*client) bool) bool {
	for _, c := range clients {
		for changed := c.unless(reached); changed != nil; changed = c.unless(reached) {
			select {
			case <-changed:
			case <-ctx.Done():
				return false
			case <-s.workers.closing:
				return false
			}
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
