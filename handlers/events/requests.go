package events

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"gifchat/handlers/input"
	"gifchat/handlers/refusal"
	"gifchat/handlers/wire"
	"gifchat/i18n"
	"gifchat/rooms"
	"gifchat/socketio"
)

// requestHandler handles an event with an argument of type T. Its result is the
// acknowledgement; its error is sent as a refusal.
type requestHandler[T any] func(ctx context.Context, socket *socketio.Socket, st *joinedRooms, argument T) (any, error)

// handle registers a handler for an event that needs an argument.
func handle[T any](h *chatHandlers, event string, fn requestHandler[T]) {
	h.events[event] = true
	socketio.Handle(h.namespace, event, func(ctx context.Context, socket *socketio.Socket, a argument[T]) (any, error) {
		return fn.call(ctx, socket, a.value)
	})
}

// handleOptional registers a handler for an event whose argument can be missing.
func handleOptional[T any](h *chatHandlers, event string, fn requestHandler[T]) {
	h.events[event] = true
	socketio.Handle(h.namespace, event, func(ctx context.Context, socket *socketio.Socket, a *argument[T]) (any, error) {
		if a == nil {
			a = new(argument[T])
		}
		return fn.call(ctx, socket, a.value)
	})
}

func (fn requestHandler[T]) call(ctx context.Context, socket *socketio.Socket, argument T) (any, error) {
	st, ok := socketio.Data[*joinedRooms](socket)
	if !ok {
		return nil, rooms.ErrUnavailable // the connect handler panicked
	}
	return fn(ctx, socket, st, argument)
}

// closeDelay is how long an answer has to reach the client before its connection is
// closed.
const closeDelay = 100 * time.Millisecond

// withNewestSession wraps the handler of an event whose effect outlives the connection.
// If the socket's session has a newer id, it refuses the event and closes the connection,
// so that the client reconnects with its newest cookie.
func withNewestSession[T any](h *chatHandlers, fn requestHandler[T]) requestHandler[T] {
	return func(ctx context.Context, socket *socketio.Socket, st *joinedRooms, argument T) (any, error) {
		if !h.outdated(socket) {
			return fn(ctx, socket, st, argument)
		}
		h.notifier.timers.After(closeDelay, socket.CloseConn)
		return nil, rooms.ErrUnavailable
	}
}

// limitTime bounds the time of an event's handler, so that a client always gets an
// answer. An event that was received is handled also if its client has disconnected.
func (h *chatHandlers) limitTime(e *socketio.Event, next func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), h.timeout)
	defer cancel()
	e.SetContext(ctx)
	return next()
}

// checkEvent charges an event to the visitor's rate and checks its argument before it
// is parsed. Events without a handler are ignored and not answered.
func (h *chatHandlers) checkEvent(e *socketio.Event, next func() error) error {
	if !h.events[e.Name] {
		return nil
	}
	if st, ok := socketio.Data[*joinedRooms](e.Socket); ok {
		if err := h.limiter.Act(st.visitor); err != nil {
			return err
		}
	}
	if len(e.Args) == 0 {
		return next()
	}
	if raw, err := e.Args[0].MarshalJSON(); err == nil && len(raw) > maxArgument {
		return &rooms.InvalidError{Field: "argument", Reason: "too_long"}
	}
	if input.UnpairedSurrogate(e.Args[0].JSON()) {
		return &rooms.InvalidError{Field: "argument", Reason: "malformed"}
	}
	return next()
}

// Refusal returns an encoder of errors for socketio.Config. It acknowledges a refused
// event, and emits error-message for a refused join and for every event without an
// acknowledgement.
func Refusal(log *slog.Logger) func(e *socketio.Event, err error) any {
	return func(e *socketio.Event, err error) any {
		refused := refusalOf(err, languageOf(e.Socket))
		if refused.Reason == "internal" {
			log.Error("event failed", "event", e.Name, "err", err)
		}
		err = e.Ack(refused)
		if e.Name == eventJoin || !e.WantsAck() {
			err = errors.Join(err, e.Socket.Emit(eventError, refused))
		}
		if err != nil && e.Socket.Connected() {
			log.Error("refusal not sent", "event", e.Name, "err", err)
		}
		return refused
	}
}

// languageOf returns the language that the client's first request accepts.
func languageOf(socket *socketio.Socket) i18n.Language {
	return i18n.Accepted(&http.Request{Header: socket.Handshake().Header})
}

func refusalOf(err error, l i18n.Language) wire.Refusal {
	invalid, ok := errors.AsType[*rooms.InvalidError](err)
	if _, argument := errors.AsType[*socketio.ArgumentError](err); argument && !ok {
		invalid, ok = &rooms.InvalidError{Field: "argument", Reason: "wrong_type"}, true
		err = invalid
	}
	r := refusal.Of(err)
	if errors.Is(err, context.DeadlineExceeded) {
		r = refusal.Of(rooms.ErrUnavailable)
	}
	refused := wire.Refusal{Reason: r.Reason, Message: i18n.Text(l, r.Key), RetryAfter: refusal.RetryAfter(err).Milliseconds()}
	if ok {
		refused.Field = invalid.Field
	}
	return refused
}
