package socketio

import (
	"errors"
	"sync/atomic"
)

// Event is one event from a client. It can be stored and acknowledged later,
// from any goroutine.
type Event struct {
	Socket *Socket
	Name   string
	Args   Args

	id       uint64
	wantsAck bool

	// For EventHandled, written only while dispatch runs. The fields need no more
	// memory: an event has 64 bytes.
	known, refused, panicked bool

	acked atomic.Bool
}

// ErrAcked is returned if an event is acknowledged a second time.
var ErrAcked = errors.New("socketio: event acknowledged already")

// Bind decodes the arguments into ptrs, in order. See Args.Bind.
func (e *Event) Bind(ptrs ...any) error { return e.Args.Bind(ptrs...) }

// WantsAck reports whether the client wants an acknowledgement.
func (e *Event) WantsAck() bool { return e.wantsAck }

// Ack acknowledges the event. It does nothing if the client does not want an
// acknowledgement.
func (e *Event) Ack(args ...any) error {
	if !e.wantsAck {
		return nil
	}
	p, err := encodeAck(e.Socket.namespace.name, e.id, args)
	if err != nil {
		return err
	}
	if !e.acked.CompareAndSwap(false, true) {
		return ErrAcked
	}
	if !e.Socket.Connected() {
		return ErrDisconnected
	}
	return e.Socket.send(p)
}

// refuse acknowledges an event with an error. A sender that has disconnected
// gets nothing.
func (e *Event) refuse(err error) {
	e.refused = true
	_ = e.Ack(map[string]string{"error": err.Error()})
}
