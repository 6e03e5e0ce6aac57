package engineio

import "time"

// lateness is what is known of a client whose heartbeat is late.
type lateness struct {
	taken    int64 // bytes that its TCP had taken at the last look
	underWay bool  // more was under way then
	goal     int64 // bytes that its TCP has taken when it has the ping
	reached  bool  // it has had the ping for some time
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
	c.tickAt = time.Since(c.handshake.Time) + wait
	return wait, ok
}

// excuseWriting is the part of excuseLocked about what the server sends.
func (c *Conn) excuseWriting(again time.Duration) (wait time.Duration, ok bool) {
	state := c.sendingLocked()
	before, underWay := c.late, state.underWay > 0
	switch {
	case underWay && before != nil && before.underWay && state.acked == before.taken:
		return 0, false // nothing was taken since the last look
	case c.paused:
		c.late = &lateness{taken: state.acked, underWay: underWay}
		return again, true
	case before == nil && underWay && state.quiet < min(again, c.server.cfg.PingTimeout):
		c.late = &lateness{taken: state.acked, underWay: true, goal: state.acked + state.underWay}
		return again, true
	case before == nil || before.reached:
		return 0, false
	case state.acked >= before.goal:
		before.reached = true
		return c.server.cfg.PingTimeout, true
	default:
		before.taken, before.underWay = state.acked, underWay
		return again, true
	}
}

// sendingLocked returns what is known of the sending half, with what is queued under
// way.
func (c *Conn) sendingLocked() tcpState {
	if c.ws == nil {
		state, _ := tcpStateOf(c.polled)
		return state
	}
	state := c.ws.stream.state()
	state.underWay += c.out.unwritten(c.ws.codec)
	return state
}

// resetHeartbeatLocked begins the wait for the next sign of life.
func (c *Conn) resetHeartbeatLocked(wait time.Duration) {
	c.receivedBefore, c.late = c.received.Load(), nil
	c.tickAt = time.Since(c.handshake.Time) + wait
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
