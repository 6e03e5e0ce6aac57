package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/sockettest"
)

// closing is a server in a bubble that a test closes.
type closing struct {
	*socketio.Server

	t     *testing.T
	web   *http.Server // has received the requests of the clients
	begin time.Time    // of the end
}

// whileClosing runs a test in a bubble.
func whileClosing(t *testing.T, cfg socketio.Config, test func(*closing)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &closing{Server: socketio.NewServer(cfg), t: t, web: new(http.Server)}
		t.Cleanup(func() {
			if err := s.Close(context.Background()); err != nil {
				t.Errorf("last Close: got %v, want no error", err)
			}
		})
		test(s)
	})
}

func (s *closing) dial() *sockettest.Client {
	return sockettest.Dial(s.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, receivedBy(s.web, r))
	}), "/")
}

// receivedBy returns r as if web had received it, unless web is nil.
func receivedBy(web *http.Server, r *http.Request) *http.Request {
	if web == nil {
		return r
	}
	return r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, web))
}

// startClose calls Close, and returns when the server ignores events.
func (s *closing) startClose() <-chan error { return s.start(s.Close) }

// startShutdown is startClose for http.Server.Shutdown.
func (s *closing) startShutdown() <-chan error { return s.start(s.web.Shutdown) }

func (s *closing) start(end func(context.Context) error) <-chan error {
	s.begin = time.Now()
	ended := make(chan error, 1)
	go func() { ended <- end(context.Background()) }()
	synctest.Wait()
	return ended
}

func (s *closing) wantNoError(ended <-chan error) {
	s.t.Helper()
	if err := <-ended; err != nil {
		s.t.Errorf("end: got %v, want no error", err)
	}
}

// wantElapsed compares the time since the start of the end.
func (s *closing) wantElapsed(what string, want time.Duration) {
	s.t.Helper()
	if got := time.Since(s.begin); got != want {
		s.t.Errorf("%s: got it after %v, want %v", what, got, want)
	}
}

// bothEnds are the ways to end the connections.
var bothEnds = map[string]func(*closing) <-chan error{
	"Close":                (*closing).startClose,
	"http.Server.Shutdown": (*closing).startShutdown,
}

// The handler waits for its context, and the context would end with the connection,
// which waits for the handler.
func TestHandlerGrace_ends_the_context_of_a_handler_that_waits_for_it(t *testing.T) {
	for grace, want := range map[time.Duration]time.Duration{0: time.Second, 3 * time.Second: 3 * time.Second} {
		for name, start := range bothEnds {
			t.Run(name+" after "+want.String(), func(t *testing.T) {
				whileClosing(t, socketio.Config{HandlerGrace: grace}, func(s *closing) {
					causes := make(chan error, 1)
					socketio.On(s.Of("/"), "watch", func(ctx context.Context, socket *socketio.Socket, _ struct{}) error {
						<-ctx.Done()
						causes <- context.Cause(ctx)
						return socket.Emit("goodbye")
					})
					watcher, other := s.dial(), s.dial()
					watcher.Emit("watch")
					synctest.Wait()
					ended := start(s)
					watcher.Expect("goodbye")
					s.wantElapsed("event of the handler", want)
					for _, c := range []*sockettest.Client{watcher, other} {
						c.ExpectDisconnect(sockettest.TransportClose)
					}
					s.wantElapsed("end of the connections", want)
					end, ok := errors.AsType[*socketio.DisconnectError](<-causes)
					if !ok || end.Reason != socketio.ReasonServerShutdown {
						t.Errorf("cause: got %v, want %q", end, socketio.ReasonServerShutdown)
					}
					s.wantNoError(ended)
				})
			})
		}
	}
}

