package handlers

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"gifchat/rooms"
	"gifchat/socketio"
)

// The wire: every name that clients know; the payloads are in wire.go.
// docs/events.md describes both.
const (
	rootNamespace  = "/"
	lobbyNamespace = "/room"
	chatNamespace  = "/chat"

	eventNewRoom      = "newRoom"
	eventChangeRoom   = "changeRoom"
	eventRemoveRoom   = "removeRoom"
	eventPeople       = "people"       // lobby: how many are in a room
	eventParticipants = "participants" // chat: who is in the room
	eventJoin         = "join"
	eventLeave        = "leave"
	eventExit         = "exit"
	eventChat         = "chat"
	eventNotice       = "notice"
	eventSync         = "sync"
	eventRoom         = "room" // chat: what the room is like
	eventEdit         = "edit"
	eventRemove       = "remove"
	eventWhisper      = "whisper"
	eventWhispers     = "whispers"
	eventNick         = "nick"
	eventQuit         = "quit"
	eventKick         = "kick"
	eventKicked       = "kicked"
	eventBan          = "ban"
	eventUnban        = "unban"
	eventBans         = "bans"
	eventMute         = "mute"
	eventUnmute       = "unmute"
	eventDelegate     = "delegate"
	eventSettings     = "settings"
	eventToken        = "token"
	eventTokens       = "tokens"
	eventError        = "error-message"
	eventNews         = "news"
	eventReply        = "reply"
	eventReplies      = "replies"

	systemUser = "system"
)

const (
	// removeAgain is when removeRoom is said once more: the oldest pages are
	// still on their way to the list at the first time.
	removeAgain = 2 * time.Second

	// peopleDelay gathers arrivals: a class of 500 that enters at once must not
	// make 500 lists of 500 names for 500 people each.
	peopleDelay = 100 * time.Millisecond
)

// Events tells Socket.IO clients what happened in the chat. It implements
// rooms.Notifier:
//
//  1. Its methods never block and never call back into the chat.
//  2. After Close nothing more is emitted by its timers.
type Events struct {
	// Immutable.
	out emitter
	log *slog.Logger

	mu      sync.Mutex
	pending map[rooms.ID][]rooms.Member // guarded by mu; the lists that a people timer will send
	timers  timers
}

var _ rooms.Notifier = (*Events)(nil)

// emitter is what Events needs of a Socket.IO server.
type emitter interface {
	// everyone emits to a whole namespace.
	everyone(namespace, event string, args ...any) error
	// inRoom emits to a room of /chat, but not to those also in except.
	inRoom(room, except, event string, args ...any) error
	// message emits a message to a room of /chat.
	message(room, event string, m wireMessage) error
	// sendOut sends the sockets of /chat that are in a Socket.IO room out of a
	// room of the chat. With end, those that are then in no room are told not to
	// come back.
	sendOut(from string, id rooms.ID, end bool)
}

// NewEvents returns the chat's voice on srv.
func NewEvents(srv *socketio.Server, log *slog.Logger) *Events {
	return newEvents(serverEmitter{srv}, log)
}

func newEvents(out emitter, log *slog.Logger) *Events {
	return &Events{
		out: out, log: log,
		pending: make(map[rooms.ID][]rooms.Member),
	}
}

// Close ends the timers and waits for those that are running.
func (e *Events) Close() { e.timers.close() }

// RoomCreated says newRoom to the lobby.
func (e *Events) RoomCreated(r rooms.Room) {
	e.check(e.out.everyone(lobbyNamespace, eventNewRoom, wireRoomOf(r)))
}

// RoomRemoved says removeRoom to the lobby, twice, and sends everybody out.
func (e *Events) RoomRemoved(id rooms.ID) {
	e.mu.Lock()
	if _, pending := e.pending[id]; pending {
		e.pending[id] = nil
	}
	e.mu.Unlock()

	tell := func() { e.check(e.out.everyone(lobbyNamespace, eventRemoveRoom, id)) }
	tell()
	e.check(e.out.inRoom(label(id), "", eventRemoveRoom, id))
	e.out.sendOut(label(id), id, true)
	e.timers.after(removeAgain, tell)
}

// RoomChanged says what the room is like now, to those in it and to the lobby.
func (e *Events) RoomChanged(r rooms.Room) {
	e.check(e.out.everyone(lobbyNamespace, eventChangeRoom, wireRoomOf(r)))
	e.check(e.out.inRoom(label(r.ID), "", eventRoom, wireStateOf(r)))
}

// Posted says chat to the room, the sender included, or what else the message
// is. Stock pages would show a chat of the system's as somebody's message.
func (e *Events) Posted(m rooms.Message) {
	event := eventChat
	switch m.Kind {
	case rooms.KindNotice:
		event = eventNotice
	case rooms.KindEdit:
		event = eventEdit
	case rooms.KindRemove:
		event = eventRemove
	case rooms.KindText, rooms.KindGIF, rooms.KindRemoved, rooms.KindDamaged:
	}
	e.check(e.out.message(label(m.Room), event, wireMessageOf(m)))
}

