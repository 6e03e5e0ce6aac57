package engineio

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"gifchat/socketio/internal/carrier"
)

// Reason is why a connection ended. The values are those of the reference server,
// except ReasonTooSlow and ReasonTooLarge.
type Reason string

// The reasons.
const (
	ReasonTransportClose Reason = "transport close"      // the client closed the connection
	ReasonTransportError Reason = "transport error"      // the network failed, or the client violated the protocol below packets
	ReasonPingTimeout    Reason = "ping timeout"         // the client did not answer a ping
	ReasonParseError     Reason = "parse error"          // the client sent a malformed packet
	ReasonTooSlow        Reason = "too slow"             // the client received its data too slowly
	ReasonTooLarge       Reason = "payload too large"    // the client sent a message above a limit
	ReasonForcedClose    Reason = "forced close"         // Conn.Close was called
	ReasonShutdown       Reason = "server shutting down" // Server.Close, Conn.Shutdown or http.Server.Shutdown was called
)

// ErrClosed is returned by sends on a connection that has ended.
var ErrClosed = errors.New("engineio: connection closed")

// Receiver receives the events of one connection.
type Receiver interface {
	// Opened is called once, before the first Message, when packets can be sent to
	// the client. It is not called for a connection that has ended before.
	Opened()

	// Message is called for each message packet, in order, by one goroutine at a
	// time. data is valid only during the call. The server reads nothing more from
	// the client until Message returns.
	Message(data []byte, binary bool)

	// Closed is called once, when the connection has ended. A call of Opened or Message
	// may still be running.
	Closed(Reason)
}

// Conn is the connection of one client. It continues across the upgrade from
// polling to WebSocket. All methods may be called from any goroutine, also in the
// methods of the Receiver. Only WaitQueue blocks.
type Conn struct {
	// Immutable.
	server     *Server
	sid        sessionID
	codec      codec
	offered    Transports
	handshake  *Handshake
	identity   any
	receiver   Receiver
	heartbeat  *time.Timer
	external   *carrierConn // nil unless a carrier moves the packets
	filters    *filters     // nil unless ConnOptions has one
	httpServer httpServer   // that has received the handshake

	received        atomic.Int64 // bytes of WebSocket frames and POST bodies, without control packets
	receivedPackets atomic.Int64
	controlBytes    atomic.Int64 // bytes of control packets from the client

	inbound sync.Mutex // held while a packet of the client is handled, so that packets of two transports never interleave

	mu            sync.Mutex    // guards all following fields
	ws            *webSocket    // the transport; nil while it is polling
	probing       *webSocket    // a WebSocket that may become the transport (section "Upgrade")
	poll          *poll         // the client's waiting GET
	pollConn      net.Conn      // connection of the last poll response, if known
	pollAcked     int64         // bytes acknowledged on pollConn, see pollProgressLocked
	closed        bool          // these eight fields share a word of memory
	writingPoll   bool          // a poll response is being written
	readingPost   bool          // a POST is being read
	closeWhenSent bool          // the connection ends when the queue is empty
	shuttingDown  bool          // it then ends with ReasonShutdown
	paused        bool          // the receiver accepts no messages, see Pause
	awaitingPong  bool          // a ping was sent, and its pong is pending
	observation   observation   // for the Observer
	heartbeatDue  time.Duration // time since the handshake at which the heartbeat timer fires
	out           outbox        // has its own lock

	receivedAtCheck int64          // value of received at the last heartbeat
	late            *lateHeartbeat // nil unless the heartbeat is late

	controlCount  int32 // control packets of the client in controlPeriod, see countControl
	controlPeriod int32 // number of the current PingInterval since the handshake

	unobservedEnd *end // the connection has ended while ConnOpened runs
}

func newConn(s *Server, q query, h *Handshake, identity any, o *ConnOptions) *Conn {
	c := &Conn{
		server: s, sid: newSID(), codec: q.codec, offered: o.Transports, handshake: h, identity: identity, filters: newFilters(o),
	}
	c.out.server = s
	c.out.blocked = q.transport == transportPolling || q.codec == codecExternal // until a poll waits
	if q.codec == codecExternal {
		c.external = &carrierConn{conn: c, webSocket: q.transport == transportWebSocket}
	}
	c.receiver = s.cfg.Accept(c)
	return c
}

// start starts the heartbeat and calls Opened. The connection is registered, and
// its open packet has been sent or queued.
func (c *Conn) start() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.heartbeatDue = c.heartbeatWait()
	c.heartbeat = time.AfterFunc(c.heartbeatDue, c.checkHeartbeat)
	observing := c.server.cfg.Observer.ofConns()
	if observing {
		c.observation = beingOpened
		c.server.tasks.Add(1) // for observeOpened; c has a task of its own until it has ended
	}
	c.mu.Unlock()
	if observing && !c.observeOpened() {
		return
	}
	c.receiver.Opened()
}

// Number returns the number of the connection, counted from 1 since the start of the
// server. In contrast to the sid it is not a secret.
func (c *Conn) Number() uint64 { return c.handshake.number }

