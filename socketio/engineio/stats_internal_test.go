package engineio

import (
	"context"
	"net/http"
	"testing"
)

// A snapshot has seen a packet that the total of ended connections does not contain.
func TestStats_never_report_less_traffic_than_before(t *testing.T) {
	s := NewServer(Config{Accept: func(*Conn) Receiver { return quietReceiver{} }})
	handshakeThrough(s, new(http.Server))
	var conn *Conn
	for _, c := range s.conns {
		conn = c
	}
	conn.receivedPackets.Store(5)
	if got := s.Stats().Traffic.PacketsReceived; got != 5 {
		t.Fatalf("received packets: got %d, want 5", got)
	}
	conn.receivedPackets.Store(4)
	_ = s.Close(context.Background())
	if got := s.Stats().Traffic.PacketsReceived; got != 5 {
		t.Errorf("received packets after the end: got %d, want 5 as before", got)
	}
}
