package rooms

import (
	"context"
	"fmt"
)

// Settings are what an owner may change of a room; nil leaves a thing as it is.
type Settings struct {
	Title    *string
	Capacity *int    // who is there stays there
	Password *string // empty makes the room public; members stay members
	Frozen   *bool   // only the owner may speak
	Keep     *bool   // not removed for standing empty
	Closed   *bool   // nobody new is let in; members stay members
}

func (n Settings) check() (Settings, error) {
	if n.Title != nil {
		title, err := checkTitle(*n.Title)
		if err != nil {
			return Settings{}, err
		}
		n.Title = &title
	}
	if n.Capacity != nil {
		if err := checkCapacity(*n.Capacity); err != nil {
			return Settings{}, err
		}
	}
	if n.Password != nil {
		return n, checkPassword(*n.Password)
	}
	return n, nil
}

// Configure implements Chat.
func (s *Service) Configure(ctx context.Context, v Visitor, id ID, n Settings) (Room, error) {
	if _, err := s.may(ctx, v, id, toRule); err != nil { // before the work of hashing
		return Room{}, err
	}
	n, err := n.check()
	if err != nil {
		return Room{}, err
	}
	var hash string
	if n.Password != nil && *n.Password != "" {
		if hash, err = s.hashes.hash(ctx, *n.Password); err != nil {
			return Room{}, fmt.Errorf("configure room %s: %w", id, err)
		}
	}
	var room Room
	err = s.decide(ctx, v, id, toRule, func(_ context.Context, p *place, st standing) (decision, error) {
		room = st.room
		topic := n.apply(&room, hash)
		if topic == "" {
			return decision{}, nil
		}
		notice := noticeOf(topic, id)
		if topic == TopicTitled {
			notice.Text = fmt.Sprintf("방 제목이 바뀌었습니다: %s", room.Title)
		}
		return decision{Change: Change{Room: &room, Notice: notice}, then: func() {
			s.keepOpen(p, st.room.Keep, room.Keep)
			if n.Password != nil {
				s.guesses.forget(id)
			}
		}}, nil
	})
	if err != nil {
		return Room{}, err
	}
	return room, nil
}

// apply changes the room and returns the topic of the most noticeable change,
// none if nothing is different.
func (n Settings) apply(room *Room, hash string) Topic {
	before := *room
	set(&room.Title, n.Title)
	set(&room.Capacity, n.Capacity)
	set(&room.Frozen, n.Frozen)
	set(&room.Keep, n.Keep)
	set(&room.Closed, n.Closed)
	if n.Password != nil {
		room.PasswordHash = hash
	}
	switch {
	case room.Frozen && !before.Frozen:
		return TopicFrozen
	case !room.Frozen && before.Frozen:
		return TopicThawed
	case room.Closed && !before.Closed:
		return TopicClosed
	case !room.Closed && before.Closed:
		return TopicOpened
	case room.Title != before.Title:
		return TopicTitled
	case *room != before:
		return TopicChanged
	}
	return ""
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// keepOpen stops the clock of a room that stands empty and is to be kept, or
// starts it for one that is not any more. It needs the turn.
func (s *Service) keepOpen(p *place, was, is bool) {
	s.mu.Lock()
	empty := len(p.people) == 0
	if is {
		stop(&p.closing)
	}
	s.mu.Unlock()
	if was && !is && empty && s.emptyGrace >= 0 {
		s.closeLater(p, s.emptyGrace, s.removeEmpty)
	}
}
