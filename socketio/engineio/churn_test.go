package engineio

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// burstServer tells how often OnIdle was called.
func burstServer(t *testing.T) (move func(n int), called func() int32) {
	t.Helper()
	var calls atomic.Int32
	s := NewServer(Config{Accept: func(*Conn) Receiver { return nil }, OnIdle: func() { calls.Add(1) }})
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	move = func(n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for range n {
			s.countChangeLocked()
		}
	}
	return move, func() int32 { synctest.Wait(); return calls.Load() }
}

func TestAfterABurstOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		move, called := burstServer(t)
		for range 10 { // as long as it goes on
			move(churnMinChanges)
			time.Sleep(churnQuiet / 2)
			if n := called(); n > 0 {
				t.Fatalf("called %d times during the burst", n)
			}
		}
		time.Sleep(2 * churnQuiet)
		if n := called(); n != 1 {
			t.Errorf("called %d times after the burst", n)
		}
		time.Sleep(time.Hour)
		if n := called(); n != 1 {
			t.Errorf("called %d times for one burst", n)
		}
		move(churnMinChanges)
		time.Sleep(2 * churnQuiet)
		if n := called(); n != 2 {
			t.Errorf("called %d times for two bursts", n)
		}
	})
}

func TestFewConnectionsAreNoBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		move, called := burstServer(t)
		move(churnMinChanges - 1)
		time.Sleep(time.Hour)
		if n := called(); n != 0 {
			t.Errorf("called %d times", n)
		}
	})
}
