package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gifchat/rooms"
)

// maxGap is the most consecutive messages that a damaged index can have lost. A larger
// gap makes the part of the history around it unreadable.
const maxGap = 100

// fillGaps returns a page with one message for each number, given a page in which some
// messages are damaged or missing. A removed room has no messages.
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

// inSequence returns one message for each number after a number. A message that a
// damaged index has lost, or has under another number, is returned as damaged, with the
// time of the message before it.
func inSequence(id rooms.ID, messages []rooms.Message, after int64) ([]rooms.Message, error) {
	var filled []rooms.Message
	at := fromMillis(0)
	if i := firstSound(messages); i >= 0 {
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

// sequential reports whether messages are undamaged and have all numbers after a number.
func sequential(messages []rooms.Message, after int64) bool {
	for i, m := range messages {
		if m.Kind == rooms.KindDamaged || m.Seq != after+1+int64(i) {
			return false
		}
	}
	return true
}

// beforeFirst returns the number before the first message, computed from the first
// undamaged one.
func beforeFirst(messages []rooms.Message) int64 {
	if len(messages) == 0 {
		return 0
	}
	i := max(firstSound(messages), 0)
	return messages[i].Seq - 1 - int64(i)
}

// firstSound returns the index of the first undamaged message, or -1.
func firstSound(messages []rooms.Message) int {
	return slices.IndexFunc(messages, func(m rooms.Message) bool { return m.Kind != rooms.KindDamaged })
}
