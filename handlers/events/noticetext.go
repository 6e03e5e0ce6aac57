package events

import (
	"gifchat/i18n"
	"gifchat/rooms"
)

// NoticeText returns the Korean text of a notice, for rooms.Options. The textbook's
// pages show the stored text as it is; other pages use the topic.
func NoticeText(topic rooms.Topic, m rooms.Member) string {
	text, _ := i18n.Notice(i18n.Korean, string(topic), m.Nick, string(m.Color))
	return text
}
