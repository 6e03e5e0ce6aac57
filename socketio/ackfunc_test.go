package socketio_test

import (
	"context"
	"sync/atomic"
	"testing"

	"gifchat/socketio"
)

// The function of EmitWithAckFunc and the disconnect handlers of its client never run
// at the same time.
func TestEmitWithAckFunc_waits_for_the_disconnect_handlers(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	var running, called atomic.Bool
	ending, release := make(chan struct{}), make(chan struct{})
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) {
		running.Store(true)
		close(ending)
		<-release
		running.Store(false)
	})
	c, s := f.connect("/")
	c.close()
	receive(t, ending)
	done := make(chan bool, 1)
	s.EmitWithAckFunc(context.Background(), func(socketio.Args, error) {
		called.Store(true)
		done <- running.Load()
	}, "ask")
	eventually(t, func() bool { packets, _ := s.Inbox(); return packets == 1 || called.Load() })
	close(release)
	if receive(t, done) {
		t.Error("function: called during a disconnect handler, want it called afterwards")
	}
}

// A program emits from a goroutine of its own until Close has returned.
func TestEmitWithAckFunc_calls_its_function_also_during_Close(t *testing.T) {
	for range 30 {
		f := serve(t, socketio.Config{})
		_, s := f.connect("/")
		stop, emitted := make(chan struct{}), make(chan int, 1)
		var called atomic.Int64
		go func() {
			n := 0
			defer func() { emitted <- n }()
			for ; n < 1000; n++ {
				select {
				case <-stop:
					return
				default:
					s.EmitWithAckFunc(context.Background(), func(socketio.Args, error) { called.Add(1) }, "ask")
				}
			}
		}()
		f.close()
		close(stop)
		want := int64(receive(t, emitted))
		eventually(t, func() bool { return called.Load() == want })
	}
}
