package engineio

// The server pings, the client answers with a pong (section "Heartbeat"). One
// timer a connection alternates between "time for a ping" and "the pong is
// late"; a wheel shared by all would be cheaper only by the timer's 100 bytes.

var pingPacket = prepareControl(PacketPing, "")

// tick runs when the heartbeat's timer fires.
func (c *Conn) tick() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	if c.pinged {
		c.mu.Unlock()
		c.close(ReasonPingTimeout)
		return
	}
	c.pinged = true
	c.heartbeat.Reset(c.server.cfg.PingTimeout)
	c.out.trim()
	err := c.sendLocked(pingPacket)
	c.mu.Unlock()
	c.sendFailed(err)
}

// pong handles a pong. One that was not asked for changes nothing, so a flood
// of them costs no timers.
func (c *Conn) pong() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || !c.pinged {
		return
	}
	c.pinged = false
	c.heartbeat.Reset(c.server.cfg.PingInterval)
}
