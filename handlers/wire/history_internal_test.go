package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gifchat/rooms"
)

func TestFit_keeps_an_answer_small(t *testing.T) {
	for _, text := range []string{"😀", "\x01", "\u2028", `"`, "가", "a"} {
		for _, last := range []bool{false, true} {
			messages := make([]rooms.Message, MaxPage)
			for i := range messages {
				messages[i] = rooms.Message{
					ID: "6b038c7f8bb22f6d27999d18", Room: "6b038c7f8bb22f6d27999d18", Kind: rooms.KindText, User: "#78583a",
					Seq: int64(1_000_000 + i), ClientID: strings.Repeat("x", 64), Text: strings.Repeat(text, 2000),
				}
			}
			page := fit(messages, last, messageSize)
			b, err := json.Marshal(Messages(page))
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("%q, last %t", text, last)
			if len(b) > maxText || len(page) < MaxPage && len(b) < maxText*8/10 {
				t.Errorf("%s: got %d messages in %d bytes, want at most %d bytes, and most of them used", name, len(page), len(b), maxText)
			}
			if first := page[0].Seq; !last && first != messages[0].Seq {
				t.Errorf("%s: got first message %d, want %d", name, first, messages[0].Seq)
			}
			if newest := page[len(page)-1].Seq; last && newest != messages[MaxPage-1].Seq {
				t.Errorf("%s: got last message %d, want %d", name, newest, messages[MaxPage-1].Seq)
			}
		}
	}
	for name, m := range map[string]rooms.Message{
		"a GIF": {Kind: rooms.KindGIF, GIF: &rooms.GIF{
			Name: "000102030405060708090a0b.gif", Width: 4096, Height: 4096, Frames: 1000, Duration: 655350 * time.Second, Poster: 5 << 20, Alt: strings.Repeat("가", 200),
		}},
		"a notice": {Kind: rooms.KindNotice, Topic: rooms.TopicUnbanned, Person: "#78583a", Text: strings.Repeat("가", 40)},
		"an edit":  {Kind: rooms.KindEdit, Target: 1 << 50, Text: "a"},
		"edited":   {Kind: rooms.KindText, Edited: 1 << 50, Text: "a"},
	} {
		m.ID, m.Room, m.User, m.Seq = "6b038c7f8bb22f6d27999d18", "6b038c7f8bb22f6d27999d18", "#78583a", 1<<50
		m.Nick, m.ClientID = strings.Repeat("😀", 20), strings.Repeat("가", 64)
		if b, err := json.Marshal(MessageOf(m)); err != nil || len(b) > messageSize(m) {
			t.Errorf("%s: got %d bytes, %v, want at most %d", name, len(b), err, messageSize(m))
		}
	}
	long := rooms.Member{Color: "#78583a", Nick: strings.Repeat("😀", 20)}
	whisper := rooms.Whisper{
		ID: "6b038c7f8bb22f6d27999d18", Room: "6b038c7f8bb22f6d27999d18", From: long, To: long, FromSeq: 1 << 50,
		Text: strings.Repeat("\x01", 2000), ClientID: strings.Repeat("가", 64),
	}
	if b, err := json.Marshal(WhisperTo(whisper, true)); err != nil || len(b) > whisperSize(whisper) {
		t.Errorf("a whisper: got %d bytes, %v, want at most %d", len(b), err, whisperSize(whisper))
	}
	huge := []rooms.Message{{Text: strings.Repeat("a", 2*maxText)}, {Text: "a"}}
	if got := fit(huge, false, messageSize); len(got) != 1 {
		t.Errorf("a message that is too long: got %d messages, want 1, so that a client gets on", len(got))
	}
}
