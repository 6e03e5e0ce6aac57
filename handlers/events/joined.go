package events

import (
	"context"
	"net/url"
	"path"
	"sync"
	"time"

	"gifchat/handlers/session"
	"gifchat/handlers/wire"
	"gifchat/rooms"
	"gifchat/socketio"
)

const (
	// maxRooms is how many rooms one socket may join. Pages join one.
	maxRooms = 16

	// defaultEventTimeout is a second longer than the timeout of a change in the store.
	defaultEventTimeout = 5 * time.Second
)

// joinedRooms is the state of a socket on /chat: its visitor, and the rooms that it
// has joined.
type joinedRooms struct {
	// Immutable.
	visitor rooms.Visitor

	mu           sync.Mutex
	disconnected bool                     // guarded by mu
	defaultRoom  rooms.ID                 // guarded by mu; the room of an event that names none
	byRoom       map[rooms.ID]*membership // guarded by mu; unchanged once disconnected, for a socket that recovers

	// refused are the rooms that a recovered socket is no longer in, and why. The
	// middleware and connected use it, one after the other.
	refused map[rooms.ID]error
}

// membership is a socket's membership in a room.
type membership struct {
	member rooms.Member
	visit  *rooms.Visit
}

// connected prepares a socket. If the handshake names a room, and the visitor may be
// in it, the socket joins the room: pages of the older editions send no join.
func (h *chatHandlers) connected(socket *socketio.Socket) {
	handshake := socket.Handshake()
	st := &joinedRooms{visitor: visitorOf(socket), byRoom: make(map[rooms.ID]*membership)}
	before, _ := socketio.Data[*joinedRooms](socket) // of a recovered socket
	socket.SetData(st)

	ctx, cancel := context.WithTimeout(context.Background(), h.timeout)
	defer cancel()
	if before != nil {
		h.rejoin(ctx, socket, st, before)
	} else if id := namedRoom(handshake); id != "" {
		if _, err := h.joinRoom(ctx, socket, st, id); err != nil {
			h.log.Debug("room of the handshake not joined", "socket", socket.ID(), "room", id, "err", err)
		}
	}
}

// visitorOf returns the visitor of a socket: of the state that was recovered, of the
// token in the CONNECT packet, or of the connection's cookie, in this order.
func visitorOf(socket *socketio.Socket) rooms.Visitor {
	if before, ok := socketio.Data[*joinedRooms](socket); ok {
		return before.visitor
	}
	v := session.ConnectionVisitor(socket.Handshake().Identity)
	if token := tokenOf(socket.Handshake()); token != "" {
		return session.TokenVisitor(token, v.Source)
	}
	return v
}

// tokenOf returns the token in the CONNECT packet, or "".
func tokenOf(handshake *socketio.Handshake) string {
	var auth struct {
		Token string `json:"token"`
	}
	if err := handshake.Auth.Bind(&auth); err != nil {
		return ""
	}
	return auth.Token
}

// namedRoom returns the room that the CONNECT packet's payload names, or that of the
// Referer, or "". Both come from the client, so the caller checks the room as any
// other.
func namedRoom(handshake *socketio.Handshake) rooms.ID {
	var auth struct {
		Room string `json:"room"`
	}
	if err := handshake.Auth.Bind(&auth); err == nil && wire.IsRoomID(auth.Room) {
		return rooms.ID(auth.Room)
	}
	return refererRoom(handshake.Header.Get("Referer"))
}

// refererRoom returns the last part of a page's path if it has the form of a room's
// id. Browsers send no Referer with a WebSocket handshake.
func refererRoom(referer string) rooms.ID {
	u, err := url.Parse(referer)
	if err != nil {
		return ""
	}
	if id := path.Base(u.Path); wire.IsRoomID(id) {
		return rooms.ID(id)
	}
	return ""
}

// joinRoom lets a member's socket join a room and returns the member. If the socket
// has joined already, joinRoom only makes the room the default room.
func (h *chatHandlers) joinRoom(ctx context.Context, socket *socketio.Socket, st *joinedRooms, id rooms.ID) (rooms.Member, error) {
	if st.selectRoom(id) {
		// No second Join: the visitor may have been sent out of the room a moment ago, and
		// Join would undo that.
		return h.chat.Member(ctx, st.visitor, id)
	}
	if st.isFull() {
		return rooms.Member{}, &rooms.InvalidError{Field: "room", Reason: "too_many"}
	}
	m, visit, err := h.chat.Arrive(ctx, st.visitor, id)
	if err != nil {
		return rooms.Member{}, err
	}
	// Join comes after Arrive, so that a socket does not receive its own arrival, and
	// before anything is read, so that no message is lost in between.
	socket.Join(socketRoom(id), personRoom(id, m.Color))
	if !st.add(id, &membership{member: m, visit: visit}) {
		socket.Leave(socketRoom(id), personRoom(id, m.Color))
		visit.Lose()
		return rooms.Member{}, rooms.ErrForbidden
	}
	// A visitor who was sent out between Arrive and Join was not found in the room.
	now, err := h.chat.Member(ctx, st.visitor, id)
	if err != nil {
		st.release(id)
		socket.Leave(socketRoom(id), personRoom(id, m.Color))
		visit.Lose()
	}
	return now, err
}

// leaveAll ends the visits of a socket that has disconnected.
func (h *chatHandlers) leaveAll(st *joinedRooms, deliberate bool) {
	st.mu.Lock()
	st.disconnected = true
	st.mu.Unlock()
	for id, m := range st.byRoom { // without mu: unchanged once disconnected
		if deliberate {
			h.limiter.EndVisit(st.visitor, id, m.visit)
		} else {
			m.visit.Lose()
		}
	}
}

// selectRoom reports whether the socket has joined a room, and makes it the default
// room if so.
func (st *joinedRooms) selectRoom(id rooms.ID) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	_, ok := st.byRoom[id]
	if ok {
		st.defaultRoom = id
	}
	return ok
}

// setDefaultRoom sets the room used by events that name none, or clears it if the
// socket has not joined that room.
func (st *joinedRooms) setDefaultRoom(id rooms.ID) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.defaultRoom = id; st.byRoom[id] == nil {
		st.defaultRoom = ""
	}
}

func (st *joinedRooms) isFull() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return len(st.byRoom) >= maxRooms
}

// add stores a membership. It returns false if there is one for the room already, or
// if the socket has disconnected.
func (st *joinedRooms) add(id rooms.ID, m *membership) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if _, twice := st.byRoom[id]; st.disconnected || twice {
		return false
	}
	st.byRoom[id] = m
	st.defaultRoom = id
	return true
}

// release removes the membership in a room and returns it. It returns false without
// one, or if the socket has disconnected.
func (st *joinedRooms) release(id rooms.ID) (*membership, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.disconnected {
		return nil, false
	}
	m, ok := st.byRoom[id]
	delete(st.byRoom, id)
	if st.defaultRoom == id {
		st.defaultRoom = ""
	}
	return m, ok
}

// roomOrDefault returns the room that an event names, or the default room.
func (st *joinedRooms) roomOrDefault(named string) rooms.ID {
	if named != "" {
		return rooms.ID(named)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.defaultRoom
}
