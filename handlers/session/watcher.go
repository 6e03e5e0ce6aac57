package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gifchat/rooms"
	"gifchat/socketio"
)

const (
	// maxBatch is the number of sessions in one query of the store.
	maxBatch = 500

	// checkTimeout bounds a query for one socket.
	checkTimeout = 5 * time.Second
)

// watcher ends the sockets of visitors whose sessions end. A logout ends them at
// once, on every namespace. A session that has expired, or that another program has
// revoked, ends them within the interval of the checks.
//
// The watcher finds a visitor's sockets by a Socket.IO room of the visitor. A logout
// increments the generation, deletes the sessions, and then disconnects the sockets.
// A socket that was identified in an older generation is checked with a second query
// once it is in that room. So a logout between the first query and the room is noticed.
type watcher struct {
	// Immutable after watch.
	store      Store
	namespaces []*socketio.Namespace
	interval   time.Duration
	log        *slog.Logger
	ctx        context.Context // ends with close
	stop       context.CancelFunc
	tasks      sync.WaitGroup

	logouts atomic.Uint64

	mu      sync.Mutex
	renewed map[string]time.Time // guarded by mu; when ids were renewed, until their sockets are closed
}

func newWatcher(store Store, interval time.Duration, log *slog.Logger) *watcher {
	ctx, cancel := context.WithCancel(context.Background())
	return &watcher{store: store, interval: interval, log: log, ctx: ctx, stop: cancel, renewed: make(map[string]time.Time)}
}

// Watch watches the sockets of namespaces until Close. Call it once, before the
// server accepts connections.
func (s *Sessions) Watch(namespaces ...*socketio.Namespace) { s.watcher.watch(namespaces) }

func (w *watcher) watch(namespaces []*socketio.Namespace) {
	w.namespaces = namespaces
	for _, n := range namespaces {
		n.Use(func(s *socketio.Socket) error {
			if identity, ok := withSession(s); ok {
				s.Join(visitorRoom(identity.Visitor.Session))
			}
			return w.recheck(s)
		})
		n.OnConnect(func(s *socketio.Socket) {
			if w.recheck(s) != nil {
				s.Disconnect()
			}
		})
	}
	w.tasks.Go(w.run)
}

func (w *watcher) close() {
	w.stop()
	w.tasks.Wait()
}

// withSession returns the identity of a socket whose connection began with a
// session.
func withSession(s *socketio.Socket) (Identity, bool) {
	i, ok := s.Handshake().Identity.(Identity)
	return i, ok && i.HasSession()
}

// visitorRoom returns the Socket.IO room of a visitor's sockets.
func visitorRoom(s rooms.Session) string { return "visitor:" + string(s) }

// generation returns the number of logouts. Read it before a session is loaded.
func (w *watcher) generation() uint64 { return w.logouts.Load() }

// end disconnects the sockets of a visitor after deleteSessions has deleted its
// sessions.
func (w *watcher) end(s rooms.Session, deleteSessions func() error) error {
	w.logouts.Add(1)
	if err := deleteSessions(); err != nil {
		return err
	}
	for _, n := range w.namespaces {
		n.To(visitorRoom(s)).Disconnect() // stock clients do not reconnect after that
	}
	return nil
}

// renew calls save, which gives a session a new id, and remembers the id before. That
// id stays valid for renewalGrace, for requests that were under way and open sockets.
func (w *watcher) renew(before string, save func() error) error {
	if err := save(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, at := range w.renewed {
		if time.Since(at) > renewalGrace+2*w.interval {
			delete(w.renewed, id) // its sockets are closed
		}
	}
	w.renewed[before] = time.Now()
	return nil
}

// Outdated reports whether a socket's session has a newer id. Somebody may have
// stolen the id before, so such a socket must not do what lasts.
func (s *Sessions) Outdated(socket *socketio.Socket) bool {
	identity, ok := withSession(socket)
	if !ok {
		return false
	}
	s.watcher.mu.Lock()
	defer s.watcher.mu.Unlock()
	_, renewed := s.watcher.renewed[identity.sessionID]
	return renewed
}

// errSessionEnded and errUnavailable refuse a socket: its session has ended, or the
// store fails.
var (
	errSessionEnded = &socketio.Error{Message: "Forbidden"}
	errUnavailable  = &socketio.Error{Message: "Unavailable"}
)

// recheck queries the session of a socket again if a visitor has logged out since it
// was loaded: before the socket is let in, and when it is in its visitor's room.
func (w *watcher) recheck(s *socketio.Socket) error {
	identity, ok := withSession(s)
	if !ok || identity.asOf == w.generation() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	live, err := w.store.LiveSessions(ctx, []string{identity.sessionID})
	if err != nil {
		w.log.Error("session not checked", "err", err)
		s.CloseConn() // as a broken network would: the client tries again
		return errUnavailable
	}
	if !live[0] {
		return errSessionEnded
	}
	return nil
}

// run checks all sockets at the interval.
func (w *watcher) run() {
	ticker := time.NewTicker(w.interval)
	defer ticker.Stop()
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-ticker.C:
		}
		if err := w.check(w.ctx); err != nil && w.ctx.Err() == nil {
			w.log.Error("sessions not checked", "err", err)
		}
	}
}

// check closes the sockets whose sessions have ended.
func (w *watcher) check(ctx context.Context) error {
	sockets := make(map[string][]*socketio.Socket) // by session id
	for _, n := range w.namespaces {
		for _, s := range n.Local().Sockets() {
			if identity, ok := withSession(s); ok {
				sockets[identity.sessionID] = append(sockets[identity.sessionID], s)
			}
		}
	}
	batch := make([]string, 0, maxBatch)
	var errs []error
	for id := range sockets {
		if batch = append(batch, id); len(batch) == maxBatch {
			errs = append(errs, w.checkBatch(ctx, batch, sockets))
			batch = batch[:0]
		}
	}
	return errors.Join(append(errs, w.checkBatch(ctx, batch, sockets))...)
}

// checkBatch closes the sockets of the ids that have ended. If the visitor has a
// newer session, it closes the connection: the visitor's pages reconnect with the
// new cookie, and a client that has only the old one does not get in.
func (w *watcher) checkBatch(ctx context.Context, ids []string, sockets map[string][]*socketio.Socket) error {
	live, err := w.store.LiveSessions(ctx, ids)
	if err != nil {
		return err
	}
	var ended, visitors []string
	for i, id := range ids {
		if !live[i] {
			ended, visitors = append(ended, id), append(visitors, visitorPart(id))
		}
	}
	if len(ended) == 0 {
		return nil
	}
	renewed, err := w.store.LiveVisitors(ctx, visitors)
	if err != nil {
		return err
	}
	w.logouts.Add(1) // a connection of a disconnected socket may connect to a namespace again
	for i, id := range ended {
		for _, s := range sockets[id] {
			if renewed[i] {
				s.CloseConn()
			} else {
				s.Disconnect()
			}
		}
	}
	w.log.Debug("sockets of ended sessions closed", "sessions", len(ended))
	return nil
}
