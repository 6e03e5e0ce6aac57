package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/handlers/memory"
	"gifchat/handlers/origin"
	"gifchat/handlers/session"
	"gifchat/socketio"
	"gifchat/socketio/sockettest"
)

// recordingHandler records the order in which serve closes its parts.
type recordingHandler struct {
	http.Handler

	order []string
}

func (h *recordingHandler) add(step string)       { h.order = append(h.order, step) }
func (h *recordingHandler) Drain(context.Context) { h.add("drain") }
func (h *recordingHandler) Close() error          { h.add("plain WebSockets"); return nil }

type closeFunc func()

func (f closeFunc) Close(context.Context) error {
	f()
	return nil
}

// Sockets that close with the server must not count as exits: the last exit
// would empty a room, and EMPTY_ROOM_GRACE=0 would remove it. Uploads are drained
// while the sockets still work.
func TestServe_closes_its_parts_in_order(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := &recordingHandler{Handler: http.NotFoundHandler()}
	p := parts{
		handler: h, sockets: closeFunc(func() { h.add("sockets") }),
		markStopping: func() { h.add("mark") }, stopTimers: func() { h.add("timers") },
	}
	if err := serve(ctx, config{Host: "127.0.0.1"}, p, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatalf("serve: got %v, want no error", err)
	}
	want := []string{"mark", "drain", "timers", "sockets", "plain WebSockets", "drain"}
	if !slices.Equal(h.order, want) {
		t.Errorf("close order: got %q, want %q", h.order, want)
	}
}

// Row O7 of docs/promises.md. The socket of a visitor closes soon although the handler
// of another visitor neither returns nor ends with its context. The program waits for
// the handler as long as an orchestrator allows.
func TestCloseConnections_waits_for_a_handler_without_holding_sockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.DiscardHandler)
		origins := origin.NewPolicy(nil, false, log)
		sessions, err := session.New(session.Config{
			Store: struct{ session.Store }{}, Secrets: [][]byte{make([]byte, session.MinSecret)}, Origins: origins,
		})
		if err != nil {
			t.Fatal(err)
		}
		returner := memory.NewReturner(func() {})
		defer returner.Close()
		sockets := newSocketServer(config{}, sessions, origins, returner, log)
		release := make(chan struct{})
		sockets.Of("/").On("stuck", func(*socketio.Event) { <-release })
		stuck, other := sockettest.Dial(t, sockets, "/"), sockettest.Dial(t, sockets, "/")
		stuck.Emit("stuck")
		synctest.Wait()

		begin, closed := time.Now(), make(chan error, 1)
		p := parts{handler: &recordingHandler{}, sockets: sockets}
		go func() { closed <- closeConnections(context.Background(), new(http.Server), p, log) }()
		other.ExpectDisconnect(sockettest.TransportClose)
		if got := time.Since(begin); got != 300*time.Millisecond {
			t.Errorf("end of the sockets: got it after %v, want 300ms", got)
		}
		if err := <-closed; err != nil {
			t.Errorf("closeConnections: got %v, want no error", err)
		}
		if got := time.Since(begin); got != 3*time.Second {
			t.Errorf("end of closeConnections: got it after %v, want 3s", got)
		}
		close(release)
		if err := sockets.Close(context.Background()); err != nil {
			t.Errorf("Close: got %v, want no error", err)
		}
	})
}

func TestLogAddress_opens_the_address_that_listens(t *testing.T) {
	for host, want := range map[string]string{
		"127.0.0.1": "open=http://localhost:8005", "::1": "open=http://localhost:8005", "0.0.0.0": "open=http://localhost:8005",
		"127.0.0.2": "open=http://127.0.0.2:8005", "192.0.2.7": "open=http://192.0.2.7:8005", "2001:db8::1": "open=http://[2001:db8::1]:8005",
	} {
		var out strings.Builder
		logAddress(&net.TCPAddr{IP: net.ParseIP(host), Port: 8005}, slog.New(slog.NewTextHandler(&out, nil)))
		if line := out.String(); !strings.Contains(line, want) {
			t.Errorf("HOST=%s: got %s, want %s in it", host, line, want)
		}
	}
}
