package socketio_test

import (
	"errors"
	"strings"
	"testing"

	"gifchat/socketio"
	"gifchat/socketio/engineio"
)

func TestDisconnectClient_sends_what_is_queued_first(t *testing.T) {
	f := serve(t, socketio.Config{})
	reasons := make(chan socketio.Reason, 2)
	for _, name := range []string{"/", "/chat"} {
		f.Of(name).OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
	}
	for _, revision := range []int{3, 4} {
		c := f.dialAs(revision)
		var s *socketio.Socket
		if revision == 4 {
			s = f.join(c, "/")
			f.join(c, "/chat")
		} else {
			c.want("40")
			c.send("40/chat")
			c.want("40/chat,")
			s = f.Of("/").Sockets()[0]
		}
		if err := s.Emit("bye"); err != nil {
			t.Fatal(err)
		}
		s.DisconnectClient()
		if err := s.Emit("late"); err == nil {
			t.Error("Emit after DisconnectClient: got no error, want one")
		}
		c.want(`42["bye"]`, "41", "41/chat,")
		c.wantEnd()
		for range 2 {
			if r := receive(t, reasons); r != socketio.ReasonServerDisconnect {
				t.Errorf("revision %d: got reason %q, want %q", revision, r, socketio.ReasonServerDisconnect)
			}
		}
	}
}

// The program sends 40 MB through a queue of 1 MiB.
func TestWaitQueue_lets_a_program_send_more_than_the_queue_holds(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{Engine: engineio.Limits{MaxQueueBytes: 1 << 20}}})
	c, s := f.connect("/")
	const messages, size = 400, 100_000
	sent := make(chan error, 1)
	go func() {
		body := strings.Repeat("x", size)
		for range messages {
			if err := s.WaitQueue(t.Context(), 500_000); err != nil {
				sent <- err
				return
			}
			if err := s.Emit("part", body); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for range messages {
		if got := c.receive(); len(got) < size {
			t.Fatalf("packet: got %d bytes, %.20q, want at least %d", len(got), got, size)
		}
	}
	if err := receive(t, sent); err != nil {
		t.Error(err)
	}
	c.close()
	eventually(t, func() bool { return errors.Is(s.WaitQueue(t.Context(), 0), socketio.ErrDisconnected) })
}
