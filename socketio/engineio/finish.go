package engineio

import "time"

// CloseWhenSent ends the connection when the client has taken everything that is
// queued. Over polling that may need further polls; an upgrade that is under way is
// finished first, or given up by the client. Sends fail with ErrClosed from now on. A
// client that makes no progress for StallTimeout is cut.
func (c *Conn) CloseWhenSent() {
	c.mu.Lock()
	if c.closed || c.finishing {
		c.mu.Unlock()
		return
	}
	c.finishing = true
	c.out.seal()
	err := c.flushLocked()
	c.mu.Unlock()
	c.sent(err)
	c.finish()
	c.watchFinish()
}

// finishedLocked reports whether a connection that finishes has nothing left to send.
// One that polls hears of its end in a poll of its own: stock clients 4.x handle a
// close packet before the events in the same payload.
func (c *Conn) finishedLocked() bool {
	if !c.finishing || c.closed || !c.out.empty() {
		return false
	}
	return c.writableNowLocked() || c.carried != nil
}

// finish ends a connection that has nothing left to send. mu is not held.
func (c *Conn) finish() {
	c.mu.Lock()
	done := c.finishedLocked()
	c.mu.Unlock()
	if done {
		c.close(ReasonForcedClose)
	}
}

// watchFinish cuts a client that does not come for its last packets.
func (c *Conn) watchFinish() {
	time.AfterFunc(c.server.cfg.Limits.StallTimeout, func() {
		c.mu.Lock()
		closed := c.closed
		stuck := c.ws == nil && !c.answering && c.out.idle() >= c.server.cfg.Limits.StallTimeout && !c.downloadsLocked()
		c.mu.Unlock()
		switch {
		case closed:
		case stuck:
			c.close(ReasonTooSlow)
		default:
			c.watchFinish()
		}
	})
}
