package engineio

import (
	"net/http"
	"time"
)

// Carrier moves the packets of clients of revision 3 in place of this
// package's own transports. What a client may cost, who it is, where its page
// may come from, what waits for it and when it is gone stay this package's
// matter; so do the requests of polling: a carrier never sees them.
type Carrier interface {
	// Polling returns the transport of a new polling client.
	Polling(c *Carried) (CarriedPolling, error)

	// WebSocket answers a handshake over WebSocket, and returns the transport if
	// that went well.
	WebSocket(w http.ResponseWriter, r *http.Request, c *Carried) (CarriedTransport, error)
}

// CarriedTransport is a carrier's part of one connection.
type CarriedTransport interface {
	// Carry is the life of the transport, in a goroutine of its own: it sends the
	// open packet, calls Carried.Opened, and moves packets until the end. It has
	// returned soon after Close.
	Carry()

	// Close ends the transport at once. It may be called from any goroutine, more
	// than once, and does not wait for the client.
	Close()
}

// CarriedPolling is a CarriedTransport whose requests this package serves, at
// most one Poll and one Post at a time.
type CarriedPolling interface {
	CarriedTransport

	// Poll waits for packets and returns them as a text payload. At the end it
	// returns what there is, or nothing.
	Poll() []byte

	// Post takes a text payload, in which every packet was checked, and waits
	// until its packets were handled.
	Post(payload []byte) error
}

// Carried is the end of a Conn that its carrier holds.
type Carried struct {
	// Immutable.
	conn      *Conn
	webSocket bool

	transport CarriedTransport // guarded by conn.mu, as is all that follows; nil while it is being opened
	getting   bool             // a GET of the client is being answered
	reason    Reason           // why the connection ended
	last      []*Prepared      // what the carrier may still send after the end
}

// SID returns the connection's secret name.
func (c *Carried) SID() SID { return c.conn.sid }

// Heartbeat returns what the open packet says.
func (c *Carried) Heartbeat() (interval, timeout time.Duration) {
	return c.conn.server.cfg.PingInterval, c.conn.server.cfg.PingTimeout
}

// Limits returns what the client may cost.
func (c *Carried) Limits() Limits { return c.conn.server.cfg.Limits }

// ParseText decodes a text WebSocket message of the client, which may carry a
// binary packet as base64.
func (c *Carried) ParseText(message []byte) (Packet, error) { return c.conn.codec.parseText(message) }

// Opened says that the open packet has left, and comes before the first
// Receive.
func (c *Carried) Opened() { c.conn.start() }

// Go starts a goroutine that Server.Close waits for; false when the server is
// closed already.
func (c *Carried) Go(task func()) bool { return c.conn.server.run(task) }

// Next waits for packets to send. One goroutine calls it. After the end it
// returns what may still be sent, and then false.
func (c *Carried) Next() (packets []Packet, ok bool) {
	p, refusal := c.conn.beginPoll()
	if refusal != nil {
		items := c.takeLast()
		return c.packets(items), items != nil
	}
	c.conn.finish()
	return c.packets((<-p.answer).items), true
}

func (c *Carried) takeLast() []*Prepared {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	items := c.last
	c.last = nil
	return items
}

// packets takes messages apart. Other packets are not the carrier's to send.
func (c *Carried) packets(items []*Prepared) []Packet {
	packets := make([]Packet, 0, len(items))
	for _, p := range items {
		if p.text != nil {
			if p.text[0] != byte(PacketMessage) {
				continue
			}
			text := p.text[1:]
			if !c.webSocket {
				text = c.conn.server.cfg.ASCII(text)
			}
			packets = append(packets, Packet{Type: PacketMessage, Data: text})
		}
		for _, data := range p.binary {
			packets = append(packets, Packet{Type: PacketMessage, Binary: true, Data: data})
		}
	}
	return packets
}

// Receive hands over a packet of the client: a message, which blocks while the
// layer above does, or a ping, which the carrier answers itself.
func (c *Carried) Receive(p Packet) {
	if p.Type == PacketMessage {
		c.conn.in.Lock()
		defer c.conn.in.Unlock()
		c.conn.receiver.Message(p.Data, p.Binary)
		return
	}
	if err := c.conn.control(len(p.Data)); err != nil {
		c.conn.fail(err)
		return
	}
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	if !c.conn.closed && c.conn.heartbeat != nil {
		c.conn.resetHeartbeatLocked(c.conn.firstTick())
		c.conn.out.trim()
	}
}

// End ends the connection; only the first reason counts.
func (c *Carried) End(reason Reason) { c.conn.close(reason) }

// endLocked notes the end, keeps of out what may still be sent, and returns the
// transport if it has to be closed at once. conn.mu is held.
func (c *Carried) endLocked(reason Reason, out *outbox) CarriedTransport {
	c.reason = reason
	wanted := reason == ReasonForcedClose || reason == ReasonShutdown
	if wanted && (c.webSocket || c.getting) {
		c.last = out.take(c.conn.server.cfg.Limits.MaxPayload)
		return nil
	}
	return c.transport
}
