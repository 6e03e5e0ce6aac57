package rooms

import (
	"context"
	"fmt"
)

// Amendment changes a stored message.
type Amendment struct {
	Seq      int64  // of the message
	Text     string // the new text, or the new alt text of a GIF, which may be empty
	Remove   bool   // removes the message; Text is not used
	ClientID string // as in Draft
}

// Amend implements Chat.
func (s *Service) Amend(ctx context.Context, v Visitor, id ID, a Amendment) (Stored, error) {
	act := actSpeak
	if a.Remove {
		act = actRead // a muted member may remove a message
	}
	if _, err := s.authorize(ctx, v, id, act); err != nil {
		return Stored{}, err
	}
	if err := checkClientID(a.ClientID); err != nil {
		return Stored{}, err
	}
	live, err := s.lockRoom(ctx, id)
	if err != nil {
		return Stored{}, fmt.Errorf("amend in %s: %w", id, err)
	}
	defer s.unlockRoom(live)
	var stored Stored
	err = whileOutdated(func() (err error) {
		stored, err = s.amendLocked(ctx, v, id, act, a)
		return err
	})
	return stored, err
}

// amendLocked makes an amendment. The caller holds the room's lock.
func (s *Service) amendLocked(ctx context.Context, v Visitor, id ID, act action, a Amendment) (Stored, error) {
	by, err := s.authorize(ctx, v, id, act)
	if err != nil {
		return Stored{}, err
	}
	target, err := s.store.Message(ctx, id, a.Seq)
	if err != nil {
		return Stored{}, fmt.Errorf("amend in %s: %w", id, err)
	}
	amending, err := a.message(by, target)
	if err != nil {
		return Stored{}, err
	}
	ctx, cancel := s.detach(ctx)
	defer cancel()
	stored, gifs, err := s.store.Amend(ctx, amending)
	if err != nil {
		return Stored{}, fmt.Errorf("amend in %s: %w", id, err)
	}
	switch {
	case !stored.Again:
		s.notify.Posted(stored.Message)
	case !amending.repeats(stored.Message) && !withCleanAlt(amending, target).repeats(stored.Message):
		return Stored{}, errUsed
	}
	for _, name := range gifs {
		s.dropGIF(name)
	}
	return stored, nil
}

// message returns the message that stores an amendment of target, or why by may not
// make it.
func (a Amendment) message(by access, target Message) (Message, error) {
	m := Message{
		ID: newMessageID(), Room: target.Room, Kind: KindEdit, CreatedAt: now(), Target: target.Seq,
		User: by.member.Color, Nick: by.member.Nick, Session: by.member.Session, ClientID: a.ClientID,
		Authority: by.room.Authority,
	}
	switch target.Kind {
	case KindText, KindGIF:
	case KindDamaged: // its sender is unknown
		if !a.Remove {
			return Message{}, ErrNoMessage
		}
	case KindRemoved:
		if a.ClientID == "" {
			return Message{}, ErrNoMessage
		}
		if a.Remove {
			m.Kind = KindRemove
		} else {
			m.Text = a.Text
		}
		return m, nil // may be a retry: the store compares the client id
	default:
		return Message{}, ErrNoMessage
	}
	if own := target.Session == by.member.Session; !own && (!a.Remove || !by.owner()) {
		return Message{}, ErrNotYours
	}
	if a.Remove {
		m.Kind = KindRemove
		return m, nil
	}
	if target.Kind == KindGIF {
		m.Text = cleanAlt(a.Text)
		return m, nil
	}
	m.Text = a.Text
	return m, checkText(a.Text)
}

// withCleanAlt returns an edit of a removed message as if the message had been a GIF:
// a removed message does not show its former kind.
func withCleanAlt(edit, target Message) Message {
	if target.Kind == KindRemoved {
		edit.Text = cleanAlt(edit.Text)
	}
	return edit
}
