package socketio

import "slices"

// kick removes s from the client for the server. It returns false if s was
// removed before. Packets for the namespace that are already on their way are
// ignored. The worker runs the disconnect handlers, so that two handlers of a
// client never run at once.
func (c *client) kick(s *Socket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.removeLocked(s) {
		return false
	}
	c.kicked = append(c.kicked, s.namespace.name)
	c.inbox.pushFinish(s, ReasonServerDisconnect)
	c.startWorkerLocked()
	return true
}

// leave disconnects the client from every namespace and closes its connection
// when everything has been sent.
func (c *client) leave() {
	c.mu.Lock()
	if c.leaving {
		c.mu.Unlock()
		return
	}
	c.leaving = true
	c.holds++
	sockets := slices.Clone(c.sockets)
	c.mu.Unlock()
	for _, s := range sockets {
		s.Disconnect()
	}
	c.releaseClose()
}

// holdClose delays the end of leave until releaseClose, because a delivery
// still has packets for the client.
func (c *client) holdClose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds++
}

func (c *client) releaseClose() {
	c.mu.Lock()
	c.holds--
	c.signalLocked()
	done := c.leaving && c.holds == 0
	c.mu.Unlock()
	if done {
		c.conn.CloseWhenSent()
	}
}

func (c *client) wasKicked(namespace string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.kicked, namespace)
}
