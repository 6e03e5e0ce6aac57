package socketio

import (
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"gifchat/socketio/engineio"
)

// client is one connection as Socket.IO sees it: all the namespaces a client
// is connected to.
//
// The transport's goroutine reads packets and leaves them in the inbox; a
// worker takes them out and runs the handlers. A client has a worker only while
// its inbox is not empty, and a handler may wait for an acknowledgement of its
// own client, because acknowledgements do not go through the inbox.
type client struct {
	// Immutable.
	server *Server
	conn   *engineio.Conn

	// Set by the first message or never; immutable from when there is a socket. It
	// stands beside conn, since who sends needs both.
	msgpack bool // the client speaks MessagePack instead of text

	// Owned by the receiving goroutine.
	decoder decoder
	heard   bool              // a message of the client has come
	partial *attachmentsWatch // nil unless attachments are still to come

	// Owned by the worker.
	connects      int       // CONNECT packets since then
	connectsSince time.Time // less than a minute ago

	mu      sync.Mutex
	sockets []*Socket   // guarded by mu, as is all that follows
	timeout *time.Timer // ends a client that connects to nothing; nil when it has
	inbox   inbox
	space   chan struct{} // closed when the inbox has room again; nil while it has
	working bool
	kicked  []string        // namespaces the server has disconnected the client from
	leaving bool            // the connection ends when everything has been sent
	ended   engineio.Reason // "" while the connection is open
}

// accept is called by the engine for each new connection.
func (s *Server) accept(conn *engineio.Conn) engineio.Receiver {
	c := &client{server: s, conn: conn}
	c.decoder.limits = &s.cfg.Limits
	c.timeout = time.AfterFunc(s.cfg.ConnectTimeout, c.checkConnected)
	return c
}

// checkConnected ends a client that has connected to no namespace in time.
func (c *client) checkConnected() {
	c.mu.Lock()
	idle := len(c.sockets) == 0
	c.mu.Unlock()
	if idle {
		c.conn.Close()
	}
}

// Opened connects clients of Engine.IO revision 3 to "/": those of Socket.IO
// 1.x and 2.x do not ask for it (engineio.Receiver).
func (c *client) Opened() {
	if c.old() {
		c.enqueue(decoded{packet: packet{typ: packetConnect, namespace: "/"}})
	}
}

// old tells whether the client speaks revision 4 of the protocol, which is
// that of Socket.IO 1.x and 2.x.
func (c *client) old() bool { return c.conn.Revision() == 3 }

// Message takes one message of the client (engineio.Receiver).
func (c *client) Message(data []byte, binary bool) {
	var (
		p   decoded
		ok  bool
		err error
	)
	if !c.heard && binary && !c.old() {
		c.msgpack = true // no packet in text begins with binary
	}
	c.heard = true
	switch {
	case c.msgpack && binary:
		p, err = c.decoder.msgpack(data)
		ok = err == nil
	case c.msgpack:
		err = errMsgpackText
	case binary:
		p, ok, err = c.decoder.binary(data)
	default:
		p, ok, err = c.decoder.text(data)
	}
	c.watchAttachments()
	switch {
	case err != nil:
		c.reject(err)
	case ok && !c.takeAck(&p):
		c.enqueue(p)
	}
}

// send sends p in the language that the client speaks.
func (c *client) send(p *engineio.Prepared) error {
	t := translation{text: p}
	return c.conn.Send(t.of(c))
}

// queue is the first half of send: the connection has to be flushed.
func (c *client) queue(p *engineio.Prepared) {
	t := translation{text: p}
	c.conn.Queue(t.of(c))
}

// watchAttachments keeps a packet from staying incomplete.
func (c *client) watchAttachments() {
	switch incomplete := c.decoder.waiting != nil; {
	case incomplete && c.partial == nil:
		minRate := c.server.engine.Limits().MinRate
		c.partial = watchAttachments(c.conn, &c.server.cfg.Limits, minRate, func() { c.reject(errIncomplete) })
	case !incomplete && c.partial != nil:
		c.partial.stop()
		c.partial = nil
	}
}

// reject ends a client that broke the protocol.
func (c *client) reject(err error) {
	c.server.cfg.Log.Debug("closing a client that broke the protocol", "err", err)
	if errors.Is(err, errPacketSize) {
		c.conn.RejectTooLarge()
		return
	}
	c.conn.Reject()
}

// takeAck hands an acknowledgement to who waits for it, at once.
func (c *client) takeAck(p *decoded) bool {
	if p.typ != packetAck && p.typ != packetBinaryAck {
		return false
	}
	s := c.socket(p.namespace)
	if s == nil {
		return false // its CONNECT may still be in the inbox; if not, the worker objects
	}
	s.resolve(p.id, p.args)
	return true
}

