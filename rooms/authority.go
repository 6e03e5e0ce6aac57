package rooms

import (
	"context"
	"fmt"
)

// deed is what somebody wants to do in a room.
type deed int

const (
	toEnter deed = iota // to be let in
	toBe                // to be there, hear, read, see its GIFs, come back
	toSpeak             // to post, edit, whisper, choose a name
	toRule              // to kick, ban, mute, freeze, change the room
)

// standing is who somebody is in a room.
type standing struct {
	room   Room
	member Member // zero for a stranger
}

func (st standing) owner() bool {
	return st.member.Standing == StandingIn && st.member.Session == st.room.OwnerSession
}

// may answers "may this session do this in this room", for HTTP, for every
// event, for GIFs and for recovery: nothing else looks at standings.
//
// ErrNotFound, ErrBanned; but for toEnter ErrForbidden for who is no member, and
// for a token that is none of the room's also then; for toEnter ErrClosed if the
// room is closed and the visitor is no member, else AddressError if newcomers from
// the visitor's address are banned;
// for toSpeak ErrFrozen and MutedError, for toRule ErrNotOwner.
func (s *Service) may(ctx context.Context, v Visitor, id ID, d deed) (standing, error) {
	if !id.valid() {
		return standing{}, ErrNotFound
	}
	room, member, err := s.store.Standing(ctx, id, v.Session)
	if err != nil {
		return standing{}, fmt.Errorf("standing in %s: %w", id, err)
	}
	st := standing{room, member}
	err = st.check(v, d)
	if err == nil && d == toEnter && st.member.Standing != StandingIn {
		err = s.checkAddress(ctx, v, id)
	}
	return st, err
}

func (st standing) check(v Visitor, d deed) error {
	switch {
	case v.Session == "":
		return ErrForbidden
	case st.member.Standing == StandingBanned:
		return ErrBanned
	case d == toEnter && v.program() && st.member.Standing != StandingIn:
		return ErrForbidden // its token has ended, or never was one
	case d == toEnter && st.room.Closed && st.member.Standing != StandingIn:
		return ErrClosed
	case d == toEnter:
		return nil
	case st.member.Standing != StandingIn:
		return ErrForbidden
	case d == toSpeak && st.room.Frozen && !st.owner():
		return ErrFrozen
	case d == toSpeak && st.member.Muted(now()):
		return &MutedError{Until: st.member.MutedUntil}
	case d == toRule && !st.owner():
		return ErrNotOwner
	}
	return nil
}
