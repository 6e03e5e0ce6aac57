package sockettest_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/sockettest"
)

func TestExample_works_in_a_bubble(t *testing.T) {
	synctest.Test(t, testExpiry)
}

func TestBubble_passes_heartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, socketio.Config{})
		reasons := make(chan socketio.Reason, 1)
		server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
		c := sockettest.Dial(t, server, "/")
		time.Sleep(time.Hour)
		c.ExpectNone()
		c.Suspend()
		begin := time.Now()
		if got := <-reasons; got != socketio.ReasonPingTimeout {
			t.Errorf("reason: got %q, want %q", got, socketio.ReasonPingTimeout)
		}
		if took := time.Since(begin); took > 45*time.Second {
			t.Errorf("ping timeout: got %v, want at most 45 s", took)
		}
		c.Lose()
		c.Reconnect()
		c.ExpectNone()
	})
}

func TestSuspend_makes_the_client_slow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, socketio.Config{PingInterval: time.Hour})
		reasons := make(chan socketio.Reason, 1)
		server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
		c := sockettest.Dial(t, server, "/")
		c.Suspend()
		_ = server.Of("/").Emit("large", strings.Repeat("x", 1<<20))
		if got := <-reasons; got != socketio.ReasonTooSlow {
			t.Errorf("reason: got %q, want %q", got, socketio.ReasonTooSlow)
		}
		c.Lose()
	})
}

// The client has not received what the server sent while it was suspended, so
// that recovery sends it again.
func TestSuspend_loses_no_event_with_recovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, socketio.Config{
			Recovery: func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Hour} },
		})
		c := sockettest.Dial(t, server, "/")
		c.Suspend()
		for _, name := range []string{"a", "b"} {
			_ = server.Of("/").Emit(name)
		}
		time.Sleep(time.Minute)
		_ = server.Of("/").Emit("c")
		c.Lose()
		c.Reconnect()
		for _, name := range []string{"a", "b", "c"} {
			c.Expect(name)
		}
		c.ExpectNone()
	})
}

func TestTimeout_ends_waits_in_virtual_time(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, socketio.Config{})
		socketio.On(server.Of("/"), "slow", func(ctx context.Context, s *socketio.Socket, _ struct{}) error {
			time.Sleep(time.Minute)
			return s.Emit("done")
		})
		c := sockettest.Dial(t, server, "/", sockettest.Timeout(2*time.Minute))
		begin := time.Now()
		c.Call("slow")
		c.Expect("done")
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("Call: got %v, want 1 minute", took)
		}
	})
}
