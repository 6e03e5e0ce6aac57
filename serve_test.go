package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
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
