package socketio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"gifchat/socketio/engineio"
)

// Server is a Socket.IO server. It is an http.Handler for the path that
// clients know, usually /socket.io/.
type Server struct {
	// Immutable.
	cfg      Config
	engine   *engineio.Server
	workers  *workers
	flushers *flushers

	mu         sync.RWMutex
	namespaces map[string]*Namespace // guarded by mu, as is all that follows
	parents    []*ParentNamespace    // in the order of OfFunc
	dynamic    int                   // namespaces that go with their last socket
}

// NewServer returns a server that has the namespace "/".
func NewServer(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, workers: newWorkers(), flushers: newFlushers(), namespaces: make(map[string]*Namespace)}
	s.engine = engineio.NewServer(engineio.Config{
		Accept:      s.accept,
		Identify:    cfg.Identify,
		SameClient:  cfg.SameClient,
		AllowOrigin: cfg.AllowOrigin,

		AllowedHeaders: cfg.AllowedHeaders,

		Secure:  cfg.Secure,
		Address: cfg.ClientAddress,
		OnIdle:  cfg.AfterBurst,
		Log:     cfg.Log,

		AllowConnection: cfg.AllowConnection,
		RefuseRevision3: cfg.RefuseOldClients,
		Carrier:         cfg.Carrier,
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

// ConnContext is for http.Server.ConnContext. With it a poll's answer is written for as
// long as its client makes progress; without it, which a handler cannot see, the answer
// has a time that depends on its size.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return engineio.ConnContext(ctx, conn)
}

// Of returns the namespace of that name, and makes it if there is none. The
// slash in front may be left out. Clients can connect only to namespaces that
// were made so, or whose name a ParentNamespace matches.
//
// Of panics for a name that no client can connect to, which is a mistake of the
// program: one with a comma, a question mark or U+001E, one that is not valid
// UTF-8, or one longer than Limits.MaxNamespaceName. Lookup returns false for
// such a name.
func (s *Server) Of(name string) *Namespace {
	name = withSlash(name)
	if err := checkNamespaceName(name, s.cfg.Limits.MaxNamespaceName); err != nil {
		panic(fmt.Sprintf("socketio: Of(%q): no client can connect: %v", name, err))
	}
	return s.keep(name, s.parentOf(name)).open()
}

// keep returns the namespace of that name, which then stays.
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

// Lookup returns the namespace of that name if there is one now.
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

// Len returns the number of connections, whatever they are connected to.
func (s *Server) Len() int { return s.engine.Len() }

// Close ends every connection, so that stock clients reconnect by themselves
// to whoever comes next, and waits until the handlers have returned, at most
// until ctx is done. Disconnect handlers run with ReasonServerShutdown. Then
// the adapters are closed.
func (s *Server) Close(ctx context.Context) error {
	err := s.engine.Close(ctx)
	err = errors.Join(err, s.workers.close(ctx))
	s.closeAdapters()
	return err
}
