package rooms

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Whisper is what one member says to another. It has no seq of the room's, or
// the others would see that there was something: both have a list of their own.
type Whisper struct {
	ID        ID
	Room      ID
	From, To  Member // From.Nick is the one it was said under
	FromSeq   int64  // its number in the sender's list, from 1, without holes
	ToSeq     int64  // and in the receiver's
	Text      string
	ClientID  string
	CreatedAt time.Time
	Damaged   bool // it is not kept as it was written, and its text is not known
}

// maxWhispers is the most that is read at once.
const maxWhispers = 200

// Whisper implements Chat.
func (s *Service) Whisper(ctx context.Context, v Visitor, id ID, to Color, d Draft) (Whisper, error) {
	if _, err := s.may(ctx, v, id, toSpeak); err != nil {
		return Whisper{}, err
	}
	if d.GIF != nil {
		return Whisper{}, &InvalidError{Field: "gif", Reason: "not_here"}
	}
	if err := d.check(); err != nil {
		return Whisper{}, err
	}
	p, err := s.takeTurn(ctx, id)
	if err != nil {
		return Whisper{}, fmt.Errorf("whisper in %s: %w", id, err)
	}
	defer s.endTurn(p)
	st, err := s.may(ctx, v, id, toSpeak)
	if err != nil {
		return Whisper{}, err
	}
	m, err := s.other(ctx, st, to, StandingIn)
	if err != nil {
		return Whisper{}, err
	}
	ctx, cancel := patient(ctx)
	defer cancel()
	whisper := Whisper{
		ID: newMessageID(), Room: id, From: st.member, To: m, Text: d.Text, ClientID: d.ClientID, CreatedAt: now(),
	}
	w, again, err := s.store.AddWhisper(ctx, whisper)
	if err != nil {
		return Whisper{}, fmt.Errorf("whisper in %s: %w", id, err)
	}
	switch {
	case !again:
		s.notify.Whispered(w)
	case !whisper.repeats(w):
		return Whisper{}, errUsed
	}
	return w, nil
}

// Whispers implements Chat.
func (s *Service) Whispers(ctx context.Context, v Visitor, id ID, after int64, limit int) ([]Whisper, error) {
	if _, err := s.may(ctx, v, id, toBe); err != nil {
		return nil, err
	}
	if limit <= 0 || limit > maxWhispers {
		limit = maxWhispers
	}
	whispers, err := s.store.Whispers(ctx, id, v.Session, max(after, 0), limit)
	if err != nil {
		return nil, fmt.Errorf("whispers of %s: %w", id, err)
	}
	if first := slices.IndexFunc(whispers, func(w Whisper) bool { return w.Damaged }); first >= 0 {
		s.log.ErrorContext(ctx, "whispers damaged", "room", id, "from", whispers[first].FromSeq, "to", whispers[first].ToSeq)
	}
	return whispers, nil
}
