package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing"
	"time"
)

// write commits a change of a megabyte, and returns how large the log is then.
func write(t *testing.T, s *SQLite, n int) int64 {
	t.Helper()
	err := s.write.do(t.Context(), func(tx *transaction) error {
		_, err := tx.exec("INSERT INTO sessions (key, data, expires) VALUES (?, zeroblob(1 << 20), 0)", fmt.Appendf(nil, "%d", n))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(s.write.log.path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// read begins to read what there is now.
func read(ctx context.Context, s *SQLite) (*sql.Tx, error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	var n int
	return tx, tx.QueryRowContext(ctx, "SELECT count(*) FROM sessions").Scan(&n)
}

// SQLite's own checkpoints cannot start the log anew as long as anybody reads.
func TestTheLogIsBoundedWhileReadsOverlap(t *testing.T) {
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
			for ctx.Err() == nil { // three at a time, the next before the oldest ends
				tx, err := read(context.Background(), s)
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
		most = max(most, write(t, s, i))
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	t.Logf("80 MiB were written, the log had %.1f MiB at most", float64(most)/(1<<20))
	if most > 3*logBound {
		t.Errorf("the log had %d bytes, want about %d at most", most, logBound)
	}
}

// Who reads for long keeps the log from starting anew, and nobody from writing.
func TestALongReadHoldsNobodyUp(t *testing.T) {
	s := openTest(t)
	tx, err := read(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	n := 0
	for write(t, s, n) <= logBound {
		n++
	}
	var slowest time.Duration
	commits := 0
	for begun := time.Now(); commits < 20 || time.Since(begun) < logRest; commits++ {
		at := time.Now()
		if err := s.write.do(t.Context(), insertSession(fmt.Sprint("small", commits))); err != nil {
			t.Fatal(err)
		}
		slowest = max(slowest, time.Since(at))
	}
	t.Logf("the slowest of %d commits took %v", commits, slowest)
	if slowest > busyTimeout*4/5 { // a commit that waited for the reader would take the whole busy timeout
		t.Errorf("the slowest of %d commits beside a reader took %v; want about %v at most", commits, slowest, logPatience)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * logRest); ; time.Sleep(logRest / 10) {
		n++
		size := write(t, s, n)
		if size <= logBound {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log has %d bytes still, %v after the reader has gone", size, 30*logRest)
		}
	}
	var timeout int
	err = s.write.do(t.Context(), func(tx *transaction) error { return tx.queryRow("PRAGMA busy_timeout").Scan(&timeout) })
	if err != nil || timeout != 5000 {
		t.Errorf("afterwards the writer's busy_timeout is %d, %v, want 5000", timeout, err)
	}
}

// Row U5: an hour of 200 messages a second, as fast as it goes, and ten times
// in it somebody reads while as many are said as in a minute. Few are sent at once,
// so most messages are a commit each, as they would be.
func TestAnHourOfTalkLeavesASmallLog(t *testing.T) {
	parts, messages, minute := 1, 2000, 1500
	if os.Getenv("SOAK") != "" {
		parts, messages, minute = 10, 720_000, 12_000
	}
	s, all := storeWithRooms(t, 50)
	size := func() int64 {
		info, err := os.Stat(s.write.log.path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	for part := range parts {
		tx, err := read(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		burst(t, s, all, 2, minute)
		held := size()
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		burst(t, s, all, 2, messages/parts-minute)
		time.Sleep(logRest) // the last that was tried may have met the reader
		// Twice, since the writer looks after the log behind its answers: behind
		// the first for sure before the second.
		for range 2 {
			burst(t, s, all, 2, 2)
		}
		left := size()
		t.Logf("%d of %d: the log has %.1f MiB while somebody reads, %.1f later", part+1, parts, float64(held)/(1<<20), float64(left)/(1<<20))
		if held <= logBound {
			t.Error("it was held too short a time to show anything")
		}
		if left > logBound {
			t.Errorf("the log has %d bytes, want %d at most", left, logBound)
		}
	}
}

func BenchmarkTrim(b *testing.B) {
	s := openTest(b)
	for b.Loop() {
		s.write.log.trim()
	}
}
