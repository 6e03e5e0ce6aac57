package rooms

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

// noticeAbout returns a notice about a person.
func (s *Service) noticeAbout(t Topic, m Member) Message {
	n := s.noticeOf(t, m.Room)
	n.Person, n.Nick, n.Face, n.Text = m.Color, m.Nick, m.Face, s.noticeText(t, m)
	return n
}

// noticeOf returns a notice about the room.
func (s *Service) noticeOf(t Topic, id ID) Message {
	return Message{ID: newMessageID(), Room: id, Kind: KindNotice, CreatedAt: now(), Topic: t, Text: s.noticeText(t, Member{})}
}
