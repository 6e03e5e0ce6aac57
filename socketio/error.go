package socketio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Error is an error whose text is meant for the client. Middleware that returns
// an Error chooses the "message" and "data" of the client's connect_error. A
// handler of Handle or On that returns one chooses the text of the refusal. An
// Error can be wrapped: errors.As finds it.
//
// A rejected argument is answered with "Invalid argument 1", with its position.
// Any other error is answered with "Internal server error" and logged.
type Error struct {
	Message string
	Data    any // encoded as JSON; may be nil
}

func (e *Error) Error() string { return e.Message }

var (
	errInvalidNamespace  = &Error{Message: "Invalid namespace"}
	errTooManyNamespaces = &Error{Message: "Too many namespaces"}
	errInternal          = &Error{Message: "Internal server error"}
	errDismissed         = &Error{Message: "Disconnected by the server"}
	errShuttingDown      = &Error{Message: "Server is shutting down"}
)

// ArgumentError reports an argument of an event or of an acknowledgement that
// is missing, has another type, or was rejected by its Validate method.
type ArgumentError struct {
	Index int // of the argument, from 0; -1 for all arguments together
	Err   error

	of *Event // nil for an acknowledgement: its error is not the fault of another client
}

func (e *ArgumentError) Error() string {
	if e.Index < 0 {
		return "arguments: " + e.Err.Error()
	}
	return fmt.Sprintf("argument %d: %v", e.Index+1, e.Err)
}

func (e *ArgumentError) Unwrap() error { return e.Err }

// public returns the Error that a client receives for err, the error of an event
// or, with nil, of a connection. It describes a rejected argument only by its
// position, because the text of the decoder contains names of Go types. A nil
// *Error that a program returns as an error is not nil.
func public(err error, e *Event) (shown *Error, hidden bool) {
	if shown, ok := errors.AsType[*Error](err); ok && shown != nil {
		return shown, false
	}
	argument, ok := errors.AsType[*ArgumentError](err)
	switch {
	case e != nil && e.Socket.expired() && (errors.Is(err, ErrDisconnected) || errors.Is(err, context.Canceled)):
		return errShuttingDown, false // the handler's context has ended
	case !ok || argument == nil || argument.of == nil || argument.of != e:
		return errInternal, true
	case argument.Index < 0:
		return &Error{Message: "Invalid arguments"}, false
	default:
		return &Error{Message: fmt.Sprintf("Invalid argument %d", argument.Index+1)}, false
	}
}

// refusal is the acknowledgement of a refused event, unless Config.EncodeError
// chooses another one.
type refusal struct {
	Error string `json:"error"`
	Data  any    `json:"data,omitempty"`
}

// Refuse acknowledges the event with an error, in the form that
// Config.EncodeError chooses. Middleware, and handlers of Handle and On, return
// their error instead. Without a configured encoder the acknowledgement is
// {"error": "…", "data": …} with the text of an Error, and an error whose text
// is hidden from the client is logged: at level Error, or at Debug if the client
// has disconnected, which makes handlers fail. An ErrNoAck is not sent, and is
// logged at level Warn.
func (e *Event) Refuse(err error) {
	e.state.Or(eventRefused)
	server := e.Socket.namespace.server
	if errors.Is(err, ErrNoAck) {
		server.cfg.Log.Warn("event not acknowledged", "namespace", e.Socket.namespace.name, "event", e.Name, "err", err)
		return
	}
	var ack any
	if encode := server.cfg.EncodeError; encode != nil {
		if !server.protect(origin{"error encoder", e.Name, e.Socket}, func() { ack = encode(e, err) }) {
			ack = refusal{Error: errInternal.Message}
		}
	} else {
		shown, hidden := public(err, e)
		level := slog.LevelDebug
		if hidden && e.Socket.Connected() {
			level = slog.LevelError
		}
		server.cfg.Log.Log(context.Background(), level, "event refused", "namespace", e.Socket.namespace.name, "event", e.Name, "err", err)
		ack = refusal{Error: shown.Message, Data: shown.Data}
	}
	e.acknowledge(ack)
}

var errPanicked = errors.New("socketio: the encoding of a value panicked")

// acknowledge sends an acknowledgement of the library. It logs values that
// cannot be encoded. The client may have disconnected, and a handler may have
// acknowledged the event; neither is an error of the program.
func (e *Event) acknowledge(args ...any) {
	err := errPanicked
	server := e.Socket.namespace.server
	server.protect(origin{"acknowledgement", e.Name, e.Socket}, func() { err = e.Ack(args...) }) // a value may panic while it is encoded
	if err == nil || errors.Is(err, ErrAcked) || errors.Is(err, ErrDisconnected) || !e.Socket.Connected() {
		return
	}
	server.cfg.Log.Error("acknowledgement not sent", "event", e.Name, "err", err)
	_ = e.Ack(refusal{Error: errInternal.Message})
}
