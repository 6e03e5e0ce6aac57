package handlers

import (
	"context"
	"time"

	"gifchat/rooms"
	"gifchat/socketio"
)

// personAsk is the argument of the events by which an owner rules: Person is a
// colour in the room.
type personAsk struct {
	inRoom
	Person rooms.Color `json:"person"`
	For    int64       `json:"for"` // milliseconds, of mute; 0 is until unmute

	Address bool `json:"address"` // of ban: newcomers from the person's address too
}

// readPerson reads a personAsk; a string alone is the person.
func readPerson(args socketio.Args) (personAsk, error) {
	return readAsk(args, func(text string) personAsk { return personAsk{Person: rooms.Color(text)} })
}

// ruling is what a room's owner does to a person.
type ruling func(ctx context.Context, v rooms.Visitor, id rooms.ID, who rooms.Color) error

func aboutPerson(rule ruling) askHandler {
	return func(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
		ask, err := readPerson(args)
		if err != nil {
			return nil, err
		}
		return wireOK{OK: true}, rule(ctx, st.visitor, st.room(ask.Room), ask.Person)
	}
}

func (s *sockets) mute(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readPerson(args)
	if err != nil {
		return nil, err
	}
	const most = int64(rooms.MaxMute / time.Millisecond)
	if ask.For < 0 || ask.For > most {
		return nil, &rooms.InvalidError{Field: "for", Reason: "out_of_range"}
	}
	d := time.Duration(ask.For) * time.Millisecond
	return wireOK{OK: true}, s.chat.Mute(ctx, st.visitor, st.room(ask.Room), ask.Person, d)
}

func (s *sockets) ban(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readPerson(args)
	if err != nil {
		return nil, err
	}
	id := st.room(ask.Room)
	if !ask.Address {
		return wireOK{OK: true}, s.chat.Ban(ctx, st.visitor, id, ask.Person)
	}
	known, err := s.chat.BanAddress(ctx, st.visitor, id, ask.Person)
	return wireBanned{OK: true, Address: known}, err
}

// people answers with a list that only the owner sees.
func people(list func(context.Context, rooms.Visitor, rooms.ID) ([]rooms.Member, error)) askHandler {
	return func(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
		ask, err := readObject[inRoom](args)
		if err != nil {
			return nil, err
		}
		members, err := list(ctx, st.visitor, st.room(ask.Room))
		if err != nil {
			return nil, err
		}
		return wireNames{OK: true, People: wireMembers(members)}, nil
	}
}

// settingsAsk is the argument of settings; what is absent stays as it is.
type settingsAsk struct {
	inRoom
	Title    *string `json:"title"`
	Max      *int    `json:"max"`
	Password *string `json:"password"`
	Frozen   *bool   `json:"frozen"`
	Keep     *bool   `json:"keep"`
	Closed   *bool   `json:"closed"`
}

func (s *sockets) configure(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readObject[settingsAsk](args)
	if err != nil {
		return nil, err
	}
	if ask.Password != nil && *ask.Password != "" { // hashing one costs what making a room does
		if err := s.budgets.create(st.visitor); err != nil {
			return nil, err
		}
	}
	room, err := s.chat.Configure(ctx, st.visitor, st.room(ask.Room), rooms.Settings{
		Title: ask.Title, Capacity: ask.Max, Password: ask.Password, Frozen: ask.Frozen, Keep: ask.Keep, Closed: ask.Closed,
	})
	if err != nil {
		return nil, err
	}
	return wireSet{OK: true, State: wireStateOf(room)}, nil
}

func (s *sockets) makeToken(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readObject[nickAsk](args)
	if err != nil {
		return nil, err
	}
	token, bot, err := s.chat.MakeToken(ctx, st.visitor, st.room(ask.Room), ask.Nick)
	if err != nil {
		return nil, err
	}
	return wireToken{OK: true, Token: token, Person: bot.Color, Nick: bot.Nick}, nil
}
