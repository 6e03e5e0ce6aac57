package socketio

import "context"

// Request sends an event to a client and decodes the first argument of its
// acknowledgement, as Socket.EmitWithAck and Value.Bind do:
//
//	clock, err := socketio.Request[string](ctx, s, "what time is it?")
func Request[Out any](ctx context.Context, s *Socket, event string, args ...any) (out Out, err error) {
	answer, err := s.EmitWithAck(ctx, event, args...)
	if err == nil {
		err = answer.Bind(&out)
	}
	return out, err
}
