package handlers

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
	// sessionCheck is how often the sessions of open sockets are looked for: with
	// renewalGrace, an id that is no longer good is of no use after a minute.
	sessionCheck = 30 * time.Second

	// checkBatch of them are asked for at once.
	checkBatch = 500
)

// guests keeps the sockets of visitors with a cookie to the life of their
// sessions: who logs out is gone at once, on every namespace, and so is within
// sessionCheck whose session has expired or was revoked by another program.
//
// A socket is found by a label of its visitor. A logout counts the generation
// up, deletes the sessions, and then looks for sockets. Who was identified in an
// older generation asks the store again once it can be found, so that nobody
// slips through between the first look and the label.
type guests struct {
	// Immutable.
	kept     SessionStore
	spaces   []*socketio.Namespace
	interval time.Duration
	log      *slog.Logger
	stop     context.CancelFunc
	tasks    sync.WaitGroup

	logouts atomic.Uint64

	mu      sync.Mutex
	renewed map[string]time.Time // guarded by mu; ids that were renewed a short while ago, and when
}

// newGuests watches the sockets on srv, until close. Without srv there are none.
func newGuests(srv *socketio.Server, kept SessionStore, interval time.Duration, log *slog.Logger) *guests {
	ctx, cancel := context.WithCancel(context.Background())
	g := &guests{kept: kept, interval: interval, log: log, stop: cancel, renewed: make(map[string]time.Time)}
	if srv == nil {
		return g
	}
	for _, name := range []string{rootNamespace, lobbyNamespace, chatNamespace} {
		n := srv.Of(name)
		n.Use(func(s *socketio.Socket) error {
			if who, ok := s.Handshake().Identity.(guest); ok {
				s.Join(visitorLabel(who.Session))
			}
			return g.recheck(s)
		})
		n.OnConnect(func(s *socketio.Socket) {
			if g.recheck(s) != nil {
				s.Disconnect()
			}
		})
		g.spaces = append(g.spaces, n)
	}
	g.tasks.Go(func() { g.watch(ctx) })
	return g
}

func (g *guests) close() {
	g.stop()
	g.tasks.Wait()
}

// visitorLabel names the sockets of a visitor on a namespace, as label does
// those in a room.
func visitorLabel(s rooms.Session) string { return "visitor:" + string(s) }

// generation is to be asked before a session is loaded.
func (g *guests) generation() uint64 { return g.logouts.Load() }

// forget ends all that is open of a visitor, after end has deleted its sessions.
func (g *guests) forget(s rooms.Session, end func() error) error {
	g.logouts.Add(1)
	if err := end(); err != nil {
		return err
	}
	for _, n := range g.spaces {
		n.To(visitorLabel(s)).Disconnect() // stock clients do not come back from that
	}
	return nil
}

// renew lets a session have a new id. For a while longer the one before is good
// for requests that were under way, and for the sockets that are open.
func (g *guests) renew(before string, save func() error) error {
	if err := save(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, at := range g.renewed {
		if time.Since(at) > renewalGrace+2*g.interval {
			delete(g.renewed, id) // its sockets have been cut
		}
	}
	g.renewed[before] = time.Now()
	return nil
}

// outdated tells whether a socket's session has a newer id. Who has stolen the one
// before must not do with it what lasts.
func (g *guests) outdated(s *socketio.Socket) bool {
	who, ok := s.Handshake().Identity.(guest)
	if !ok {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	_, renewed := g.renewed[who.session]
	return renewed
}

// errSessionOver refuses a socket, in the words that clients know; errNotNow one
// of which it is not known.
var (
	errSessionOver = &socketio.ConnectError{Message: "Forbidden"}
	errNotNow      = &socketio.ConnectError{Message: "Unavailable"}
)

// recheck looks once more for the session of a socket, if anybody has logged
// out since it was loaded: before the socket is let in, and when it can be found.
func (g *guests) recheck(s *socketio.Socket) error {
	who, ok := s.Handshake().Identity.(guest)
	if !ok || who.asOf == g.generation() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
	defer cancel()
	live, err := g.kept.LiveSessions(ctx, []string{who.session})
	if err != nil {
		g.log.Error("session not looked for", "err", err)
		s.CloseConn() // as a broken network would: the client tries again
		return errNotNow
	}
	if !live[0] {
		return errSessionOver
	}
	return nil
}

// watch checks all sockets now and then.
func (g *guests) watch(ctx context.Context) {
	ticker := time.NewTicker(g.interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := g.check(ctx); err != nil && ctx.Err() == nil {
			g.log.Error("sessions not checked", "err", err)
		}
	}
}

// check ends the sockets whose sessions are no more.
func (g *guests) check(ctx context.Context) error {
	sockets := make(map[string][]*socketio.Socket) // by session
	for _, n := range g.spaces {
		for _, s := range n.Local().Sockets() {
			if who, ok := s.Handshake().Identity.(guest); ok {
				sockets[who.session] = append(sockets[who.session], s)
			}
		}
	}
	batch := make([]string, 0, checkBatch)
	var errs []error
	for id := range sockets {
		if batch = append(batch, id); len(batch) == checkBatch {
			errs = append(errs, g.checkBatch(ctx, batch, sockets))
			batch = batch[:0]
		}
	}
	return errors.Join(append(errs, g.checkBatch(ctx, batch, sockets))...)
}

// checkBatch ends the sockets of those ids that are no longer good. The visitor
// of one that was renewed is still there: its pages come back by themselves, with
// the cookie that they have now, and who has only the old one does not.
func (g *guests) checkBatch(ctx context.Context, ids []string, sockets map[string][]*socketio.Socket) error {
	live, err := g.kept.LiveSessions(ctx, ids)
	if err != nil {
		return err
	}
	var over, visitors []string
	for i, id := range ids {
		if !live[i] {
			over, visitors = append(over, id), append(visitors, visitorPart(id))
		}
	}
	if len(over) == 0 {
		return nil
	}
	stays, err := g.kept.LiveVisitors(ctx, visitors)
	if err != nil {
		return err
	}
	g.logouts.Add(1) // their connections stay, and may ask to be let in again
	for i, id := range over {
		for _, s := range sockets[id] {
			if stays[i] {
				s.CloseConn()
			} else {
				s.Disconnect()
			}
		}
	}
	g.log.Debug("sockets of ended sessions closed", "sessions", len(over))
	return nil
}
