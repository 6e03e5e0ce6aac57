package socketio

import "context"

// serverSide are the handlers of what other servers tell a namespace.
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

// AnswerServerSide sets the handler whose result answers another server's
// Namespace.ServerSideEmitWithAck. There is one for each event.
func (h *handlers) AnswerServerSide(event string, fn func(Args) any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.serverSide.answer == nil {
		h.serverSide.answer = make(map[string]func(Args) any)
	}
	h.serverSide.answer[event] = fn
}

func (h *handlers) forServerSide(event string) (on []func(Args), answer func(Args) any) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.serverSide.on[event], h.serverSide.answer[event]
}

// ServerSideEmit tells the namespace of this name on every other server. It
// reaches no clients, and not this server.
func (n *Namespace) ServerSideEmit(event string, args ...any) error {
	values, err := NewArgs(args...)
	if err == nil && n.adapter != nil {
		n.adapter.ServerSideEmit(event, values)
	}
	return err
}

// ServerSideEmitWithAck tells the namespace of this name on every other server
// and waits for one answer of each, at most until ctx is done. It returns the
// answers that came, in no order, and an error if any is missing.
func (n *Namespace) ServerSideEmitWithAck(ctx context.Context, event string, args ...any) ([]Value, error) {
	values, err := NewArgs(args...)
	if err != nil || n.adapter == nil {
		return nil, err
	}
	return n.adapter.ServerSideEmitWithAck(ctx, event, values)
}

// ReceiveServerSide runs the handlers of an event from another server; it is
// for adapters. ok is false if nobody answers.
func (n *Namespace) ReceiveServerSide(event string, args Args) (answer Value, ok bool) {
	for _, h := range []*handlers{n.inherited, &n.handlers} {
		on, fn := h.forServerSide(event)
		for _, fn := range on {
			n.server.protect(event, func() { fn(args) })
		}
		if fn != nil {
			n.server.protect(event, func() {
				if values, err := NewArgs(fn(args)); err == nil {
					answer, ok = values[0], true
				}
			})
		}
	}
	return answer, ok
}
