package handlers

import (
	"context"
	"errors"
	"time"

	"gifchat/rooms"
	"gifchat/socketio"
)

// askHandler answers an event: with what it returns, or with a refusal.
type askHandler func(ctx context.Context, socket *socketio.Socket, st *seats, args socketio.Args) (any, error)

// limited runs fn within the visitor's rate and sees that the client gets an
// answer whatever happens.
func (s *sockets) limited(fn askHandler) func(*socketio.Event) {
	return func(e *socketio.Event) {
		st, ok := e.Socket.Data().(*seats)
		if !ok {
			return // gone
		}
		if err := s.budgets.act(st.visitor); err != nil {
			s.refuse(e, st, err)
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
		defer cancel()
		answer, err := fn(ctx, e.Socket, st, e.Args)
		if err != nil {
			s.refuse(e, st, err)
			return
		}
		s.events.check(e.Ack(answer))
	}
}

// owners is limited for what lasts. It wants the newest id of the session: a
// client that has an older one is cut as by a broken network, and comes back with
// the cookie that it has now.
func (s *sockets) owners(fn askHandler) func(*socketio.Event) {
	return s.limited(func(ctx context.Context, socket *socketio.Socket, st *seats, args socketio.Args) (any, error) {
		if !s.outdated(socket) {
			return fn(ctx, socket, st, args)
		}
		time.AfterFunc(cutAfter, socket.CloseConn) // behind the answer
		return nil, rooms.ErrUnavailable
	})
}

// cutAfter is how long an answer has to be on its way before its connection is
// closed.
const cutAfter = 100 * time.Millisecond

// refuse says why, in the ack if the client waits for one. A refused join is
// an error-message too, as is anything that nobody waits for.
func (s *sockets) refuse(e *socketio.Event, st *seats, err error) {
	refusal := refusalOf(err, st.language)
	if refusal.Reason == "internal" {
		s.log.Error("event failed", "event", e.Name, "err", err)
	}
	s.events.check(e.Ack(refusal))
	if e.Name == eventJoin || !e.WantsAck() {
		s.events.check(e.Socket.Emit(eventError, refusal))
	}
}

func refusalOf(err error, l language) wireRefusal {
	p := describe(err)
	if errors.Is(err, context.DeadlineExceeded) {
		p = describe(rooms.ErrUnavailable)
	}
	refusal := wireRefusal{Reason: p.reason, Message: say(l, p.words), RetryAfter: retryAfter(err).Milliseconds()}
	if invalid, ok := errors.AsType[*rooms.InvalidError](err); ok {
		refusal.Field = invalid.Field
	}
	return refusal
}

// joinAsk is join's argument: a room id alone, or with a password, and the
// last seq that the client holds.
type joinAsk struct {
	Room     string `json:"room"`
	Password string `json:"password"`
	After    *int64 `json:"after"`
}

func (s *sockets) join(ctx context.Context, socket *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readAsk(args, func(text string) joinAsk { return joinAsk{Room: text} })
	if err != nil {
		return nil, err
	}
	id := rooms.ID(ask.Room)
	_, err = s.chat.Member(ctx, st.visitor, id)
	if errors.Is(err, rooms.ErrForbidden) {
		_, err = s.chat.Enter(ctx, st.visitor, id, ask.Password)
	}
	if err != nil {
		return nil, err
	}
	member, err := s.sit(ctx, socket, st, id)
	if err != nil {
		return nil, err
	}
	return s.joined(ctx, st, member, ask.After)
}

// joined is read after the socket has joined: what it holds and what comes
// live leave no hole between them.
func (s *sockets) joined(ctx context.Context, st *seats, m rooms.Member, after *int64) (any, error) {
	room, err := s.chat.Room(ctx, m.Room)
	if err != nil {
		return nil, err
	}
	present := wirePeopleOf(m.Room, s.chat.Present(m.Room))
	answer := wireJoined{
		OK: true, Room: m.Room, User: m.Color, People: present.People,
		Nick: m.Nick, Members: present.Members, State: wireStateOf(room), Whispers: m.Whispers,
	}
	newest, err := s.chat.History(ctx, st.visitor, m.Room, rooms.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(newest) > 0 {
		answer.Seq = newest[len(newest)-1].Seq
	}
	if after == nil || *after >= answer.Seq {
		return answer, nil
	}
	missed, more, err := s.since(ctx, st, m.Room, *after)
	if err != nil {
		return nil, err
	}
	answer.Messages, answer.More = wireMessages(missed), more
	return answer, nil
}

func (s *sockets) leave(_ context.Context, socket *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	var named string
	if len(args) > 0 {
		ask, err := readAsk(args, func(text string) joinAsk { return joinAsk{Room: text} })
		if err != nil {
			return nil, err
		}
		named = ask.Room
	}
	id := st.room(named)
	if taken, ok := st.give(id); ok {
		socket.Leave(label(id), personLabel(id, taken.member.Color))
		s.budgets.leave(st.visitor, id, taken.visit)
	}
	return wireOK{OK: true}, nil
}

// chatAsk is chat's argument; a string alone is its text.
type chatAsk struct {
	Room     string `json:"room"`
	Chat     string `json:"chat"`
	ClientID string `json:"clientId"`
}

func (s *sockets) post(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readAsk(args, func(text string) chatAsk { return chatAsk{Chat: text} })
	if err != nil {
		return nil, err
	}
	id := st.room(ask.Room)
	m, err := s.budgets.inRoom(ctx, st.visitor, id, func() (rooms.Stored, error) {
		return s.chat.Post(ctx, st.visitor, id, rooms.Draft{Text: ask.Chat, ClientID: ask.ClientID})
	})
	if err != nil {
		return nil, err
	}
	return wirePosted{OK: true, ID: m.ID, Seq: m.Seq}, nil
}

// syncAsk is sync's argument.
type syncAsk struct {
	Room  string `json:"room"`
	After int64  `json:"after"`
}

func (s *sockets) sync(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readAsk(args, func(text string) syncAsk { return syncAsk{Room: text} })
	if err != nil {
		return nil, err
	}
	missed, more, err := s.since(ctx, st, st.room(ask.Room), ask.After)
	if err != nil {
		return nil, err
	}
	return wireSynced{OK: true, Messages: wireMessages(missed), More: more}, nil
}

// since reads what came after a seq, up to maxSync messages or what fits into a
// page; who holds nothing begins with the first message.
func (s *sockets) since(ctx context.Context, st *seats, id rooms.ID, after int64) ([]rooms.Message, bool, error) {
	if after <= 0 {
		after = -1 // to Page, zero is the newest
	}
	var all []rooms.Message
	for {
		part, more, err := readHistory(ctx, s.chat, st.visitor, id, rooms.Page{After: after, Limit: maxPage})
		if err != nil {
			return nil, false, err
		}
		all = append(all, part...)
		if fit := fitting(all, false, weight); len(fit) < len(all) {
			return fit, true, nil
		}
		if !more || len(all) >= maxSync {
			return all, more, nil
		}
		after = part[len(part)-1].Seq
	}
}

// maxAsk is the longest argument that is looked into, in bytes of JSON: a message
// of 2,000 characters is 24 KB when each of them is escaped.
const maxAsk = 64 << 10

// readAsk reads an event's first argument, a string or an object. Whatever
// else stands there is the client's mistake, never ours.
func readAsk[T any](args socketio.Args, fromText func(string) T) (T, error) {
	var ask T
	invalid := &rooms.InvalidError{Field: "argument", Reason: "wrong_type"}
	if len(args) == 0 {
		return ask, invalid
	}
	if raw, err := args[0].MarshalJSON(); err == nil && len(raw) > maxAsk {
		return ask, &rooms.InvalidError{Field: "argument", Reason: "too_long"}
	}
	if unpairedSurrogate(args[0].JSON()) {
		return ask, &rooms.InvalidError{Field: "argument", Reason: "malformed"}
	}
	if args[0].IsString() {
		var text string
		if err := args[0].Bind(&text); err != nil {
			return ask, invalid
		}
		return fromText(text), nil
	}
	if err := args[0].Bind(&ask); err != nil {
		return ask, invalid
	}
	return ask, nil
}
