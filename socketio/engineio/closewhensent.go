package engineio

import "time"

// CloseWhenSent ends the connection when the client has received everything that
// is queued. Over polling that may take further polls. An upgrade in progress is
// completed first, or abandoned by the client. Further sends fail with ErrClosed.
// A client that makes no progress for Limits.StallTimeout is disconnected.
func (c *Conn) CloseWhenSent() {
	c.mu.Lock()
	if c.closed || c.closeWhenSent {
		c.mu.Unlock()
		return
	}
	c.closeWhenSent = true
	c.out.seal()
	err := c.flushLocked()
	c.mu.Unlock()
	c.afterSend(err)
	c.closeIfSent()
	c.watchCloseWhenSent()
}

// allSentLocked reports whether a connection that closes when sent has nothing
// left to send. A polling client receives its close packet in a separate poll,
// because stock clients 4.x handle a close packet before the events in the same
// payload.
func (c *Conn) allSentLocked() bool {
	if !c.closeWhenSent || c.closed || !c.out.empty() {
		return false
	}
	if c.external != nil {
		return c.external.allSentLocked()
	}
	return c.canFlushLocked()
}

// closeIfSent ends the connection if it closes when sent and has nothing left to
// send. mu is not held.
func (c *Conn) closeIfSent() {
	c.mu.Lock()
	sent, reason := c.allSentLocked(), ReasonForcedClose
	if c.shuttingDown {
		reason = ReasonShutdown
	}
	c.mu.Unlock()
	if sent {
		c.close(reason)
	}
}

// watchCloseWhenSent disconnects a polling client that does not fetch its last packets.
// Over WebSocket, the goroutine that writes detects a client without progress. The
// WebSocket of a carrier reports no progress, and the carrier limits its writes.
func (c *Conn) watchCloseWhenSent() {
	time.AfterFunc(c.server.cfg.Limits.StallTimeout, func() {
		c.mu.Lock()
		closed := c.closed
		stuck := !c.onWebSocketLocked() && !c.writingPoll && c.out.sinceProgress() >= c.server.cfg.Limits.StallTimeout && !c.pollProgressLocked()
		c.mu.Unlock()
		switch {
		case closed:
		case stuck:
			c.closeSlow(SlowNoProgress)
		default:
			c.watchCloseWhenSent()
		}
	})
}
