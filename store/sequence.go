package store

import (
	"fmt"

	"gifchat/rooms"
)

// maxHole is the most messages in a row that a damaged index may have lost
// before the part of the history around them is one that cannot be read.
const maxHole = 100

// inSequence returns a part of a room's messages with one for each number: what
// a damaged index has lost, or has under another number, stands there as
// damaged. The numbers begin after the one that is given; if it is negative,
// where the messages do.
func inSequence(id rooms.ID, messages []rooms.Message, after int64) ([]rooms.Message, error) {
	if after < 0 {
		after = beforeFirst(messages)
	}
	if sequential(messages, after) {
		return messages, nil
	}
	var whole []rooms.Message
	for _, m := range messages {
		if m.Kind == rooms.KindDamaged {
			m.Seq = after + 1 // it may be what is damaged
		}
		if m.Seq <= after || m.Seq-after > maxHole {
			return nil, unavailable(fmt.Errorf("room %s: message %d comes after %d", id, m.Seq, after))
		}
		for after++; after < m.Seq; after++ {
			whole = append(whole, damagedMessage(rooms.Message{Room: id, Seq: after, CreatedAt: m.CreatedAt}))
		}
		whole = append(whole, m)
	}
	return whole, nil
}

func sequential(messages []rooms.Message, after int64) bool {
	for i, m := range messages {
		if m.Seq != after+1+int64(i) {
			return false
		}
	}
	return true
}

// beforeFirst returns the number before the first message, as far as it can be
// told: by the first one that is sound.
func beforeFirst(messages []rooms.Message) int64 {
	for i, m := range messages {
		if m.Kind != rooms.KindDamaged {
			return m.Seq - 1 - int64(i)
		}
	}
	if len(messages) == 0 {
		return 0
	}
	return messages[0].Seq - 1
}
