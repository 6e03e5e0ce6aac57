package events

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"gifchat/handlers/timers"
	"gifchat/handlers/wire"
	"gifchat/rooms"
	"gifchat/socketio"
)

const (
	// removeAgain is the time after which removeRoom is emitted again: the stock pages
	// miss the first one while they navigate from the room to the list.
	removeAgain = 2 * time.Second

	// peopleDelay is how long changes of the people in a room are collected: a class
	// of 500 that enters at once must not cause 500 lists of 500 people for 500
	// clients.
	peopleDelay = 100 * time.Millisecond
)

// Notifier sends what happens in the chat to Socket.IO clients. It implements
// rooms.Notifier:
//
//  1. Its methods never block and never call the chat.
//  2. After Close its timers emit nothing.
type Notifier struct {
	// Immutable.
	out emitter
	log *slog.Logger

	mu      sync.Mutex
	pending map[rooms.ID][]rooms.Member // guarded by mu; the lists that timers of peopleDelay will send
	timers  timers.Group
}

var _ rooms.Notifier = (*Notifier)(nil)

// emitter is what Notifier needs of a Socket.IO server.
type emitter interface {
	// toLobby emits to all sockets of /room.
	toLobby(event string, args ...any) error
	// toRoom emits to the sockets of /chat in a Socket.IO room, except those in
	// another one.
	toRoom(room, except, event string, args ...any) error
	// message emits a message to the sockets of /chat in a Socket.IO room. It is written
	// when the batch is flushed.
	message(batch *socketio.Batch, room, event string, m wire.Message) error
	// expel takes the sockets of /chat that are in a Socket.IO room out of a room of
	// the chat. With end, it disconnects those that are then in no room.
	expel(from string, id rooms.ID, end bool)
}

// NewNotifier returns a notifier that emits on srv.
func NewNotifier(srv *socketio.Server, log *slog.Logger) *Notifier {
	return newNotifier(serverEmitter{lobby: srv.Of(lobbyNamespace), chat: srv.Of(chatNamespace)}, log)
}

func newNotifier(out emitter, log *slog.Logger) *Notifier {
	return &Notifier{out: out, log: log, pending: make(map[rooms.ID][]rooms.Member)}
}

// Close cancels the timers and waits for those that run.
func (n *Notifier) Close() { n.timers.Close() }

// RoomCreated emits newRoom to the lobby.
func (n *Notifier) RoomCreated(r rooms.Room) {
	n.logFailure(n.out.toLobby(eventNewRoom, wire.RoomOf(r)))
}

// RoomRemoved emits removeRoom to the lobby, twice, and to the room, and takes
// everybody out of the room.
func (n *Notifier) RoomRemoved(id rooms.ID) {
	n.mu.Lock()
	if _, pending := n.pending[id]; pending {
		n.pending[id] = nil
	}
	n.mu.Unlock()

	emit := func() { n.logFailure(n.out.toLobby(eventRemoveRoom, id)) }
	emit()
	n.logFailure(n.out.toRoom(socketRoom(id), "", eventRemoveRoom, id))
	n.out.expel(socketRoom(id), id, true)
	n.timers.After(removeAgain, emit)
}

// RoomChanged emits the room's settings to the room and to the lobby.
func (n *Notifier) RoomChanged(r rooms.Room) {
	n.logFailure(n.out.toLobby(eventChangeRoom, wire.RoomOf(r)))
	n.logFailure(n.out.toRoom(socketRoom(r.ID), "", eventRoom, wire.RoomStateOf(r)))
}

// Posted emits messages to their room, the senders included, with one write for each
// socket.
func (n *Notifier) Posted(messages ...rooms.Message) {
	var batch socketio.Batch
	defer batch.Flush()
	for _, m := range messages {
		n.logFailure(n.out.message(&batch, socketRoom(m.Room), eventOf(m.Kind), wire.MessageOf(m)))
	}
}

// eventOf returns the event of a message. Notices, edits and removals have events of
// their own: stock pages would show a notice as the message of a person.
func eventOf(kind rooms.Kind) string {
	switch kind {
	case rooms.KindNotice:
		return eventNotice
	case rooms.KindEdit:
		return eventEdit
	case rooms.KindRemove:
		return eventRemove
	case rooms.KindText, rooms.KindGIF, rooms.KindRemoved, rooms.KindDamaged:
	}
	return eventChat
}

// Entered emits join to the others in the room.
func (n *Notifier) Entered(m rooms.Member, notice rooms.Message, people []rooms.Member) {
	n.emitPresence(eventJoin, m, notice, len(people))
}

// Left emits exit to the others in the room.
func (n *Notifier) Left(m rooms.Member, notice rooms.Message, people []rooms.Member) {
	n.emitPresence(eventExit, m, notice, len(people))
}

// emitPresence emits a notice to the room, except to the person it is about. count is the
// number of people after the change.
func (n *Notifier) emitPresence(event string, m rooms.Member, notice rooms.Message, count int) {
	n.logFailure(n.out.toRoom(socketRoom(m.Room), personRoom(m.Room, m.Color), event, wire.JoinExit{
		User: wire.SystemUser, Chat: notice.Text, Participants: count, Person: m.Color, Nick: notice.Nick, Face: notice.Face,
		Room: m.Room, ID: notice.ID, CreatedAt: wire.Time(notice.CreatedAt), Seq: notice.Seq,
	}))
}

// Expelled notifies a person's sockets that they are out of the room, and why, and
// takes them out. The connections of a person who quit stay open.
func (n *Notifier) Expelled(m rooms.Member, why rooms.Topic) {
	end := why != rooms.TopicLeft
	event, payload := eventQuit, any(wire.Quit{Room: m.Room})
	if end {
		event, payload = eventKicked, wire.Kicked{Room: m.Room, Reason: why}
	}
	n.logFailure(n.out.toRoom(personRoom(m.Room, m.Color), "", event, payload))
	n.out.expel(personRoom(m.Room, m.Color), m.Room, end)
}

// Whispered emits a whisper to its sender and its recipient.
func (n *Notifier) Whispered(w rooms.Whisper) {
	n.logFailure(n.out.toRoom(personRoom(w.Room, w.From.Color), "", eventWhisper, wire.WhisperTo(w, true)))
	n.logFailure(n.out.toRoom(personRoom(w.Room, w.To.Color), "", eventWhisper, wire.WhisperTo(w, false)))
}

// PeopleChanged emits the people in the room to the room, and their number to the
// lobby, once for all changes within peopleDelay.
func (n *Notifier) PeopleChanged(id rooms.ID, people []rooms.Member) {
	n.mu.Lock()
	_, pending := n.pending[id]
	n.pending[id] = people
	n.mu.Unlock()
	if !pending {
		n.timers.After(peopleDelay, func() { n.emitPeople(id) })
	}
}

func (n *Notifier) emitPeople(id rooms.ID) {
	n.mu.Lock()
	people := wire.ParticipantsOf(id, n.pending[id])
	delete(n.pending, id)
	n.mu.Unlock()
	n.logFailure(n.out.toLobby(eventPeople, wire.PeopleCount{Room: id, Count: people.Count}))
	if people.Count > 0 {
		n.logFailure(n.out.toRoom(socketRoom(id), "", eventParticipants, people))
	}
}

// logFailure logs an event that could not be encoded. A client that disconnects before
// its answer is no error of the server, and any client can cause thousands, so there
// is no line for it.
func (n *Notifier) logFailure(err error) {
	if err != nil && !errors.Is(err, socketio.ErrDisconnected) {
		n.log.Error("event not emitted", "err", err)
	}
}
