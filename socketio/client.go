package socketio

import (
	"errors"
	"slices"
	"sync"
	"time"

	"gifchat/socketio/engineio"
)

// client is one Engine.IO connection with its sockets in all namespaces.
//
// The transport's goroutine reads packets and appends them to the inbox. A
// worker removes them and runs the handlers. A client has a worker only while
// its inbox is not empty. A handler can wait for an acknowledgement of its own
// client, because acknowledgements bypass the inbox.
type client struct {
	// Immutable.
	server *Server
	conn   *engineio.Conn

	// msgpack is true if the client uses MessagePack instead of text. The first
	// message decides. The field is next to conn because a sender reads both.
	msgpack bool

	// refilling is held while missed events are queued: the replays of all
	// namespaces share the queue.
	refilling sync.Mutex

	// Owned by the receiving goroutine.
	decoder decoder
	heard   bool              // the client has sent a message
	partial *attachmentsWatch // nil unless attachments are missing

	// Owned by the worker.
	connects      int       // CONNECT packets since connectsSince
	connectsSince time.Time // at most a minute ago

	mu       sync.Mutex
	sockets  []*Socket   // guarded by mu, as are the next fields
	checking *Socket     // the socket that middleware is checking; may be nil
	timeout  *time.Timer // closes a client that connects to no namespace; nil afterwards
	inbox    inbox
	changed  chan struct{} // see changeLocked; nil unless a goroutine waits
	working  bool
	quiet    bool            // further events are ignored
	hurry    bool            // packets in the inbox are dropped
	expired  bool            // the contexts of the sockets have ended, see endContexts
	leaving  bool            // the connection closes when everything has been sent
	kicked   []string        // namespaces that the server has disconnected the client from
	holds    int             // deliveries that still have packets for a leaving client
	ended    engineio.Reason // "" while the connection is open
}

// accept returns the client of a new connection; for engineio.Config.
func (s *Server) accept(conn *engineio.Conn) engineio.Receiver {
	c := &client{server: s, conn: conn}
	c.decoder.limits = &s.cfg.Limits
	c.timeout = time.AfterFunc(s.cfg.ConnectTimeout, c.checkConnected)
	return c
}

// checkConnected closes a client that has connected to no namespace.
func (c *client) checkConnected() {
	c.mu.Lock()
	idle := len(c.sockets) == 0
	c.mu.Unlock()
	if idle {
		c.conn.Close()
	}
}

// Opened connects clients of Engine.IO revision 3 to "/": Socket.IO 1.x and 2.x
// send no CONNECT packet for it (engineio.Receiver).
func (c *client) Opened() {
	if c.old() {
		c.enqueue(decoded{packet: packet{typ: packetConnect, namespace: "/"}})
	}
}

// Message handles one message of the client (engineio.Receiver).
func (c *client) Message(data []byte, binary bool) {
	var (
		p   decoded
		ok  bool
		err error
	)
	if !c.heard && binary && !c.old() {
		c.msgpack = true // a text packet never begins with a binary message
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
	case ok && !c.handleAck(&p):
		c.noticeDisconnect(&p)
		c.enqueue(p)
	}
}

// noticeDisconnect ends the context and the waits of a socket whose client has sent
// DISCONNECT: the handler before that packet may wait for them.
func (c *client) noticeDisconnect(p *decoded) {
	if p.typ != packetDisconnect {
		return
	}
	if s := c.socket(p.namespace); s != nil {
		s.endWaits(ReasonClientDisconnect)
	}
}

// send sends p in the encoding of the client.
func (c *client) send(p *engineio.Prepared) error {
	t := translation{text: p}
	return c.conn.Send(t.of(c))
}

// queue is send without writing: the caller flushes the connection.
func (c *client) queue(p *engineio.Prepared) {
	t := translation{text: p}
	c.conn.Queue(t.of(c))
}

// watchAttachments starts a timeout when a packet waits for attachments, and
// stops it when they have come.
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

// reject closes a client that broke the protocol.
func (c *client) reject(err error) {
	c.server.cfg.Log.Debug("closing a client that broke the protocol", "err", err)
	if errors.Is(err, errPacketSize) {
		c.conn.RejectTooLarge()
		return
	}
	c.conn.Reject()
}

