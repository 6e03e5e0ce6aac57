package socketio

import "context"

// serverSide are the handlers of events that other servers emit.
type serverSide struct {
	on     map[string][]func(Args)   // by event
	answer map[string]func(Args) any // by event
}

// OnServerSide adds a handler for an event that another server emits with
// Namespace.ServerSideEmit.
func (h *handlers) OnServerSide(event string, fn func(Args)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.serverSide.on == nil {
		h.serverSide.on = make(map[string][]func(Args))
	}
	h.serverSide.on[event] = added(h.serverSide.on[event], fn)
}

// AnswerServerSide sets the handler whose result acknowledges another server's
// Namespace.ServerSideEmitWithAck. Each event has at most one.
func (h *handlers) AnswerServerSide(event string, fn func(Args) any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.serverSide.answer == nil {
		h.serverSide.answer = make(map[string]func(Args) any)
	}
	h.serverSide.answer[event] = fn
}

func (h *handlers) serverSideHandlers(event string) (on []func(Args), answer func(Args) any) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.serverSide.on[event], h.serverSide.answer[event]
}

// ServerSideEmit sends an event to the namespace of this name on every other
// server. It reaches neither clients nor this server.
func (n *Namespace) ServerSideEmit(event string, args ...any) error {
	values, err := NewArgs(args...)
	if err == nil && n.adapter != nil {
		n.adapter.ServerSideEmit(event, values)
	}
	return err
}

// ServerSideEmitWithAck sends an event to the namespace of this name on every
// other server, and waits until each has answered or ctx is done. It returns
// the answers that came, in no particular order, and an error if one is
// missing.
func (n *Namespace) ServerSideEmitWithAck(ctx context.Context, event string, args ...any) ([]Value, error) {
	values, err := NewArgs(args...)
	if err != nil || n.adapter == nil {
		return nil, err
	}
	return n.adapter.ServerSideEmitWithAck(ctx, event, values)
}

// ReceiveServerSide runs the handlers of an event from another server. It is
// for adapters. ok is false if no handler answers.
func (n *Namespace) ReceiveServerSide(event string, args Args) (answer Value, ok bool) {
	for _, h := range []*handlers{n.inherited, &n.handlers} {
		on, fn := h.serverSideHandlers(event)
		for _, fn := range on {
			n.server.protect(origin{handler: "server-side event", event: event}, func() { fn(args) })
		}
		if fn != nil {
			n.server.protect(origin{handler: "server-side event", event: event}, func() {
				if values, err := NewArgs(fn(args)); err == nil {
					answer, ok = values[0], true
				}
			})
		}
	}
	return answer, ok
}
