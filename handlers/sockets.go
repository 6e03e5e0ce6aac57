package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"sync"
	"time"

	"gifchat/rooms"
	"gifchat/socketio"
)

const (
	// maxSeats is how many rooms one socket may be in. Pages use one.
	maxSeats = 16

	// eventTimeout ends an event that waits for the store: sends must not hang.
	eventTimeout = 5 * time.Second
)

// sockets is the /room and /chat namespaces.
type sockets struct {
	// Immutable.
	chat    rooms.Chat
	events  *Events
	budgets *budgets
	log     *slog.Logger

	outdated func(*socketio.Socket) bool // its session has a newer id
}

func (s *sockets) register(srv *socketio.Server) {
	srv.Of(lobbyNamespace) // everybody may listen; nobody has anything to say
	chat := srv.Of(chatNamespace)
	chat.Use(s.readmit)
	chat.OnConnect(s.connected)
	chat.OnDisconnect(func(socket *socketio.Socket, reason socketio.Reason) {
		if st, ok := socket.Data().(*seats); ok {
			s.leaveAll(st, final(reason))
		}
	})
	chat.On(eventJoin, s.limited(s.join))
	chat.On(eventLeave, s.limited(s.leave))
	chat.On(eventChat, s.limited(s.post))
	chat.On(eventSync, s.limited(s.sync))
	chat.On(eventEdit, s.limited(s.edit))
	chat.On(eventRemove, s.limited(s.remove))
	chat.On(eventWhisper, s.limited(s.whisper))
	chat.On(eventWhispers, s.limited(s.whispers))
	chat.On(eventNick, s.limited(s.rename))
	chat.On(eventQuit, s.owners(s.quit))
	chat.On(eventKick, s.owners(aboutPerson(s.chat.Kick)))
	chat.On(eventBan, s.owners(s.ban))
	chat.On(eventUnban, s.owners(aboutPerson(s.chat.Unban)))
	chat.On(eventBans, s.owners(people(s.chat.Banned)))
	chat.On(eventMute, s.owners(s.mute))
	chat.On(eventUnmute, s.owners(aboutPerson(s.chat.Unmute)))
	chat.On(eventDelegate, s.owners(aboutPerson(s.chat.Delegate)))
	chat.On(eventSettings, s.owners(s.configure))
	chat.On(eventToken, s.owners(s.makeToken))
	chat.On(eventTokens, s.owners(people(s.chat.Tokens)))
}

// final reports whether a socket was disconnected on purpose, by its client or by
// the server: then stock clients do not come back by themselves.
func final(reason socketio.Reason) bool {
	return reason == socketio.ReasonClientDisconnect || reason == socketio.ReasonServerDisconnect
}

// seats is the state of a socket on /chat: who it is and where it sits.
type seats struct {
	// Immutable.
	visitor  rooms.Visitor
	language language

	mu    sync.Mutex
	gone  bool               // guarded by mu; the socket has disconnected
	last  rooms.ID           // guarded by mu; the room an event without one means
	taken map[rooms.ID]*seat // guarded by mu; when gone they stay, for who comes back, and nothing changes

	// lost are the rooms that a socket which comes back is in no more, and why.
	// Used one after another by middleware and connected.
	lost map[rooms.ID]error
}

// seat is a connection's place in a room.
type seat struct {
	member rooms.Member
	visit  *rooms.Visit
}

// connected prepares a socket and, when its session may be in the room it
// names, seats it: pages of the older editions join no room by themselves.
func (s *sockets) connected(socket *socketio.Socket) {
	handshake := socket.Handshake()
	request := http.Request{Header: handshake.Header}
	st := &seats{
		visitor: visitorAt(socket), language: acceptedLanguage(&request),
		taken: make(map[rooms.ID]*seat),
	}
	before, _ := socket.Data().(*seats) // of a recovered one
	socket.SetData(st)

	ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
	defer cancel()
	if before != nil {
		s.sitAgain(ctx, socket, st, before)
	} else if id := wantedRoom(handshake); id != "" {
		if _, err := s.sit(ctx, socket, st, id); err != nil {
			s.log.Debug("socket not seated", "socket", socket.ID(), "room", id, "err", err)
		}
	}
}

