package notice

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// One address cannot use all connections.
func TestPlain_connections_are_capped_by_source_and_in_total(t *testing.T) {
	p := NewPlain(Config{}, nil, slog.New(slog.DiscardHandler))
	fill := func(source string) (n int) {
		for p.begin(source) {
			n++
		}
		return n
	}
	if got := fill("one"); got != maxPlainConnsPerSource {
		t.Errorf("connections from one address: got %d, want %d", got, maxPlainConnsPerSource)
	}
	if !p.begin("another") {
		t.Error("a connection from another address: got a refusal, want it open")
	}
	p.end("another")
	total := maxPlainConnsPerSource
	for i := 0; p.begin(fmt.Sprint(i)); i++ {
		total++
	}
	if total != maxPlainConns {
		t.Errorf("connections in total: got %d, want %d", total, maxPlainConns)
	}
	for range maxPlainConnsPerSource {
		p.end("one")
	}
	for i := range maxPlainConns - maxPlainConnsPerSource {
		p.end(fmt.Sprint(i))
	}
	if p.open.Keys() != 0 || p.open.Total() != 0 {
		t.Errorf("after the end of all: got %d addresses and %d connections, want 0 and 0", p.open.Keys(), p.open.Total())
	}
	p.Close()
	if p.begin("late") {
		t.Error("a connection after Close: got it open, want a refusal")
	}
}

// dialPlain starts a server of plain WebSockets and opens n connections to it.
func dialPlain(t *testing.T, n int) (*Plain, []*websocket.Conn) {
	t.Helper()
	p := NewPlain(Config{Plain: true, Interval: time.Hour}, nil, slog.New(slog.DiscardHandler))
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	t.Cleanup(p.Close)
	conns := make([]*websocket.Conn, n)
	for i := range conns {
		conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(srv.URL, "http"), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.CloseNow() })
		conns[i] = conn
	}
	return p, conns
}

func TestPlain_close_sends_going_away(t *testing.T) {
	p, conns := dialPlain(t, 20)
	closed := make(chan error, len(conns))
	for _, conn := range conns {
		go func() {
			_, _, err := conn.Read(context.Background())
			closed <- err
		}()
	}
	p.Close()
	for range conns {
		if err := <-closed; websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("connection after Close: got %v, want the status %v", err, websocket.StatusGoingAway)
		}
	}
}

func TestPlain_close_cuts_clients_that_do_not_read(t *testing.T) {
	p, _ := dialPlain(t, 3)
	begun := time.Now()
	p.Close()
	if took := time.Since(begun); took > 10*plainCloseTimeout {
		t.Errorf("Close with silent clients: took %v, want about %v", took, plainCloseTimeout)
	}
}
