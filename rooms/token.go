package rooms

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
)

const (
	tokenBytes = 24 // of randomness
	maxTokens  = 20 // for each room
)

// MakeToken implements Chat.
func (s *Service) MakeToken(ctx context.Context, v Visitor, id ID, nick string) (token string, bot Member, err error) {
	if !id.valid() {
		return "", Member{}, ErrNotFound
	}
	live, err := s.lockRoom(ctx, id)
	if err != nil {
		return "", Member{}, fmt.Errorf("token for %s: %w", id, err)
	}
	defer s.unlockRoom(live)
	err = whileOutdated(func() (err error) {
		token, bot, err = s.makeTokenLocked(ctx, v, id, nick)
		return err
	})
	return token, bot, err
}

// makeTokenLocked counts the tokens of a room and adds one. A new token raises the
// room's authority version: if two processes count at once, one of them fails with
// ErrOutdated. The caller holds the room's lock.
func (s *Service) makeTokenLocked(ctx context.Context, v Visitor, id ID, nick string) (string, Member, error) {
	by, err := s.authorize(ctx, v, id, actModerate)
	if err != nil {
		return "", Member{}, err
	}
	nick, err = cleanNick(nick)
	if err := cmp.Or(err, checkNick(nick)); err != nil {
		return "", Member{}, err
	}
	bots, err := s.bots(ctx, id)
	if err != nil {
		return "", Member{}, err
	}
	if len(bots) >= maxTokens {
		return "", Member{}, &InvalidError{Field: "token", Reason: "too_many"}
	}
	b := make([]byte, tokenBytes)
	rand.Read(b)
	token := base64.RawURLEncoding.EncodeToString(b)
	bot, err := s.addMember(ctx, Member{
		Room: id, Session: TokenVisitor(token).Session, Nick: nick, Bot: true, Authority: by.room.Authority,
	}, "")
	if err != nil {
		return "", Member{}, err
	}
	return token, bot, nil
}

// Tokens implements Chat.
func (s *Service) Tokens(ctx context.Context, v Visitor, id ID) ([]Member, error) {
	if _, err := s.authorize(ctx, v, id, actModerate); err != nil {
		return nil, err
	}
	return s.bots(ctx, id)
}

// bots returns the members that are programs.
func (s *Service) bots(ctx context.Context, id ID) ([]Member, error) {
	bots, err := s.store.Bots(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("tokens of %s: %w", id, err)
	}
	return bots, nil
}
