package rooms

import (
	"context"
	"errors"
	"fmt"
)

// Enter implements Chat.
func (s *Service) Enter(ctx context.Context, v Visitor, id ID, password string) (Member, error) {
	st, err := s.may(ctx, v, id, toEnter)
	if err != nil {
		return Member{}, err
	}
	stranger := st.member.Standing != StandingIn
	if stranger && st.room.Private() {
		if err := s.checkPassword(ctx, guesser{v, st.room.ID, st.member.Session != ""}, st.room.PasswordHash, password); err != nil {
			return Member{}, err
		}
		// That took a while, in which the owner may have set another one.
		asked := st.room.PasswordHash
		if st, err = s.may(ctx, v, id, toEnter); err != nil {
			return Member{}, err
		}
		if st.room.Private() && st.room.PasswordHash != asked {
			return Member{}, ErrWrongPassword
		}
	}
	if s.full(st.room, v.Session) {
		return Member{}, ErrFull
	}
	if !stranger {
		return st.member, nil
	}
	return s.grant(ctx, Member{Room: id, Session: v.Session}, v.Color)
}

// Member implements Chat.
func (s *Service) Member(ctx context.Context, v Visitor, id ID) (Member, error) {
	st, err := s.may(ctx, v, id, toBe)
	if err != nil {
		return Member{}, err
	}
	return st.member, nil
}

// checkPassword looks at a password when it is its turn to be hashed, and counts
// it before the next one's: that a class behind one address enters at once with
// the right one is no attack, and of many wrong ones at once no more are looked at
// than one after another.
func (s *Service) checkPassword(ctx context.Context, g guesser, hash, password string) error {
	if password == "" || checkPassword(password) != nil {
		return ErrWrongPassword // not counted as a guess: no room has such a password
	}
	if err := s.guesses.check(g); err != nil {
		return err // without waiting for a turn
	}
	return s.hashes.inTurn(ctx, func() error {
		if err := s.guesses.check(g); err != nil {
			return err
		}
		match, err := matches(hash, password)
		if err != nil {
			return fmt.Errorf("enter room %s: %w", g.room, err)
		}
		s.guesses.count(g, match)
		if !match {
			return ErrWrongPassword
		}
		return nil
	})
}

// full tells whether others take up the whole room. It is an early answer:
// Arrive decides.
func (s *Service) full(room Room, session Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.places[room.ID]
	return p != nil && p.fullFor(room, session) && p.find(session) == nil
}

// fullFor tells whether there is no place left for one more. There always is one
// for the owner: else strangers could fill a room while its owner reloads the
// page, and would be given it in time.
func (p *place) fullFor(room Room, session Session) bool {
	return len(p.people) >= room.Capacity && session != room.OwnerSession
}

// colorTries bounds how often a colour may be somebody else's: of a hundred
// thousand members one in a hundred is asked twice.
const colorTries = 8

// grant lets somebody in, under the colour they want or one that is free.
func (s *Service) grant(ctx context.Context, m Member, wanted Color) (Member, error) {
	ctx, cancel := patient(ctx)
	defer cancel()
	m.Standing, m.Color, m.Since = StandingIn, wantedColor(wanted), now()
	for range colorTries {
		stored, err := s.store.AddMember(ctx, m)
		if err == nil {
			return stored, nil
		}
		if !errors.Is(err, ErrColorTaken) {
			return Member{}, fmt.Errorf("enter room %s: %w", m.Room, err)
		}
		// Not the next one: all who want one colour would walk to the same, and to
		// know which are taken is to read all members.
		m.Color = randomColor()
	}
	return Member{}, fmt.Errorf("enter room %s: %w: every colour was taken", m.Room, ErrUnavailable)
}
