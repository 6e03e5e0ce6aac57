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
)

func TestShutdownEndsEverything(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, polling := f.poll()
	waiting := f.waitingPoll(sid, polling)
	w, direct := f.websocket()
	sid2, probing := f.poll()
	probe := f.probe(sid2)

	f.close()
	receive(t, waiting).want(t, 200, "1")
	w.wantClose(ws.StatusGoingAway)
	probe.wantEnd()
	for _, p := range []*peer{polling, direct, probing} {
		p.wantClosed(t, engineio.ReasonShutdown)
	}
	if f.engine.Len() != 0 {
		t.Errorf("%d connections are left", f.engine.Len())
	}
	closing := `{"code":3,"message":"Server is shutting down"}`
	f.call("GET", "", "").want(t, 503, closing)
	if _, resp := f.dial("EIO=4&transport=websocket"); resp == nil || resp.StatusCode != 503 {
		t.Errorf("websocket: %v, want 503", resp)
	}
	f.close() // a second time changes nothing
}

func TestShutdownWaitsNoLongerThanItsContext(t *testing.T) {
	hold, entered := make(chan struct{}), make(chan struct{})
	f := serve(t, engineio.Config{}, func(*peer, []byte, bool) { close(entered); <-hold })
	w, _ := f.websocket()
	w.say("4hold")
	receive(t, entered)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if err := f.engine.Close(ctx); !errors.Is(err, enough) {
		t.Errorf("got %v, want the cause", err)
	}
	close(hold)
}

// Whoever comes while the server closes is refused or closed, and hears it
// before Close returns.
func TestNobodyOutlivesShutdown(t *testing.T) {
	for range 20 {
		var born, ended atomic.Int64
		s := engineio.NewServer(engineio.Config{Accept: func(c *engineio.Conn) engineio.Receiver {
			born.Add(1)
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
						sid := parseOpen(t, w.Body.String()).SID
						time.AfterFunc(time.Millisecond, cancel)
						s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/?EIO=4&transport=polling&sid="+sid, nil))
					}
					cancel()
				}
			})
		}
		eventually(t, func() bool { return born.Load() > 20 })
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.Len() != 0 {
			t.Errorf("%d connections outlive Close", s.Len())
		}
		close(stop)
		wg.Wait()
		if born.Load() != ended.Load() {
			t.Errorf("%d were born, %d have ended", born.Load(), ended.Load())
		}
	}
}

// Closed has returned for every connection when Close returns.
func TestShutdownWaitsForClosed(t *testing.T) {
	enter, leave := make(chan struct{}), make(chan struct{})
	var told atomic.Bool
	s := engineio.NewServer(engineio.Config{Accept: func(c *engineio.Conn) engineio.Receiver {
		return onClosed(func() { close(enter); <-leave; told.Store(true) })
	}})
	var conn *engineio.Conn
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil))
	for _, c := range s.Conns() {
		conn = c
	}
	go conn.Close()
	receive(t, enter)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close has returned %v before Closed", err)
	}
	close(leave)
	if err := s.Close(t.Context()); err != nil || !told.Load() {
		t.Errorf("Close returned %v, told %v", err, told.Load())
	}
}

type onClosed func()

func (onClosed) Message([]byte, bool) {}

func (f onClosed) Opened() {}

func (f onClosed) Closed(engineio.Reason) { f() }

func TestClosedIsCalledOnce(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	for range 50 {
		w, p := f.websocket()
		var wg sync.WaitGroup
		for _, end := range []func(){p.conn.Close, p.conn.Reject, w.close, func() { w.say("1") }} {
			wg.Go(end)
		}
		wg.Wait()
		receive(t, p.closed)
		select {
		case reason := <-p.closed:
			t.Fatalf("closed again with %q", reason)
		default:
		}
		if err := p.conn.Send(engineio.Prepare([]byte("x"))); !errors.Is(err, engineio.ErrClosed) {
			t.Errorf("Send returned %v", err)
		}
		if sent, err := p.conn.SendVolatile(engineio.Prepare([]byte("x"))); sent || err != nil {
			t.Errorf("SendVolatile returned %v %v", sent, err)
		}
		if p.conn.Queue(engineio.Prepare([]byte("x"))) {
			t.Error("Queue asks for a flush")
		}
		p.conn.Flush()
	}
}
