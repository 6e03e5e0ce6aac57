package rooms_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

// at returns a visitor with an address.
func at(source, name string, color rooms.Color) rooms.Visitor {
	return rooms.Visitor{Session: rooms.Session(name), Color: color, Source: source}
}

const school, home = "192.0.2.77", "192.0.2.88"

// wantAddressBan fails the test unless err is an AddressError for about a time.
func wantAddressBan(t *testing.T, err error, left time.Duration) {
	t.Helper()
	refused, ok := errors.AsType[*rooms.AddressError](err)
	if !ok || !errors.Is(err, rooms.ErrBanned) || refused.RetryAfter > left || refused.RetryAfter < left-time.Second {
		t.Errorf("newcomer from the banned address: got %v, want an AddressError for %v", err, left)
	}
}

func TestBanAddress_refuses_newcomers_for_an_hour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1, AddressKey: []byte("key")})
		ctx := t.Context()
		id, other := c.room(t, rooms.NewRoom{}), c.room(t, rooms.NewRoom{})
		flooder, pupil, kicked := at(school, "flooder", "#111111"), at(school, "pupil", "#222222"), at(school, "kicked", "#333333")
		c.enter(t, id, flooder, pupil, kicked)
		c.arrive(t, id, at(home, "flooder", "#111111"))
		c.arrive(t, id, flooder) // the address of the latest connection is banned
		token, _, err := c.MakeToken(ctx, ada, id, "봇")
		if err := errors.Join(err, c.Kick(ctx, ada, id, "#333333")); err != nil {
			t.Fatal(err)
		}
		if known, err := c.BanAddress(ctx, ada, id, "#111111"); err != nil || !known {
			t.Fatalf("BanAddress: got %t, %v, want true", known, err)
		}
		bot := rooms.TokenVisitor(token)
		bot.Source = school
		for who, test := range map[string]struct {
			v  rooms.Visitor
			id rooms.ID
		}{
			"member from there": {pupil, id}, "owner from there": {at(school, "ada", ada.Color), id}, "program from there": {bot, id},
			"newcomer from elsewhere": {at(home, "new", "#444444"), id}, "newcomer to another room": {at(school, "new", "#444444"), other},
			"newcomer without an address": {at("", "unknown", "#555555"), id},
		} {
			if _, err := c.Enter(ctx, test.v, test.id, ""); err != nil {
				t.Errorf("Enter by a %s: got %v, want nil", who, err)
			}
		}
		_, err = c.Enter(ctx, at(school, "again", "#666666"), id, "")
		wantAddressBan(t, err, time.Hour)
		_, err = c.Enter(ctx, kicked, id, "")
		wantAddressBan(t, err, time.Hour)

		again := rooms.NewService(c.store, c.gifs, c.diary, rooms.Options{EmptyGrace: -1, AddressKey: []byte("key")})
		defer again.Close()
		_, err = again.Enter(ctx, at(school, "again", "#666666"), id, "")
		wantAddressBan(t, err, time.Hour) // after a restart

		time.Sleep(30 * time.Minute)
		if banned, err := c.Banned(ctx, ada, id); err != nil || len(banned) != 1 || time.Until(banned[0].AddressUntil) != 30*time.Minute {
			t.Errorf("Banned after half an hour: got %+v, %v, want one ban that ends in half an hour", banned, err)
		}
		time.Sleep(30 * time.Minute)
		c.enter(t, id, at(school, "again", "#666666"))
		if _, err := c.Enter(ctx, flooder, id, ""); !errors.Is(err, rooms.ErrBanned) {
			t.Errorf("Enter by the banned person after an hour: got %v, want ErrBanned", err)
		}
	})
}

func TestBanAddress_ends_with_an_unban(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	flooder := at(school, "flooder", "#111111")
	c.enter(t, id, flooder)
	c.arrive(t, id, flooder)
	if _, err := c.BanAddress(t.Context(), ada, id, "#111111"); err != nil {
		t.Fatal(err)
	}
	if err := c.Unban(t.Context(), ada, id, "#111111"); err != nil {
		t.Fatal(err)
	}
	c.enter(t, id, at(school, "new", "#222222"), flooder)
}

func TestBanAddress_bans_an_absent_person_only(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	away := at(school, "away", "#111111")
	c.enter(t, id, away)
	if known, err := c.BanAddress(t.Context(), ada, id, "#111111"); err != nil || known {
		t.Errorf("BanAddress: got %t, %v, want false", known, err)
	}
	if _, err := c.Enter(t.Context(), away, id, ""); !errors.Is(err, rooms.ErrBanned) {
		t.Errorf("Enter by the banned person: got %v, want ErrBanned", err)
	}
	c.enter(t, id, at(school, "new", "#222222"))
	if known, err := c.BanAddress(t.Context(), ada, id, "#999999"); !errors.Is(err, rooms.ErrNoPerson) || known {
		t.Errorf("BanAddress of an unused colour: got %t, %v, want ErrNoPerson", known, err)
	}
}

func TestBanAddress_includes_a_person_who_has_just_left(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
		id := c.room(t, rooms.NewRoom{})
		c.arrive(t, id, ada)
		for how, leave := range map[string]func(*rooms.Visit, rooms.Visitor) error{
			"left":   func(v *rooms.Visit, _ rooms.Visitor) error { v.Leave(); return nil },
			"kicked": func(_ *rooms.Visit, v rooms.Visitor) error { return c.Kick(t.Context(), ada, id, v.Color) },
		} {
			source := "the address of a person who " + how
			color := rooms.Color(fmt.Sprintf("#%06x", len(how)))
			flooder := at(source, how, color)
			c.enter(t, id, flooder)
			_, visit, err := c.Arrive(t.Context(), flooder, id)
			if err := errors.Join(err, leave(visit, flooder)); err != nil {
				t.Fatal(err)
			}
			if known, err := c.BanAddress(t.Context(), ada, id, color); err != nil || !known {
				t.Errorf("BanAddress of a person who %s: got %t, %v, want true", how, known, err)
			}
			_, err = c.Enter(t.Context(), at(source, "new "+how, "#444444"), id, "")
			wantAddressBan(t, err, rooms.AddressBan)
		}
	})
}

func TestBanAddress_stores_a_hash_of_the_address(t *testing.T) {
	c := newChatOnDisk(t, rooms.Options{EmptyGrace: -1, OwnerGrace: -1})
	var hashes []string
	for i := range 2 {
		id := c.room(t, rooms.NewRoom{})
		flooder := at(school, "flooder", rooms.Color(fmt.Sprintf("#11111%d", i)))
		c.enter(t, id, flooder)
		c.arrive(t, id, flooder)
		if _, err := c.BanAddress(t.Context(), ada, id, flooder.Color); err != nil {
			t.Fatal(err)
		}
		banned, err := c.Banned(t.Context(), ada, id)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, banned[0].Address)
	}
	if hashes[0] == "" || hashes[0] == hashes[1] {
		t.Errorf("hashes in two rooms: got %q, want two different ones", hashes)
	}
	for _, suffix := range []string{"", "-wal"} {
		if data, err := os.ReadFile(c.path + suffix); err != nil || bytes.Contains(data, []byte(school)) {
			t.Errorf("database file %q: got the address or %v, want neither", suffix, err)
		}
	}
}
