package rooms

import "fmt"

// Topic is the subject of a notice.
type Topic string

// The topics. All but the last six concern a person.
const (
	TopicEntered  Topic = "entered"
	TopicLeft     Topic = "left"
	TopicNamed    Topic = "named" // chose or removed a nickname
	TopicKicked   Topic = "kicked"
	TopicBanned   Topic = "banned"
	TopicUnbanned Topic = "unbanned"
	TopicMuted    Topic = "muted"
	TopicUnmuted  Topic = "unmuted"
	TopicOwner    Topic = "owner" // became the owner
	TopicFrozen   Topic = "frozen"
	TopicThawed   Topic = "thawed"
	TopicClosed   Topic = "closed" // only members may enter
	TopicOpened   Topic = "opened"
	TopicTitled   Topic = "titled"
	TopicChanged  Topic = "changed" // another setting of the room
)

// topicTexts are the stored texts of notices about a person; %s is the person's name.
// They are Korean, as the wire contract demands for the first two. Pages in other
// languages use the topic.
var topicTexts = map[Topic]string{
	TopicEntered:  "%s님이 입장하셨습니다.",
	TopicLeft:     "%s님이 퇴장하셨습니다.",
	TopicKicked:   "%s님을 내보냈습니다.",
	TopicBanned:   "%s님의 입장을 막았습니다.",
	TopicUnbanned: "%s님이 다시 들어올 수 있습니다.",
	TopicMuted:    "%s님은 지금부터 말할 수 없습니다.",
	TopicUnmuted:  "%s님이 다시 말할 수 있습니다.",
	TopicOwner:    "%s님이 방장이 되었습니다.",
}

// roomTexts are the stored texts of notices about the room.
var roomTexts = map[Topic]string{
	TopicFrozen:  "방장이 대화를 멈췄습니다.",
	TopicThawed:  "대화를 다시 시작합니다.",
	TopicClosed:  "방장이 문을 닫았습니다. 새로 오는 사람은 들어올 수 없습니다.",
	TopicOpened:  "방장이 문을 열었습니다.",
	TopicTitled:  "방 제목이 바뀌었습니다.",
	TopicChanged: "방 설정이 바뀌었습니다.",
}

// noticeAbout returns a notice about a person.
func noticeAbout(t Topic, m Member) Message {
	return Message{
		ID: newMessageID(), Room: m.Room, Kind: KindNotice, CreatedAt: now(),
		Topic: t, Person: m.Color, Nick: m.Nick, Text: aboutText(t, m),
	}
}

// aboutText returns the text of a notice about a person. A person with a new nickname is
// named by the colour, which the other people know.
func aboutText(t Topic, m Member) string {
	switch {
	case t == TopicNamed && m.Nick == "":
		return fmt.Sprintf("%s님이 이름을 지웠습니다.", m.Color)
	case t == TopicNamed:
		return fmt.Sprintf("%s님의 이름: %s", m.Color, m.Nick)
	}
	return fmt.Sprintf(topicTexts[t], m.Name())
}

// noticeOf returns a notice about the room.
func noticeOf(t Topic, id ID) Message {
	return Message{ID: newMessageID(), Room: id, Kind: KindNotice, CreatedAt: now(), Topic: t, Text: roomTexts[t]}
}
