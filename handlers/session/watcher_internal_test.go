package session

import (
	"context"
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

// revocable is a Store in which every session is valid until it is revoked.
type revocable struct {
	Store
	mu      sync.Mutex
	revoked map[string]bool // ids and visitors
	queried int             // ids
}

func (s *revocable) LiveSessions(_ context.Context, ids []string) ([]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := make([]bool, len(ids))
	for i, id := range ids {
		live[i] = !s.revoked[id]
	}
	s.queried += len(ids)
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

// watched returns a server that identifies connections by their header Session, and
// the sessions that watch it.
func watched(t testing.TB, kept Store) (*socketio.Server, *Sessions) {
	t.Helper()
	sessions, err := New(Config{Store: kept, Secrets: [][]byte{make([]byte, MinSecret)}})
	if err != nil {
		t.Fatal(err)
	}
	srv := socketio.NewServer(socketio.Config{Identify: func(r *http.Request) (any, error) {
		id := r.Header.Get("Session")
		if id == "" {
			return Identity{Visitor: newVisitor("")}, nil
		}
		return Identity{Visitor: visitorOf(id, ""), sessionID: id}, nil
	}})
	sessions.Watch(srv.Of("/"), srv.Of("/room"), srv.Of("/chat"))
	return srv, sessions
}

// poller is a polling client without a network, which synctest cannot wait for.
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

// Row A6: the end of a session closes its open sockets within a minute. The
// connection of a session with a new id is closed, so that the client reconnects
// with the new cookie.
func TestWatcher_closes_sockets_of_ended_sessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &revocable{revoked: make(map[string]bool)}
		srv, sessions := watched(t, kept)
		defer srv.Close(context.Background())
		defer sessions.Close()
		expired, renewed := newID(), newID()
		ended := map[string]poller{}
		for _, namespace := range []string{"/", "/room", "/chat"} {
			ended[namespace] = connectTo(srv, expired, namespace)
		}
		back := connectTo(srv, renewed, "/chat")
		valid, without := connectTo(srv, newID(), "/chat"), connectTo(srv, "", "/chat")

		time.Sleep(time.Second)
		kept.revoke(expired, visitorPart(expired), renewed)
		time.Sleep(defaultCheck)
		synctest.Wait()
		for namespace, p := range ended {
			if got := p.poll(); !strings.Contains(got, "41") {
				t.Errorf("%s: got %q, want a DISCONNECT", namespace, got)
			}
		}
		if got := back.poll(); !strings.Contains(got, `"code":1`) {
			t.Errorf("connection of a renewed session: got %q, want it closed", got)
		}
		for name, p := range map[string]poller{"a valid session": valid, "no session": without} {
			if got := p.poll(); got != "2" { // the heartbeat
				t.Errorf("%s: got %q, want only a heartbeat", name, got)
			}
		}
		if n := srv.Of("/chat").Len(); n != 2 {
			t.Errorf("sockets left on /chat: got %d, want 2", n)
		}
	})
}

func TestWatcher_refuses_a_socket_identified_before_the_logout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &revocable{revoked: make(map[string]bool)}
		srv, sessions := watched(t, kept)
		defer srv.Close(context.Background())
		defer sessions.Close()
		id, other := newID(), newID()
		connectTo(srv, other, "/room")
		if kept.queried > 0 {
			t.Errorf("queried sessions without a logout: got %d, want 0", kept.queried)
		}
		err := sessions.watcher.end(chatSession(id), func() error {
			kept.revoke(id, visitorPart(id))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		connectTo(srv, id, "/room") // its identity is of generation 0
		connectTo(srv, other, "/room")
		synctest.Wait()
		if n := srv.Of("/room").Len(); n != 2 {
			t.Errorf("sockets on /room: got %d, want the 2 of the other session", n)
		}
	})
}

// BenchmarkSessionCheck checks the sessions of 10,000 sockets in SQLite.
func BenchmarkSessionCheck(b *testing.B) {
	const sockets = 10_000
	kept, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "chat.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer kept.Close()
	srv, sessions := watched(b, kept)
	defer srv.Close(context.Background())
	defer sessions.Close()
	var saving sync.WaitGroup
	for range sockets / 100 {
		saving.Go(func() {
			for range 100 {
				id := newID()
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
		if err := sessions.watcher.check(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if n := srv.Of("/chat").Len(); n != sockets {
		b.Errorf("sockets left: got %d, want %d", n, sockets)
	}
}
