package rooms

import (
	"context"
	"errors"
	"fmt"
)

// action is what a visitor wants to do in a room.
type action int

const (
	actEnter    action = iota // become a member
	actRead                   // be present, read messages, see GIFs, recover a connection
	actSpeak                  // post, edit, whisper, choose a name
	actModerate               // kick, ban, mute, freeze, change the room
)

// access is what decides which actions a visitor may take in a room.
type access struct {
	room   Room
	member Member // the zero Member for a visitor who has never been let in
}

func (a access) owner() bool {
	return a.member.Standing == StandingIn && a.member.Session == a.room.OwnerSession
}

// authorize returns the access of a visitor to a room, or why the visitor may not take
// an action. It decides for HTTP, for every event, for GIFs and for recovery. No other
// function decides whether a visitor may take an action.
//
//   - All actions: ErrNotFound, ErrBanned.
//   - All but actEnter: ErrForbidden if the visitor is no member.
//   - actEnter: ErrForbidden for a token that the room does not have, ErrClosed if the
//     room is closed, AddressError if newcomers from the visitor's address are banned.
//     None of the three is returned to a member.
//   - actSpeak: ErrFrozen, MutedError.
//   - actModerate: ErrNotOwner.
func (s *Service) authorize(ctx context.Context, v Visitor, id ID, act action) (access, error) {
	if !id.valid() {
		return access{}, ErrNotFound
	}
	room, member, err := s.store.Standing(ctx, id, v.Session)
	if err != nil {
		return access{}, fmt.Errorf("standing in %s: %w", id, err)
	}
	a := access{room, member}
	err = a.check(v, act)
	if err == nil && act == actEnter && a.member.Standing != StandingIn {
		err = s.checkAddress(ctx, v, id)
	}
	return a, err
}

// authorizeCached is authorize with the live room's cache. The caller must pass the
// authority version of the result to the store.
func (s *Service) authorizeCached(ctx context.Context, live *liveRoom, v Visitor, act action) (access, error) {
	if a, ok := live.access.get(v.Session); ok && a.check(v, act) == nil {
		return a, nil
	}
	a, err := s.authorize(ctx, v, live.id, act)
	if err == nil {
		live.access.put(a)
	}
	return a, err
}

// check returns nil if the visitor may take the action, or the error that authorize
// documents. It reads only the room and the membership in a.
func (a access) check(v Visitor, act action) error {
	switch {
	case v.Session == "":
		return ErrForbidden
	case a.member.Standing == StandingBanned:
		return ErrBanned
	case act == actEnter && v.program() && a.member.Standing != StandingIn:
		return ErrForbidden // the token was revoked or never existed
	case act == actEnter && a.room.Closed && a.member.Standing != StandingIn:
		return ErrClosed
	case act == actEnter:
		return nil
	case a.member.Standing != StandingIn:
		return ErrForbidden
	case act == actSpeak && a.room.Frozen && !a.owner():
		return ErrFrozen
	case act == actSpeak && a.member.Muted(now()):
		return &MutedError{Until: a.member.MutedUntil}
	case act == actModerate && !a.owner():
		return ErrNotOwner
	}
	return nil
}

// maxAttempts is how often a call reads the room's authority before it gives up.
const maxAttempts = 8

// whileOutdated calls f again as long as it fails with ErrOutdated: the authority that
// f has read changed before the store could use it. f has to read it in each call.
func whileOutdated(f func() error) error {
	for range maxAttempts {
		if err := f(); !errors.Is(err, ErrOutdated) {
			return err
		}
	}
	return errUnsettled
}

// errUnsettled refuses a call whose room changes faster than the call can follow.
var errUnsettled = fmt.Errorf("%w: the room's authority keeps changing", ErrUnavailable)
