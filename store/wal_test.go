package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing"
	"time"
)

// writeMegabyte commits a change of a megabyte and returns the size of the log.
func writeMegabyte(t *testing.T, s *SQLite, n int) int64 {
	t.Helper()
	err := s.write.do(t.Context(), func(tx *transaction) error {
		_, err := tx.exec("INSERT INTO sessions (key, data, expires) VALUES (?, zeroblob(1 << 20), 0)", fmt.Appendf(nil, "%d", n))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(s.write.wal.path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// beginRead begins a read transaction.
func beginRead(ctx context.Context, s *SQLite) (*sql.Tx, error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	var n int
	return tx, tx.QueryRowContext(ctx, "SELECT count(*) FROM sessions").Scan(&n)
}

// SQLite's own checkpoints cannot empty the log during a read.
func TestWAL_is_limited_while_reads_overlap(t *testing.T) {
	s := openTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- func() error {
			var open []*sql.Tx
			defer func() {
				for _, tx := range open {
					_ = tx.Rollback()
				}
			}()
			for ctx.Err() == nil { // three at a time; the next read begins before the oldest ends
				tx, err := beginRead(context.Background(), s)
				if err != nil {
					return err
				}
				if open = append(open, tx); len(open) == 3 {
					if err := open[0].Rollback(); err != nil {
						return err
					}
					open = open[1:]
				}
				time.Sleep(2 * time.Millisecond)
			}
			return nil
		}()
	}()
	var most int64
	for i := range 80 {
		most = max(most, writeMegabyte(t, s, i))
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	t.Logf("largest log while 80 MiB were written: %.1f MiB", float64(most)/(1<<20))
	if most > 3*maxWAL {
		t.Errorf("largest log: got %d bytes, want at most about %d", most, maxWAL)
	}
}

// During a long read the log cannot be emptied, but changes do not wait.
func TestWAL_of_a_long_read_delays_no_change(t *testing.T) {
	s := openTest(t)
	tx, err := beginRead(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	n := 0
	for writeMegabyte(t, s, n) <= maxWAL {
		n++
	}
	var slowest time.Duration
	commits := 0
	for begun := time.Now(); commits < 20 || time.Since(begun) < checkpointRetry; commits++ {
		at := time.Now()
		if err := s.write.do(t.Context(), insertSession(fmt.Sprint("small", commits))); err != nil {
			t.Fatal(err)
		}
		slowest = max(slowest, time.Since(at))
	}
	t.Logf("slowest of %d commits: %v", commits, slowest)
	if slowest > busyTimeout*4/5 { // waiting for the reader would take the whole busy timeout
		t.Errorf("slowest of %d commits during a read: got %v, want about %v at most", commits, slowest, checkpointTimeout)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * checkpointRetry); ; time.Sleep(checkpointRetry / 10) {
		n++
		size := writeMegabyte(t, s, n)
		if size <= maxWAL {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("log %v after the read: got %d bytes, want at most %d", 30*checkpointRetry, size, maxWAL)
		}
	}
	var timeout int
	err = s.write.do(t.Context(), func(tx *transaction) error { return tx.queryRow("PRAGMA busy_timeout").Scan(&timeout) })
	if err != nil || timeout != 5000 {
		t.Errorf("busy_timeout of the writer after checkpoints: got %d, %v, want 5000", timeout, err)
	}
}

// Row U5 of docs/promises.md: the messages of an hour at 200 a second, as fast as
// possible. Ten times in it a read lasts for the messages of a minute. Two senders
// make most messages a commit each, as at that rate.
func TestWAL_is_small_after_the_messages_of_an_hour(t *testing.T) {
	parts, messages, minute := 1, 2000, 1500
	if os.Getenv("SOAK") != "" {
		parts, messages, minute = 10, 720_000, 12_000
	}
	s, all := storeWithRooms(t, 50)
	size := func() int64 {
		info, err := os.Stat(s.write.wal.path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	for part := range parts {
		tx, err := beginRead(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		burst(t, s, all, 2, minute)
		held := size()
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		burst(t, s, all, 2, messages/parts-minute)
		time.Sleep(checkpointRetry) // the last checkpoint may have met the read
		// Twice: the writer starts a checkpoint after its answers, and the first
		// checkpoint is complete before the second answers.
		for range 2 {
			burst(t, s, all, 2, 2)
		}
		left := size()
		t.Logf("%d of %d: log during the read %.1f MiB, later %.1f MiB", part+1, parts, float64(held)/(1<<20), float64(left)/(1<<20))
		if held <= maxWAL {
			t.Errorf("log during the read: got %d bytes, want more than %d", held, maxWAL)
		}
		if left > maxWAL {
			t.Errorf("log after the read: got %d bytes, want at most %d", left, maxWAL)
		}
	}
}

func BenchmarkWALLimit(b *testing.B) {
	s := openTest(b)
	for b.Loop() {
		s.write.wal.limit()
	}
}