// enqueue leaves p to the worker. While the inbox is full it waits, and with
// it the reading from this client; so its silence proves nothing meanwhile.
func (c *client) enqueue(p decoded) {
	paused := false
	defer func() {
		if paused {
			c.conn.Resume()
		}
	}()
	for {
		c.mu.Lock()
		switch {
		case c.ended != "":
			c.mu.Unlock()
			return
		case c.hasRoomLocked(&p):
			c.inbox.push(p)
			c.startWorkerLocked()
			c.mu.Unlock()
			return
		}
		if c.space == nil {
			c.space = make(chan struct{})
		}
		space := c.space
		c.mu.Unlock()
		if !paused {
			paused = true
			c.conn.Pause()
		}
		<-space
	}
}

// hasRoomLocked tells whether p may wait for the worker. A packet larger than
// the limit may wait alone.
func (c *client) hasRoomLocked(p *decoded) bool {
	limits := &c.server.cfg.Limits
	return c.inbox.packets == 0 || c.inbox.packets < limits.MaxInbox && c.inbox.bytes+p.size() <= limits.MaxInboxBytes
}

func (c *client) startWorkerLocked() {
	if !c.working {
		c.working = true
		c.server.workers.work(c)
	}
}

// Closed ends the client (engineio.Receiver). What it sent before is handled
// first.
func (c *client) Closed(reason engineio.Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopTimeoutLocked()
	c.ended = reason
	for _, s := range c.sockets {
		s.connected.Store(false)
		s.dropAcks() // now, since the worker may be in a handler that waits for one
	}
	c.makeSpaceLocked()
	if len(c.sockets) > 0 || c.inbox.packets > 0 {
		c.startWorkerLocked()
	}
}

func (c *client) makeSpaceLocked() {
	if c.space != nil {
		close(c.space)
		c.space = nil
	}
}

// work runs the handlers for what is in the inbox.
func (c *client) work() {
	for {
		c.mu.Lock()
		next := c.inbox.pop()
		if next == nil {
			c.working = false
			reason := Reason(c.ended)
			var left []*Socket
			if c.ended != "" {
				left, c.sockets = c.sockets, nil
			}
			c.mu.Unlock()
			for _, s := range left {
				s.finish(reason)
			}
			return
		}
		c.makeSpaceLocked()
		leaving := c.leaving
		c.mu.Unlock()
		if next.finish != nil {
			next.finish.finish(next.reason)
		} else if !leaving && !c.server.workers.hurry.Load() {
			c.handle(next.packet)
		}
		putJob(next)
	}
}

// handle does what one packet asks for. Sockets exist only after their CONNECT
// was answered, so anything else for a namespace comes too early or too late,
// and ends the connection, as the reference server does.
func (c *client) handle(p decoded) {
	if p.typ == packetConnect {
		c.connect(p)
		return
	}
	s := c.socket(p.namespace)
	switch {
	case s == nil:
		if !c.wasKicked(p.namespace) { // else it is what was under way meanwhile
			c.reject(errPacket)
		}
	case p.typ == packetDisconnect:
		c.remove(s)
		s.finish(ReasonClientDisconnect)
	case p.typ == packetAck, p.typ == packetBinaryAck:
		s.resolve(p.id, p.args)
	default:
		s.receive(p)
	}
}

// add makes s a socket of the client, unless the connection has ended.
func (c *client) add(s *Socket) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != "" || c.leaving {
		return engineio.ErrClosed
	}
	if len(c.sockets) >= c.server.cfg.Limits.MaxNamespaces {
		return errTooManyNamespaces
	}
	s.connected.Store(true)
	c.sockets = append(c.sockets, s)
	c.kicked = slices.DeleteFunc(c.kicked, func(name string) bool { return name == s.namespace.name })
	c.stopTimeoutLocked()
	return nil
}

// stopTimeoutLocked also forgets the timer: most of a client's life is after it.
func (c *client) stopTimeoutLocked() {
	if c.timeout != nil {
		c.timeout.Stop()
		c.timeout = nil
	}
}

// kick takes s out of the client because the server wants it; false if it was
// out already. Packets for it may be under way and are no offence. The worker
// tells the handlers of the end, so that they never run beside another handler
// of the client.
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

// leave disconnects the client from every namespace and ends its connection when all
// of that has been sent.
func (c *client) leave() {
	c.mu.Lock()
	if c.leaving {
		c.mu.Unlock()
		return
	}
	c.leaving = true
	sockets := slices.Clone(c.sockets)
	c.mu.Unlock()
	for _, s := range sockets {
		s.Disconnect()
	}
	c.conn.CloseWhenSent()
}

func (c *client) wasKicked(namespace string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.kicked, namespace)
}

func (c *client) socket(namespace string) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if s.namespace.name == namespace {
			return s
		}
	}
	return nil
}

// remove takes s out of the client.
func (c *client) remove(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removeLocked(s)
}

// removeLocked reports false if s was out already.
func (c *client) removeLocked(s *Socket) bool {
	i := slices.Index(c.sockets, s)
	if i < 0 {
		return false
	}
	s.connected.Store(false)
	c.sockets = slices.Delete(c.sockets, i, i+1)
	return true
}

// protect calls fn and survives its panic.
func (s *Server) protect(what string, fn func()) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			s.cfg.Log.Error("panic in a handler", "handler", what, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	fn()
	return true
}
