package gosocketio_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

// Clients come and go in every rude way while all are sent to: each end is told
// once, and nothing is left.
func TestChurn(t *testing.T) {
	f := serve(t, engineio.Config{PingInterval: 500 * time.Millisecond, PingTimeout: 500 * time.Millisecond})
	const clients = 240
	peers := make([]*peer, 0, clients)
	stop := make(chan struct{})
	var talk, work sync.WaitGroup
	var mu sync.Mutex
	talk.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			shared := engineio.Prepare(fmt.Appendf(nil, "broadcast %d", n), []byte{1, 2, 3})
			mu.Lock()
			for _, p := range peers {
				_ = p.conn.Send(shared) // many have gone
			}
			mu.Unlock()
		}
	})
	for range 12 {
		work.Go(func() {
			for n := range clients / 12 {
				p := f.visit(n)
				mu.Lock()
				peers = append(peers, p)
				mu.Unlock()
			}
		})
	}
	work.Wait()
	for _, p := range peers {
		receive(t, p.closed)
	}
	close(stop)
	talk.Wait()
	closeEngine(t, f.engine)
	if n := f.engine.Len(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	for _, p := range peers {
		if len(p.closed) > 0 {
			t.Errorf("an end was told twice, the second time as %q", <-p.closed)
		}
	}
}

// visit is one client's short life; n chooses how it ends.
func (f *fixture) visit(n int) *peer {
	if n%2 == 0 {
		w := dial(f.t, f.http.URL, "")
		p := receive(f.t, f.peers) // of any client: they are alike
		w.say("4hello")
		switch n % 6 {
		case 0:
			_ = w.conn.Close()
		case 2:
			w.sayFrame(ws.NewCloseFrame(nil))
		default: // silence
		}
		return p
	}
	a := f.call("GET", "&transport=polling", "")
	query := "&transport=polling&sid=" + sidOf.FindStringSubmatch(a.body)[1]
	p := receive(f.t, f.peers)
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Duration(n)*time.Millisecond)
	defer cancel()
	for range n % 5 {
		_, _ = request(ctx, f.http.URL, "GET", query, nil) // given up sooner or later
		f.call("POST", query, "6:4hello1:2")
	}
	if n%3 == 0 {
		f.call("POST", query, "1:1")
	}
	return p
}
