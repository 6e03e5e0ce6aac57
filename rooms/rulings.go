package rooms

import (
	"context"
	"time"
)

// forever is until when somebody is muted whom the owner has to unmute.
var forever = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// MaxMute is the longest mute that ends by itself.
const MaxMute = 30 * 24 * time.Hour

// Kick implements Chat.
func (s *Service) Kick(ctx context.Context, v Visitor, id ID, who Color) error {
	return s.sendOut(ctx, v, id, who, TopicKicked, func(_ *place, m *Member) { m.Standing = StandingOut })
}

// Ban implements Chat.
func (s *Service) Ban(ctx context.Context, v Visitor, id ID, who Color) error {
	return s.sendOut(ctx, v, id, who, TopicBanned, func(_ *place, m *Member) { m.Standing = StandingBanned })
}

// sendOut ends a membership; change says what becomes of the member.
func (s *Service) sendOut(ctx context.Context, v Visitor, id ID, who Color, why Topic, change func(*place, *Member)) error {
	return s.decide(ctx, v, id, toRule, func(ctx context.Context, p *place, st standing) (decision, error) {
		from := []Standing{StandingIn}
		if why == TopicBanned {
			from = append(from, StandingOut)
		}
		m, err := s.other(ctx, st, who, from...)
		if err != nil {
			return decision{}, err
		}
		notice := noticeAbout(why, m)
		m.Nick = ""
		change(p, &m)
		return decision{
			Change: Change{Member: &m, Notice: notice},
			then:   func() { s.expel(p, m, why) },
		}, nil
	})
}

// Unban implements Chat.
func (s *Service) Unban(ctx context.Context, v Visitor, id ID, who Color) error {
	return s.decide(ctx, v, id, toRule, func(ctx context.Context, _ *place, _ standing) (decision, error) {
		m, err := s.person(ctx, id, who, StandingBanned)
		if err != nil {
			return decision{}, err
		}
		m.Standing, m.Address, m.AddressUntil = StandingOut, "", time.Time{}
		return decision{Change: Change{Member: &m, Notice: noticeAbout(TopicUnbanned, m)}}, nil
	})
}

// maxBanned is how many of those who are banned an owner is shown: an answer of
// 60 KB.
const maxBanned = 500

// Banned implements Chat.
func (s *Service) Banned(ctx context.Context, v Visitor, id ID) ([]Member, error) {
	if _, err := s.may(ctx, v, id, toRule); err != nil {
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
	return s.decide(ctx, v, id, toRule, func(ctx context.Context, _ *place, st standing) (decision, error) {
		m, err := s.other(ctx, st, who, StandingIn)
		if err != nil || m.MutedUntil.Equal(until) {
			return decision{}, err
		}
		m.MutedUntil = until
		return decision{Change: Change{Member: &m, Notice: noticeAbout(topic, m)}}, nil
	})
}

// Delegate implements Chat.
func (s *Service) Delegate(ctx context.Context, v Visitor, id ID, who Color) error {
	return s.decide(ctx, v, id, toRule, func(ctx context.Context, _ *place, st standing) (decision, error) {
		m, err := s.other(ctx, st, who, StandingIn)
		if err != nil {
			return decision{}, err
		}
		if m.Bot {
			return decision{}, &InvalidError{Field: "person", Reason: "bot"}
		}
		return handOver(st.room, m), nil
	})
}

// handOver makes a member the owner, who may not be muted.
func handOver(room Room, to Member) decision {
	room.Owner, room.OwnerSession = to.Color, to.Session
	d := decision{Change: Change{Room: &room, Notice: noticeAbout(TopicOwner, to)}}
	if to.Muted(now()) {
		to.MutedUntil = time.Time{}
		d.Member = &to
	}
	return d
}

// other returns a person the owner decides about, who is somebody else.
func (s *Service) other(ctx context.Context, st standing, who Color, is ...Standing) (Member, error) {
	m, err := s.person(ctx, st.room.ID, who, is...)
	if err == nil && m.Session == st.member.Session {
		return Member{}, &InvalidError{Field: "person", Reason: "yourself"}
	}
	return m, err
}
