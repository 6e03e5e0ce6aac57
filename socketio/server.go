package socketio

import (
	"context"
	"errors"
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
	namespaces map[string]*Namespace // guarded by mu
}

// NewServer returns a server that has the namespace "/".
func NewServer(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, workers: newWorkers(), flushers: newFlushers(), namespaces: make(map[string]*Namespace)}
	s.engine = engineio.NewServer(engineio.Config{
		Accept:      s.accept,
		Identify:    cfg.Identify,
		AllowOrigin: cfg.AllowOrigin,
		Address:     cfg.ClientAddress,
		Log:         cfg.Log,

		RefuseRevision3: cfg.RefuseOldClients,
		ASCII:           escapeNonASCII,
		PingInterval:    cfg.PingInterval,
		PingTimeout:     cfg.PingTimeout,
		Limits:          cfg.Limits.Engine,
	})
	s.Of("/")
	return s
}

// ServeHTTP answers the requests of clients.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Of returns the namespace of that name, and makes it if there is none. The
// slash in front may be left out. Clients can connect only to namespaces that
// were made so.
func (s *Server) Of(name string) *Namespace {
	if name == "" || name[0] != '/' {
		name = "/" + name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.namespaces[name]
	if n == nil {
		n = newNamespace(s, name)
		s.namespaces[name] = n
	}
	return n
}

func (s *Server) namespace(name string) *Namespace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.namespaces[name]
}

// Len returns the number of connections, whatever they are connected to.
func (s *Server) Len() int { return s.engine.Len() }

// Close ends every connection, so that stock clients reconnect by themselves
// to whoever comes next, and waits until the handlers have returned, at most
// until ctx is done. Disconnect handlers run with ReasonServerShutdown.
func (s *Server) Close(ctx context.Context) error {
	err := s.engine.Close(ctx)
	return errors.Join(err, s.workers.close(ctx))
}
