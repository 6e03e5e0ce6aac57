package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gifchat/rooms"
)

// maxHole is the most messages in a row that a damaged index may have lost
// before the part of the history around them is one that cannot be read.
const maxHole = 100

// mended makes a page with one message for each number of one in which some are
// damaged or missing. There are none in a room that is being removed.
func (s *SQLite) mended(ctx context.Context, id rooms.ID, messages []rooms.Message, after int64, p rooms.Page) ([]rooms.Message, error) {
	if _, err := s.Room(ctx, id); errors.Is(err, rooms.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	whole, err := inSequence(id, messages, after)
	switch {
	case err != nil:
		return nil, unavailable(err)
	case len(whole) <= p.Limit:
		return whole, nil
	case p.After != 0:
		return whole[:p.Limit], nil
	}
	return whole[len(whole)-p.Limit:], nil
}

// inSequence returns a part of a room's messages with one for each number after
// the one that is given. What a damaged index has lost, or has under another
// number, stands there as damaged, with the time of what is before it.
func inSequence(id rooms.ID, messages []rooms.Message, after int64) ([]rooms.Message, error) {
	var whole []rooms.Message
	at := fromMillis(0)
	if i := firstSound(messages); i >= 0 {
		at = messages[i].CreatedAt
	}
	lost := func(seq int64) rooms.Message {
		return rooms.Message{Room: id, Seq: seq, Kind: rooms.KindDamaged, CreatedAt: at}
	}
	for _, m := range messages {
		if m.Kind == rooms.KindDamaged {
			m = lost(after + 1) // its number may be what is damaged
		}
		if m.Seq <= after || m.Seq-after-1 > maxHole {
			return nil, fmt.Errorf("room %s: message %d comes after %d", id, m.Seq, after)
		}
		for after++; after < m.Seq; after++ {
			whole = append(whole, lost(after))
		}
		at = m.CreatedAt
		whole = append(whole, m)
	}
	return whole, nil
}

// sequential tells whether the messages after a number are sound, and all.
func sequential(messages []rooms.Message, after int64) bool {
	for i, m := range messages {
		if m.Kind == rooms.KindDamaged || m.Seq != after+1+int64(i) {
			return false
		}
	}
	return true
}

// beforeFirst returns the number before the first message, as far as it can be
// told: by the first one that is sound.
func beforeFirst(messages []rooms.Message) int64 {
	if len(messages) == 0 {
		return 0
	}
	i := max(firstSound(messages), 0)
	return messages[i].Seq - 1 - int64(i)
}

// firstSound returns the place of the first message that is not damaged, or -1.
func firstSound(messages []rooms.Message) int {
	return slices.IndexFunc(messages, func(m rooms.Message) bool { return m.Kind != rooms.KindDamaged })
}
