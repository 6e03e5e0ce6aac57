package gosocketio_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// Clients disconnect in every way while the server sends to all. Each connection ends
// once, and nothing is left.
func TestCarrier_leaves_nothing_after_many_connections(t *testing.T) {
	f := serve(t, engineio.Config{PingInterval: 500 * time.Millisecond, PingTimeout: 500 * time.Millisecond})
	const clients = 240
	peers := make([]*siotest.Peer, 0, clients)
	stop := make(chan struct{})
	var sender, clientsDone sync.WaitGroup
	var mu sync.Mutex
	sender.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			shared := engineio.Prepare(fmt.Appendf(nil, "broadcast %d", n), []byte{1, 2, 3})
			mu.Lock()
			for _, p := range peers {
				_ = p.Conn.Send(shared) // many have ended
			}
			mu.Unlock()
		}
	})
	for range 12 {
		clientsDone.Go(func() {
			for n := range clients / 12 {
				p := visit(t, f, n)
				mu.Lock()
				peers = append(peers, p)
				mu.Unlock()
			}
		})
	}
	clientsDone.Wait()
	for _, p := range peers {
		siotest.Receive(t, p.Ended)
	}
	close(stop)
	sender.Wait()
	siotest.Close(t, f.Server)
	if n := f.Server.Len(); n != 0 {
		t.Errorf("Len: got %d, want 0", n)
	}
	for _, p := range peers {
		if len(p.Ended) > 0 {
			t.Errorf("got a second Closed with %q, want one", <-p.Ended)
		}
	}
}

// visit opens a connection and ends it in a way that depends on n.
func visit(t *testing.T, f *siotest.Engine, n int) *siotest.Peer {
	if n%2 == 0 {
		w, _ := f.Dial(webSocket)
		p := f.Peer() // of any client, since all are equal
		w.Send("4hello")
		switch n % 6 {
		case 0:
			_ = w.Conn.Close()
		case 2:
			w.Write(ws.NewCloseFrame(nil))
		default: // sends nothing more
		}
		return p
	}
	query, p := open(f)
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n)*time.Millisecond)
	defer cancel()
	for range n % 5 {
		_, _ = try(ctx, f, "GET", query, nil) // canceled by ctx or by the server
		f.Call("POST", query, "6:4hello1:2")
	}
	if n%3 == 0 {
		f.Call("POST", query, "1:1")
	}
	return p
}
