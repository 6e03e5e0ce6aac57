package socketio

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"sync"

	"gifchat/socketio/engineio"
)

// Server is a Socket.IO server. It is an http.Handler for the path that
// clients use, usually /socket.io/.
type Server struct {
	// Immutable.
	cfg      Config
	engine   *engineio.Server
	workers  *workers
	flushers *flushers

	counts counts

	mu         sync.RWMutex
	namespaces map[string]*Namespace // guarded by mu, as are the next fields
	parents    []*ParentNamespace    // in the order of the OfFunc calls
	dynamic    int                   // the number of namespaces that are removed with their last socket
}

// NewServer returns a server with the namespace "/". It panics if cfg.Origins has
// a malformed entry.
func NewServer(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, workers: newWorkers(), flushers: newFlushers(), namespaces: make(map[string]*Namespace)}
	s.engine = engineio.NewServer(engineio.Config{
		Accept:      s.accept,
		Identify:    cfg.Identify,
		SameClient:  cfg.SameClient,
		Origins:     cfg.Origins,
		AllowOrigin: cfg.AllowOrigin,
		ConnOptions: cfg.ConnOptions,

		AllowedHeaders: cfg.AllowedHeaders,

		Secure:     cfg.Secure,
		Address:    cfg.ClientAddress,
		OnShutdown: s.shutDown,
		Log:        cfg.Log,

		Observer:        observerOf(s),
		AllowConnection: cfg.AllowConnection,
		RefuseRevision3: cfg.RefuseOldClients,
		ASCII:           escapeNonASCII,
		PingInterval:    cfg.PingInterval,
		PingTimeout:     cfg.PingTimeout,
		UpgradeTimeout:  cfg.UpgradeTimeout,
		Limits:          cfg.Limits.Engine,
	})
	s.Of("/")
	return s
}

// ServeHTTP answers the requests of clients.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// ConnContext is for http.Server.ConnContext. With it, the answer to a poll can
// be written for as long as the client makes progress. Without it, the server
// cannot see the progress, and the time limit depends on the size of the answer.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return engineio.ConnContext(ctx, conn)
}

// Of returns the namespace with that name and creates it if necessary. The
// leading slash is optional. Clients can connect only to namespaces that Of
// has created, or whose name a ParentNamespace matches.
//
// Of panics for a name that no client can connect to: a name with a comma, a
// question mark or U+001E, a name that is not valid UTF-8, or a name longer
// than Limits.MaxNamespaceName. Lookup returns false for these names.
func (s *Server) Of(name string) *Namespace {
	name = withSlash(name)
	if err := checkNamespaceName(name, s.cfg.Limits.MaxNamespaceName); err != nil {
		panic(fmt.Sprintf("socketio: Of(%q): no client can connect: %v", name, err))
	}
	return s.keep(name, s.parentOf(name)).open()
}

// keep returns the namespace with that name and keeps it when its last socket
// leaves.
func (s *Server) keep(name string, parent *ParentNamespace) *Namespace {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.namespaces[name]
	switch {
	case n == nil:
		n = newNamespace(s, parent, name)
		s.namespaces[name] = n
	case !n.kept:
		s.dynamic--
	}
	n.kept = true
	return n
}

// Lookup returns the namespace with that name if it exists.
func (s *Server) Lookup(name string) (*Namespace, bool) {
	s.mu.RLock()
	n, ok := s.namespaces[withSlash(name)]
	s.mu.RUnlock()
	if ok {
		n.open()
	}
	return n, ok
}

func withSlash(name string) string {
	if name == "" || name[0] != '/' {
		return "/" + name
	}
	return name
}

// Len returns the number of connections, in whatever namespaces.
func (s *Server) Len() int { return s.engine.Len() }

// Close ends the server without losing the answers of running handlers:
//
//  1. New connections are refused with 503.
//  2. With Config.CloseOver, connections are closed one by one over that time.
//  3. Events that arrive are ignored, and handlers of events that arrived before
//     are called for at most 200 ms. Close waits for the handlers that run. Until
//     then all clients receive what handlers emit, and can acknowledge it. A client
//     that is still being sent missed events gets 200 ms for them, then its answers.
//  4. After Config.HandlerGrace, the contexts of the sockets end with
//     ReasonServerShutdown. After the same time again, Close no longer waits for
//     handlers in this step, and those that still run cannot reach their clients.
//  5. The connections are closed, and stock clients reconnect by themselves, to
//     the next server. A client that does not read its last packets within 200 ms
//     is cut. Disconnect handlers run with ReasonServerShutdown.
//  6. When all handlers have returned, the sessions of offline clients end (see
//     Recovery.Expired), and the adapters are closed.
//
// When ctx is done, Close cuts all connections at once and returns the cause of
// ctx. A handler may run longer than ctx allows, so ctx should have a deadline,
// and a later Close waits for that handler. Close may be called more than once,
// also concurrently, but not in a handler: it would wait for itself.
func (s *Server) Close(ctx context.Context) error {
	s.endHandlers(ctx, s.engine.StopAccepting())
	err := context.Cause(ctx)
	s.workers.stop()
	err = cmp.Or(err, s.engine.Close(ctx), s.workers.wait(ctx), s.closeDeliveries(ctx))
	s.closeAdapters()
	return err
}

// origin says which function of the program is called.
type origin struct {
	handler string  // see HandlerPanicked
	event   string  // may be ""
	socket  *Socket // may be nil
}

// protect calls fn. It logs and observes a panic, and returns false. The caller
// holds no lock.
func (s *Server) protect(o origin, fn func()) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			p := HandlerPanicked{Handler: o.handler, Event: o.event, Value: v, Stack: string(debug.Stack())}
			if o.socket != nil {
				p.Conn, p.Namespace, p.Socket = o.socket.client.conn.Number(), o.socket.namespace.name, o.socket.id
			}
			s.cfg.Log.Error("panic in a handler", "handler", p.Handler, "namespace", p.Namespace, "event", p.Event, "panic", v, "stack", p.Stack)
			s.observe(p)
		}
	}()
	fn()
	return true
}
