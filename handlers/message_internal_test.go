package handlers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gifchat/rooms"
)

func TestFitting_keepsAnAnswerSmall(t *testing.T) {
	for _, text := range []string{"😀", "\x01", "\u2028", `"`, "가", "a"} {
		for _, last := range []bool{false, true} {
			messages := make([]rooms.Message, maxPage)
			for i := range messages {
				messages[i] = rooms.Message{
					ID: "6b038c7f8bb22f6d27999d18", Room: "6b038c7f8bb22f6d27999d18", Kind: rooms.KindText, User: "#78583a",
					Seq: int64(1_000_000 + i), ClientID: strings.Repeat("x", 64), Text: strings.Repeat(text, 2000),
				}
			}
			page := fitting(messages, last, weight)
			b, err := json.Marshal(wireMessages(page))
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("%q, last %t", text, last)
			if len(b) > maxPageText || len(page) < maxPage && len(b) < maxPageText*8/10 {
				t.Errorf("%s: %d messages in %d bytes", name, len(page), len(b))
			}
			if first := page[0].Seq; !last && first != messages[0].Seq {
				t.Errorf("%s: begins with %d", name, first)
			}
			if newest := page[len(page)-1].Seq; last && newest != messages[maxPage-1].Seq {
				t.Errorf("%s: ends with %d", name, newest)
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
		if b, err := json.Marshal(wireMessageOf(m)); err != nil || len(b) > weight(m) {
			t.Errorf("%s: %d bytes, %d were counted, %v", name, len(b), weight(m), err)
		}
	}
	long := rooms.Member{Color: "#78583a", Nick: strings.Repeat("😀", 20)}
	whisper := rooms.Whisper{
		ID: "6b038c7f8bb22f6d27999d18", Room: "6b038c7f8bb22f6d27999d18", From: long, To: long, FromSeq: 1 << 50,
		Text: strings.Repeat("\x01", 2000), ClientID: strings.Repeat("가", 64),
	}
	if b, err := json.Marshal(wireWhisperTo(whisper, true)); err != nil || len(b) > whisperWeight(whisper) {
		t.Errorf("a whisper: %d bytes, %d were counted, %v", len(b), whisperWeight(whisper), err)
	}
	huge := []rooms.Message{{Text: strings.Repeat("a", 2*maxPageText)}, {Text: "a"}}
	if got := fitting(huge, false, weight); len(got) != 1 {
		t.Errorf("got %d messages, want one: nobody would get on", len(got))
	}
}

func TestNoticeText(t *testing.T) {
	const kept = "kept"
	for _, tt := range []struct {
		topic rooms.Topic
		nick  string
		want  string
	}{
		{rooms.TopicNamed, "%c", "#78583a is now called %c."},
		{rooms.TopicNamed, "", "#78583a has no name any more."},
		{rooms.TopicMuted, "Bob", "Bob was muted."},
		{rooms.TopicMuted, "", "#78583a was muted."},
		{rooms.TopicThawed, "", "The conversation goes on."},
		{"another", "", kept},
	} {
		m := rooms.Message{Kind: rooms.KindNotice, Topic: tt.topic, Person: "#78583a", Nick: tt.nick, Text: kept}
		if got := noticeText(m, english); got != tt.want {
			t.Errorf("%s of %q: got %q, want %q", tt.topic, tt.nick, got, tt.want)
		}
		if got := noticeText(m, korean); got != kept {
			t.Errorf("%s of %q, in Korean: got %q, want what is kept", tt.topic, tt.nick, got)
		}
	}
}
