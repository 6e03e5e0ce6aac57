package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"gifchat/rooms"
)

func openTest(t testing.TB) *SQLite {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestOpen_sets_up_every_connection(t *testing.T) {
	s := openTest(t)
	for name, db := range map[string]interface {
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}{"reader": s.read.DB, "writer": s.write.tx.conn} {
		for pragma, want := range map[string]string{
			"journal_mode":       "wal",
			"synchronous":        "2", // FULL
			"foreign_keys":       "1",
			"busy_timeout":       "5000",
			"journal_size_limit": "67108864",
			"trusted_schema":     "0",
			"query_only":         map[string]string{"reader": "1", "writer": "0"}[name],
			"cache_size":         map[string]string{"reader": "-512", "writer": "-2000"}[name], // KiB
		} {
			var got string
			if err := db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s of the %s: got %q, %v, want %q", pragma, name, got, err, want)
			}
		}
	}
	if got := s.write.db.Stats().MaxOpenConnections; got != 1 {
		t.Errorf("connections of the writer: got up to %d, want 1", got)
	}
}

func TestRequireVersion_refuses_versions_with_the_WAL_reset_bug(t *testing.T) {
	for version, good := range map[string]bool{
		"3.51.3": true, "3.54.1": true, "4.0.0": true,
		"3.51.2": false, "3.40.1": false, "2.8.17": false, "unknown": false,
	} {
		if err := RequireVersion(version); (err == nil) != good {
			t.Errorf("SQLite %s: got %v, want it accepted: %t", version, err, good)
		}
	}
}

// block keeps the writer busy until release is called. Changes that are made before wait
// and become one group.
func block(t *testing.T, w *writer) (release func()) {
	t.Helper()
	started, end, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		var once sync.Once
		_ = w.do(context.Background(), func(*transaction) error {
			once.Do(func() { close(started) })
			<-end
			return nil
		})
	}()
	<-started
	return func() { close(end); <-done }
}

// await returns when n changes wait.
func await(w *writer, n int) {
	for len(w.jobs) < n {
		runtime.Gosched()
	}
}

func insertSession(key string) change {
	return func(tx *transaction) error {
		_, err := tx.exec("INSERT INTO sessions (key, data, expires) VALUES (?, x'', 0)", []byte(key))
		return err
	}
}

func TestWriter_repeats_a_group_without_a_failed_change(t *testing.T) {
	s := openTest(t)
	release := block(t, s.write)
	errs := make([]error, 30)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			key := fmt.Sprint(i)
			if i%10 == 0 {
				key = "the same" // the second and third of these violate the primary key
			}
			errs[i] = s.write.do(t.Context(), insertSession(key))
		})
	}
	await(s.write, len(errs))
	release()
	all.Wait()
	var failed int
	for i, err := range errs {
		if err != nil {
			failed++
			if i%10 != 0 || !errors.Is(err, rooms.ErrUnavailable) {
				t.Errorf("change %d: got %v, want ErrUnavailable for every tenth only", i, err)
			}
		}
	}
	var rows int
	if err := s.read.QueryRow("SELECT count(*) FROM sessions").Scan(&rows); err != nil || rows != 28 || failed != 2 {
		t.Errorf("group of 30: got %d rows and %d failures, %v, want 28 and 2", rows, failed, err)
	}
}

func TestWriter_refuses_a_change_with_an_ended_context(t *testing.T) {
	s := openTest(t)
	defer block(t, s.write)()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // select chooses at random between two ready cases
		if err := s.write.do(ctx, insertSession("late")); !errors.Is(err, rooms.ErrUnavailable) {
			t.Errorf("do with an ended context: got %v, want ErrUnavailable", err)
		}
	}
	if n := len(s.write.jobs); n != 0 {
		t.Errorf("waiting changes: got %d, want 0", n)
	}
}

func TestWriter_withdraws_a_change_that_waits(t *testing.T) {
	s := openTest(t)
	release := block(t, s.write)
	ctx, cancel := context.WithCancel(t.Context())
	withdrawn := make(chan error)
	go func() { withdrawn <- s.write.do(ctx, insertSession("withdrawn")) }()
	await(s.write, 1)
	cancel()
	if err := <-withdrawn; !errors.Is(err, context.Canceled) || !errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("do: got %v, want ErrUnavailable and context.Canceled", err)
	}
	release()
	var rows int
	if err := s.read.QueryRow("SELECT count(*) FROM sessions").Scan(&rows); err != nil || rows != 0 {
		t.Errorf("rows: got %d, %v, want 0", rows, err)
	}
}

func TestWriter_close_completes_changes_that_wait(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "chat.db"))
	if err != nil {
		t.Fatal(err)
	}
	release := block(t, s.write)
	waiting := make(chan error)
	go func() { waiting <- s.write.do(t.Context(), insertSession("waiting")) }()
	await(s.write, 1)
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	<-s.write.closing
	if err := s.write.do(t.Context(), insertSession("late")); !errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("do after Close: got %v, want ErrUnavailable", err)
	}
	release()
	if err := errors.Join(<-waiting, <-closed); err != nil {
		t.Error(err)
	}
}
