package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRun_refuses_a_folder_that_another_server_uses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := start(t, dir, map[string]string{"COOKIE_SECRET": strings.Repeat("ab", 32)})
	before := contents(t, dir)

	err := run(t.Context(), environment(map[string]string{"PORT": "0", "HOST": "127.0.0.1", "DATA_DIR": dir}), io.Discard)
	if !errors.Is(err, errFolderInUse) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), dir) {
		t.Errorf("the second server: got %v, want one line that names the folder and says that another uses it", err)
	}
	if after := contents(t, dir); after != before {
		t.Errorf("the second server changed the data: %s, before %s", after, before)
	}
	if _, err := os.Stat(filepath.Join(dir, secretFile)); err == nil {
		t.Error("the second server has made a cookie secret")
	}

	c := visitor(t)
	res, err := c.Get(first.url + "/")
	if status, _ := fetch(t, res, err); status != http.StatusOK {
		t.Errorf("the first server answers %d", status)
	}
	c.CloseIdleConnections()
	if err := first.end(); err != nil {
		t.Fatal(err)
	}
	if err := start(t, dir, nil).end(); err != nil {
		t.Errorf("after the first has ended: %v", err)
	}
}

// A server that is started while another one stops takes its place.
func TestLockFolder_waits_for_a_server_that_stops(t *testing.T) {
	dir := t.TempDir()
	first, err := lockFolder(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	first.markStopping()
	next := make(chan error, 1)
	go func() {
		lock, err := lockFolder(t.Context(), dir)
		if err == nil {
			err = lock.release()
		}
		next <- err
	}()
	select {
	case err := <-next:
		t.Fatalf("before the first is released: got %v", err)
	case <-time.After(10 * lockRetry):
	}
	if err := first.release(); err != nil {
		t.Fatal(err)
	}
	if err := <-next; err != nil {
		t.Errorf("after the first is released: got %v", err)
	}
}

// A mark that a crash has left does not make the next server look as if it stops.
func TestLockFolder_forgets_the_mark_of_a_crash(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, lockFile), []byte(stoppingMark), 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := lockFolder(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.release() }()
	if stopping(lock.path) {
		t.Error("the new server is marked as stopping")
	}
}

// The folder of a server that was killed is free at once.
func TestLockFolder_is_free_after_a_kill(t *testing.T) {
	const held, folder = "held", "GIFCHAT_TEST_LOCK"
	if dir := os.Getenv(folder); dir != "" { // the one that is killed
		lock, err := lockFolder(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = lock.release() }()
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
		if _, err := lockFolder(t.Context(), dir); !errors.Is(err, errFolderInUse) {
			t.Errorf("while the other lives: got %v", err)
		}
		if err := other.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = other.Wait() // it was killed
		lock, err := lockFolder(t.Context(), dir)
		if err != nil {
			t.Fatalf("after it was killed: %v", err)
		}
		if err := lock.release(); err != nil {
			t.Error(err)
		}
	}
}
