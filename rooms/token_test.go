package rooms_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"gifchat/rooms"
)

func TestTokens(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{Password: "pw"})
	ctx := t.Context()
	token, bot, err := c.MakeToken(ctx, ada, id, "날씨봇")
	if err != nil || len(token) != 32 || !bot.Bot || bot.Nick != "날씨봇" {
		t.Fatalf("MakeToken: got %q, %+v, %v, want 32 characters and a bot", token, bot, err)
	}
	v := rooms.TokenVisitor(token)
	m, err := c.Post(ctx, v, id, rooms.Draft{Text: "맑음"})
	if err != nil || m.User != bot.Color || m.Nick != "날씨봇" {
		t.Errorf("Post with a token: got %+v, %v, want the bot as sender", m, err)
	}
	if _, err := c.Post(ctx, rooms.TokenVisitor(token+"x"), id, rooms.Draft{Text: "x"}); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Post with another token: got %v, want ErrForbidden", err)
	}
	if _, ok := errors.AsType[*rooms.InvalidError](c.Delegate(ctx, ada, id, bot.Color)); !ok {
		t.Error("Delegate to a program: want an InvalidError")
	}
	if all, err := c.Tokens(ctx, ada, id); err != nil || !slices.Equal(all, []rooms.Member{bot}) {
		t.Errorf("Tokens: got %+v, %v, want %+v", all, err, bot)
	}
	if err := c.Kick(ctx, ada, id, bot.Color); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Post(ctx, v, id, rooms.Draft{Text: "x"}); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Post with a revoked token: got %v, want ErrForbidden", err)
	}
	if _, err := c.Enter(ctx, v, id, "pw"); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Enter with a revoked token and the password: got %v, want ErrForbidden", err)
	}
	for range 20 {
		_, _, err = c.MakeToken(ctx, ada, id, "")
	}
	if err != nil {
		t.Errorf("token 20: got %v, want nil", err)
	}
	if _, _, err := c.MakeToken(ctx, ada, id, ""); err == nil {
		t.Error("token 21: got nil, want an error")
	}
}

func TestTokens_stay_within_the_limit_under_concurrency(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() { _, _, _ = c.MakeToken(t.Context(), ada, id, "") })
	}
	all.Wait()
	if tokens, err := c.Tokens(t.Context(), ada, id); err != nil || len(tokens) != 20 {
		t.Errorf("tokens: got %d, %v, want 20", len(tokens), err)
	}
}

// If unknown tokens were visitors, each of them would be a new one.
func TestEnter_refuses_an_unknown_token(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	if _, err := c.Enter(t.Context(), rooms.TokenVisitor("made up"), id, ""); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("Enter with an unknown token: got %v, want ErrForbidden", err)
	}
	token, _, err := c.MakeToken(t.Context(), ada, id, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Enter(t.Context(), rooms.TokenVisitor(token), id, ""); err != nil {
		t.Errorf("Enter with a token of the room: got %v, want nil", err)
	}
}
