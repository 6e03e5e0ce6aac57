package socketio

import "context"

// Registrar is what handlers can be added to: a *Namespace, a *ParentNamespace
// or a *Socket.
type Registrar interface {
	On(event string, fn func(*Event))

	registrar() // so that methods can be added later
}

func (*handlers) registrar() {}
func (*Socket) registrar()   {}

// Handle adds a handler that answers an event. Its result is the
// acknowledgement: no argument for struct{}, several for Args, and one for any
// other type. An error refuses the event; see Event.Refuse. After a panic the
// client receives the refusal of an internal error.
//
// In chooses how the arguments are bound:
//
//   - struct{} ignores all arguments;
//   - Args receives all of them undecoded;
//   - a struct whose fields have tags such as `arg:"0"` binds one argument to
//     each of these fields;
//   - any other type receives the first argument, as Value.Bind decodes it.
//
// An argument that is missing or null refuses the event with an *ArgumentError,
// unless its type is a pointer, which is then nil. Null is also accepted by
// types that have a value for it: slices, maps, interfaces, Value, and types
// with a method UnmarshalJSON. Further arguments are ignored, as in JavaScript.
// If an argument, or In, has a method Validate() error, the method is called
// before the handler, and its error refuses the event: an *Error with its text, any
// other error as "Invalid argument 1".
//
// The context ends with the socket; see Socket.Context. It has ended already
// for an event that waited when its client disconnected. A handler that must
// finish in that case uses context.WithoutCancel.
//
// Handle panics if the tags of In are malformed, or if they would have no effect: in
// an embedded struct, or in a struct behind a pointer.
func Handle[In, Out any](to Registrar, event string, fn func(ctx context.Context, s *Socket, in In) (Out, error)) {
	bind := newBinder[In]()
	to.On(event, func(e *Event) {
		in, err := bind(e)
		var out Out
		if err == nil {
			out, err = fn(e.Context(), e.Socket, in)
		}
		if err != nil {
			e.fail(err)
			return
		}
		switch out := any(out).(type) {
		case struct{}:
			e.acknowledge()
		case Args:
			e.acknowledge(out.Any()...)
		default:
			e.acknowledge(out)
		}
	})
}

// On adds a handler for an event that needs no answer. It is Handle without a
// result: a client that wants an acknowledgement receives one without
// arguments, or a refusal.
func On[In any](to Registrar, event string, fn func(ctx context.Context, s *Socket, in In) error) {
	Handle(to, event, func(ctx context.Context, s *Socket, in In) (struct{}, error) {
		return struct{}{}, fn(ctx, s, in)
	})
}
