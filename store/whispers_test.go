package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gifchat/rooms"
)

// The cost of a page of whispers depends on its size and not on the length of the
// list: an index has both halves in order, and nothing is sorted.
func TestWhispers_are_read_from_an_index_in_order(t *testing.T) {
	s := openTest(t)
	plan, err := query(t.Context(), s.read, func(row scanner) (step string, err error) {
		var id, parent, unused int
		err = row.Scan(&id, &parent, &unused, &step)
		return step, err
	}, "EXPLAIN QUERY PLAN "+selectWhispers, "room", "session", 0, 200)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"SEARCH w USING INDEX sqlite_autoindex_whispers_2 (room=? AND sender=? AND sender_seq>?)",
		"SEARCH w USING INDEX sqlite_autoindex_whispers_3 (room=? AND receiver=? AND receiver_seq>?)",
	} {
		if !slices.Contains(plan, want) {
			t.Errorf("query plan: got %q, want %q in it", plan, want)
		}
	}
	for _, step := range plan {
		if strings.Contains(step, "SCAN") || strings.Contains(step, "TEMP B-TREE") {
			t.Errorf("query plan: got the step %q, want neither a scan nor a sort", step)
		}
	}
}

// Pages of every size together have each whisper once and in order.
func TestWhispers_of_every_page_size_are_complete(t *testing.T) {
	ctx, s := t.Context(), openTest(t)
	room := rooms.Room{ID: "6b038c7f8bb22f6d27999d18", Owner: "#000000", OwnerSession: "owner"}
	people := []rooms.Member{{Room: room.ID, Session: "owner", Color: "#000000", Standing: rooms.StandingIn}}
	if err := s.CreateRoom(ctx, room, people[0], rooms.RoomLimits{}); err != nil {
		t.Fatal(err)
	}
	for _, session := range []rooms.Session{"a", "b"} {
		m := rooms.Member{Room: room.ID, Session: session, Color: rooms.Color("#" + session), Standing: rooms.StandingIn}
		if _, err := s.AddMember(ctx, m); err != nil {
			t.Fatal(err)
		}
		people = append(people, m)
	}
	var want []rooms.ID // the whispers of a
	for i := range 60 {
		from, to := people[i*i%3], people[(i*i+1+i%2)%3]
		w, _, err := s.AddWhisper(ctx, rooms.Whisper{ID: rooms.ID(fmt.Sprint(i)), Room: room.ID, From: from, To: to})
		if err != nil {
			t.Fatal(err)
		}
		if from.Session == "a" || to.Session == "a" {
			want = append(want, w.ID)
		}
	}
	for size := 1; size <= len(want)+1; size++ {
		var got []rooms.ID
		for {
			page, err := s.Whispers(ctx, room.ID, "a", int64(len(got)), size)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, w := range page {
				got = append(got, w.ID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: got %q, want %q", size, got, want)
		}
	}
}

func BenchmarkWhispers(b *testing.B) {
	for _, n := range []int{1_000, 300_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			ctx, s := b.Context(), openTest(b)
			err := s.write.do(ctx, func(tx *transaction) error {
				for _, statement := range []string{
					`INSERT INTO rooms (id, title, capacity, owner, owner_session, password_hash, created_at) VALUES ('room', '', 2, '', '', '', 0)`,
					`INSERT INTO members (room, session, color, since) VALUES ('room', 'a', 'a', 0), ('room', 'b', 'b', 0)`,
					`WITH RECURSIVE list(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM list LIMIT ` + fmt.Sprint(n) + `)
						INSERT INTO whispers SELECT i, 'room', iif(i % 2, 'a', 'b'), iif(i % 2, 'b', 'a'), i, i, '', 'hello', '', 0 FROM list`,
				} {
					if _, err := tx.exec(statement); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if page, err := s.Whispers(ctx, "room", "a", int64(n/2), 200); err != nil || len(page) != 200 {
					b.Fatalf("page: got %d whispers, %v, want 200", len(page), err)
				}
			}
		})
	}
}
