package rooms_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
)

// silent tells nobody.
type silent struct{ rooms.Notifier }

func (silent) RoomCreated(rooms.Room) {}
func (silent) Posted(rooms.Message)   {}

// BenchmarkPost is so many who talk in one room at once, each waiting for the
// answer before it goes on.
func BenchmarkPost(b *testing.B) {
	for _, speakers := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(speakers), func(b *testing.B) {
			db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "chat.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			s := rooms.NewService(db, nil, silent{}, rooms.Options{EmptyGrace: -1, Log: slog.New(slog.DiscardHandler)})
			defer s.Close()
			room, err := s.Create(b.Context(), ada, rooms.NewRoom{Title: "방", Capacity: 500})
			if err != nil {
				b.Fatal(err)
			}
			var all sync.WaitGroup
			for i := range speakers {
				all.Go(func() {
					for n := i; n < b.N; n += speakers {
						if _, err := s.Post(b.Context(), ada, room.ID, rooms.Draft{Text: "안녕하세요"}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}
