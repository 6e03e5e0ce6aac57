package events_test

import (
	"testing"

	"gifchat/handlers/events"
	"gifchat/rooms"
)

func TestNoticeText_has_a_sentence_for_every_topic(t *testing.T) {
	m := rooms.Member{Color: "#78583a", Nick: "철수"}
	nobody := rooms.Member{Color: "#78583a"}
	for _, tt := range []struct {
		topic rooms.Topic
		about rooms.Member
		want  string
	}{
		{rooms.TopicEntered, m, "철수님이 입장하셨습니다."},
		{rooms.TopicEntered, nobody, "#78583a님이 입장하셨습니다."},
		{rooms.TopicLeft, m, "철수님이 퇴장하셨습니다."},
		{rooms.TopicNamed, m, "#78583a님의 이름: 철수"},
		{rooms.TopicNamed, nobody, "#78583a님이 이름을 지웠습니다."},
		{rooms.TopicKicked, m, "철수님을 내보냈습니다."},
		{rooms.TopicBanned, m, "철수님의 입장을 막았습니다."},
		{rooms.TopicUnbanned, m, "철수님이 다시 들어올 수 있습니다."},
		{rooms.TopicMuted, m, "철수님은 지금부터 말할 수 없습니다."},
		{rooms.TopicUnmuted, m, "철수님이 다시 말할 수 있습니다."},
		{rooms.TopicOwner, m, "철수님이 방장이 되었습니다."},
		{rooms.TopicFrozen, rooms.Member{}, "방장이 대화를 멈췄습니다."},
		{rooms.TopicThawed, rooms.Member{}, "대화를 다시 시작합니다."},
		{rooms.TopicClosed, rooms.Member{}, "방장이 문을 닫았습니다. 새로 오는 사람은 들어올 수 없습니다."},
		{rooms.TopicOpened, rooms.Member{}, "방장이 문을 열었습니다."},
		{rooms.TopicTitled, rooms.Member{}, "방 제목이 바뀌었습니다."},
		{rooms.TopicChanged, rooms.Member{}, "방 설정이 바뀌었습니다."},
	} {
		if got := events.NoticeText(tt.topic, tt.about); got != tt.want {
			t.Errorf("NoticeText(%s, %q): got %q, want %q", tt.topic, tt.about.Nick, got, tt.want)
		}
	}
}
