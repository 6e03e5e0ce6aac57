package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gifchat/rooms"
)

// maxGap is the maximum of consecutive messages that are shown as damaged when they are
// missing from a damaged index. A page with a larger gap is an error.
const maxGap = 100

// fillGaps returns a page with one message for each number, from a page in which
// messages are damaged or missing. It returns no messages for a removed room.
func (s *SQLite) fillGaps(ctx context.Context, id rooms.ID, messages []rooms.Message, after int64, p rooms.Page) ([]rooms.Message, error) {
	if _, err := s.Room(ctx, id); errors.Is(err, rooms.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	filled, err := inSequence(id, messages, after)
	switch {
	case err != nil:
		return nil, unavailable(err)
	case len(filled) <= p.Limit:
		return filled, nil
	case p.After != 0:
		return filled[:p.Limit], nil
	}
	return filled[len(filled)-p.Limit:], nil
}

// inSequence returns one message for each number from after+1 to the last message. A
// message that is missing, or has a damaged number, is returned as damaged, with the time
// of the message before it.
func inSequence(id rooms.ID, messages []rooms.Message, after int64) ([]rooms.Message, error) {
	var filled []rooms.Message
	at := fromMillis(0)
	if i := firstIntact(messages); i >= 0 {
		at = messages[i].CreatedAt
	}
	damaged := func(seq int64) rooms.Message {
		return rooms.Message{Room: id, Seq: seq, Kind: rooms.KindDamaged, CreatedAt: at}
	}
	for _, m := range messages {
		if m.Kind == rooms.KindDamaged {
			m = damaged(after + 1) // the number may be the damaged column
		}
		if m.Seq <= after || m.Seq-after-1 > maxGap {
			return nil, fmt.Errorf("room %s: message %d comes after %d", id, m.Seq, after)
		}
		for after++; after < m.Seq; after++ {
			filled = append(filled, damaged(after))
		}
		at = m.CreatedAt
		filled = append(filled, m)
	}
	return filled, nil
}

// sequential reports whether messages are intact and numbered from after+1 without gaps.
func sequential(messages []rooms.Message, after int64) bool {
	for i, m := range messages {
		if m.Kind == rooms.KindDamaged || m.Seq != after+1+int64(i) {
			return false
		}
	}
	return true
}

// beforeFirst returns the number before the first message, computed from the first
// intact one.
func beforeFirst(messages []rooms.Message) int64 {
	if len(messages) == 0 {
		return 0
	}
	i := max(firstIntact(messages), 0)
	return messages[i].Seq - 1 - int64(i)
}

// firstIntact returns the index of the first intact message, or -1.
func firstIntact(messages []rooms.Message) int {
	return slices.IndexFunc(messages, func(m rooms.Message) bool { return m.Kind != rooms.KindDamaged })
}
