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

	more     *eventState // nil until it is needed; used only by dispatch and what it calls
	id       uint64
	wantsAck bool

	known, panicked bool // for EventHandled; written only by dispatch

	state atomic.Uint32 // eventAcked and eventRefused
}

// eventState is the state of an event that most events do not have.
type eventState struct {
	ctx context.Context //nolint:containedctx // of SetContext; may be nil
	err error           // the first error of a handler
}

func (e *Event) extra() *eventState {
	if e.more == nil {
		e.more = &eventState{}
	}
	return e.more
}

// fail records the error of a handler. Only the first one counts.
func (e *Event) fail(err error) {
	if more := e.extra(); more.err == nil {
		more.err = err
	}
}

// failure returns the error of fail.
func (e *Event) failure() error {
	if e.more == nil {
		return nil
	}
	return e.more.err
}

// The flags of an event, which any goroutine can set.
const (
	eventAcked = 1 << iota
	eventRefused
)

// ErrAcked is returned if an event is acknowledged a second time.
var ErrAcked = errors.New("socketio: event acknowledged already")

// ErrNoAck is for handlers and middleware that return it, perhaps wrapped: the
// event is not answered. A client with the option retries sends such an event
// again, and ends its retries with any acknowledgement, also with a refusal.
var ErrNoAck = errors.New("socketio: event not acknowledged")

// Bind decodes the arguments into ptrs, in order. See Args.Bind.
func (e *Event) Bind(ptrs ...any) error {
	err := e.Args.Bind(ptrs...)
	if argument, ok := errors.AsType[*ArgumentError](err); ok {
		argument.of = e
	}
	return err
}

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
