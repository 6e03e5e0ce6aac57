package engineio

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Reason tells why a connection ended, in the words of the reference server where it
// has any: ReasonTooSlow and ReasonTooLarge are ours.
type Reason string

// The reasons.
const (
	ReasonTransportClose Reason = "transport close"      // the client closed it
	ReasonTransportError Reason = "transport error"      // the network broke, or the client broke the protocol below packets
	ReasonPingTimeout    Reason = "ping timeout"         // the client did not answer a ping
	ReasonParseError     Reason = "parse error"          // the client sent what is not a packet
	ReasonTooSlow        Reason = "too slow"             // the client did not take what was sent to it
	ReasonTooLarge       Reason = "payload too large"    // the client sent more at once than a limit allows
	ReasonForcedClose    Reason = "forced close"         // Conn.Close was called
	ReasonShutdown       Reason = "server shutting down" // Server.Close was called
)

// ErrClosed is returned by sends on a connection that has ended.
var ErrClosed = errors.New("engineio: connection closed")

// Receiver hears one connection.
type Receiver interface {
	// Opened is called once, when the client can be sent to and before the
	// first Message.
	Opened()

	// Message is called for each message packet, in order, by one goroutine
	// at a time. data is valid only during the call. While Message does not
	// return, nothing more is read from that client.
	Message(data []byte, binary bool)

	// Closed is called once, when the connection has ended. A call of Message
	// may still be under way.
	Closed(Reason)
}

// Conn is one client's connection. It survives the upgrade from polling to
// WebSocket. All methods may be called from any goroutine; only
// WaitQueue waits.
type Conn struct {
	// Immutable.
	server    *Server
	sid       SID
	codec     codec
	handshake *Handshake
	identity  any
	receiver  Receiver
	heartbeat *time.Timer
	carried   *Carried // nil unless a Carrier moves the packets

	received atomic.Int64 // bytes, in WebSocket frames and bodies

	in sync.Mutex // held while packets of the client are handled, so that two transports never mix them

	mu          sync.Mutex
	closed      bool          // guarded by mu, as is all that follows
	ws          *webSocket    // the transport; nil while it is polling
	probing     *webSocket    // a WebSocket that asks to become the transport
	poll        *poll         // the client's waiting GET
	polled      net.Conn      // that the last answer went over, if that is known
	polledAcked int64         // of its bytes, see downloadsLocked
	answering   bool          // the answer of a GET is being written
	posting     bool          // a POST is being read
	finishing   bool          // the connection ends when everything queued has been sent
	paused      bool          // the receiver takes no messages, see Pause
	pinged      bool          // a ping waits for its pong
	tickAt      time.Duration // since the handshake: when the heartbeat's timer is to fire
	out         outbox        // has a lock of its own

	receivedBefore int64     // what received was at the last heartbeat
	late           *lateness // nil unless the next one is late

	controls       int32 // of the client in the interval, see control
	controlsPeriod int32 // which interval that is
}

func newConn(s *Server, q query, h *Handshake, identity any) *Conn {
	c := &Conn{server: s, sid: newSID(), codec: q.codec, handshake: h, identity: identity}
	c.out.server = s
	c.out.blocked = q.transport == transportPolling || q.codec == carried // until a poll waits
	if q.codec == carried {
		c.carried = &Carried{conn: c, webSocket: q.transport == transportWebSocket}
	}
	c.receiver = s.cfg.Accept(c)
	return c
}

// start begins the heartbeat, once c is registered and its open packet is on
// its way.
func (c *Conn) start() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.tickAt = c.firstTick()
	c.heartbeat = time.AfterFunc(c.tickAt, c.tick)
	c.mu.Unlock()
	c.receiver.Opened()
}

// Revision returns the revision of Engine.IO that the client speaks: 3 or 4.
func (c *Conn) Revision() int { return c.codec.revision() }

// Handshake returns what the client brought. It must not be changed.
func (c *Conn) Handshake() *Handshake { return c.handshake }

// Identity returns what Config.Identify returned for the handshake.
func (c *Conn) Identity() any { return c.identity }

// Transport returns "polling" or "websocket".
func (c *Conn) Transport() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ws != nil || c.carried != nil && c.carried.webSocket {
		return transportWebSocket
	}
	return transportPolling
}

// Received returns how many bytes the client has sent in messages, those of a message
// that has not come to its end among them. Heartbeats and other packets that say nothing
// do not count.
func (c *Conn) Received() int64 { return c.received.Load() }

// Close ends the connection. What is queued is written first: over WebSocket while
// the client makes progress (see Limits.StallTimeout), over polling as far as it fits
// into a poll that waits. CloseWhenSent also waits for polls to come.
func (c *Conn) Close() { c.close(ReasonForcedClose) }

// Reject ends the connection because the client broke the protocol of the
// layer above.
func (c *Conn) Reject() { c.close(ReasonParseError) }

// RejectTooLarge ends the connection because the client sent more than the layer
// above allows for one of its packets.
func (c *Conn) RejectTooLarge() { c.close(ReasonTooLarge) }

// close ends the connection for a reason; only the first call counts.
func (c *Conn) close(reason Reason) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	if c.heartbeat != nil {
		c.heartbeat.Stop()
	}
	ws, probing, p := c.ws, c.probing, c.poll
	c.probing, c.poll = nil, nil
	var farewell answer
	if p != nil {
		farewell = c.payload(append(c.out.take(c.server.cfg.Limits.MaxPayload), lastPacket(reason))...)
	}
	later := ws != nil && ws.shut(&c.out, reason)
	var carrier CarriedTransport
	if c.carried != nil {
		carrier = c.carried.endLocked(reason, &c.out)
	}
	if later {
		c.out.seal()
	} else {
		c.out.close()
	}
	registered := c.server.remove(c, later)
	c.mu.Unlock()

	if p != nil {
		p.end(farewell)
	}
	if carrier != nil {
		carrier.Close()
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

// lastPacket is what a waiting poll ends with: a client that closed the
// connection itself knows already.
func lastPacket(reason Reason) *Prepared {
	if reason == ReasonTransportClose {
		return noopPacket
	}
	return closePacket
}

var closePacket = prepareControl(PacketClose, "")

// receive handles one packet of the client. in is held.
func (c *Conn) receive(p Packet) error {
	if p.Type == PacketMessage {
		c.receiver.Message(p.Data, p.Binary)
		return nil
	}
	if err := c.control(len(p.Data)); err != nil {
		return err
	}
	switch p.Type {
	case PacketPong:
		return c.pong()
	case PacketPing:
		return c.pingFromClient(p)
	case PacketClose:
		return errClientClosed
	case PacketOpen, PacketUpgrade, PacketNoop:
		return nil // meaningless here, and harmless
	default:
		return errPacketType
	}
}

var (
	errClientClosed       = errors.New("the client closed the connection")
	errHeartbeatDirection = errors.New("a heartbeat in the wrong direction")
)

// fail ends the connection because of an error in what the client sent.
func (c *Conn) fail(err error) {
	switch {
	case errors.Is(err, errClientClosed):
		c.close(ReasonTransportClose)
	case errors.Is(err, errHeartbeatDirection), errors.Is(err, errControls):
		c.close(ReasonTransportError)
	default:
		c.close(ReasonParseError)
	}
}
