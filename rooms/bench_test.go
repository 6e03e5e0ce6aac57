package rooms_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
)

// silent is a Notifier that does nothing.
type silent struct{ rooms.Notifier }

func (silent) RoomCreated(rooms.Room)                              {}
func (silent) Posted(...rooms.Message)                             {}
func (silent) Entered(rooms.Member, rooms.Message, []rooms.Member) {}
func (silent) PeopleChanged(rooms.ID, []rooms.Member)              {}

// BenchmarkPost stores messages in a number of rooms, each of which has a number of
// members with one message outstanding.
//
//	go test -run '^$' -bench Post -benchtime 5000x ./rooms
func BenchmarkPost(b *testing.B) {
	for _, folder := range []struct{ name, dir string }{{"disk", ""}, {"tmpfs", "/dev/shm"}} {
		for _, load := range []struct{ rooms, members int }{{1, 1}, {1, 8}, {1, 64}, {20, 5}, {20, 20}, {100, 1}, {1, 50}} {
			b.Run(fmt.Sprintf("%s/%dx%d", folder.name, load.rooms, load.members), func(b *testing.B) {
				dir, err := os.MkdirTemp(folder.dir, "bench")
				if err != nil {
					b.Skip(err)
				}
				b.Cleanup(func() { _ = os.RemoveAll(dir) })
				benchmarkPost(b, filepath.Join(dir, "chat.db"), load.rooms, load.members)
			})
		}
	}
}

func benchmarkPost(b *testing.B, path string, nrooms, members int) {
	db, err := store.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s := rooms.NewService(db, nil, silent{}, rooms.Options{EmptyGrace: -1, Log: slog.New(slog.DiscardHandler)})
	defer s.Close()
	type sender struct {
		v    rooms.Visitor
		room rooms.ID
	}
	var senders []sender
	for range nrooms {
		room, err := s.Create(b.Context(), ada, rooms.NewRoom{Title: "방", Capacity: 500})
		if err != nil {
			b.Fatal(err)
		}
		for i := range members {
			v := rooms.Visitor{Session: rooms.Session(fmt.Sprintf("session-%d", i))}
			if _, err := s.Enter(b.Context(), v, room.ID, ""); err != nil {
				b.Fatal(err)
			}
			if _, _, err := s.Arrive(b.Context(), v, room.ID); err != nil {
				b.Fatal(err)
			}
			senders = append(senders, sender{v, room.ID})
		}
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ResetTimer()
	for _, from := range senders {
		all.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				d := rooms.Draft{Text: "안녕하세요", ClientID: fmt.Sprintf("0b9f0d6c-0000-4000-8000-%012d", n)}
				if _, err := s.Post(b.Context(), from.v, from.room, d); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}
