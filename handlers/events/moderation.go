package events

import (
	"context"
	"time"

	"gifchat/handlers/wire"
	"gifchat/rooms"
	"gifchat/socketio"
)

// personArgument is the argument of the events that moderate a person. Person is a
// colour in the room.
type personArgument struct {
	roomArgument
	Person rooms.Color `json:"person"`
	For    int64       `json:"for"` // of mute, in milliseconds; 0 is until unmute

	Address bool `json:"address"` // of ban: newcomers from the person's address too
}

func (a *personArgument) setText(person string) { a.Person = rooms.Color(person) }

// onPerson returns a handler that calls a method of rooms.Chat for a person.
func onPerson(moderate func(ctx context.Context, v rooms.Visitor, id rooms.ID, person rooms.Color) error) requestHandler[personArgument] {
	return func(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a personArgument) (any, error) {
		return wire.Ack{OK: true}, moderate(ctx, st.visitor, st.roomOrDefault(a.Room), a.Person)
	}
}

func (h *chatHandlers) mute(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a personArgument) (any, error) {
	const most = int64(rooms.MaxMute / time.Millisecond)
	if a.For < 0 || a.For > most {
		return nil, &rooms.InvalidError{Field: "for", Reason: "out_of_range"}
	}
	d := time.Duration(a.For) * time.Millisecond
	return wire.Ack{OK: true}, h.chat.Mute(ctx, st.visitor, st.roomOrDefault(a.Room), a.Person, d)
}

func (h *chatHandlers) ban(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a personArgument) (any, error) {
	id := st.roomOrDefault(a.Room)
	if !a.Address {
		return wire.Ack{OK: true}, h.chat.Ban(ctx, st.visitor, id, a.Person)
	}
	known, err := h.chat.BanAddress(ctx, st.visitor, id, a.Person)
	return wire.BanAck{OK: true, Address: known}, err
}

// listMembers returns a handler that answers with a list for the owner.
func listMembers(list func(context.Context, rooms.Visitor, rooms.ID) ([]rooms.Member, error)) requestHandler[roomArgument] {
	return func(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a roomArgument) (any, error) {
		members, err := list(ctx, st.visitor, st.roomOrDefault(a.Room))
		if err != nil {
			return nil, err
		}
		return wire.MembersAck{OK: true, People: wire.Members(members)}, nil
	}
}

// settingsArgument is the argument of settings. Absent settings do not change.
type settingsArgument struct {
	roomArgument
	Title    *string `json:"title"`
	Max      *int    `json:"max"`
	Password *string `json:"password"`
	Frozen   *bool   `json:"frozen"`
	Keep     *bool   `json:"keep"`
	Closed   *bool   `json:"closed"`
}

func (h *chatHandlers) configure(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a settingsArgument) (any, error) {
	if a.Password != nil && *a.Password != "" { // the hash costs the server as much as a new room
		if err := h.limiter.CreateRoom(st.visitor); err != nil {
			return nil, err
		}
	}
	room, err := h.chat.Configure(ctx, st.visitor, st.roomOrDefault(a.Room), rooms.Settings{
		Title: a.Title, Capacity: a.Max, Password: a.Password, Frozen: a.Frozen, Keep: a.Keep, Closed: a.Closed,
	})
	if err != nil {
		return nil, err
	}
	return wire.SettingsAck{OK: true, State: wire.RoomStateOf(room)}, nil
}

func (h *chatHandlers) makeToken(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a nickArgument) (any, error) {
	token, bot, err := h.chat.MakeToken(ctx, st.visitor, st.roomOrDefault(a.Room), a.Nick)
	if err != nil {
		return nil, err
	}
	return wire.TokenAck{OK: true, Token: token, Person: bot.Color, Nick: bot.Nick}, nil
}
