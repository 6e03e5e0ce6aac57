package engineio

import (
	"bytes"
	"runtime/debug"
)

// ConnOptions are the settings of one connection; see Config.ConnOptions. The zero value
// selects the defaults.
type ConnOptions struct {
	// Transports are the transports that the client may use. Default: all.
	Transports Transports

	// Incoming filters the messages of the client before Receiver.Message. It is called
	// for one message at a time, in order. Default: all messages pass.
	Incoming Filter

	// Outgoing filters the messages to the client before they are queued, including a
	// volatile message that is dropped afterwards. It is called in the goroutine that
	// sends, so several calls can run at once. It must not block, and it must not call a
	// method of the connection, the Server, or a Server, Namespace or Socket of package
	// socketio: the caller may hold a lock of the namespace. To send a message because of
	// another, start a goroutine. Default: all messages pass.
	Outgoing Filter
}

// Transports is a set of transports for one connection, such as Polling or
// Polling|WebSocket. The zero value contains all transports. A request with a transport
// that the set does not contain receives status 400 and the numbered error 0, "Transport
// unknown".
type Transports uint8

// The transports. A client that may use both can upgrade from polling to WebSocket.
//
// Stock clients begin with polling, and upgrade if the open packet offers it. Without
// the offer they stay on polling. With WebSocket alone they report connect_error and try
// polling again and again, unless they are created with the option
// transports: ["websocket"] or, since version 4.8, tryAllTransports: true.
const (
	Polling   Transports = 1 << iota // HTTP long-polling
	WebSocket                        // WebSocket, from the start or after an upgrade
)

// contains reports whether the client may use a transport.
func (t Transports) contains(transport string) bool {
	switch transport {
	case transportPolling:
		return t == 0 || t&Polling != 0
	case transportWebSocket:
		return t == 0 || t&WebSocket != 0
	default:
		return false
	}
}

// upgrades returns the transports to which a polling client may upgrade.
func (t Transports) upgrades() []string {
	if !t.contains(transportWebSocket) {
		return nil
	}
	return []string{transportWebSocket}
}

// Filter sees the message packets of one connection in one direction. It returns the
// message to pass on, changed or not, or false to drop the message. It is not called for
// heartbeats and other control packets.
//
// message is a copy, which the filter may change, return and keep. The result must be
// UTF-8 unless binary is true, and it may be longer than Limits.MaxPayload. A Socket.IO
// packet with attachments is several messages: its text, and then each attachment. A
// message whose filter panics is dropped, and the panic is logged.
type Filter func(message []byte, binary bool) (passed []byte, ok bool)

// filters are the filters of a connection that has at least one.
type filters struct{ incoming, outgoing Filter }

func newFilters(o *ConnOptions) *filters {
	if o.Incoming == nil && o.Outgoing == nil {
		return nil
	}
	return &filters{o.Incoming, o.Outgoing}
}

// receiveLocked passes a message of the client to the receiver. inbound is held.
func (c *Conn) receiveLocked(data []byte, binary bool) {
	if c.filters != nil {
		var ok bool
		if data, ok = c.filter(c.filters.incoming, data, binary); !ok {
			return
		}
	}
	c.receiver.Message(data, binary)
}

// filterOutgoing returns what p becomes for this connection, or nil if it is dropped.
func (c *Conn) filterOutgoing(p *Prepared) *Prepared {
	if c.filters == nil {
		return p
	}
	return c.filterPrepared(p)
}

// filterPrepared returns p itself if all of its messages pass unchanged, so that
// connections still share it.
func (c *Conn) filterPrepared(p *Prepared) *Prepared {
	changed := false
	filter := func(data []byte, binary bool) (passed []byte, ok bool) {
		passed, ok = c.filter(c.filters.outgoing, data, binary)
		changed = changed || !ok || !bytes.Equal(passed, data)
		return passed, ok
	}
	var text []byte
	hasText := p.text != nil
	if hasText {
		text, hasText = filter(p.Text(), false)
	}
	var attachments [][]byte
	for _, data := range p.binary {
		if passed, ok := filter(data, true); ok {
			attachments = append(attachments, passed)
		}
	}
	switch {
	case !changed:
		return p
	case hasText:
		return Prepare(text, attachments...)
	case len(attachments) > 0:
		return prepareBinary(attachments...)
	default:
		return nil
	}
}

// filter applies f to a copy of a message.
func (c *Conn) filter(f Filter, message []byte, binary bool) (passed []byte, ok bool) {
	if f == nil {
		return message, true
	}
	defer func() {
		if v := recover(); v != nil {
			c.server.cfg.Log.Error("panic in a filter", "panic", v, "stack", string(debug.Stack()))
			passed, ok = nil, false
		}
	}()
	return f(bytes.Clone(message), binary)
}
