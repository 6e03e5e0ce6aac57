package rooms

import (
	"context"
	"fmt"
)

// Settings are the settings that an owner can change. A nil field stays as it is.
type Settings struct {
	Title    *string
	Capacity *int    // people who are present stay
	Password *string // empty makes the room public; members stay members
	Frozen   *bool   // only the owner may speak
	Keep     *bool   // the room is not removed while it is empty
	Closed   *bool   // only members may enter
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
	if _, err := s.authorize(ctx, v, id, actModerate); err != nil { // before the work of hashing
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
	err = s.changeRoom(ctx, v, id, actModerate, func(_ context.Context, live *liveRoom, a access) (decision, error) {
		room = a.room
		topic := n.apply(&room, hash)
		if topic == "" {
			return decision{}, nil
		}
		notice := s.noticeOf(topic, id)
		if topic == TopicTitled {
			notice.Text = fmt.Sprintf("방 제목이 바뀌었습니다: %s", room.Title)
		}
		return decision{Change: Change{Room: &room, Notice: notice}, then: func() {
			s.keepOpenLocked(live, a.room.Keep, room.Keep)
			if n.Password != nil {
				s.attempts.forget(id)
			}
		}}, nil
	})
	if err != nil {
		return Room{}, err
	}
	return room, nil
}

// apply changes the room and returns the topic of the most noticeable change, or "" if
// nothing differs.
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

// set copies *from to *to, unless from is nil.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// keepOpenLocked stops the grace of an empty room whose owner wants to keep it, or
// starts the grace if the owner no longer does. The caller holds live.lock.
func (s *Service) keepOpenLocked(live *liveRoom, kept, keep bool) {
	s.mu.Lock()
	empty := len(live.people) == 0
	if keep {
		stop(&live.closing)
	}
	s.mu.Unlock()
	if kept && !keep && empty && s.emptyGrace >= 0 {
		s.closeLaterLocked(live, s.emptyGrace, s.removeEmpty)
	}
}
