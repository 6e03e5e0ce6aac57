package engineio

// Polling reports whether a poll of the client waits.
func (c *Conn) Polling() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.poll != nil
}

// Posting reports whether the body of a POST is being read.
func (c *Conn) Posting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.readingPost
}

// Probing reports whether a WebSocket is probing to become the transport.
func (c *Conn) Probing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.probing != nil
}

// Backlog returns the number of bytes in all blocked queues together.
func (s *Server) Backlog() int64 { return s.backlog.bytes.Load() }
