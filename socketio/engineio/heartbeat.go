package engineio

import (
	"bytes"
	"time"

	"github.com/gobwas/ws"
)

// In revision 4 the server pings and the client answers with a pong (section
// "Heartbeat"). One timer a connection alternates between "time for a ping" and
// "the pong is late"; a wheel shared by all would be cheaper only by the timer's
// 100 bytes. In revision 3 the client pings, and the timer is "the ping is late".
//
// A client that is silent is not always gone. The server itself may not be reading
// (Pause), a slow link may still carry the ping, or the client may still be sending
// what comes before its pong. See liveness.go.

var (
	pingPacket = prepareControl(PacketPing, "")
	pongPacket = prepareControl(PacketPong, "")
)

// firstTick is when the timer fires if the client says nothing.
func (c *Conn) firstTick() time.Duration {
	if c.codec == revision4 {
		return c.server.cfg.PingInterval
	}
	return c.server.cfg.PingInterval + c.server.cfg.PingTimeout
}

// tick runs when the heartbeat's timer fires.
func (c *Conn) tick() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	if early := c.tickAt - time.Since(c.handshake.Time); early > 0 { // the timer was reset while this tick waited for the lock
		c.heartbeat.Reset(early)
		c.mu.Unlock()
		return
	}
	if c.pinged || c.codec != revision4 {
		wait, excused := c.excuseLocked()
		if excused {
			c.heartbeat.Reset(wait)
		}
		c.mu.Unlock()
		if !excused {
			c.close(ReasonPingTimeout)
		}
		return
	}
	c.pinged = true
	late := time.Since(c.handshake.Time) - c.tickAt // timers are, on a busy machine
	c.resetHeartbeatLocked(max(c.server.cfg.PingTimeout-late, c.server.cfg.PingTimeout/2))
	c.out.trim()
	err := c.sendLocked(pingPacket)
	c.mu.Unlock()
	c.sent(err)
}

// overdueLocked tells whether the pong is late, though the timer may be later.
func (c *Conn) overdueLocked() bool {
	return c.pinged && time.Since(c.handshake.Time) > c.tickAt
}

// awaitPongLocked gives a client that could not answer a ping before the whole time
// from now on.
func (c *Conn) awaitPongLocked() {
	c.resetHeartbeatLocked(c.server.cfg.PingTimeout)
}

// pong handles a pong. One that was not asked for changes nothing, so a flood
// of them costs no timers.
func (c *Conn) pong() error {
	if c.codec != revision4 {
		return errHeartbeatDirection
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed && c.pinged {
		c.pinged = false
		c.resetHeartbeatLocked(c.server.cfg.PingInterval)
	}
	return nil
}

// pingFromClient answers a ping of revision 3, with the data it carries.
func (c *Conn) pingFromClient(p Packet) error {
	if c.codec == revision4 {
		return errHeartbeatDirection
	}
	answer := pongPacket
	if len(p.Data) > 0 {
		answer = prepare(PacketPong, bytes.Clone(p.Data), nil)
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.resetHeartbeatLocked(c.firstTick())
	c.out.trim()
	err := c.sendLocked(answer)
	if err == nil {
		err = c.judgeLocked()
	}
	c.mu.Unlock()
	c.sent(err)
	return nil
}

var errControls = &wsError{ws.StatusPolicyViolation, "too many control packets"}

// controlOverhead is what a packet that says nothing has beside its data: its type and
// a WebSocket frame's header.
const controlOverhead = 7

// control counts a packet, or a frame, that says nothing and has so many bytes of data.
// A client has one or two to send in an interval; one that does not stop costs time for
// nothing, and is cut. They are no progress of anything.
func (c *Conn) control(size int) error {
	c.received.Add(-int64(size + controlOverhead))
	period := int32(time.Since(c.handshake.Time) / c.server.cfg.PingInterval) //nolint:gosec // it may wrap: only equality counts
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.controlsPeriod != period {
		c.controlsPeriod, c.controls = period, 0
	}
	c.controls++
	if int(c.controls) > c.server.cfg.Limits.MaxControls {
		return errControls
	}
	return nil
}