func TestHandlerGrace_ends_connections_beside_a_handler_that_ignores_its_context(t *testing.T) {
	for name, start := range bothEnds {
		t.Run(name, func(t *testing.T) {
			whileClosing(t, socketio.Config{}, func(s *closing) {
				release := make(chan struct{})
				s.Of("/").On("stuck", func(*socketio.Event) { <-release })
				stuck, other := s.dial(), s.dial()
				stuck.Emit("stuck")
				synctest.Wait()
				ended := start(s)
				for _, c := range []*sockettest.Client{stuck, other} {
					c.ExpectDisconnect(sockettest.TransportClose)
				}
				s.wantElapsed("end of the connections", 2*time.Second)
				closed := ended
				if name != "Close" {
					s.wantNoError(ended)
					closed = s.startClose()
				}
				time.Sleep(time.Hour)
				wantWaiting(t, closed)
				close(release)
				s.wantNoError(closed)
			})
		})
	}
}

// wantWaiting checks that a call of Close has not returned.
func wantWaiting(t *testing.T, closed <-chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-closed:
		t.Fatalf("Close: got %v during the handler, want it to wait", err)
	default:
	}
}

// The handler waits for a client that does not read.
func TestHandlerGrace_limits_the_wait_for_a_handler_in_WaitQueue(t *testing.T) {
	for name, tt := range map[string]struct {
		wait func(context.Context) context.Context
		want time.Duration
	}{
		"context of the socket":  {func(ctx context.Context) context.Context { return ctx }, time.Second},
		"context without an end": {context.WithoutCancel, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			whileClosing(t, socketio.Config{}, func(s *closing) {
				socketio.On(s.Of("/"), "history", func(ctx context.Context, socket *socketio.Socket, _ struct{}) error {
					_ = socket.Emit("messages", strings.Repeat("x", 1<<20))
					return socket.WaitQueue(tt.wait(ctx), 0)
				})
				stalled, other := s.dial(), s.dial()
				stalled.Suspend()
				stalled.Emit("history")
				synctest.Wait()
				closed := s.startClose()
				other.ExpectDisconnect(sockettest.TransportClose)
				s.wantElapsed("end of the other connection", tt.want)
				s.wantNoError(closed)
				s.wantElapsed("end of Close", tt.want+200*time.Millisecond) // the client has 200 ms for its packets
				stalled.Lose()
			})
		})
	}
}

func TestHandlerGrace_ends_the_context_of_middleware(t *testing.T) {
	for name, start := range bothEnds {
		t.Run(name, func(t *testing.T) {
			whileClosing(t, socketio.Config{}, func(s *closing) {
				causes := make(chan error, 1)
				s.Of("/slow").Use(func(socket *socketio.Socket) error {
					<-socket.Context().Done()
					causes <- context.Cause(socket.Context())
					return nil
				})
				connectSlowly(s)
				ended := start(s)
				wantReason(t, <-causes, socketio.ReasonServerShutdown)
				s.wantElapsed("end of the context", time.Second)
				s.wantNoError(ended)
			})
		})
	}
}

// The packet waits for a handler until the contexts have ended.
func TestHandlerGrace_ends_the_context_of_middleware_that_begins_later(t *testing.T) {
	whileClosing(t, socketio.Config{HandlerGrace: 100 * time.Millisecond}, func(s *closing) {
		causes := make(chan error, 1)
		s.Of("/slow").Use(func(socket *socketio.Socket) error {
			<-socket.Context().Done()
			causes <- context.Cause(socket.Context())
			return nil
		})
		s.Of("/").On("slow", func(*socketio.Event) { time.Sleep(150 * time.Millisecond) })
		b := &bubble{t: t, server: s.Server}
		b.open()
		for _, packet := range []string{"40", `42["slow"]`, "40/slow,"} {
			b.request("POST", packet)
		}
		closed := s.startClose()
		wantReason(t, <-causes, socketio.ReasonServerShutdown)
		s.wantElapsed("end of the context", 150*time.Millisecond)
		s.wantNoError(closed)
	})
}

// connectSlowly starts to connect a client to the namespace "/slow".
func connectSlowly(s *closing) *bubble {
	b := &bubble{t: s.t, server: s.Server, web: s.web}
	b.open()
	b.request("POST", "40/slow,")
	synctest.Wait()
	return b
}