// handleAck passes an acknowledgement to its receiver without a worker. It
// returns false if the packet has to wait for the CONNECT of its namespace.
func (c *client) handleAck(p *decoded) bool {
	if p.typ != packetAck && p.typ != packetBinaryAck {
		return false
	}
	s := c.socket(p.namespace)
	if s == nil {
		return false
	}
	s.resolveAck(p.id, p.args)
	return true
}

// enqueue appends p to the inbox. While the inbox is full it waits, and the
// client is not read from; the heartbeat is paused, because the client cannot
// prove that it is alive.
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
		case c.ended != "", c.quiet && p.typ != packetDisconnect:
			c.mu.Unlock()
			return
		case c.hasRoomLocked(&p):
			c.inbox.push(p)
			c.startWorkerLocked()
			c.mu.Unlock()
			return
		}
		changed := c.changeLocked()
		c.mu.Unlock()
		if !paused {
			paused = true
			c.conn.Pause()
		}
		<-changed
	}
}

// hasRoomLocked reports whether the inbox has room for p. An empty inbox has
// room for a packet of any size.
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

// Closed disconnects the sockets (engineio.Receiver). Packets in the inbox are
// handled first.
func (c *client) Closed(reason engineio.Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopTimeoutLocked()
	c.ended = reason
	for _, s := range c.sockets {
		s.state.Store(socketClosed)
		c.callLocked(s.dropWaits(Reason(reason))) // at once, because a handler on the worker may wait
	}
	if c.checking != nil {
		c.callLocked(c.checking.dropWaits(Reason(reason)))
	}
	c.signalLocked()
	if len(c.sockets) > 0 || c.inbox.first != nil {
		c.startWorkerLocked()
	}
}

// work runs the handlers for the packets in the inbox, and at the end of the
// connection the disconnect handlers.
func (c *client) work() {
	for {
		c.mu.Lock()
		next := c.inbox.pop()
		if next == nil {
			left, reason := c.takeEndedLocked()
			c.working = left != nil
			c.signalLocked()
			c.mu.Unlock()
			if left == nil {
				return
			}
			left.finish(reason)
			continue
		}
		c.signalLocked()
		drop := c.leaving || c.hurry
		c.mu.Unlock()
		if next.finish != nil {
			next.finish.finish(next.reason)
		} else if next.call != nil {
			c.server.protect(origin{handler: "acknowledgement"}, next.call)
		} else if !drop && !c.server.workers.hurry.Load() {
			c.handle(next.packet)
		}
		putJob(next)
	}
}

// takeEndedLocked removes and returns a socket of a connection that has ended, or nil.
func (c *client) takeEndedLocked() (*Socket, Reason) {
	if c.ended == "" || len(c.sockets) == 0 {
		return nil, ""
	}
	left := c.sockets[0]
	c.sockets = slices.Delete(c.sockets, 0, 1)
	return left, Reason(c.ended)
}

// handle runs the handlers for one packet. A packet for a namespace that the
// client is not connected to closes the connection, as in the reference server.
// A packet that the client sent before it learned of a disconnect is ignored.
func (c *client) handle(p decoded) {
	if p.typ == packetConnect {
		c.connect(p)
		return
	}
	s := c.socket(p.namespace)
	switch {
	case s == nil:
		if !c.wasKicked(p.namespace) {
			c.reject(errPacket)
		}
	case p.typ == packetDisconnect:
		c.remove(s)
		s.finish(ReasonClientDisconnect)
	case p.typ == packetAck, p.typ == packetBinaryAck:
		s.resolveAck(p.id, p.args)
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
	s.state.Store(socketLive)
	c.sockets = append(c.sockets, s)
	if c.expired {
		s.expireContext()
	}
	c.kicked = slices.DeleteFunc(c.kicked, func(name string) bool { return name == s.namespace.name })
	c.stopTimeoutLocked()
	return nil
}

// stopTimeoutLocked stops the timer and frees its memory.
func (c *client) stopTimeoutLocked() {
	if c.timeout != nil {
		c.timeout.Stop()
		c.timeout = nil
	}
}

// list returns the sockets of the client.
func (c *client) list() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sockets)
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

// remove removes s from the client. It returns false if s was removed before.
func (c *client) remove(s *Socket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.removeLocked(s)
}

// removeLocked returns false if s was removed before.
func (c *client) removeLocked(s *Socket) bool {
	i := slices.Index(c.sockets, s)
	if i < 0 {
		return false
	}
	s.state.Store(socketClosed)
	c.sockets = slices.Delete(c.sockets, i, i+1)
	return true
}
