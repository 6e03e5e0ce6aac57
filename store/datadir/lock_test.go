package datadir

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestLock_waits_for_a_server_that_stops(t *testing.T) {
	dir := t.TempDir()
	first, err := Lock(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	first.MarkStopping()
	next := make(chan error, 1)
	go func() {
		lock, err := Lock(t.Context(), dir)
		if err == nil {
			err = lock.Release()
		}
		next <- err
	}()
	select {
	case err := <-next:
		t.Fatalf("Lock before the first lock is released: got %v, want it to wait", err)
	case <-time.After(10 * lockRetry):
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if err := <-next; err != nil {
		t.Errorf("Lock after the first lock is released: got %v, want no error", err)
	}
}

// After a crash while stopping, the next server must not look as if it stops.
func TestLock_removes_the_mark_of_a_crash(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, lockFile), []byte(stoppingMark), 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := Lock(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Release() }()
	if stopping(lock.path) {
		t.Error("stopping after Lock: got true, want false")
	}
}

func TestLock_succeeds_after_a_kill(t *testing.T) {
	const held, folder = "held", "GIFCHAT_TEST_LOCK"
	if dir := os.Getenv(folder); dir != "" { // the process that is killed
		lock, err := Lock(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = lock.Release() }()
		if _, err := os.Stdout.WriteString(held); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		return
	}
	dir := t.TempDir()
	for range 3 {
		other := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
		other.Env = append(os.Environ(), folder+"="+dir)
		out, err := other.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, len(held))); err != nil {
			t.Error(err)
		}
		if _, err := Lock(t.Context(), dir); !errors.Is(err, ErrInUse) {
			t.Errorf("Lock while the other process runs: got %v, want ErrInUse", err)
		}
		if err := other.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = other.Wait() // it returns the signal
		lock, err := Lock(t.Context(), dir)
		if err != nil {
			t.Fatalf("Lock after the kill: got %v, want no error", err)
		}
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	}
}
