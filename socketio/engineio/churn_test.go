package engineio

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// churnServer returns a function that counts connections and one that returns the
// number of calls of OnIdle.
func churnServer(t *testing.T) (move func(n int), called func() int32) {
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

func TestOnIdle_runs_once_after_a_wave_of_connections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		move, called := churnServer(t)
		for range 10 { // no call while connections open and close
			move(churnMinChanges)
			time.Sleep(churnQuiet / 2)
			if n := called(); n > 0 {
				t.Fatalf("OnIdle: got %d calls while connections open and close, want 0", n)
			}
		}
		time.Sleep(2 * churnQuiet)
		if n := called(); n != 1 {
			t.Errorf("OnIdle: got %d calls after a wave, want 1", n)
		}
		time.Sleep(time.Hour)
		if n := called(); n != 1 {
			t.Errorf("OnIdle: got %d calls an hour after one wave, want 1", n)
		}
		move(churnMinChanges)
		time.Sleep(2 * churnQuiet)
		if n := called(); n != 2 {
			t.Errorf("OnIdle: got %d calls after two waves, want 2", n)
		}
	})
}

func TestOnIdle_does_not_run_after_few_connections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		move, called := churnServer(t)
		move(churnMinChanges - 1)
		time.Sleep(time.Hour)
		if n := called(); n != 0 {
			t.Errorf("OnIdle: got %d calls, want 0", n)
		}
	})
}
