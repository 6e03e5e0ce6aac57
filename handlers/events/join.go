package events

import (
	"context"
	"errors"

	"gifchat/handlers/wire"
	"gifchat/rooms"
	"gifchat/socketio"
)

// joinArgument is the argument of join: a room's id alone, or an object. After is the
// last seq that the client has.
type joinArgument struct {
	Room     string `json:"room"`
	Password string `json:"password"`
	After    *int64 `json:"after"`
}

func (a *joinArgument) setText(room string) { a.Room = room }

func (h *chatHandlers) join(ctx context.Context, socket *socketio.Socket, st *joinedRooms, a joinArgument) (any, error) {
	id := rooms.ID(a.Room)
	_, err := h.chat.Member(ctx, st.visitor, id)
	if errors.Is(err, rooms.ErrForbidden) {
		_, err = h.chat.Enter(ctx, st.visitor, id, a.Password)
	}
	if err != nil {
		return nil, err
	}
	member, err := h.joinRoom(ctx, socket, st, id)
	if err != nil {
		return nil, err
	}
	return h.joinAck(ctx, st, member, a.After)
}

// joinAck reads the room after the socket has joined it, so that no message is lost
// between the answer and the live events.
func (h *chatHandlers) joinAck(ctx context.Context, st *joinedRooms, m rooms.Member, after *int64) (any, error) {
	room, err := h.chat.Room(ctx, m.Room)
	if err != nil {
		return nil, err
	}
	present := wire.ParticipantsOf(m.Room, h.chat.Present(m.Room))
	answer := wire.JoinAck{
		OK: true, Room: m.Room, User: m.Color, People: present.People,
		Nick: m.Nick, Members: present.Members, State: wire.RoomStateOf(room), Whispers: m.Whispers,
	}
	newest, err := h.chat.History(ctx, st.visitor, m.Room, rooms.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(newest) > 0 {
		answer.Seq = newest[len(newest)-1].Seq
	}
	if after == nil || *after >= answer.Seq {
		return answer, nil
	}
	missed, more, err := h.readAfter(ctx, st, m.Room, *after)
	if err != nil {
		return nil, err
	}
	answer.Messages, answer.More = wire.Messages(missed), more
	return answer, nil
}

func (h *chatHandlers) leave(_ context.Context, socket *socketio.Socket, st *joinedRooms, a roomArgument) (any, error) {
	id := st.roomOrDefault(a.Room)
	if m, ok := st.release(id); ok {
		socket.Leave(socketRoom(id), personRoom(id, m.member.Color))
		h.limiter.EndVisit(st.visitor, id, m.visit)
	}
	return wire.Ack{OK: true}, nil
}

// nickArgument is the argument of nick and token: a name alone, or an object.
type nickArgument struct {
	roomArgument
	Nick string `json:"nick"`
}

func (a *nickArgument) setText(nick string) { a.Nick = nick }

// rename charges the room's rate, since everybody in the room is notified.
func (h *chatHandlers) rename(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a nickArgument) (any, error) {
	id := st.roomOrDefault(a.Room)
	charge, err := h.limiter.Post(ctx, h.chat, st.visitor, id)
	if err != nil {
		return nil, err
	}
	defer charge.Refund()
	m, err := h.chat.Rename(ctx, st.visitor, id, a.Nick)
	if err != nil {
		return nil, err
	}
	charge.Commit()
	return wire.NickAck{OK: true, Nick: m.Nick}, nil
}

func (h *chatHandlers) quit(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a roomArgument) (any, error) {
	return wire.Ack{OK: true}, h.chat.Quit(ctx, st.visitor, st.roomOrDefault(a.Room))
}
