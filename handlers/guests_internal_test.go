package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
	"gifchat/store"
)

// revocable is a SessionStore in which every session lives that was not revoked.
type revocable struct {
	SessionStore
	mu      sync.Mutex
	revoked map[string]bool // ids and visitors
	asked   int             // ids
}

func (s *revocable) LiveSessions(_ context.Context, ids []string) ([]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := make([]bool, len(ids))
	for i, id := range ids {
		live[i] = !s.revoked[id]
	}
	s.asked += len(ids)
	return live, nil
}

func (s *revocable) LiveVisitors(ctx context.Context, visitors []string) ([]bool, error) {
	return s.LiveSessions(ctx, visitors)
}

func (s *revocable) revoke(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.revoked[id] = true
	}
}

// watched is a server whose connections are those of the sessions they name.
func watched(kept SessionStore) (*socketio.Server, *guests) {
	srv := socketio.NewServer(socketio.Config{Identify: func(r *http.Request) (any, error) {
		id := r.Header.Get("Session")
		if id == "" {
			return stranger{visitorOf(newSessionID(), "")}, nil
		}
		return guest{Visitor: visitorOf(id, ""), session: id}, nil
	}})
	return srv, newGuests(srv, kept, sessionCheck, slog.New(slog.DiscardHandler))
}

// poller speaks to a server without a network, which synctest cannot wait for.
type poller struct {
	srv *socketio.Server
	sid string
}

func connectTo(srv *socketio.Server, session, namespace string) poller {
	p := poller{srv: srv}
	r := httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil)
	r.Header.Set("Session", session)
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, r)
	_, rest, _ := strings.Cut(w.Body.String(), `"sid":"`)
	p.sid, _, _ = strings.Cut(rest, `"`)
	p.post("40" + namespace + ",")
	p.poll()
	return p
}

func (p poller) post(packet string) {
	p.srv.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/?EIO=4&transport=polling&sid="+p.sid, strings.NewReader(packet)))
}

func (p poller) poll() string {
	w := httptest.NewRecorder()
	p.srv.ServeHTTP(w, httptest.NewRequest("GET", "/?EIO=4&transport=polling&sid="+p.sid, nil))
	return w.Body.String()
}

// Row A6: a session that is no more is so on its open sockets too, within the
// minute. Who has a new id is only asked to come back with it.
func TestSocketsEndWithTheirSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &revocable{revoked: make(map[string]bool)}
		srv, g := watched(kept)
		defer srv.Close(context.Background())
		defer g.close()
		over, renewed := newSessionID(), newSessionID()
		ended := map[string]poller{}
		for _, namespace := range []string{"/", "/room", "/chat"} {
			ended[namespace] = connectTo(srv, over, namespace)
		}
		back := connectTo(srv, renewed, "/chat")
		stays, strange := connectTo(srv, newSessionID(), "/chat"), connectTo(srv, "", "/chat")

		time.Sleep(time.Second)
		kept.revoke(over, visitorPart(over), renewed)
		time.Sleep(sessionCheck)
		synctest.Wait()
		for namespace, p := range ended {
			if got := p.poll(); !strings.Contains(got, "41") {
				t.Errorf("%s: got %q, want a DISCONNECT", namespace, got)
			}
		}
		if got := back.poll(); !strings.Contains(got, `"code":1`) {
			t.Errorf("a renewed session's connection: got %q, want it closed", got)
		}
		for who, p := range map[string]poller{"another": stays, "a stranger": strange} {
			if got := p.poll(); got != "2" { // the heartbeat
				t.Errorf("%s: got %q", who, got)
			}
		}
		if n := srv.Of("/chat").Count(); n != 2 {
			t.Errorf("%d sockets are left on /chat, want 2", n)
		}
	})
}

// Who was identified before a logout and connects after it is asked for.
func TestNobodySlipsThroughALogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &revocable{revoked: make(map[string]bool)}
		srv, g := watched(kept)
		defer srv.Close(context.Background())
		defer g.close()
		id, other := newSessionID(), newSessionID()
		connectTo(srv, other, "/room")
		if kept.asked > 0 {
			t.Error("the store was asked though nobody has logged out")
		}
		err := g.forget(chatSession(id), func() error {
			kept.revoke(id, visitorPart(id))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		connectTo(srv, id, "/room") // its guest is of generation 0
		connectTo(srv, other, "/room")
		synctest.Wait()
		if n := srv.Of("/room").Count(); n != 2 {
			t.Errorf("%d sockets are there, want those of the other", n)
		}
	})
}

// BenchmarkSessionCheck looks for the sessions of 10,000 sockets in SQLite.
func BenchmarkSessionCheck(b *testing.B) {
	const sockets = 10_000
	kept, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "chat.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer kept.Close()
	srv, g := watched(kept)
	defer srv.Close(context.Background())
	defer g.close()
	var saving sync.WaitGroup
	for range sockets / 100 {
		saving.Go(func() {
			for range 100 {
				id := newSessionID()
				if _, err := kept.SaveSession(b.Context(), id, visitorPart(id), nil, time.Hour); err != nil {
					b.Error(err)
				}
				connectTo(srv, id, "/chat")
			}
		})
	}
	saving.Wait()
	b.ReportAllocs()
	for b.Loop() {
		if err := g.check(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if n := srv.Of("/chat").Count(); n != sockets {
		b.Errorf("%d sockets are left of %d", n, sockets)
	}
}
