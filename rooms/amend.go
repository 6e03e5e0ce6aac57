package rooms

import (
	"context"
	"fmt"
)

// Amendment changes a message that was posted.
type Amendment struct {
	Seq      int64  // of the message
	Text     string // the new text; of a GIF the new alt text, which may be empty
	Remove   bool   // instead of Text
	ClientID string // as in Draft
}

// Amend implements Chat.
func (s *Service) Amend(ctx context.Context, v Visitor, id ID, a Amendment) (Stored, error) {
	need := toSpeak
	if a.Remove {
		need = toBe // taking something back is no speaking
	}
	if _, err := s.may(ctx, v, id, need); err != nil {
		return Stored{}, err
	}
	if err := checkClientID(a.ClientID); err != nil {
		return Stored{}, err
	}
	p, err := s.takeTurn(ctx, id)
	if err != nil {
		return Stored{}, fmt.Errorf("amend in %s: %w", id, err)
	}
	defer s.endTurn(p)
	st, err := s.may(ctx, v, id, need)
	if err != nil {
		return Stored{}, err
	}
	target, err := s.store.Message(ctx, id, a.Seq)
	if err != nil {
		return Stored{}, fmt.Errorf("amend in %s: %w", id, err)
	}
	amending, err := a.message(st, target)
	if err != nil {
		return Stored{}, err
	}
	ctx, cancel := patient(ctx)
	defer cancel()
	stored, gifs, err := s.store.Amend(ctx, amending)
	if err != nil {
		return Stored{}, fmt.Errorf("amend in %s: %w", id, err)
	}
	switch {
	case !stored.Again:
		s.notify.Posted(stored.Message)
	case !amending.repeats(stored.Message) && !cleaned(amending, target).repeats(stored.Message):
		return Stored{}, errUsed
	}
	for _, name := range gifs {
		s.dropGIF(name)
	}
	return stored, nil
}

// message is what a does to target when somebody of a standing asks for it.
func (a Amendment) message(st standing, target Message) (Message, error) {
	m := Message{
		ID: newMessageID(), Room: target.Room, Kind: KindEdit, CreatedAt: now(), Target: target.Seq,
		User: st.member.Color, Nick: st.member.Nick, Session: st.member.Session, ClientID: a.ClientID,
	}
	mine := target.Session == st.member.Session
	switch target.Kind {
	case KindText, KindGIF:
	case KindDamaged: // nobody knows whose it was
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
		return m, nil // perhaps a retry: the store knows
	default:
		return Message{}, ErrNoMessage
	}
	if !mine && (!a.Remove || !st.owner()) {
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

// cleaned returns an edit as one of a GIF's description would be stored. Of a
// removed target it is not known any more whether it was a GIF.
func cleaned(edit, target Message) Message {
	if target.Kind == KindRemoved {
		edit.Text = cleanAlt(edit.Text)
	}
	return edit
}
