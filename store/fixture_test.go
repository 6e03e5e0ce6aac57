package store_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/inspect"
)

// oldFolder is the content of testdata/5648205/expected.json.
type oldFolder struct {
	Room, Closed                 rooms.ID
	AnnColor, BobColor, EveColor rooms.Color
}

// copyOldFolder copies the data folder of version 5648205 and returns its place.
func copyOldFolder(t *testing.T) (store.Place, oldFolder) {
	t.Helper()
	const fixture = "testdata/5648205"
	var expected oldFolder
	list, err := os.ReadFile(filepath.Join(fixture, "expected.json"))
	if err == nil {
		err = json.Unmarshal(list, &expected)
	}
	dir := t.TempDir()
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(filepath.Join(fixture, "folder")))
	}
	if err != nil {
		t.Fatal(err)
	}
	return store.Place{Database: filepath.Join(dir, "gifchat.db"), GIFs: filepath.Join(dir, "gifs")}, expected
}

func TestOpen_of_a_folder_of_version_5648205_finds_everything(t *testing.T) {
	p, want := copyOldFolder(t)
	execute(t, p.Database, "UPDATE sessions SET expires = 4102444800000") // 2100
	s, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if m := s.Migration(); m.From != 7 || m.To != store.LatestSchema() || m.Copy != p.Database+".before-08" {
		t.Errorf("Migration: got %+v, want from 7 to %d with a copy", m, store.LatestSchema())
	}
	if all, err := s.Rooms(t.Context(), rooms.RoomPage{Limit: 10}); err != nil || len(all) != 2 || all[0].ID != want.Room || !all[0].Keep ||
		all[1].ID != want.Closed || all[1].PasswordHash == "" {
		t.Errorf("Rooms: got %+v, %v, want a kept room and one with a password", all, err)
	}
	checkMembers(t, s, want)
	checkMessages(t, s, p, want)
	checkWhispers(t, s, want)
	checkSessions(t, s, p)
	if r, err := inspect.Database(t.Context(), p.Database); err != nil || len(r.Problems()) > 0 {
		t.Errorf("inspect.Database: got %q, %v, want no problems", r.Problems(), err)
	}
	if n, damage, err := inspect.GIFs(t.Context(), p); n != 1 || damage != "" || err != nil {
		t.Errorf("inspect.GIFs: got %d, %q, %v, want 1 without damage", n, damage, err)
	}
}

func checkMembers(t *testing.T, s *store.SQLite, want oldFolder) {
	t.Helper()
	for color, standing := range map[rooms.Color]rooms.Standing{
		want.AnnColor: rooms.StandingIn, want.BobColor: rooms.StandingIn, want.EveColor: rooms.StandingBanned,
	} {
		m, err := s.Person(t.Context(), want.Room, color)
		if err != nil || m.Standing != standing {
			t.Errorf("member %s: got %+v, %v, want %q", color, m, err, standing)
		}
		if color == want.AnnColor && m.Nick != "나래" {
			t.Errorf("name of member %s: got %q, want %q", color, m.Nick, "나래")
		}
		if color == want.BobColor && m.MutedUntil.IsZero() {
			t.Errorf("mute of member %s: got none, want one", color)
		}
	}
	if bots, err := s.Bots(t.Context(), want.Room); err != nil || len(bots) != 1 || bots[0].Nick != "build" {
		t.Errorf("Bots: got %+v, %v, want build", bots, err)
	}
}

func checkMessages(t *testing.T, s *store.SQLite, p store.Place, want oldFolder) {
	t.Helper()
	all, err := s.Messages(t.Context(), want.Room, rooms.Page{After: -1, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[rooms.Kind]int)
	var texts []string
	for i, m := range all {
		count[m.Kind]++
		if m.Seq != int64(i)+1 {
			t.Errorf("message %d: got seq %d, want %d", i, m.Seq, i+1)
		}
		if m.Kind == rooms.KindText {
			texts = append(texts, m.Text)
		}
		if m.GIF != nil {
			if _, err := os.Stat(filepath.Join(p.GIFs, m.GIF.Name)); err != nil || m.GIF.Frames != 2 {
				t.Errorf("GIF: got %+v, %v, want a file with two frames", m.GIF, err)
			}
		}
	}
	if count[rooms.KindText] != 2 || texts[0] != "안녕하세요" || texts[1] != "hello, world" || count[rooms.KindGIF] != 1 ||
		count[rooms.KindEdit] != 1 || count[rooms.KindRemove] != 1 || count[rooms.KindRemoved] != 1 || count[rooms.KindDamaged] != 0 {
		t.Errorf("Messages: got %v with the texts %q, want two texts, one GIF, one edit and one removal", count, texts)
	}
	closed, err := s.Messages(t.Context(), want.Closed, rooms.Page{After: -1, Limit: 100})
	if err != nil || len(closed) == 0 || closed[0].Text != "behind a password" {
		t.Errorf("Messages of the room with a password: got %+v, %v, want one text first", closed, err)
	}
}

func checkWhispers(t *testing.T, s *store.SQLite, want oldFolder) {
	t.Helper()
	for _, color := range []rooms.Color{want.AnnColor, want.BobColor} {
		m, err := s.Person(t.Context(), want.Room, color)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Whispers(t.Context(), want.Room, m.Session, 0, 10)
		if err != nil || len(got) != 2 || got[0].Text != "귓속말" || got[1].Text != "psst" || got[0].Damaged || got[1].Damaged {
			t.Errorf("Whispers of %s: got %+v, %v, want 귓속말 and psst", color, got, err)
		}
	}
}

func checkSessions(t *testing.T, s *store.SQLite, p store.Place) {
	t.Helper()
	rows, err := connect(t, p.Database).Query("SELECT count(*), min(length(visitor)), min(length(data)) FROM sessions")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var n, visitor, data int
	for rows.Next() {
		if err := rows.Scan(&n, &visitor, &data); err != nil {
			t.Fatal(err)
		}
	}
	if rows.Err() != nil || n < 4 || visitor != 32 || data == 0 {
		t.Errorf("sessions: got %d, visitor of %d bytes, data of %d bytes, %v, want at least 4 with both", n, visitor, data, rows.Err())
	}
}
