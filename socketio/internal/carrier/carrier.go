// Package carrier is the contract between engineio and another implementation of its
// transports for clients of revision 3. Such a carrier moves packets. Package engineio
// still checks limits, identity and origin of the clients, queues their packets, runs
// the heartbeat's clock and handles their polling requests, which a carrier never sees.
//
// The contract is internal because it has one implementation, gosocketio.
package carrier

import (
	"context"
	"net/http"
	"time"
)

// Carrier opens transports.
type Carrier interface {
	// Polling returns the transport of a new polling client.
	Polling(c Conn) (Polling, error)

	// WebSocket answers a handshake over WebSocket. It returns the transport if the
	// handshake succeeded.
	WebSocket(w http.ResponseWriter, r *http.Request, c Conn) (Transport, error)
}

// Transport is a carrier's transport of one connection.
type Transport interface {
	// Carry runs in its own goroutine. It sends the open packet, calls Conn.Opened, and
	// moves packets until the connection ends. It returns soon after Close.
	Carry()

	// Close closes the transport at once, without waiting for the client. It may be
	// called from any goroutine and more than once.
	Close()
}

// Polling is a Transport whose HTTP requests engineio handles. At most one Poll and one
// Post run at a time.
type Polling interface {
	Transport

	// Poll waits for packets and returns them as a text payload. When the transport is
	// closed it returns the packets that it has, or nil.
	Poll() []byte

	// Post handles a text payload of valid packets. It returns when the packets have
	// been handled.
	Post(payload []byte) error
}

// Conn is the connection of one client, as a carrier sees it.
type Conn interface {
	// SID returns the session id for the open packet.
	SID() string

	// Heartbeat returns the ping interval and ping timeout for the open packet.
	Heartbeat() (interval, timeout time.Duration)

	// MaxPayload returns the maximum number of bytes in a message of the client.
	MaxPayload() int

	// WriteTimeout returns the time limit for sending the given number of bytes.
	WriteTimeout(bytes int) time.Duration

	// ParseText decodes a text WebSocket message of the client. The message may be a
	// binary packet as base64.
	ParseText(message []byte) (Packet, error)

	// Opened must be called when the open packet has been sent, before the first Receive.
	Opened()

	// Go starts a goroutine that engineio.Server.Close waits for. It returns false if the
	// server is closed.
	Go(task func()) bool

	// Next waits for messages to send. Only one goroutine may call it. After the end of
	// the connection it returns the messages that may still be sent, and then false.
	Next() (messages []Packet, ok bool)

	// Receive handles a packet of the client: a message, for which it blocks until
	// engineio.Receiver.Message returns, or a ping, which the carrier answers itself.
	Receive(p Packet)

	// End ends the connection. Only the first call has an effect.
	End(reason Reason)
}

// Packet is one packet of Engine.IO. Data does not include the type.
type Packet struct {
	Type   byte // the first character of the encoded packet
	Binary bool
	Data   []byte
}

// The types of the packets that a carrier passes to Conn.Receive.
const (
	Ping    byte = '2'
	Message byte = '4'
)

// Reason is why a carrier ends a connection. The values are those of engineio.Reason.
type Reason string

// The reasons.
const (
	TransportClose Reason = "transport close"
	TransportError Reason = "transport error"
	ParseError     Reason = "parse error"
	TooLarge       Reason = "payload too large"
	Shutdown       Reason = "server shutting down"
)

type contextKey struct{}

// WithCarrier returns a context of requests whose connections c carries.
func WithCarrier(ctx context.Context, c Carrier) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// FromContext returns the carrier of a request, or nil.
func FromContext(ctx context.Context) Carrier {
	c, _ := ctx.Value(contextKey{}).(Carrier)
	return c
}
