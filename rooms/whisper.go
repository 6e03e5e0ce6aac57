package rooms

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Whisper is a message from one member to another. It has no number in the room's
// sequence, where the other members would notice it: sender and receiver each have a
// list of their own.
type Whisper struct {
	ID        ID
	Room      ID
	From, To  Member // From.Nick is the name at the time of sending
	FromSeq   int64  // the number in the sender's list, from 1, without gaps
	ToSeq     int64  // the number in the receiver's list
	Text      string
	ClientID  string
	CreatedAt time.Time
	Damaged   bool // the stored row differs from what was written; Text is unknown

	// Authority is an input of the store, as Message.Authority.
	Authority int64
}

// maxWhispers is the largest page of whispers.
const maxWhispers = 200

// Whisper implements Chat.
func (s *Service) Whisper(ctx context.Context, v Visitor, id ID, to Color, d Draft) (Whisper, error) {
	if _, err := s.authorize(ctx, v, id, actSpeak); err != nil {
		return Whisper{}, err
	}
	if d.GIF != nil {
		return Whisper{}, &InvalidError{Field: "gif", Reason: "not_here"}
	}
	if err := d.check(); err != nil {
		return Whisper{}, err
	}
	live, err := s.lockRoom(ctx, id)
	if err != nil {
		return Whisper{}, fmt.Errorf("whisper in %s: %w", id, err)
	}
	defer s.unlockRoom(live)
	var stored Whisper
	err = whileOutdated(func() (err error) {
		stored, err = s.whisperLocked(ctx, v, id, to, d)
		return err
	})
	return stored, err
}

// whisperLocked stores a whisper and notifies its two members. The caller holds the
// room's lock.
func (s *Service) whisperLocked(ctx context.Context, v Visitor, id ID, to Color, d Draft) (Whisper, error) {
	from, err := s.authorize(ctx, v, id, actSpeak)
	if err != nil {
		return Whisper{}, err
	}
	receiver, err := s.findOther(ctx, from, to, StandingIn)
	if err != nil {
		return Whisper{}, err
	}
	ctx, cancel := s.detach(ctx)
	defer cancel()
	whisper := Whisper{
		ID: newMessageID(), Room: id, From: from.member, To: receiver, Text: d.Text, ClientID: d.ClientID, CreatedAt: now(),
		Authority: from.room.Authority,
	}
	stored, again, err := s.store.AddWhisper(ctx, whisper)
	if err != nil {
		return Whisper{}, fmt.Errorf("whisper in %s: %w", id, err)
	}
	switch {
	case !again:
		s.notify.Whispered(stored)
	case !whisper.repeats(stored):
		return Whisper{}, errUsed
	}
	return stored, nil
}

// Whispers implements Chat.
func (s *Service) Whispers(ctx context.Context, v Visitor, id ID, after int64, limit int) ([]Whisper, error) {
	if _, err := s.authorize(ctx, v, id, actRead); err != nil {
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