// wantedRoom is the room the CONNECT packet's payload names, else the Referer's;
// "" for none. Both are hints: they are checked like any other.
func wantedRoom(handshake *socketio.Handshake) rooms.ID {
	var auth struct {
		Room string `json:"room"`
	}
	if err := handshake.Auth.Bind(&auth); err == nil && wellFormed(auth.Room) {
		return rooms.ID(auth.Room)
	}
	return refererRoom(handshake.Header.Get("Referer"))
}

// refererRoom is the last part of a page's path if it looks like a room.
// Browsers send no Referer on a WebSocket handshake, and others what they like.
func refererRoom(referer string) rooms.ID {
	u, err := url.Parse(referer)
	if err != nil {
		return ""
	}
	if id := path.Base(u.Path); wellFormed(id) {
		return rooms.ID(id)
	}
	return ""
}

// sit seats a member's socket in a room, and returns what the member is then. A
// second call finds it seated.
func (s *sockets) sit(ctx context.Context, socket *socketio.Socket, st *seats, id rooms.ID) (rooms.Member, error) {
	if st.sits(id) {
		// It may have been sent out of the room, or the grant been withdrawn. That
		// may also happen now: to join once more would undo it.
		return s.chat.Member(ctx, st.visitor, id)
	}
	if st.full() {
		return rooms.Member{}, &rooms.InvalidError{Field: "room", Reason: "too_many"}
	}
	m, visit, err := s.chat.Arrive(ctx, st.visitor, id)
	if err != nil {
		return rooms.Member{}, err
	}
	// Join comes after Arrive, so that nobody hears of their own arrival, and
	// before anything is read, so that no message falls between.
	socket.Join(label(id), personLabel(id, m.Color))
	if !st.take(id, &seat{member: m, visit: visit}) {
		socket.Leave(label(id), personLabel(id, m.Color))
		visit.Lose()
		return rooms.Member{}, rooms.ErrForbidden
	}
	// Who was sent out between Arrive and Join was not found in the room then.
	now, err := s.chat.Member(ctx, st.visitor, id)
	if err != nil {
		st.give(id)
		socket.Leave(label(id), personLabel(id, m.Color))
		visit.Lose()
	}
	return now, err
}

// sits tells whether the socket has a seat in the room, and makes the room the
// one that an event without a room means.
func (st *seats) sits(id rooms.ID) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	_, ok := st.taken[id]
	if ok {
		st.last = id
	}
	return ok
}

// mean makes a room the one that an event without a room means; if the socket
// has no seat there, none is.
func (st *seats) mean(id rooms.ID) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.last = id; st.taken[id] == nil {
		st.last = ""
	}
}

func (st *seats) full() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return len(st.taken) >= maxSeats
}

// take keeps a seat; not when the socket has gone meanwhile.
func (st *seats) take(id rooms.ID, taken *seat) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if _, twice := st.taken[id]; st.gone || twice {
		return false
	}
	st.taken[id] = taken
	st.last = id
	return true
}

// give returns the seat in a room, once; not when the socket has gone.
func (st *seats) give(id rooms.ID) (*seat, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.gone {
		return nil, false
	}
	taken, ok := st.taken[id]
	delete(st.taken, id)
	if st.last == id {
		st.last = ""
	}
	return taken, ok
}

// leaveAll ends the visits of a socket that has gone, for good or not.
func (s *sockets) leaveAll(st *seats, final bool) {
	st.mu.Lock()
	st.gone = true
	st.mu.Unlock()
	for id, t := range st.taken { // nobody changes it any more
		if final {
			s.budgets.leave(st.visitor, id, t.visit)
		} else {
			t.visit.Lose()
		}
	}
}

// room is the room an event names, else the one its socket has sat in last.
func (st *seats) room(named string) rooms.ID {
	if named != "" {
		return rooms.ID(named)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.last
}
