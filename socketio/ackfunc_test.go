package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

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
	s.EmitWithAckFunc(0, func(socketio.Args, error) {
		called.Store(true)
		done <- running.Load()
	}, "ask")
	eventually(t, func() bool { return s.Calls() == 1 || called.Load() })
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
					s.EmitWithAckFunc(0, func(socketio.Args, error) { called.Add(1) }, "ask")
				}
			}
		}()
		f.close()
		close(stop)
		want := int64(receive(t, emitted))
		eventually(t, func() bool { return called.Load() == want })
	}
}

// The function is called after the handlers of the packets before the acknowledgement,
// and before those of the packets after it.
func TestEmitWithAckFunc_keeps_the_order_of_the_packets(t *testing.T) {
	f := serve(t, socketio.Config{})
	var order journal
	c, s := f.connect("/")
	s.OnAny(func(e *socketio.Event) { order.note(e.Name); _ = e.Ack() })
	for i := range 20 {
		s.EmitWithAckFunc(time.Minute, func(socketio.Args, error) { order.note(fmt.Sprint(i)) }, "ask")
		c.want(fmt.Sprintf(`42%d["ask"]`, i+1))
	}
	var want []string
	for i := range 20 {
		c.send(fmt.Sprintf(`43%d[]`, i+1))
		c.send(fmt.Sprintf(`42%d["e%d"]`, i, i))
		want = append(want, fmt.Sprint(i), fmt.Sprintf("e%d", i))
	}
	for i := range 20 {
		c.want(fmt.Sprintf(`43%d[]`, i))
	}
	order.want(t, want...)
}

// Calls of the program do not use up the limit of the client's packets.
func TestEmitWithAckFunc_does_not_stop_the_reading(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxInbox: 2}})
	c, s := f.connect("/")
	hold, held := make(chan struct{}), make(chan struct{})
	s.On("hold", func(*socketio.Event) { close(held); <-hold })
	c.send(`42["hold"]`)
	receive(t, held)
	called := make(chan struct{}, 10)
	for range 10 {
		s.EmitWithAckFunc(0, func(socketio.Args, error) { called <- struct{}{} }, "ask", make(chan int))
	}
	c.send(`42["e"]`)
	eventually(t, func() bool { packets, _ := s.Inbox(); return packets == 1 })
	close(hold)
	for range 10 {
		receive(t, called)
	}
}

func TestEmitWithAckFunc_times_out(t *testing.T) {
	f := serve(t, socketio.Config{})
	c, s := f.connect("/")
	errs := make(chan error, 2)
	s.EmitWithAckFunc(time.Nanosecond, func(_ socketio.Args, err error) { errs <- err }, "ask")
	if err := receive(t, errs); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error: got %v, want %v", err, context.DeadlineExceeded)
	}
	c.want(`421["ask"]`)
	c.send(`431["late"]`)
	c.wantAlive()
	if n := s.PendingAcks(); n != 0 || len(errs) != 0 {
		t.Errorf("after the timeout: got %d acknowledgements expected and %d more calls, want 0 and 0", n, len(errs))
	}
}