// Entered says join to all in the room but the one who entered.
func (e *Events) Entered(m rooms.Member, notice rooms.Message, people []rooms.Member) {
	e.emitNotice(eventJoin, m, notice, len(people))
}

// Left says exit to those who remain.
func (e *Events) Left(m rooms.Member, notice rooms.Message, people []rooms.Member) {
	e.emitNotice(eventExit, m, notice, len(people))
}

// emitNotice emits a join or exit to the room, except to the person it is about.
func (e *Events) emitNotice(event string, m rooms.Member, notice rooms.Message, count int) {
	e.check(e.out.inRoom(label(m.Room), personLabel(m.Room, m.Color), event, wireNotice{
		User: systemUser, Chat: notice.Text, Participants: count, Person: m.Color, Nick: notice.Nick,
		Room: m.Room, ID: notice.ID, CreatedAt: isoTime(notice.CreatedAt), Seq: notice.Seq,
	}))
}

// Expelled tells a person's sockets that they are out, and why, and sees that
// they are. Who has left by itself keeps its connections.
func (e *Events) Expelled(m rooms.Member, why rooms.Topic) {
	ended := why != rooms.TopicLeft
	event, payload := eventQuit, any(wireQuit{Room: m.Room})
	if ended {
		event, payload = eventKicked, wireExpelled{Room: m.Room, Reason: why}
	}
	e.check(e.out.inRoom(personLabel(m.Room, m.Color), "", event, payload))
	e.out.sendOut(personLabel(m.Room, m.Color), m.Room, ended)
}

// Whispered says whisper to the two it is for.
func (e *Events) Whispered(w rooms.Whisper) {
	e.check(e.out.inRoom(personLabel(w.Room, w.From.Color), "", eventWhisper, wireWhisperTo(w, true)))
	e.check(e.out.inRoom(personLabel(w.Room, w.To.Color), "", eventWhisper, wireWhisperTo(w, false)))
}

// PeopleChanged says who is in the room, to the room, and how many, to the
// lobby: soon, and once for all changes until then.
func (e *Events) PeopleChanged(id rooms.ID, people []rooms.Member) {
	e.mu.Lock()
	_, pending := e.pending[id]
	e.pending[id] = people
	e.mu.Unlock()
	if !pending {
		e.timers.after(peopleDelay, func() { e.tellPeople(id) })
	}
}

func (e *Events) tellPeople(id rooms.ID) {
	e.mu.Lock()
	people := wirePeopleOf(id, e.pending[id])
	delete(e.pending, id)
	e.mu.Unlock()
	e.check(e.out.everyone(lobbyNamespace, eventPeople, wireCount{Room: id, Count: people.Count}))
	if people.Count > 0 {
		e.check(e.out.inRoom(label(id), "", eventParticipants, people))
	}
}

// check logs an event that could not be encoded. That a client has gone before
// its answer is no error of ours, and no line: anybody can cause thousands.
func (e *Events) check(err error) {
	if err != nil && !errors.Is(err, socketio.ErrDisconnected) {
		e.log.Error("event not emitted", "err", err)
	}
}

// label names a chat room for Socket.IO. No client can spell another one: each
// socket's own room is its id, which has no colon.
func label(id rooms.ID) string { return "room:" + string(id) }

// isLabel tells whether a Socket.IO room is a chat room.
func isLabel(name string) bool {
	id, ok := strings.CutPrefix(name, label(""))
	return ok && wellFormed(id)
}

// personLabel names the sockets of one person in a room.
func personLabel(id rooms.ID, c rooms.Color) string { return label(id) + ":" + string(c) }

// serverEmitter emits through a real server.
type serverEmitter struct{ srv *socketio.Server }

func (s serverEmitter) everyone(namespace, event string, args ...any) error {
	return s.srv.Of(namespace).Emit(event, args...)
}

func (s serverEmitter) inRoom(room, except, event string, args ...any) error {
	to := s.srv.Of(chatNamespace).To(room)
	if except != "" {
		to = to.Except(except)
	}
	return to.Emit(event, args...)
}

func (s serverEmitter) sendOut(from string, id rooms.ID, end bool) {
	to := s.srv.Of(chatNamespace).To(from)
	there := to.Sockets()
	to.Leave(label(id), from) // also those on their way back, who cannot be found
	for _, socket := range there {
		st, ok := socket.Data().(*seats)
		if !ok {
			continue
		}
		// The seat is not left: the chat has forgotten who sat there.
		if taken, ok := st.give(id); ok {
			socket.Leave(personLabel(id, taken.member.Color))
		}
		if end && !slices.ContainsFunc(socket.Rooms(), isLabel) {
			socket.Disconnect()
		}
	}
}
