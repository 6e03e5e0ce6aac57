package socketio

import (
	"context"
	"errors"
	"sync/atomic"
)

// Event is one event from a client. It can be stored and acknowledged later,
// from any goroutine.
type Event struct {
	Socket *Socket
	Name   string
	Args   Args

	ctx      context.Context //nolint:containedctx // nil unless SetContext was called
	id       uint64
	wantsAck bool

	known, panicked bool // for EventHandled; written only by dispatch

	state atomic.Uint32 // eventAcked and eventRefused
}

// The states of an event, which any goroutine can set.
const (
	eventAcked = 1 << iota
	eventRefused
)

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
	if e.state.Or(eventAcked)&eventAcked != 0 {
		return ErrAcked
	}
	if !e.Socket.Connected() {
		return ErrDisconnected
	}
	return e.Socket.send(p)
}
