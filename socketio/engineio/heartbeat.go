package engineio

import (
	"bytes"
	"time"

	"github.com/gobwas/ws"
)

// In revision 4 the server sends pings and the client answers with pongs (section
// "Heartbeat"). One timer per connection alternates between the next ping and the
// pong's timeout. A timer wheel for all connections would save only 100 bytes per
// connection. In revision 3 the client sends pings, and the timer is the timeout of
// the next ping.
//
// A silent client can be alive. The server may not be reading its input (Pause), a
// slow link may still be transferring the ping, or the client may still be sending
// what precedes its pong. See lateheartbeat.go.

var (
	pingPacket = prepareControl(PacketPing, "")
	pongPacket = prepareControl(PacketPong, "")
)

// heartbeatWait returns the time until the timer fires if the client sends nothing.
func (c *Conn) heartbeatWait() time.Duration {
	if c.codec == revision4 {
		return c.server.cfg.PingInterval
	}
	return c.server.cfg.PingInterval + c.server.cfg.PingTimeout
}

// checkHeartbeat runs when the heartbeat timer fires.
func (c *Conn) checkHeartbeat() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	if remaining := c.heartbeatDue - time.Since(c.handshake.Time); remaining > 0 { // the timer was reset while this call waited for the lock
		c.heartbeat.Reset(remaining)
		c.mu.Unlock()
		return
	}
	if c.awaitingPong || c.codec != revision4 {
		wait, extended := c.extendLateLocked()
		if extended {
			c.heartbeat.Reset(wait)
		}
		c.mu.Unlock()
		if !extended {
			c.close(ReasonPingTimeout)
		}
		return
	}
	c.awaitingPong = true
	delay := time.Since(c.handshake.Time) - c.heartbeatDue // on a busy machine a timer fires late
	c.resetHeartbeatLocked(max(c.server.cfg.PingTimeout-delay, c.server.cfg.PingTimeout/2))
	c.out.release()
	err := c.sendLocked(pingPacket)
	c.mu.Unlock()
	c.afterSend(err)
}

// pongOverdueLocked reports whether the pong is late, even if the timer has not fired
// yet.
func (c *Conn) pongOverdueLocked() bool {
	return c.awaitingPong && time.Since(c.handshake.Time) > c.heartbeatDue
}

// restartPongTimeoutLocked starts PingTimeout again for a client that could not
// answer a ping before.
func (c *Conn) restartPongTimeoutLocked() {
	c.resetHeartbeatLocked(c.server.cfg.PingTimeout)
}

// handlePong handles a pong. A pong without a preceding ping changes nothing, so a
// flood of pongs resets no timers.
func (c *Conn) handlePong() error {
	if c.codec != revision4 {
		return errHeartbeatDirection
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed && c.awaitingPong {
		c.awaitingPong = false
		c.resetHeartbeatLocked(c.server.cfg.PingInterval)
	}
	return nil
}

// handlePing answers a ping of revision 3 with a pong that has the same data.
func (c *Conn) handlePing(p Packet) error {
	if c.codec == revision4 {
		return errHeartbeatDirection
	}
	pong := pongPacket
	if len(p.Data) > 0 {
		pong = prepare(PacketPong, bytes.Clone(p.Data), nil)
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.resetHeartbeatLocked(c.heartbeatWait())
	c.out.release()
	err := c.sendLocked(pong)
	if err == nil {
		err = c.checkStalledLocked()
	}
	c.mu.Unlock()
	c.afterSend(err)
	return nil
}

var errTooManyControls = &wsError{ws.StatusPolicyViolation, "too many control packets"}

// frameOverhead is the size of the header of a short masked WebSocket frame.
const frameOverhead = 6

// controlSize returns the size of a control packet over WebSocket: its type, its data and
// the header of a frame. Over polling that is larger than the real size.
func controlSize(p Packet) int { return frameOverhead + 1 + len(p.Data) }

// countControl counts a control packet or frame of the given size against MaxControls. A
// client sends one or two of them per PingInterval. A flood of them costs time and is
// rejected. Their bytes do not count as progress.
func (c *Conn) countControl(size int) error {
	c.received.Add(-int64(size))
	c.controlBytes.Add(int64(size))
	period := int32(time.Since(c.handshake.Time) / c.server.cfg.PingInterval) //nolint:gosec // overflow is harmless: only equality counts
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.controlPeriod != period {
		c.controlPeriod, c.controlCount = period, 0
	}
	c.controlCount++
	if int(c.controlCount) > c.server.cfg.Limits.MaxControls {
		return errTooManyControls
	}
	return nil
}
