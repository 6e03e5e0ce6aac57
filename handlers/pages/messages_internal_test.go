package pages

import (
	"testing"

	"gifchat/i18n"
	"gifchat/rooms"
)

func TestNoticeText_is_stored_in_Korean_and_translated_to_English(t *testing.T) {
	const stored = "stored"
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
		{"another", "", stored},
	} {
		m := rooms.Message{Kind: rooms.KindNotice, Topic: tt.topic, Person: "#78583a", Nick: tt.nick, Text: stored}
		if got := noticeText(m, i18n.English); got != tt.want {
			t.Errorf("topic %s of %q in English: got %q, want %q", tt.topic, tt.nick, got, tt.want)
		}
		if got := noticeText(m, i18n.Korean); got != stored {
			t.Errorf("topic %s of %q in Korean: got %q, want the stored text", tt.topic, tt.nick, got)
		}
	}
}
