package rooms

import (
	"context"
	"fmt"
)

// Post implements Chat.
func (s *Service) Post(ctx context.Context, v Visitor, id ID, d Draft) (Message, error) {
	m, err := s.Member(ctx, v, id)
	if err != nil {
		return Message{}, err
	}
	if err := d.check(); err != nil {
		return Message{}, err
	}
	p, err := s.takeTurn(ctx, id)
	if err != nil {
		return Message{}, fmt.Errorf("post in %s: %w", id, err)
	}
	defer s.endTurn(p)
	ctx, cancel := patient(ctx)
	defer cancel()
	msg := d.message(m)
	msg.ID, msg.Room, msg.CreatedAt = newID(), id, now()
	stored, added, err := s.store.AddMessage(ctx, msg)
	if err != nil {
		return Message{}, fmt.Errorf("post in %s: %w", id, err)
	}
	if added {
		s.notify.Posted(stored)
	} else if d.GIF != nil {
		s.dropRepeated(ctx, v, d.GIF.Name)
	}
	return stored, nil
}

// History implements Chat.
func (s *Service) History(ctx context.Context, v Visitor, id ID, p Page) ([]Message, error) {
	if _, err := s.Member(ctx, v, id); err != nil {
		return nil, err
	}
	messages, err := s.store.Messages(ctx, id, p.clamp())
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", id, err)
	}
	return messages, nil
}
