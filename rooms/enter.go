package rooms

import (
	"context"
	"errors"
	"fmt"
)

// Enter implements Chat.
func (s *Service) Enter(ctx context.Context, v Visitor, id ID, password string) (Member, error) {
	var entered Member
	var matched string // the hash that the password was compared with
	enter := func() error {
		a, err := s.authorize(ctx, v, id, actEnter)
		if err != nil {
			return err
		}
		newcomer := a.member.Standing != StandingIn
		if hash := a.room.PasswordHash; newcomer && hash != "" && hash != matched {
			if matched != "" {
				return ErrWrongPassword // the owner set another password during the comparison
			}
			if err := s.checkPassword(ctx, attempt{v, a.room.ID, a.member.Session != ""}, hash, password); err != nil {
				return err
			}
			matched = hash
		}
		if s.full(a.room, v.Session) {
			return ErrFull
		}
		entered = a.member
		if newcomer {
			entered, err = s.addMember(ctx, Member{Room: id, Session: v.Session, Authority: a.room.Authority}, v.Color)
		}
		return err
	}
	err := enter()
	if errors.Is(err, ErrOutdated) { // the lock keeps this process from changing the room again
		err = s.withRoomLocked(ctx, id, enter)
	}
	if err != nil {
		return Member{}, err
	}
	return entered, nil
}

// Member implements Chat.
func (s *Service) Member(ctx context.Context, v Visitor, id ID) (Member, error) {
	a, err := s.authorize(ctx, v, id, actRead)
	if err != nil {
		return Member{}, err
	}
	return a.member, nil
}

// checkPassword compares a password and counts the attempt before the next password is
// compared. Many wrong passwords that arrive together are limited as if they came one
// after another; many right ones from one address are not limited that way.
func (s *Service) checkPassword(ctx context.Context, at attempt, hash, password string) error {
	if password == "" || checkPassword(password) != nil {
		return ErrWrongPassword // not counted: no room has such a password
	}
	if err := s.attempts.check(at); err != nil {
		return err // without waiting for the hasher
	}
	return s.hashes.exclusively(ctx, func() error {
		if err := s.attempts.check(at); err != nil {
			return err
		}
		match, err := matches(hash, password)
		if err != nil {
			return fmt.Errorf("enter room %s: %w", at.room, err)
		}
		s.attempts.count(at, match)
		if !match {
			return ErrWrongPassword
		}
		return nil
	})
}

// full reports whether other people fill the room. It answers early, by the people of
// this process; Arrive asks the store.
func (s *Service) full(room Room, session Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := s.live[room.ID]
	return live != nil && live.fullFor(room, session) && live.find(session) == nil
}

// fullFor reports whether a room has no place for one more person. The owner always has
// one: visitors could otherwise fill a room while its owner reloads the page, and one
// of them would become the owner in time.
func (l *liveRoom) fullFor(room Room, session Session) bool {
	return len(l.people) >= room.Capacity && session != room.OwnerSession
}

// maxColors bounds how many colours are tried for a new member. In a room of 100,000
// members one newcomer in a hundred needs a second one.
const maxColors = 8

// addMember stores a new member with the wanted colour, or with a free one.
func (s *Service) addMember(ctx context.Context, m Member, wanted Color) (Member, error) {
	ctx, cancel := s.detach(ctx)
	defer cancel()
	m.Standing, m.Color, m.Since = StandingIn, wantedColor(wanted), now()
	for range maxColors {
		stored, err := s.store.AddMember(ctx, m)
		if err == nil {
			return stored, nil
		}
		if !errors.Is(err, ErrColorTaken) {
			return Member{}, fmt.Errorf("enter room %s: %w", m.Room, err)
		}
		// A random colour, not the next one: visitors who want the same colour would all
		// try the same sequence. Reading all taken colours costs more.
		m.Color = randomColor()
	}
	return Member{}, fmt.Errorf("enter room %s: %w: every colour was taken", m.Room, ErrUnavailable)
}