// Revision returns the revision of Engine.IO that the client uses: 3 or 4.
func (c *Conn) Revision() int { return c.codec.revision() }

// Handshake returns the first request of the client. Callers must not change it.
func (c *Conn) Handshake() *Handshake { return c.handshake }

// Identity returns the result of Config.Identify for the handshake.
func (c *Conn) Identity() any { return c.identity }

// Transport returns the current transport: "polling" or "websocket".
func (c *Conn) Transport() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.onWebSocketLocked() {
		return transportWebSocket
	}
	return transportPolling
}

func (c *Conn) onWebSocketLocked() bool {
	return c.ws != nil || c.external != nil && c.external.webSocket
}

// Received returns the number of bytes that the client has sent in messages,
// including the received part of an unfinished message. Heartbeats and other
// control packets do not count. If a POST has both, its messages may count less than
// their size.
func (c *Conn) Received() int64 { return c.received.Load() }

// Close ends the connection with ReasonForcedClose. Queued packets are written first:
// over WebSocket while the client makes progress (see Limits.StallTimeout), over polling
// as far as they fit into a waiting poll. CloseWhenSent also waits for further polls.
func (c *Conn) Close() { c.close(ReasonForcedClose) }

// Reject ends the connection with ReasonParseError, because the client violated the
// protocol of the layer above.
func (c *Conn) Reject() { c.close(ReasonParseError) }

// RejectTooLarge ends the connection with ReasonTooLarge, because the client exceeded a
// size limit of the layer above.
func (c *Conn) RejectTooLarge() { c.close(ReasonTooLarge) }

// close ends the connection with a reason. Only the first call has an effect. A slow
// client is disconnected with closeSlow.
func (c *Conn) close(reason Reason) { c.end(end{reason: reason}) }

// closeSlow ends the connection with ReasonTooSlow.
func (c *Conn) closeSlow(cause SlowCause) {
	slow := SlowClient{Cause: cause}
	slow.QueuedPackets, slow.QueuedBytes = c.out.waiting()
	c.end(end{ReasonTooSlow, slow})
}

func (c *Conn) end(e end) {
	reason := e.reason
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	if c.heartbeat != nil {
		c.heartbeat.Stop()
	}
	ws, probing := c.ws, c.probing
	c.probing = nil
	p, final := c.takePollLocked(reason)
	writesLater := ws != nil && ws.shutdownLocked(reason)
	var transport carrier.Transport
	if c.external != nil {
		transport = c.external.endLocked(reason)
	}
	if writesLater {
		c.out.seal()
	} else {
		c.out.close()
	}
	registered := c.server.remove(c, e, writesLater)
	c.startObservingEndLocked(e)
	c.mu.Unlock()

	if p != nil {
		p.end(final, reason)
	}
	if transport != nil {
		transport.Close()
	}
	if probing != nil {
		probing.abandon()
	}
	if registered {
		defer c.server.tasks.Done()
	}
	c.server.cfg.Log.Debug("connection closed", "reason", string(reason))
	c.receiver.Closed(reason)
}

// takePollLocked returns the waiting poll, if any, and its last response.
func (c *Conn) takePollLocked(reason Reason) (p *poll, final pollResponse) {
	if p, c.poll = c.poll, nil; p != nil {
		final = c.encodePoll(append(c.out.take(c.server.cfg.Limits.MaxPayload), finalPacket(reason))...)
	}
	return p, final
}

// finalPacket returns the last packet of a waiting poll. A client that closed the
// connection itself needs no close packet.
func finalPacket(reason Reason) *Prepared {
	if reason == ReasonTransportClose {
		return noopPacket
	}
	return closePacket
}

var closePacket = prepareControl(PacketClose, "")

// handleLocked handles one packet of the client, which counts size bytes if it is a control
// packet. inbound is held.
func (c *Conn) handleLocked(p Packet, size int) error {
	c.receivedPackets.Add(1)
	if p.Type == PacketMessage {
		c.receiveLocked(p.Data, p.Binary)
		return nil
	}
	if err := c.countControl(size); err != nil {
		return err
	}
	switch p.Type {
	case PacketPong:
		return c.handlePong()
	case PacketPing:
		return c.handlePing(p)
	case PacketClose:
		return errClientClosed
	case PacketOpen, PacketUpgrade, PacketNoop:
		return nil // without meaning from a client, and harmless
	default:
		return errPacketType
	}
}

var (
	errClientClosed       = errors.New("the client closed the connection")
	errHeartbeatDirection = errors.New("a heartbeat in the wrong direction")
)

// fail ends the connection because of an error in the data of the client.
func (c *Conn) fail(err error) {
	switch {
	case errors.Is(err, errClientClosed):
		c.close(ReasonTransportClose)
	case errors.Is(err, errHeartbeatDirection), errors.Is(err, errTooManyControls):
		c.close(ReasonTransportError)
	default:
		c.close(ReasonParseError)
	}
}
