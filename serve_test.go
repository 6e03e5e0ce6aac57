package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"testing"
)

// takenDown records the order in which serve takes its parts down.
type takenDown struct {
	http.Handler

	order []string
}

func (d *takenDown) add(what string)       { d.order = append(d.order, what) }
func (d *takenDown) Drain(context.Context) { d.add("drain") }
func (d *takenDown) Close() error          { d.add("plain WebSockets"); return nil }

type closeFunc func()

func (f closeFunc) Close(context.Context) error {
	f()
	return nil
}

// Sockets that close with the server must not look like people who leave: the
// last of them would empty their room, and with EMPTY_ROOM_GRACE=0 remove it.
// Uploads are drained while the sockets still work.
func TestServe_takes_its_parts_down_in_order(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := &takenDown{Handler: http.NotFoundHandler()}
	p := parts{
		site: d, wire: closeFunc(func() { d.add("sockets") }),
		stopping: func() { d.add("mark") }, timers: func() { d.add("timers") },
	}
	if err := serve(ctx, config{Host: "127.0.0.1"}, p, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	want := []string{"mark", "drain", "timers", "sockets", "plain WebSockets", "drain"}
	if !slices.Equal(d.order, want) {
		t.Errorf("taken down in the order %q, want %q", d.order, want)
	}
}
