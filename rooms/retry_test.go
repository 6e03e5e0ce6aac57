package rooms_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"gifchat/rooms"
)

// retried returns "first" if a retry got the first answer, and otherwise what it got.
func retried(first, again rooms.ID, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case first != again:
		return "another answer"
	}
	return "first"
}

const used = "clientId: used"

func TestRetry_of_text_gets_the_first_answer(t *testing.T) {
	remove := rooms.Amendment{Seq: 1, Remove: true}
	for name, change := range map[string][]rooms.Amendment{
		"unchanged":          nil,
		"edited":             {edit("안녕!")},
		"edited_twice":       {edit("안녕!"), edit("안녕?")},
		"edited_back":        {edit("안녕!"), edit("안녕")},
		"removed":            {remove},
		"edited_and_removed": {edit("안녕!"), remove},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChat(t, rooms.Options{EmptyGrace: -1})
			id := c.room(t, rooms.NewRoom{})
			post := func(text string) (rooms.Stored, error) {
				return c.Post(t.Context(), ada, id, rooms.Draft{Text: text, ClientID: "c"})
			}
			first, err := post("안녕")
			if err != nil {
				t.Fatal(err)
			}
			c.amend(t, id, change...)
			for text, want := range map[string]string{
				"안녕": "first", "안녕!": used, "안녕?": used, "안녕 ": used, "\u110b\u1161\u11ab녕": used, "removed": used, "x": used,
			} {
				again, err := post(text)
				if got := retried(first.ID, again.ID, err); got != want {
					t.Errorf("Post(%q) again: got %s, want %s", text, got, want)
				}
			}
			if got, want := c.seqs(t, id), int64(1+len(change)); got != want {
				t.Errorf("messages: got %d, want %d", got, want)
			}
		})
	}
}

func TestRetry_of_GIF_gets_the_first_answer(t *testing.T) {
	other := append(bytes.TrimSuffix(picture(t), []byte(";")), 0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, ';')
	for name, change := range map[string][]rooms.Amendment{
		"unchanged":            nil,
		"description_edited":   {edit("a cat")},
		"removed":              {{Seq: 1, Remove: true}},
		"description_and_file": {edit("a cat"), {Seq: 1, Remove: true}},
		"description_removed":  {edit(""), {Seq: 1, Remove: true}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChat(t, rooms.Options{EmptyGrace: -1})
			id := c.room(t, rooms.NewRoom{})
			post := func(name string, file []byte) (rooms.Stored, rooms.GIF, error) {
				gif, err := c.AddGIF(t.Context(), ada, id, name, bytes.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				stored, err := c.Post(t.Context(), ada, id, rooms.Draft{GIF: &gif, ClientID: "c"})
				return stored, gif, err
			}
			first, _, err := post("cat.gif", picture(t))
			if err != nil {
				t.Fatal(err)
			}
			c.amend(t, id, change...)
			for _, retry := range []struct {
				name, want string
				file       []byte
			}{{"cat.gif", "first", picture(t)}, {"IMG_0042.gif", "first", picture(t)}, {"cat.gif", used, other}} {
				again, gif, err := post(retry.name, retry.file)
				if got := retried(first.ID, again.ID, err); got != retry.want {
					t.Errorf("Post of %s, %d bytes: got %s, want %s", retry.name, len(retry.file), got, retry.want)
				}
				if _, err := c.gifs.Open(gif.Name); !errors.Is(err, rooms.ErrNotFound) {
					t.Errorf("file of the retry: got %v, want ErrNotFound", err)
				}
			}
			text, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: "cat", ClientID: "c"})
			if got := retried(first.ID, text.ID, err); got != used {
				t.Errorf("Post of a text: got %s, want %s", got, used)
			}
		})
	}
}

