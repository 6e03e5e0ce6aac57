package engineio

import "time"

// lateness is what is known of a client whose heartbeat is late.
type lateness struct {
	taken   int64 // bytes that its TCP had taken at the last look
	goal    int64 // bytes that its TCP has taken when it has the ping
	reached bool  // it has had the ping for some time
}

// excuseLocked judges a client whose heartbeat is late. ok reports that it is alive, or
// that its silence proves nothing, and wait when to look again:
//
//   - it sends what comes before its pong, at the rate that is asked of it;
//   - the answer of a poll is being written, which ends the connection itself when the
//     client makes no progress;
//   - the receiver takes no messages (Pause), while the client's TCP takes what was sent;
//   - the ping is still under way, and the client's TCP makes progress towards it. When it
//     has arrived, the client has the whole PingTimeout.
func (c *Conn) excuseLocked() (wait time.Duration, ok bool) {
	limits := &c.server.cfg.Limits
	wait = limits.StallTimeout
	received := c.received.Load()
	switch sent := received - c.receivedBefore; {
	case sent >= limits.pace().least, c.answering:
		ok = true
	default:
		wait, ok = c.excuseWriting(wait)
	}
	c.receivedBefore = received
	if ok {
		c.pingDue = time.Since(c.handshake.Time) + wait - c.server.cfg.PingTimeout
	}
	return wait, ok
}

// excuseWriting is the part of excuseLocked about what the server sends.
func (c *Conn) excuseWriting(again time.Duration) (wait time.Duration, ok bool) {
	var state tcpState
	if c.ws != nil {
		state = c.ws.stream.state(&c.out)
	} else {
		state, _ = tcpStateOf(c.polled)
	}
	taken, before := state.acked, c.late
	switch {
	case state.underWay > 0 && state.quiet >= min(again, c.server.cfg.PingTimeout), state.underWay > 0 && before != nil && taken == before.taken:
		return 0, false
	case state.underWay > 0 && before == nil:
		c.late = &lateness{taken: taken, goal: taken + state.underWay}
		return again, true
	case c.paused:
		c.late = &lateness{taken: taken}
		return again, true
	case before == nil || before.reached:
		return 0, false
	case taken >= before.goal:
		before.taken, before.reached = taken, true
		return c.server.cfg.PingTimeout, true
	default:
		before.taken = taken
		return again, true
	}
}

// resetHeartbeatLocked begins the wait for the next sign of life.
func (c *Conn) resetHeartbeatLocked(wait time.Duration) {
	c.receivedBefore, c.late = c.received.Load(), nil
	c.heartbeat.Reset(wait)
}

// Pause says that the receiver does not take the message at hand for now, because too
// much is waiting for the program. The client's pong may lie behind it, so its silence
// proves nothing until Resume.
func (c *Conn) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = true
}

// Resume ends a Pause. The client has the whole time for its heartbeat again.
func (c *Conn) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = false
	switch {
	case c.closed || c.heartbeat == nil:
	case c.codec != revision4:
		c.resetHeartbeatLocked(c.firstTick())
	case c.pinged:
		c.awaitPongLocked()
	}
}
