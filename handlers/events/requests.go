package events

import (
	"context"
	"errors"
	"time"

	"gifchat/handlers/input"
	"gifchat/handlers/refusal"
	"gifchat/handlers/wire"
	"gifchat/i18n"
	"gifchat/rooms"
	"gifchat/socketio"
)

// requestHandler handles an event. Its result is the acknowledgement; its error is
// sent as a refusal.
type requestHandler func(ctx context.Context, socket *socketio.Socket, st *joinedRooms, args socketio.Args) (any, error)

// handle returns a handler that calls fn within the visitor's rate and always
// answers.
func (h *chatHandlers) handle(fn requestHandler) func(*socketio.Event) {
	return func(e *socketio.Event) {
		st, ok := e.Socket.Data().(*joinedRooms)
		if !ok {
			return // disconnected
		}
		if err := h.limiter.Act(st.visitor); err != nil {
			h.refuse(e, st, err)
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
		defer cancel()
		answer, err := fn(ctx, e.Socket, st, e.Args)
		if err != nil {
			h.refuse(e, st, err)
			return
		}
		h.notifier.check(e.Ack(answer))
	}
}

// closeDelay is how long an answer has to reach the client before its connection is
// closed.
const closeDelay = 100 * time.Millisecond

// handleLasting is handle for events with a lasting effect. They need the newest id
// of the session. The connection of a client with an older id is closed as by a
// broken network, and the client reconnects with its newest cookie.
func (h *chatHandlers) handleLasting(fn requestHandler) func(*socketio.Event) {
	return h.handle(func(ctx context.Context, socket *socketio.Socket, st *joinedRooms, args socketio.Args) (any, error) {
		if !h.outdated(socket) {
			return fn(ctx, socket, st, args)
		}
		h.notifier.timers.After(closeDelay, socket.CloseConn)
		return nil, rooms.ErrUnavailable
	})
}

// refuse answers with a refusal, in the acknowledgement if the client waits for one.
// It also emits error-message for a refused join, and for every event without an
// acknowledgement.
func (h *chatHandlers) refuse(e *socketio.Event, st *joinedRooms, err error) {
	refused := refusalOf(err, st.language)
	if refused.Reason == "internal" {
		h.log.Error("event failed", "event", e.Name, "err", err)
	}
	h.notifier.check(e.Ack(refused))
	if e.Name == eventJoin || !e.WantsAck() {
		h.notifier.check(e.Socket.Emit(eventError, refused))
	}
}

func refusalOf(err error, l i18n.Language) wire.Refusal {
	r := refusal.Of(err)
	if errors.Is(err, context.DeadlineExceeded) {
		r = refusal.Of(rooms.ErrUnavailable)
	}
	refused := wire.Refusal{Reason: r.Reason, Message: i18n.Text(l, r.Key), RetryAfter: refusal.RetryAfter(err).Milliseconds()}
	if invalid, ok := errors.AsType[*rooms.InvalidError](err); ok {
		refused.Field = invalid.Field
	}
	return refused
}

// roomArgument is the beginning of most arguments: the room, which a socket may leave
// out for its default room.
type roomArgument struct {
	Room string `json:"room"`
}

// maxArgument is the size of the longest argument that is parsed, in bytes of JSON: a
// message of 2,000 characters is 24 KB when each character is escaped.
const maxArgument = 64 << 10

// readArgument reads an event's first argument: an object, or a string that fromText
// converts. It returns a rooms.InvalidError for anything else.
func readArgument[T any](args socketio.Args, fromText func(string) T) (T, error) {
	var argument T
	invalid := &rooms.InvalidError{Field: "argument", Reason: "wrong_type"}
	if len(args) == 0 {
		return argument, invalid
	}
	if raw, err := args[0].MarshalJSON(); err == nil && len(raw) > maxArgument {
		return argument, &rooms.InvalidError{Field: "argument", Reason: "too_long"}
	}
	if input.UnpairedSurrogate(args[0].JSON()) {
		return argument, &rooms.InvalidError{Field: "argument", Reason: "malformed"}
	}
	if args[0].IsString() {
		var text string
		if err := args[0].Bind(&text); err != nil {
			return argument, invalid
		}
		return fromText(text), nil
	}
	if err := args[0].Bind(&argument); err != nil {
		return argument, invalid
	}
	return argument, nil
}

// readObject reads an event's first argument. A missing argument, or a string, is an
// empty object.
func readObject[T any](args socketio.Args) (T, error) {
	var argument T
	if len(args) == 0 {
		return argument, nil
	}
	return readArgument(args, func(string) T { return argument })
}
