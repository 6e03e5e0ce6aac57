package socketio_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gifchat/socketio"
)

// shutDown calls http.Server.Shutdown on the server of the fixture.
func (f *fixture) shutDown() error { return f.http.Config.Shutdown(ctx(f.t)) }

// awaitEnd waits for the end of the connection in the background, with a poll that
// waits if the client is polling.
func awaitEnd(p peer) <-chan error {
	ended := make(chan error, 1)
	go func() {
		_, err := p.next()
		ended <- err
	}()
	return ended
}

// http.Server.Shutdown and Server.Close work in any order, and each without the other.
func TestHTTPShutdown_and_Close_end_every_connection(t *testing.T) {
	closeServer := func(f *fixture) error { return f.Close(ctx(f.t)) }
	for name, steps := range map[string][]func(*fixture) error{
		"Shutdown alone":        {(*fixture).shutDown},
		"Shutdown, then Close":  {(*fixture).shutDown, closeServer},
		"Close, then Shutdown":  {closeServer, (*fixture).shutDown},
		"Shutdown twice":        {(*fixture).shutDown, (*fixture).shutDown},
		"both at the same time": {func(f *fixture) error { return both(f.shutDown, func() error { return closeServer(f) }) }},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, socketio.Config{})
			reasons := make(chan socketio.Reason, len(peers))
			f.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
			var ends []<-chan error
			for _, connect := range peers {
				ends = append(ends, awaitEnd(connect(t, f.http.URL)))
			}
			for _, step := range steps {
				if err := step(f); err != nil {
					t.Errorf("step: got %v, want no error", err)
				}
			}
			for range peers {
				if got := receive(t, reasons); got != socketio.ReasonServerShutdown {
					t.Errorf("reason: got %q, want %q", got, socketio.ReasonServerShutdown)
				}
			}
			for _, ended := range ends {
				if err := receive(t, ended); err == nil {
					t.Error("client: got a packet, want the end of the connection")
				}
			}
			eventually(t, func() bool { return f.Len() == 0 })
		})
	}
}

func both(f, g func() error) error {
	first := make(chan error, 1)
	go func() { first <- f() }()
	return errors.Join(g(), <-first)
}

// Shutdown stops listening, so a polling client receives one more answer: that of the
// poll that waits.
func TestHTTPShutdown_delivers_the_acknowledgement_of_a_running_handler(t *testing.T) {
	for name, connect := range peers {
		t.Run(name, func(t *testing.T) {
			f := serve(t, socketio.Config{})
			entered, release := make(chan struct{}), make(chan struct{})
			f.Of("/").On("slow", func(e *socketio.Event) {
				close(entered)
				<-release
				_ = e.Ack("done")
			})
			polls := make(chan struct{}, 8)
			web, url := startHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					polls <- struct{}{}
				}
				f.ServeHTTP(w, r)
			}))
			p := connect(t, url)
			p.send(`421["slow"]`)
			receive(t, entered)
			for len(polls) > 0 {
				<-polls // the handshake and the answer to CONNECT
			}
			acks := make(chan string, 1)
			go func() { ack, _ := p.next(); acks <- ack }()
			if _, ok := p.(*pollingPeer); ok {
				receive(t, polls)
			}
			shut := make(chan error, 1)
			go func() { shut <- web.Shutdown(ctx(t)) }()
			eventually(t, func() bool { return !listens(strings.TrimPrefix(url, "http://")) })
			close(release)
			if got := receive(t, acks); got != `431["done"]` {
				t.Errorf("acknowledgement: got %q, want done", got)
			}
			if err := receive(t, shut); err != nil {
				t.Errorf("Shutdown: got %v, want no error", err)
			}
		})
	}
}

func listens(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// startHTTP serves a handler with an http.Server of its own.
func startHTTP(t *testing.T, h http.Handler) (web *http.Server, url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web = &http.Server{Handler: h, ReadHeaderTimeout: patience}
	served := make(chan error, 1)
	go func() { served <- web.Serve(ln) }()
	t.Cleanup(func() {
		_ = web.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve: got %v, want %v", err, http.ErrServerClosed)
		}
	})
	return web, "http://" + ln.Addr().String()
}

// The clients of another http.Server stay connected.
func TestHTTPShutdown_ends_only_the_connections_of_its_own_server(t *testing.T) {
	f := serve(t, socketio.Config{})
	other, url := startHTTP(t, f.Server)
	stays, ends := pollPeer(t, f.http.URL, 4), awaitEnd(pollPeer(t, url, 4))
	if err := other.Shutdown(ctx(t)); err != nil {
		t.Errorf("Shutdown: got %v, want no error", err)
	}
	if err := receive(t, ends); err == nil {
		t.Error("client of the server: got a packet, want the end of the connection")
	}
	eventually(t, func() bool { return f.Len() == 1 })
	if err := f.Of("/").Emit("news"); err != nil {
		t.Error(err)
	}
	if got, err := stays.next(); got != `42["news"]` || err != nil {
		t.Errorf("client of the other server: got %q, %v, want the event", got, err)
	}
	pollPeer(t, f.http.URL, 4) // can still connect
}

// Routers pass on a writer of their own, and a request whose context comes from the
// server's.
func TestHTTPShutdown_finds_the_server_behind_a_router(t *testing.T) {
	server := socketio.NewServer(socketio.Config{})
	router := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		type key struct{}
		wrapped := struct{ http.ResponseWriter }{w}
		server.ServeHTTP(wrapped, r.WithContext(context.WithValue(r.Context(), key{}, "route")))
	})
	web, url := startHTTP(t, router)
	ended := awaitEnd(pollPeer(t, url, 4))
	if err := web.Shutdown(ctx(t)); err != nil {
		t.Errorf("Shutdown: got %v, want no error", err)
	}
	if err := receive(t, ended); err == nil {
		t.Error("client: got a packet, want the end of the connection")
	}
	http.DefaultClient.CloseIdleConnections()
	if err := server.Close(ctx(t)); err != nil {
		t.Errorf("Close: got %v, want no error", err)
	}
}

// Close ends the pace of a Shutdown.
func TestHTTPShutdown_spreads_the_end_of_the_connections(t *testing.T) {
	f := serve(t, socketio.Config{CloseOver: time.Hour})
	first, second := dialPeer(t, f.http.URL, 4), dialPeer(t, f.http.URL, 4)
	gone := make(chan struct{}, 2)
	for _, p := range []peer{first, second} {
		go func() { _, _ = p.next(); gone <- struct{}{} }()
	}
	if err := f.shutDown(); err != nil { // does not wait for WebSockets
		t.Errorf("Shutdown: got %v, want no error", err)
	}
	receive(t, gone) // the first one at once
	eventually(t, func() bool { return f.Len() == 1 })
	enough := errors.New("enough")
	limited, cancel := context.WithTimeoutCause(t.Context(), time.Nanosecond, enough)
	defer cancel()
	if err := f.Close(limited); !errors.Is(err, enough) {
		t.Errorf("Close: got %v, want %v", err, enough)
	}
	receive(t, gone)
}