func wantReason(t *testing.T, cause error, want socketio.Reason) {
	t.Helper()
	if end, ok := errors.AsType[*socketio.DisconnectError](cause); !ok || end.Reason != want {
		t.Errorf("cause: got %v, want %q", cause, want)
	}
}

// The handlers of a connection that is lost while its middleware runs cannot start.
func TestContext_of_middleware_ends_with_the_connection(t *testing.T) {
	whileClosing(t, socketio.Config{}, func(s *closing) {
		causes := make(chan error, 2)
		s.Of("/slow").Use(func(socket *socketio.Socket) error {
			<-socket.Context().Done()
			causes <- context.Cause(socket.Context())
			return nil
		})
		b := connectSlowly(s)
		b.request("POST", "40/slow,") // its middleware begins after the end
		b.request("POST", "1")
		wantReason(t, <-causes, socketio.ReasonTransportClose)
		wantReason(t, <-causes, socketio.ReasonTransportClose)
	})
}

// A later call of Close waits for a handler that the first call has left.
func TestServerClose_waits_for_a_handler_in_every_call(t *testing.T) {
	whileClosing(t, socketio.Config{}, func(s *closing) {
		release := make(chan struct{})
		s.Of("/").On("stuck", func(*socketio.Event) { <-release })
		s.dial().Emit("stuck")
		synctest.Wait()
		limited, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if err := s.Close(limited); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("first Close: got %v, want %v", err, context.DeadlineExceeded)
		}
		second, third := s.startClose(), s.startClose()
		wantWaiting(t, second)
		wantWaiting(t, third)
		close(release)
		s.wantNoError(second)
		s.wantNoError(third)
	})
}

func TestServerClose_can_be_called_concurrently(t *testing.T) {
	whileClosing(t, socketio.Config{}, func(s *closing) {
		release := make(chan struct{})
		s.Of("/").On("slow", func(e *socketio.Event) {
			<-release
			_ = e.Socket.Emit("done")
		})
		c := s.dial()
		c.Emit("slow")
		synctest.Wait()
		first, second := s.startClose(), s.startClose()
		wantWaiting(t, first)
		wantWaiting(t, second)
		close(release)
		c.Expect("done")
		s.wantNoError(first)
		s.wantNoError(second)
	})
}

func TestCloseOver_waits_for_no_client_that_has_left(t *testing.T) {
	whileClosing(t, socketio.Config{CloseOver: time.Hour}, func(s *closing) {
		for range 4 {
			s.dial()
		}
		closed := s.startClose()
		time.Sleep(5 * time.Second)
		if got := s.Len(); got != 3 {
			t.Errorf("connections after 5 s: got %d, want 3", got)
		}
		wantWaiting(t, closed)
		for _, socket := range s.Of("/").Sockets() {
			socket.CloseConn()
		}
		s.wantNoError(closed)
		s.wantElapsed("end of Close", 5*time.Second)
	})
}

// A client whose event fails because the server closes learns that.
func TestHandlerGrace_refuses_the_event_of_a_handler_that_gives_up(t *testing.T) {
	for name, fail := range map[string]func(context.Context) error{
		"cause": context.Cause,
		"error": func(ctx context.Context) error { return fmt.Errorf("query: %w", ctx.Err()) },
	} {
		t.Run(name, func(t *testing.T) {
			var log logBuffer
			whileClosing(t, socketio.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}, func(s *closing) {
				socketio.On(s.Of("/"), "wait", func(ctx context.Context, _ *socketio.Socket, _ struct{}) error {
					<-ctx.Done()
					return fail(ctx)
				})
				c := s.dial()
				ended := make(chan error, 1)
				time.AfterFunc(time.Second, func() { ended <- s.Close(context.Background()) }) // while the handler waits
				if got := c.CallError("wait"); got.Message != "Server is shutting down" {
					t.Errorf("refusal: got %q, want Server is shutting down", got.Message)
				}
				s.wantNoError(ended)
			})
			if got := log.take(); got != "" {
				t.Errorf("log: got %q, want nothing", got)
			}
		})
	}
}
