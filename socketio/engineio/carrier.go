package engineio

import (
	"time"

	"gifchat/socketio/internal/carrier"
)

// carrierConn is a Conn whose packets a carrier moves. It implements carrier.Conn.
type carrierConn struct {
	// Immutable.
	conn      *Conn
	webSocket bool

	transport carrier.Transport // nil while it is being opened; conn.mu guards this and all following fields
	polling   bool              // a GET of the client is being handled
	reason    Reason            // why the connection ended
	final     []*Prepared       // packets that the carrier may send after the end
}

var _ carrier.Conn = (*carrierConn)(nil)

// SID returns the session id of the connection.
func (c *carrierConn) SID() string { return string(c.conn.sid) }

// Heartbeat returns the ping interval and ping timeout for the open packet.
func (c *carrierConn) Heartbeat() (interval, timeout time.Duration) {
	return c.conn.server.cfg.PingInterval, c.conn.server.cfg.PingTimeout
}

// MaxPayload returns Limits.MaxPayload.
func (c *carrierConn) MaxPayload() int { return c.conn.server.cfg.Limits.MaxPayload }

// WriteTimeout returns the time limit for sending the given number of bytes.
func (c *carrierConn) WriteTimeout(bytes int) time.Duration {
	return c.conn.server.cfg.Limits.writeTimeout(bytes)
}

// ParseText decodes a text WebSocket message of the client. The message may be a binary
// packet as base64.
func (c *carrierConn) ParseText(message []byte) (carrier.Packet, error) {
	p, err := c.conn.codec.parseText(message)
	return carrier.Packet{Type: byte(p.Type), Binary: p.Binary, Data: p.Data}, err
}

// Opened must be called when the open packet has been sent, before the first Receive.
func (c *carrierConn) Opened() { c.conn.start() }

// Go starts a goroutine that Server.Close waits for. It returns false if the server is
// closed.
func (c *carrierConn) Go(task func()) bool { return c.conn.server.run(task) }

// Next waits for packets to send. Only one goroutine may call it. After the end of the
// connection it returns the packets that may still be sent, and then false.
func (c *carrierConn) Next() (messages []carrier.Packet, ok bool) {
	p, err := c.conn.beginPoll()
	if err != nil {
		items := c.takeFinal()
		return c.packets(items), items != nil
	}
	c.conn.closeIfSent()
	return c.packets((<-p.response).items), true
}

func (c *carrierConn) takeFinal() []*Prepared {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	items := c.final
	c.final = nil
	return items
}

// packets returns the message packets of items. The carrier sends all other packets
// itself.
func (c *carrierConn) packets(items []*Prepared) []carrier.Packet {
	packets := make([]carrier.Packet, 0, len(items))
	for _, p := range items {
		if p.text != nil {
			if p.text[0] != byte(PacketMessage) {
				continue
			}
			text := p.text[1:]
			if !c.webSocket {
				text = c.conn.server.cfg.ASCII(text)
			}
			packets = append(packets, carrier.Packet{Type: carrier.Message, Data: text})
		}
		for _, data := range p.binary {
			packets = append(packets, carrier.Packet{Type: carrier.Message, Binary: true, Data: data})
		}
	}
	return packets
}

// Receive handles a packet of the client: a message, for which it blocks until
// Receiver.Message returns, or a ping, which the carrier answers itself.
func (c *carrierConn) Receive(p carrier.Packet) {
	c.conn.receivedPackets.Add(1)
	size := 1 + len(p.Data)
	if c.webSocket {
		c.conn.received.Add(int64(size)) // without the header of its frame
	} else {
		size += len("1:") // readBody has counted the whole body
	}
	if p.Type == carrier.Message {
		c.conn.inbound.Lock()
		defer c.conn.inbound.Unlock()
		c.conn.receiveLocked(p.Data, p.Binary)
		return
	}
	if err := c.conn.countControl(size); err != nil {
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
func (c *carrierConn) End(reason carrier.Reason) { c.conn.close(Reason(reason)) }

// endLocked records the end of the connection and takes the packets that may still be
// sent. It returns the transport if it must be closed at once. conn.mu is held.
func (c *carrierConn) endLocked(reason Reason) carrier.Transport {
	c.reason = reason
	byServer := reason == ReasonForcedClose || reason == ReasonShutdown
	if byServer && (c.webSocket || c.polling) {
		c.final = c.conn.out.take(c.conn.server.cfg.Limits.MaxPayload)
		c.conn.countCarried(c.final)
		return nil
	}
	return c.transport
}

// allSentLocked reports whether a connection with an empty queue can end without a loss.
// Over WebSocket, the carrier still writes the packets that it has taken. Over polling,
// it has written them when it waits in Next, and the client has fetched them when its
// next GET waits. conn.mu is held.
func (c *carrierConn) allSentLocked() bool {
	return c.webSocket || c.polling && c.conn.canFlushLocked()
}
