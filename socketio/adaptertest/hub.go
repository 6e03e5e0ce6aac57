package adaptertest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"gifchat/socketio"
)

// Hub connects servers of one process. It is an example of an adapter, and a
// replacement for one in tests of programs with several servers.
type Hub struct {
	mu       sync.Mutex
	adapters []*hubAdapter // guarded by mu; without closed ones
}

// Adapter is for Config.Adapter. It connects all servers that use the same Hub.
func (h *Hub) Adapter(n *socketio.Namespace) socketio.Adapter {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &hubAdapter{hub: h, namespace: n}
	h.adapters = append(h.adapters, a)
	return a
}

type hubAdapter struct {
	hub       *Hub
	namespace *socketio.Namespace
}

var _ socketio.Adapter = (*hubAdapter)(nil)

var errClosed = errors.New("adaptertest: adapter closed")

// others returns the namespaces of this name on the other servers. It fails if
// the adapter is closed.
func (a *hubAdapter) others() ([]*socketio.Namespace, error) {
	a.hub.mu.Lock()
	defer a.hub.mu.Unlock()
	if !slices.Contains(a.hub.adapters, a) {
		return nil, errClosed
	}
	var list []*socketio.Namespace
	for _, other := range a.hub.adapters {
		if other != a && other.namespace.Name() == a.namespace.Name() {
			list = append(list, other.namespace)
		}
	}
	return list, nil
}

// each calls fn with the target on each of the other servers.
func (a *hubAdapter) each(to socketio.Target, fn func(socketio.Broadcast)) {
	list, _ := a.others() // empty if closed
	for _, n := range list {
		fn(to.In(n))
	}
}

func (a *hubAdapter) Emit(to socketio.Target, event string, args socketio.Args) {
	a.each(to, func(b socketio.Broadcast) {
		_ = b.Emit(event, args.Any()...) // encoding cannot fail, since the sender's server has encoded the event
	})
}

func (a *hubAdapter) EmitWithAck(ctx context.Context, to socketio.Target, event string, args socketio.Args) ([]socketio.Args, error) {
	return gather(a, func(n *socketio.Namespace) ([]socketio.Args, error) {
		return to.In(n).EmitWithAck(ctx, event, args.Any()...)
	})
}

func (a *hubAdapter) Join(to socketio.Target, rooms []string) {
	a.each(to, func(b socketio.Broadcast) { b.Join(rooms...) })
}

func (a *hubAdapter) Leave(to socketio.Target, rooms []string) {
	a.each(to, func(b socketio.Broadcast) { b.Leave(rooms...) })
}

func (a *hubAdapter) Disconnect(to socketio.Target) {
	a.each(to, socketio.Broadcast.Disconnect)
}

func (a *hubAdapter) DisconnectClients(to socketio.Target) {
	a.each(to, socketio.Broadcast.DisconnectClients)
}

func (a *hubAdapter) CloseConns(to socketio.Target) {
	a.each(to, socketio.Broadcast.CloseConns)
}

func (a *hubAdapter) Sockets(ctx context.Context, to socketio.Target) ([]socketio.SocketInfo, error) {
	return gather(a, func(n *socketio.Namespace) ([]socketio.SocketInfo, error) {
		return to.In(n).FetchSockets(ctx)
	})
}

func (a *hubAdapter) ServerSideEmit(event string, args socketio.Args) {
	list, _ := a.others() // empty if closed
	for _, n := range list {
		n.ReceiveServerSide(event, args)
	}
}

func (a *hubAdapter) ServerSideEmitWithAck(ctx context.Context, event string, args socketio.Args) ([]socketio.Value, error) {
	return gather(a, func(n *socketio.Namespace) ([]socketio.Value, error) {
		answers := make(chan socketio.Value, 1)
		go func() { // a handler can take longer than ctx
			defer close(answers)
			if answer, ok := n.ReceiveServerSide(event, args); ok {
				answers <- answer
			}
		}()
		select {
		case answer, ok := <-answers:
			if !ok {
				return nil, errors.New("adaptertest: a server did not answer")
			}
			return []socketio.Value{answer}, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	})
}

func (a *hubAdapter) Close() error {
	a.hub.mu.Lock()
	defer a.hub.mu.Unlock()
	a.hub.adapters = slices.DeleteFunc(a.hub.adapters, func(other *hubAdapter) bool { return other == a })
	return nil
}

// gather calls request for all other servers at once and joins the results.
func gather[T any](a *hubAdapter, request func(*socketio.Namespace) ([]T, error)) ([]T, error) {
	others, err := a.others()
	if err != nil {
		return nil, err
	}
	type reply struct {
		list []T
		err  error
	}
	replies := make(chan reply, len(others))
	for _, n := range others {
		go func() {
			list, err := request(n)
			replies <- reply{list, err}
		}()
	}
	var all []T
	var errs []error
	for range others {
		r := <-replies
		all = append(all, r.list...)
		errs = append(errs, r.err)
	}
	return all, errors.Join(errs...)
}
