package socketio_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

// Two calls of Close wait for Expired, and the adapters are open until then.
func TestServerClose_waits_for_Expired_in_each_call(t *testing.T) {
	release := make(chan struct{})
	cfg := socketio.Config{Recovery: func(string) socketio.Recovery {
		return socketio.Recovery{MaxAbsence: time.Minute, Expired: func(socketio.LostSession) { <-release }}
	}}
	inBubble(t, cfg, func(b *bubble) {
		release = make(chan struct{})
		b.request("POST", "40")
		closed := make(chan error, 2)
		for range 2 {
			go func() { closed <- b.server.Close(context.Background()) }()
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if len(closed) > 0 {
			t.Error("Close: returned during Expired, want it to wait")
		}
		close(release)
		for range 2 {
			if err := <-closed; err != nil {
				t.Errorf("Close: got %v, want no error", err)
			}
		}
	})
}
