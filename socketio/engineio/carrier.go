package engineio

import (
	"net/http"
	"time"
)

// Carrier is an external implementation of the transports for clients of revision 3.
// This package still checks limits, identity and origin of the clients, queues their
// packets, runs the heartbeat's clock and handles their polling requests, which a
// carrier never sees.
type Carrier interface {
	// Polling returns the transport of a new polling client.
	Polling(c *CarrierConn) (CarrierPolling, error)

	// WebSocket answers a handshake over WebSocket. It returns the transport if the
	// handshake succeeded.
	WebSocket(w http.ResponseWriter, r *http.Request, c *CarrierConn) (CarrierTransport, error)
}

// CarrierTransport is a carrier's transport of one connection.
type CarrierTransport interface {
	// Carry runs in its own goroutine. It sends the open packet, calls
	// CarrierConn.Opened, and moves packets until the connection ends. It returns soon
	// after Close.
	Carry()

	// Close closes the transport at once, without waiting for the client. It may be
	// called from any goroutine and more than once.
	Close()
}

// CarrierPolling is a CarrierTransport whose HTTP requests this package handles. At
// most one Poll and one Post run at a time.
type CarrierPolling interface {
	CarrierTransport

	// Poll waits for packets and returns them as a text payload. When the transport is
	// closed it returns the packets that it has, or nil.
	Poll() []byte

	// Post handles a text payload of valid packets. It returns when the packets have
	// been handled.
	Post(payload []byte) error
}

// CarrierConn gives a carrier access to a Conn.
type CarrierConn struct {
	// Immutable.
	conn      *Conn
	webSocket bool

	transport CarrierTransport // nil while it is being opened; conn.mu guards this and all following fields
	polling   bool             // a GET of the client is being handled
	reason    Reason           // why the connection ended
	final     []*Prepared      // packets that the carrier may send after the end
}

// SID returns the session id of the connection.
func (c *CarrierConn) SID() SID { return c.conn.sid }

// Heartbeat returns the ping interval and ping timeout for the open packet.
func (c *CarrierConn) Heartbeat() (interval, timeout time.Duration) {
	return c.conn.server.cfg.PingInterval, c.conn.server.cfg.PingTimeout
}

// Limits returns the limits for the client.
func (c *CarrierConn) Limits() Limits { return c.conn.server.cfg.Limits }

// ParseText decodes a text WebSocket message of the client. The message may be a binary
// packet as base64.
func (c *CarrierConn) ParseText(message []byte) (Packet, error) {
	return c.conn.codec.parseText(message)
}

// Opened must be called when the open packet has been sent, before the first Receive.
func (c *CarrierConn) Opened() { c.conn.start() }

// Go starts a goroutine that Server.Close waits for. It returns false if the server is
// closed.
func (c *CarrierConn) Go(task func()) bool { return c.conn.server.run(task) }

// Next waits for packets to send. Only one goroutine may call it. After the end of the
// connection it returns the packets that may still be sent, and then false.
func (c *CarrierConn) Next() (packets []Packet, ok bool) {
	p, err := c.conn.beginPoll()
	if err != nil {
		items := c.takeFinal()
		return c.packets(items), items != nil
	}
	c.conn.closeIfSent()
	return c.packets((<-p.response).items), true
}

func (c *CarrierConn) takeFinal() []*Prepared {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	items := c.final
	c.final = nil
	return items
}

// packets returns the message packets of items. The carrier sends all other packets
// itself.
func (c *CarrierConn) packets(items []*Prepared) []Packet {
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

// Receive handles a packet of the client: a message, for which it blocks until
// Receiver.Message returns, or a ping, which the carrier answers itself.
func (c *CarrierConn) Receive(p Packet) {
	c.conn.receivedPackets.Add(1)
	if c.webSocket && p.Type == PacketMessage {
		c.conn.controlBytes.Add(int64(1 + len(p.Data))) // polling bodies are counted by readBody
	}
	if p.Type == PacketMessage {
		c.conn.inbound.Lock()
		defer c.conn.inbound.Unlock()
		c.conn.receiver.Message(p.Data, p.Binary)
		return
	}
	if err := c.conn.countControl(len(p.Data)); err != nil {
		c.conn.fail(err)
		return
	}
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	if !c.conn.closed && c.conn.heartbeat != nil {
		c.conn.resetHeartbeatLocked(c.conn.heartbeatWait())
		c.conn.out.release()
	}
}

// End ends the connection. Only the first call has an effect.
func (c *CarrierConn) End(reason Reason) { c.conn.close(reason) }

// endLocked records the end of the connection and takes the packets that may still be
// sent. It returns the transport if it must be closed at once. conn.mu is held.
func (c *CarrierConn) endLocked(reason Reason) CarrierTransport {
	c.reason = reason
	byServer := reason == ReasonForcedClose || reason == ReasonShutdown
	if byServer && (c.webSocket || c.polling) {
		c.final = c.conn.out.take(c.conn.server.cfg.Limits.MaxPayload)
		c.conn.countCarried(c.final)
		return nil
	}
	return c.transport
}
