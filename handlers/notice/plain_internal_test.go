package notice

import (
	"fmt"
	"log/slog"
	"testing"
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
