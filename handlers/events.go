package handlers

import (
	"log/slog"
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
	eventRemoveRoom   = "removeRoom"
	eventPeople       = "people"       // lobby: how many are in a room
	eventParticipants = "participants" // chat: who is in the room
	eventJoin         = "join"
	eventLeave        = "leave"
	eventExit         = "exit"
	eventChat         = "chat"
	eventNotice       = "notice"
	eventSync         = "sync"
	eventError        = "error-message"
	eventNews         = "news"
	eventReply        = "reply"
	eventReplies      = "replies"

	systemUser  = "system"
	enteredText = "님이 입장하셨습니다."
	leftText    = "님이 퇴장하셨습니다."
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
	people  map[rooms.ID][]rooms.Member // guarded by mu; rooms with anybody in them
	telling map[rooms.ID]bool           // guarded by mu; a people timer runs
	timers  timers
}

var _ rooms.Notifier = (*Events)(nil)

// emitter is what Events needs of a Socket.IO server.
type emitter interface {
	// everyone emits to a whole namespace.
	everyone(namespace, event string, args ...any) error
	// inRoom emits to a room of /chat, but not to those also in except.
	inRoom(room, except, event string, args ...any) error
	// empty sends every socket of /chat out of a room that is no more.
	empty(id rooms.ID)
}

// NewEvents returns the chat's voice on srv.
func NewEvents(srv *socketio.Server, log *slog.Logger) *Events {
	return newEvents(serverEmitter{srv}, log)
}

func newEvents(out emitter, log *slog.Logger) *Events {
	return &Events{
		out: out, log: log,
		people: make(map[rooms.ID][]rooms.Member), telling: make(map[rooms.ID]bool),
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
	delete(e.people, id)
	e.mu.Unlock()

	tell := func() { e.check(e.out.everyone(lobbyNamespace, eventRemoveRoom, id)) }
	tell()
	e.check(e.out.inRoom(label(id), "", eventRemoveRoom, id))
	e.out.empty(id)
	e.timers.after(removeAgain, tell)
}

// Posted says chat to the room, the sender included.
func (e *Events) Posted(m rooms.Message) {
	event := eventChat
	if m.Kind == rooms.KindNotice {
		// Stock pages hear of it by join and exit; they would show a chat of
		// the system's as somebody's message.
		event = eventNotice
	}
	e.check(e.out.inRoom(label(m.Room), "", event, wireMessageOf(m)))
}

// Entered says join to all in the room but the one who entered.
func (e *Events) Entered(m rooms.Member) { e.sayNotice(eventJoin, m, enteredText, 1) }

// Left says exit to those who remain.
func (e *Events) Left(m rooms.Member) { e.sayNotice(eventExit, m, leftText, -1) }

// sayNotice counts the person itself: PeopleChanged comes after it.
func (e *Events) sayNotice(event string, m rooms.Member, text string, change int) {
	e.mu.Lock()
	count := max(0, len(e.people[m.Room])+change)
	e.mu.Unlock()
	e.check(e.out.inRoom(label(m.Room), personLabel(m.Room, m.Color), event, wireNotice{
		User: systemUser, Chat: string(m.Color) + text, Participants: count, Person: m.Color,
	}))
}

// PeopleChanged says who is in the room, to the room, and how many, to the
// lobby: soon, and once for all changes until then.
func (e *Events) PeopleChanged(id rooms.ID, people []rooms.Member) {
	e.mu.Lock()
	if len(people) == 0 {
		delete(e.people, id)
	} else {
		e.people[id] = people
	}
	pending := e.telling[id]
	e.telling[id] = true
	e.mu.Unlock()
	if !pending {
		e.timers.after(peopleDelay, func() { e.tellPeople(id) })
	}
}

func (e *Events) tellPeople(id rooms.ID) {
	e.mu.Lock()
	delete(e.telling, id)
	people := wirePeopleOf(id, e.people[id])
	e.mu.Unlock()
	e.check(e.out.everyone(lobbyNamespace, eventPeople, wireCount{Room: id, Count: people.Count}))
	if people.Count > 0 {
		e.check(e.out.inRoom(label(id), "", eventParticipants, people))
	}
}

// check logs an event that could not be encoded; nothing else makes emitting fail.
func (e *Events) check(err error) {
	if err != nil {
		e.log.Error("event not emitted", "err", err)
	}
}

// label names a chat room for Socket.IO. No client can spell another one: each
// socket's own room is its id, which has no colon.
func label(id rooms.ID) string { return "room:" + string(id) }

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

func (s serverEmitter) empty(id rooms.ID) {
	for _, socket := range s.srv.Of(chatNamespace).To(label(id)).Sockets() {
		socket.Leave(label(id))
		st, ok := socket.Data().(*seats)
		if !ok {
			continue
		}
		// The seat is not left: the chat has forgotten who sat there.
		if taken, ok := st.give(id); ok {
			socket.Leave(personLabel(id, taken.member.Color))
		}
	}
}
