package engineio

import "time"

// lateHeartbeat is the state of a client's TCP at the last check of a late heartbeat.
type lateHeartbeat struct {
	acked       int64 // bytes acknowledged at the last check
	inFlight    bool  // unacknowledged bytes existed at the last check
	pingAckedAt int64 // number of acknowledged bytes that includes the ping
	pingAcked   bool  // the ping was acknowledged at an earlier check
}

// extendLateLocked decides whether a client with a late heartbeat gets more time. ok
// reports that it does, and wait is the time until the next check. The client gets
// more time in these cases:
//
//   - It sends data that precedes its pong, at least at MinRate.
//   - A poll response is being written. Writing it ends the connection itself if the
//     client makes no progress.
//   - The receiver accepts no messages (Pause), and the client's TCP acknowledges the
//     sent data.
//   - The ping is still in flight, and the client's TCP acknowledges the data before
//     it. When the ping has been acknowledged, the client has the whole PingTimeout.
func (c *Conn) extendLateLocked() (wait time.Duration, ok bool) {
	limits := &c.server.cfg.Limits
	wait = limits.StallTimeout
	received := c.received.Load()
	switch sent := received - c.receivedAtCheck; {
	case sent >= limits.minProgress().bytes, c.writingPoll:
		ok = true
	default:
		wait, ok = c.extendForWritesLocked(wait)
	}
	c.receivedAtCheck = received
	c.heartbeatDue = time.Since(c.handshake.Time) + wait
	return wait, ok
}

// extendForWritesLocked is the part of extendLateLocked for data to the client.
func (c *Conn) extendForWritesLocked(interval time.Duration) (wait time.Duration, ok bool) {
	state := c.sendStateLocked()
	previous, inFlight := c.late, state.inFlight > 0
	switch {
	case inFlight && previous != nil && previous.inFlight && state.acked == previous.acked:
		return 0, false // no byte was acknowledged since the last check
	case c.paused:
		c.late = &lateHeartbeat{acked: state.acked, inFlight: inFlight}
		return interval, true
	case previous == nil && inFlight && state.sinceAck < min(interval, c.server.cfg.PingTimeout):
		c.late = &lateHeartbeat{acked: state.acked, inFlight: true, pingAckedAt: state.acked + state.inFlight}
		return interval, true
	case previous == nil || previous.pingAcked:
		return 0, false
	case state.acked >= previous.pingAckedAt:
		previous.pingAcked = true
		return c.server.cfg.PingTimeout, true
	default:
		previous.acked, previous.inFlight = state.acked, inFlight
		return interval, true
	}
}

// sendStateLocked returns the TCP state of the sending direction. Queued bytes count
// as in flight.
func (c *Conn) sendStateLocked() tcpState {
	if c.ws == nil {
		state, _ := tcpStateOf(c.pollConn)
		return state
	}
	state := c.ws.stream.state()
	state.inFlight += c.out.unwritten(c.ws.codec)
	return state
}

// resetHeartbeatLocked starts to wait for the next heartbeat.
func (c *Conn) resetHeartbeatLocked(wait time.Duration) {
	c.receivedAtCheck, c.late = c.received.Load(), nil
	c.heartbeatDue = time.Since(c.handshake.Time) + wait
	c.heartbeat.Reset(wait)
}

// Pause declares that the receiver does not accept the current message yet, because
// the program has a backlog. The client's pong may be behind that message, so the
// ping timeout is suspended until Resume.
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
		c.resetHeartbeatLocked(c.heartbeatWait())
	case c.awaitingPong:
		c.restartPongTimeoutLocked()
	}
}
