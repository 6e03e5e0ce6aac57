package rooms

import (
	"context"
	"time"
)

// forever is the end of a mute that only the owner ends.
var forever = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// MaxMute is the longest mute that ends by itself.
const MaxMute = 30 * 24 * time.Hour

// Kick implements Chat.
func (s *Service) Kick(ctx context.Context, v Visitor, id ID, who Color) error {
	return s.endMembership(ctx, v, id, who, TopicKicked, func(_ *liveRoom, m *Member) { m.Standing = StandingOut })
}

// Ban implements Chat.
func (s *Service) Ban(ctx context.Context, v Visitor, id ID, who Color) error {
	return s.endMembership(ctx, v, id, who, TopicBanned, func(_ *liveRoom, m *Member) { m.Standing = StandingBanned })
}

// endMembership ends another person's membership; change sets the new standing.
func (s *Service) endMembership(ctx context.Context, v Visitor, id ID, who Color, why Topic, change func(*liveRoom, *Member)) error {
	return s.changeRoom(ctx, v, id, actModerate, func(ctx context.Context, live *liveRoom, a access) (decision, error) {
		from := []Standing{StandingIn}
		if why == TopicBanned {
			from = append(from, StandingOut)
		}
		m, err := s.findOther(ctx, a, who, from...)
		if err != nil {
			return decision{}, err
		}
		notice := s.noticeAbout(why, m)
		m.Nick = ""
		change(live, &m)
		return decision{
			Change: Change{Member: &m, Notice: notice},
			then:   func() { s.expelLocked(live, m, why) },
		}, nil
	})
}

// Unban implements Chat.
func (s *Service) Unban(ctx context.Context, v Visitor, id ID, who Color) error {
	return s.changeRoom(ctx, v, id, actModerate, func(ctx context.Context, _ *liveRoom, _ access) (decision, error) {
		m, err := s.findMember(ctx, id, who, StandingBanned)
		if err != nil {
			return decision{}, err
		}
		m.Standing, m.Address, m.AddressUntil = StandingOut, "", time.Time{}
		return decision{Change: Change{Member: &m, Notice: s.noticeAbout(TopicUnbanned, m)}}, nil
	})
}

// maxBanned is the number of banned people in one answer, which has up to 60 KB.
const maxBanned = 500

// Banned implements Chat.
func (s *Service) Banned(ctx context.Context, v Visitor, id ID) ([]Member, error) {
	if _, err := s.authorize(ctx, v, id, actModerate); err != nil {
		return nil, err
	}
	return s.store.Banned(ctx, id, maxBanned)
}

// Mute implements Chat.
func (s *Service) Mute(ctx context.Context, v Visitor, id ID, who Color, d time.Duration) error {
	if d < 0 || d > MaxMute {
		return &InvalidError{Field: "for", Reason: "out_of_range"}
	}
	until := forever
	if d > 0 {
		until = now().Add(d)
	}
	return s.setMute(ctx, v, id, who, until, TopicMuted)
}

// Unmute implements Chat.
func (s *Service) Unmute(ctx context.Context, v Visitor, id ID, who Color) error {
	return s.setMute(ctx, v, id, who, time.Time{}, TopicUnmuted)
}

func (s *Service) setMute(ctx context.Context, v Visitor, id ID, who Color, until time.Time, topic Topic) error {
	return s.changeRoom(ctx, v, id, actModerate, func(ctx context.Context, _ *liveRoom, a access) (decision, error) {
		m, err := s.findOther(ctx, a, who, StandingIn)
		if err != nil || m.MutedUntil.Equal(until) {
			return decision{}, err
		}
		m.MutedUntil = until
		return decision{Change: Change{Member: &m, Notice: s.noticeAbout(topic, m)}}, nil
	})
}

// Delegate implements Chat.
func (s *Service) Delegate(ctx context.Context, v Visitor, id ID, who Color) error {
	return s.changeRoom(ctx, v, id, actModerate, func(ctx context.Context, _ *liveRoom, a access) (decision, error) {
		m, err := s.findOther(ctx, a, who, StandingIn)
		if err != nil {
			return decision{}, err
		}
		if m.Bot {
			return decision{}, &InvalidError{Field: "person", Reason: "bot"}
		}
		return s.handOver(a.room, m), nil
	})
}

// handOver returns the decision that makes a member the owner. An owner is not muted.
func (s *Service) handOver(room Room, to Member) decision {
	room.Owner, room.OwnerSession = to.Color, to.Session
	d := decision{Change: Change{Room: &room, Notice: s.noticeAbout(TopicOwner, to)}}
	if to.Muted(now()) {
		to.MutedUntil = time.Time{}
		d.Member = &to
	}
	return d
}