func TestRetry_of_edit_gets_the_first_answer(t *testing.T) {
	for name, remove := range map[string]bool{"unchanged": false, "target_removed": true} {
		for kind, gif := range map[string]bool{"text": false, "description": true} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				c := newChat(t, rooms.Options{EmptyGrace: -1})
				id := c.room(t, rooms.NewRoom{})
				draft := rooms.Draft{Text: "one"}
				if gif {
					added, err := c.AddGIF(t.Context(), ada, id, "a.gif", bytes.NewReader(picture(t)))
					if err != nil {
						t.Fatal(err)
					}
					draft = rooms.Draft{GIF: &added}
				}
				if _, err := c.Post(t.Context(), ada, id, draft); err != nil {
					t.Fatal(err)
				}
				first, err := c.Amend(t.Context(), ada, id, rooms.Amendment{Seq: 1, Text: "two ", ClientID: "e"})
				if err != nil {
					t.Fatal(err)
				}
				c.amend(t, id, edit("three"))
				if remove {
					c.amend(t, id, rooms.Amendment{Seq: 1, Remove: true})
				}
				for text, want := range map[string]string{"two ": "first", "three": used, "one": used} {
					again, err := c.Amend(t.Context(), ada, id, rooms.Amendment{Seq: 1, Text: text, ClientID: "e"})
					if got := retried(first.ID, again.ID, err); got != want {
						t.Errorf("Amend(%q) again: got %s, want %s", text, got, want)
					}
				}
				_, err = c.Amend(t.Context(), ada, id, rooms.Amendment{Seq: 1, Text: "four", ClientID: "new"})
				if remove != errors.Is(err, rooms.ErrNoMessage) {
					t.Errorf("Amend with a new client id: got %v, want ErrNoMessage: %t", err, remove)
				}
			})
		}
	}
}

func TestRetry_of_whisper_gets_the_first_answer(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	c.enter(t, id, bob)
	whisper := func(text string) (rooms.Whisper, error) {
		return c.Whisper(t.Context(), ada, id, bobColor, rooms.Draft{Text: text, ClientID: "w"})
	}
	first, err := whisper("쉿")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"쉿": "first", "쉿!": used} {
		again, err := whisper(text)
		if got := retried(first.ID, again.ID, err); got != want {
			t.Errorf("Whisper(%q) again: got %s, want %s", text, got, want)
		}
	}
}

// The original content of these rows is unknown.
func TestRetry_of_rows_older_than_fingerprints_gets_the_first_answer(t *testing.T) {
	c := newChatOnDisk(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	for i := range 3 {
		if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: "one", ClientID: fmt.Sprint(i + 1)}); err != nil {
			t.Fatal(err)
		}
	}
	c.amend(t, id, edit("two"), rooms.Amendment{Seq: 2, Remove: true})
	c.spoil(t, "UPDATE messages SET said = 0, sum = 0")
	for clientID, want := range map[string]string{"1": "<nil>", "2": "<nil>", "3": used} {
		_, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: "another", ClientID: clientID})
		if got := fmt.Sprint(err); got != want {
			t.Errorf("message %s: got %s, want %s", clientID, got, want)
		}
	}
}

// The fingerprint of a removed message must not prove its text.
func TestFingerprint_fits_many_texts(t *testing.T) {
	m := rooms.Message{ID: "000102030405060708090a0b", Kind: rooms.KindText, Text: "네"}
	want, fit := m.Fingerprint(), 0
	for i := range 1 << 18 {
		if m.Text = fmt.Sprint(i); m.Fingerprint() == want {
			fit++
		}
	}
	if fit < 1 || fit > 16 {
		t.Errorf("texts of 262,144 with the same fingerprint: got %d, want about 4", fit)
	}
	other := m
	other.ID, other.Text, m.Text = "0b0a09080706050403020100", "네", "네"
	if m.Fingerprint() == other.Fingerprint() {
		t.Errorf("fingerprint of one text in two messages: got %x twice, want two", m.Fingerprint())
	}
}

func edit(text string) rooms.Amendment { return rooms.Amendment{Seq: 1, Text: text} }

// amend makes amendments by Ada.
func (c chat) amend(t *testing.T, id rooms.ID, all ...rooms.Amendment) {
	t.Helper()
	for _, a := range all {
		if _, err := c.Amend(t.Context(), ada, id, a); err != nil {
			t.Fatal(err)
		}
	}
}
