package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"testing"
)

// Sockets that go because the server goes must not look like people who leave:
// the last of them would empty their room, and with EMPTY_ROOM_GRACE=0 remove it.
func TestServe_StopsTheChatsTimersBeforeItsSockets(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var order []string
	wire := closeFunc(func() { order = append(order, "sockets") })
	ending := func() { order = append(order, "timers") }

	log := slog.New(slog.DiscardHandler)
	if err := serve(ctx, config{Host: "127.0.0.1"}, http.NotFoundHandler(), wire, ending, log); err != nil {
		t.Fatal(err)
	}
	if want := []string{"timers", "sockets"}; !slices.Equal(order, want) {
		t.Errorf("taken down in the order %q, want %q", order, want)
	}
}

type closeFunc func()

func (f closeFunc) Close(context.Context) error {
	f()
	return nil
}
