package engineio_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

func TestServerClose_ends_every_connection(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, polling := f.Open()
	waiting := waitingPoll(t, f, sid, polling)
	w, direct := f.WebSocket()
	sid2, probing := f.Open()
	probe := f.Probe(sid2)

	f.Close()
	siotest.Receive(t, waiting).Want(t, 200, "1")
	w.WantClose(ws.StatusGoingAway)
	probe.WantEnd()
	for _, p := range []*siotest.Peer{polling, direct, probing} {
		p.WantClosed(t, engineio.ReasonShutdown)
	}
	if f.Server.Len() != 0 {
		t.Errorf("Len: got %d, want 0", f.Server.Len())
	}
	closing := `{"code":3,"message":"Server is shutting down"}`
	f.Call("GET", "", "").Want(t, 503, closing)
	if _, resp := f.Dial("EIO=4&transport=websocket"); resp == nil || resp.StatusCode != 503 {
		t.Errorf("WebSocket handshake: got %v, want 503", resp)
	}
	f.Close() // a second call has no effect
}

func TestServerClose_returns_the_cause_of_its_context(t *testing.T) {
	hold, entered := make(chan struct{}), make(chan struct{})
	f := siotest.Serve(t, engineio.Config{}, func(*siotest.Peer, []byte, bool) { close(entered); <-hold })
	w, _ := f.WebSocket()
	w.Send("4hold")
	siotest.Receive(t, entered)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if err := f.Server.Close(ctx); !errors.Is(err, enough) {
		t.Errorf("Close: got %v, want %v", err, enough)
	}
	close(hold)
}

// A handshake during Close is rejected or its connection is closed, and Closed has been
// called before Close returns.
func TestServerClose_ends_concurrent_handshakes(t *testing.T) {
	for range 20 {
		var accepted, ended atomic.Int64
		s := engineio.NewServer(engineio.Config{Accept: func(c *engineio.Conn) engineio.Receiver {
			accepted.Add(1)
			return onClosed(func() { ended.Add(1) })
		}})
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					ctx, cancel := context.WithCancel(t.Context())
					w := httptest.NewRecorder()
					s.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/?EIO=4&transport=polling", nil))
					if w.Code == http.StatusOK {
						sid := siotest.ParseOpen(t, w.Body.String()).SID
						time.AfterFunc(time.Millisecond, cancel)
						s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/?EIO=4&transport=polling&sid="+sid, nil))
					}
					cancel()
				}
			})
		}
		siotest.Eventually(t, func() bool { return accepted.Load() > 20 })
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.Len() != 0 {
			t.Errorf("Len after Close: got %d, want 0", s.Len())
		}
		close(stop)
		wg.Wait()
		if accepted.Load() != ended.Load() {
			t.Errorf("got %d calls of Accept and %d of Closed, want as many", accepted.Load(), ended.Load())
		}
	}
}

func TestServerClose_waits_for_Closed(t *testing.T) {
	enter, leave := make(chan struct{}), make(chan struct{})
	var returned atomic.Bool
	var conn *engineio.Conn
	s := engineio.NewServer(engineio.Config{Accept: func(c *engineio.Conn) engineio.Receiver {
		conn = c
		return onClosed(func() { close(enter); <-leave; returned.Store(true) })
	}})
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil))
	go conn.Close()
	siotest.Receive(t, enter)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close before Closed has returned: got %v, want %v", err, context.DeadlineExceeded)
	}
	close(leave)
	if err := s.Close(t.Context()); err != nil || !returned.Load() {
		t.Errorf("got %v from Close and returned %t, want nil and true", err, returned.Load())
	}
}

type onClosed func()

func (onClosed) Message([]byte, bool) {}

func (f onClosed) Opened() {}

func (f onClosed) Closed(engineio.Reason) { f() }

func TestReceiver_receives_Closed_once(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	for range 50 {
		w, p := f.WebSocket()
		var wg sync.WaitGroup
		for _, end := range []func(){p.Conn.Close, p.Conn.Reject, w.Close, func() { w.Send("1") }} {
			wg.Go(end)
		}
		wg.Wait()
		siotest.Receive(t, p.Ended)
		select {
		case reason := <-p.Ended:
			t.Fatalf("got a second Closed with %q, want one", reason)
		default:
		}
		if err := p.Conn.Send(engineio.Prepare([]byte("x"))); !errors.Is(err, engineio.ErrClosed) {
			t.Errorf("Send: got %v, want ErrClosed", err)
		}
		if sent, err := p.Conn.SendVolatile(engineio.Prepare([]byte("x"))); sent || err != nil {
			t.Errorf("SendVolatile: got %t, %v, want false and no error", sent, err)
		}
		if p.Conn.Queue(engineio.Prepare([]byte("x"))) {
			t.Error("Queue: got true, want false")
		}
		p.Conn.Flush()
	}
}
