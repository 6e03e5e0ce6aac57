package engineio_test

import (
	"context"
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

func TestServerClose_delivers_queued_packets_to_a_client_that_upgrades(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	poll := f.Background("GET", "&sid="+sid, "")
	w := f.Probe(sid)
	siotest.Receive(t, poll).Want(t, 200, "6")
	p.Send(t, "last")
	closed := make(chan error, 1)
	go func() { closed <- f.Server.Close(context.Background()) }()
	siotest.Eventually(t, func() bool { // until Close has begun
		return p.Conn.WaitQueue(context.Background(), 1<<20) != nil
	})
	w.Send("5")
	w.WantText("4last")
	w.WantClose(ws.StatusGoingAway)
	p.WantClosed(t, engineio.ReasonShutdown)
	if err := siotest.Receive(t, closed); err != nil {
		t.Errorf("Close: got %v, want no error", err)
	}
}
