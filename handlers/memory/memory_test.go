package memory

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

// counting returns a Returner, a function that opens n connections, and one that
// returns the number of calls of free.
func counting(t *testing.T) (open func(n int), called func() int32) {
	t.Helper()
	var calls atomic.Int32
	r := NewReturner(func() { calls.Add(1) })
	t.Cleanup(r.Close)
	open = func(n int) {
		for range n {
			r.Observe(socketio.ConnOpened{})
		}
	}
	return open, func() int32 { synctest.Wait(); return calls.Load() }
}

func TestReturner_frees_once_after_a_wave_of_connections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, called := counting(t)
		for range 10 { // no call while connections open
			open(minChanges)
			time.Sleep(quiet / 2)
			if n := called(); n > 0 {
				t.Fatalf("free: got %d calls while connections open, want 0", n)
			}
		}
		time.Sleep(3 * quiet)
		if n := called(); n != 1 {
			t.Errorf("free: got %d calls after a wave, want 1", n)
		}
		time.Sleep(time.Hour)
		if n := called(); n != 1 {
			t.Errorf("free: got %d calls an hour after one wave, want 1", n)
		}
		open(4 * minChanges)
		time.Sleep(3 * quiet)
		if n := called(); n != 2 {
			t.Errorf("free: got %d calls after two waves, want 2", n)
		}
	})
}

func TestReturner_does_not_free_after_few_connections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, called := counting(t)
		open(minChanges - 1)
		time.Sleep(time.Hour)
		if n := called(); n != 0 {
			t.Errorf("free: got %d calls, want 0", n)
		}
	})
}

// A quarter of 10,000 connections is a wave, and fewer are not.
func TestReturner_compares_a_wave_with_all_connections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, called := counting(t)
		open(10_000)
		time.Sleep(3 * quiet)
		open(minChanges)
		time.Sleep(time.Hour)
		if n := called(); n != 1 {
			t.Errorf("free: got %d calls, want 1 for the first wave", n)
		}
		open(3000)
		time.Sleep(3 * quiet)
		if n := called(); n != 2 {
			t.Errorf("free: got %d calls, want 2 after 3,500 more connections", n)
		}
	})
}

// The connections of a server are observed from their handshake to their end, but
// not the end of the server itself.
func TestReturner_counts_the_connections_of_a_server(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		r := NewReturner(func() { calls.Add(1) })
		defer r.Close()
		s := socketio.NewServer(socketio.Config{Observer: r, PingInterval: time.Hour})
		handshakes := func() {
			for range minChanges {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?EIO=4&transport=polling", nil))
				if w.Code != http.StatusOK {
					t.Fatalf("handshake: got %d, want 200", w.Code)
				}
			}
		}
		handshakes()
		time.Sleep(3 * quiet)
		if synctest.Wait(); calls.Load() != 1 {
			t.Errorf("free: got %d calls after the handshakes, want 1", calls.Load())
		}
		time.Sleep(2 * time.Minute) // no client connects to a namespace or answers a ping
		if synctest.Wait(); calls.Load() != 2 || s.Len() != 0 {
			t.Errorf("free: got %d calls and %d connections after all have ended, want 2 and 0", calls.Load(), s.Len())
		}
		handshakes()
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if synctest.Wait(); calls.Load() != 3 {
			t.Errorf("free: got %d calls after Close, want 3: only the handshakes count", calls.Load())
		}
	})
}
