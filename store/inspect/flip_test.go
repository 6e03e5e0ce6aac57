package inspect_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/inspect"
	"gifchat/store/storetest"
)

// conversation fills a database with messages of all kinds and with whispers, and
// closes it.
func conversation(t *testing.T, path string) rooms.ID {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	id := storetest.Fill(t, s, 0)
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	message := func(i int, kind rooms.Kind) rooms.Message {
		return rooms.Message{
			ID: rooms.ID(fmt.Sprintf("%024x", 0xabc0000+i)), Room: id, Kind: kind, User: "#78583a", Nick: "나래", Session: "owner",
			ClientID: fmt.Sprint("client-", i), CreatedAt: at.Add(time.Duration(i) * time.Second),
		}
	}
	for i := range 40 {
		m := message(i, rooms.KindText)
		m.Text = fmt.Sprintf("%d번째 메시지, as it was written", i)
		if i%8 == 7 {
			m.Kind, m.Text = rooms.KindGIF, ""
			m.GIF = &rooms.GIF{
				Name: fmt.Sprintf("%024x.gif", i), Width: 320, Height: 200, Frames: 12, Duration: 1200 * time.Millisecond,
				Poster: 4000, Bytes: 50_000, SHA256: fmt.Sprintf("%064x", i), Alt: "고양이",
			}
		}
		if _, err := s.AddMessages(t.Context(), id, []rooms.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	for i, target := range []int64{3, 8, 11, 11, 16} { // edits of texts and GIFs, then two removals
		m := message(100+i, rooms.KindEdit)
		m.Target, m.Text = target, "edited"
		if i >= 3 {
			m.Kind, m.Text = rooms.KindRemove, ""
		}
		if _, _, err := s.Amend(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	other := rooms.Member{Room: id, Session: "other", Color: "#005f87", Standing: rooms.StandingIn}
	notice := message(200, rooms.KindNotice)
	notice.Session, notice.ClientID, notice.Topic, notice.Person, notice.Text = "", "", rooms.TopicEntered, other.Color, "입장"
	if _, err := s.AddMember(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddMessages(t.Context(), id, []rooms.Message{notice}); err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		w := rooms.Whisper{
			ID: rooms.ID(fmt.Sprintf("%024x", 0xdef0000+i)), Room: id, Text: fmt.Sprintf("귓속말 %d, as it was whispered", i),
			From: rooms.Member{Session: "owner", Nick: "나래"}, To: rooms.Member{Session: "other"},
			ClientID: fmt.Sprint("whisper-", i), CreatedAt: at,
		}
		if _, _, err := s.AddWhisper(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return id
}

// contents are all messages and whispers that a store returns.
type contents struct {
	messages []rooms.Message
	whispers []rooms.Whisper
	err      error
}

// readAll opens the database at path and reads all messages and whispers of a room.
func readAll(t *testing.T, path string, id rooms.ID) (got contents) {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		return contents{err: err}
	}
	if got.messages, err = s.Messages(t.Context(), id, rooms.Page{After: -1, Limit: 200}); err != nil {
		got.err = err
	}
	if got.whispers, err = s.Whispers(t.Context(), id, "owner", 0, 200); err != nil {
		got.err = err
	}
	if err := s.Close(); err != nil {
		got.err = err // the checkpoint has failed
	}
	return got
}

// equal reports whether got has the same messages and whispers and no error.
func (c contents) equal(got contents) bool {
	return got.err == nil && reflect.DeepEqual(got.messages, c.messages) && reflect.DeepEqual(got.whispers, c.whispers)
}

// invented returns the messages and whispers of got that are neither in c nor shown
// as damaged.
func (c contents) invented(got contents) []string {
	var all []string
	for _, m := range got.messages {
		if m.Kind != rooms.KindDamaged && !slices.ContainsFunc(c.messages, func(was rooms.Message) bool { return reflect.DeepEqual(was, m) }) {
			all = append(all, fmt.Sprintf("message %+v", m))
		}
	}
	for _, w := range got.whispers {
		// The colours and the receiver's name come from the members and have no checksum.
		w.From.Color, w.To.Color, w.To.Nick = "", "", ""
		if !w.Damaged && !slices.ContainsFunc(c.whispers, func(was rooms.Whisper) bool {
			was.From.Color, was.To.Color, was.To.Nick = "", "", ""
			return reflect.DeepEqual(was, w)
		}) {
			all = append(all, fmt.Sprintf("whisper %+v", w))
		}
	}
	return all
}

// This test flips one bit in some bytes of every page; flip_long_test.go flips one in
// many more bytes.
func TestDatabase_finds_a_flipped_bit(t *testing.T) { flipBits(t, 1511) }

// flipBits flips one bit of a database file at a time, in every stride-th byte. Then
// no query may return a message that was never stored. If a query does not return
// everything, inspect.Database must report the damage.
func flipBits(t *testing.T, stride int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chat.db")
	id := conversation(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := readAll(t, path, id)
	if want.err != nil || len(want.messages) != 46 || len(want.whispers) != 12 {
		t.Fatalf("undamaged: got %d messages, %d whispers, %v, want 46, 12", len(want.messages), len(want.whispers), want.err)
	}
	found, shown, refused, harmless := 0, 0, 0, 0
	left := filepath.Join(t.TempDir(), "chat.db")
	for at := 0; at < len(whole); at += stride { // stride is a prime, so each page is hit at another place
		spoilt := bytes.Clone(whole)
		spoilt[at] ^= 1 << (at % 8)
		if err := os.WriteFile(left, spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := inspect.Database(t.Context(), left)
		damaged := err != nil || len(report.Problems()) > 0
		got := readAll(t, left, id)
		if invented := want.invented(got); len(invented) > 0 {
			t.Errorf("byte %d (page %d, %d): got %v, want only stored messages", at, at/4096, at%4096, invented)
		}
		switch {
		case damaged:
			found++
		case !want.equal(got):
			t.Errorf("byte %d (page %d, %d): got no problem, but %d messages, %d whispers, %v, want a problem or everything", at, at/4096, at%4096, len(got.messages), len(got.whispers), got.err)
		}
		switch {
		case got.err != nil:
			refused++
		case want.equal(got):
			harmless++
		default:
			shown++
		}
		for _, companion := range []string{"-wal", "-shm"} {
			if err := os.Remove(left + companion); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d bytes of %d: damage found %d times; reading fails %d times, shows damage %d times, is complete %d times",
		refused+shown+harmless, len(whole), found, refused, shown, harmless)
	if found == 0 || shown == 0 || refused == 0 {
		t.Errorf("damage: got found %d, shown %d, refused %d, want some of each", found, shown, refused)
	}
}
