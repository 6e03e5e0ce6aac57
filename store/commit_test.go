package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/rooms"
)

// BenchmarkCommit compares the store with plain SQLite in one run on one disk. bare/N
// inserts N rows a commit and nothing else: it looks for no retry and reserves no seq.
// store/N has N senders with one message outstanding each.
//
//	go test -run '^$' -bench Commit -count 5 ./store
func BenchmarkCommit(b *testing.B) {
	for _, rows := range []int{1, 16, 128} {
		b.Run(fmt.Sprint("bare/", rows), func(b *testing.B) {
			tx := bareDatabase(b)
			b.ResetTimer()
			for done := 0; done < b.N; done += rows {
				bareCommit(b, tx, done, rows)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
	for _, senders := range []int{1, 16, 64, 256, 1024} {
		b.Run(fmt.Sprint("store/", senders), func(b *testing.B) {
			s, all := storeWithRooms(b, 50)
			b.ResetTimer()
			burst(b, s, all, senders, b.N)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
	b.Run("paced", func(b *testing.B) {
		s, all := storeWithRooms(b, 50)
		b.ResetTimer()
		waits := pace(b, s, all, 500, max(b.N, 1))
		b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "p50-µs")
		b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "p99-µs")
	})
}

// BenchmarkAddMessages stores batches of one room, in memory and in a file.
//
//	go test -run '^$' -bench AddMessages ./store
func BenchmarkAddMessages(b *testing.B) {
	file := openTest(b)
	path := filepath.Join(b.TempDir(), "copy.db")
	if _, err := file.write.tx.conn.ExecContext(b.Context(), "VACUUM INTO ?", path); err != nil {
		b.Fatal(err)
	}
	memory, err := OpenMemory(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer memory.Close()
	for name, s := range map[string]*SQLite{"file": file, "memory": memory} {
		for _, size := range []int{1, 20, 64} {
			b.Run(fmt.Sprint(name, "/", size), func(b *testing.B) {
				id := addRoom(b, s)
				executed := s.write.tx.executed
				b.ResetTimer()
				for n := 0; n < b.N; n += size {
					batch := make([]rooms.Message, size)
					for i := range batch {
						batch[i] = randomMessage(id)
					}
					if _, err := s.AddMessages(context.Background(), id, batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(s.write.tx.executed-executed)/float64(b.N), "statements/msg")
			})
		}
	}
}

// A message waits for one flush of the disk and the one before it. `make soak` checks the
// figures of a quiet machine.
func TestWriter_acknowledges_quickly(t *testing.T) {
	s, all := storeWithRooms(t, 50)
	seconds, p50, p99 := 1, 20*time.Second, 20*time.Second
	if os.Getenv("SOAK") != "" {
		seconds, p50, p99 = 60, 5*time.Millisecond, 25*time.Millisecond
	}
	waits := pace(t, s, all, 500, 500*seconds)
	half, most := waits[len(waits)/2], waits[len(waits)*99/100]
	t.Logf("500 messages a second in 50 rooms: p50 %v, p99 %v", half, most)
	if half > p50 || most > p99 {
		t.Errorf("waits: got p50 %v and p99 %v, want at most %v and %v", half, most, p50, p99)
	}
}

// Concurrent messages share a flush of the disk. One by one, the store would reach a tenth
// to a fifth of the rate of plain SQLite with 128 rows a commit.
func TestWriter_commits_a_burst_in_groups(t *testing.T) {
	n, want := 3000, 0.25
	if os.Getenv("SOAK") != "" {
		n, want = 100_000, 0.4
	}
	var ratios []float64
	for range 3 { // another program may use the machine
		tx := bareDatabase(t)
		begun := time.Now()
		for done := 0; done < n; done += 128 {
			bareCommit(t, tx, done, 128)
		}
		bare := time.Since(begun)

		s, all := storeWithRooms(t, 50)
		begun = time.Now()
		burst(t, s, all, 256, n)
		took := time.Since(begun)
		ratio := bare.Seconds() / took.Seconds()
		t.Logf("%.0f messages a second, %.2f of the rate of SQLite", float64(n)/took.Seconds(), ratio)
		if ratio >= want {
			return
		}
		ratios = append(ratios, ratio)
	}
	t.Errorf("rate as a part of plain SQLite's: got %.2f, want %v", ratios, want)
}

// burst adds n messages through a number of senders with one message outstanding each.
func burst(t testing.TB, s *SQLite, all []rooms.ID, senders, n int) {
	t.Helper()
	var left atomic.Int64
	left.Store(int64(n))
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for i := left.Add(-1); i >= 0; i = left.Add(-1) {
				addRandom(t, s, all[i%int64(len(all))])
			}
		})
	}
	sending.Wait()
}

// pace adds messages at an even rate. It returns how long each waited for its answer,
// sorted.
func pace(t testing.TB, s *SQLite, all []rooms.ID, perSecond, n int) []time.Duration {
	t.Helper()
	waits := make([]time.Duration, n)
	var sending sync.WaitGroup
	begun := time.Now()
	for i := range n {
		time.Sleep(time.Until(begun.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		sending.Go(func() {
			sent := time.Now()
			addRandom(t, s, all[i%len(all)])
			waits[i] = time.Since(sent)
		})
	}
	sending.Wait()
	slices.Sort(waits)
	return waits
}

func storeWithRooms(t testing.TB, n int) (*SQLite, []rooms.ID) {
	t.Helper()
	s := openTest(t)
	var all []rooms.ID
	for range n {
		all = append(all, addRoom(t, s))
	}
	return s, all
}

func addRoom(t testing.TB, s *SQLite) rooms.ID {
	t.Helper()
	room := rooms.Room{ID: rooms.ID(rand.Text())}
	if err := s.CreateRoom(t.Context(), room, rooms.Member{Room: room.ID}, rooms.RoomLimits{}); err != nil {
		t.Fatal(err)
	}
	return room.ID
}

func addRandom(t testing.TB, s *SQLite, room rooms.ID) {
	if _, err := s.AddMessages(context.Background(), room, []rooms.Message{randomMessage(room)}); err != nil {
		t.Error(err)
	}
}

func randomMessage(room rooms.ID) rooms.Message {
	return rooms.Message{
		ID:       rooms.ID(fmt.Sprintf("%08x%s", time.Now().Unix(), rand.Text()[:16])), // as package rooms creates them
		Room:     room,
		Kind:     rooms.KindText,
		Session:  "session",
		Text:     "안녕하세요, hello",
		ClientID: rand.Text(),
	}
}

// bareDatabase returns a transaction on a new database with the store's settings and
// tables.
func bareDatabase(t testing.TB) *transaction {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(filepath.Join(t.TempDir(), "bare.db"), accessWriter))
	if err != nil {
		t.Fatal(err)
	}
	if err := applyMigrations(t.Context(), db, 0, LatestSchema()); err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "PRAGMA foreign_keys = OFF"); err != nil { // the table of rooms is empty
		t.Fatal(err)
	}
	tx := &transaction{conn: conn, prepared: make(map[string]*sql.Stmt)}
	t.Cleanup(func() {
		if err := errors.Join(tx.close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return tx
}

// bareCommit inserts rows in one transaction, with numbers after others.
func bareCommit(t testing.TB, tx *transaction, others, rows int) {
	t.Helper()
	err := tx.run(func() error {
		for i := range rows {
			m := randomMessage("bare")
			m.Seq = int64(others + i + 1)
			if err := insertMessage(tx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
