package socketio

import (
	"errors"
	"sync/atomic"
)

// Event is one event of a client. It may be kept and acknowledged later, from
// any goroutine.
type Event struct {
	Socket *Socket
	Name   string
	Args   Args

	id       uint64
	wantsAck bool
	acked    atomic.Bool
}

// ErrAcked is returned by a second acknowledgement of one event.
var ErrAcked = errors.New("socketio: event acknowledged already")

// Bind decodes the arguments into ptrs, one by one; see Args.Bind.
func (e *Event) Bind(ptrs ...any) error { return e.Args.Bind(ptrs...) }

// WantsAck reports whether the client waits for an acknowledgement.
func (e *Event) WantsAck() bool { return e.wantsAck }

// Ack answers the event. It does nothing if the client did not ask for an
// answer.
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
	if !e.Socket.connected.Load() {
		return ErrDisconnected
	}
	return e.Socket.client.send(p)
}

// refuse tells a sender that waits for an answer why the event is not handled.
func (e *Event) refuse(err error) {
	_ = e.Ack(map[string]string{"error": err.Error()}) // the sender may have gone
}
