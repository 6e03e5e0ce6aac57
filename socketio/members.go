package socketio

import (
	"maps"
	"slices"
	"sync"
)

// members are the sockets of a namespace and its rooms.
//
// A broadcast iterates over a slice of sockets without a lock. A caller that
// gets such a slice marks it as shared, and a join or leave copies a shared
// slice before changing it.
type members struct {
	mu      sync.Mutex
	all     room                 // guarded by mu, as are the next fields: the whole namespace
	rooms   map[string]*room     // never empty ones
	sockets map[SocketID]*Socket // the same sockets as in all
}

// room is a set of sockets. A socket knows its index in each of its rooms, so
// leaving needs no search.
type room struct {
	name    string
	sockets []*Socket
	shared  bool // a broadcast may be reading sockets
}

// membership is a socket's entry in one room.
type membership struct {
	room  *room
	index int
}

func newMembers() *members {
	return &members{rooms: make(map[string]*room), sockets: make(map[SocketID]*Socket)}
}

// add registers s and adds it to the rooms that it joined before.
func (m *members) add(s *Socket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sockets[s.id] = s
	s.registered = true
	m.all.add(s)
	for _, name := range s.pendingRooms {
		m.room(name).add(s)
	}
	s.pendingRooms = nil
}

// remove takes s out of the namespace and all its rooms. The socket keeps the
// list of its memberships for the disconnect handlers.
func (m *members) remove(s *Socket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sockets[s.id] != s {
		return
	}
	delete(m.sockets, s.id)
	for _, p := range s.memberships {
		m.removeFrom(p)
	}
}

// room returns the room with that name and creates it if necessary. mu is
// held.
func (m *members) room(name string) *room {
	r := m.rooms[name]
	if r == nil {
		r = &room{name: name}
		m.rooms[name] = r
	}
	return r
}

// removeFrom takes a socket out of a room and deletes the room if it is empty.
// mu is held.
func (m *members) removeFrom(p membership) {
	p.room.remove(p.index)
	if len(p.room.sockets) == 0 && p.room != &m.all {
		delete(m.rooms, p.room.name)
	}
}

// join adds s to rooms, or to the rooms that it will be in when it is
// registered. It returns false if s has disconnected.
func (m *members) join(s *Socket, names []string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !s.registered {
		for _, name := range names {
			if !slices.Contains(s.pendingRooms, name) {
				s.pendingRooms = append(s.pendingRooms, name)
			}
		}
		return true
	}
	if m.sockets[s.id] != s {
		return false
	}
	for _, name := range names {
		if r := m.rooms[name]; r == nil || s.indexOf(r) < 0 {
			m.room(name).add(s)
		}
	}
	return true
}

// leave takes s out of rooms. It does nothing if s has disconnected.
func (m *members) leave(s *Socket, names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !s.registered {
		s.pendingRooms = slices.DeleteFunc(slices.Clone(s.pendingRooms), func(name string) bool {
			return slices.Contains(names, name)
		})
		return
	}
	if m.sockets[s.id] != s {
		return
	}
	for _, name := range names {
		if i := s.indexOf(m.rooms[name]); i >= 0 {
			p := s.memberships[i]
			s.memberships = slices.Delete(s.memberships, i, i+1)
			m.removeFrom(p)
		}
	}
}

// roomsOf returns the rooms that s will be in, is in, or was in when it
// disconnected, in the order of joining.
func (m *members) roomsOf(s *Socket) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := slices.Clone(s.pendingRooms)
	for i, p := range s.memberships {
		if i > 0 { // the first membership is the namespace
			names = append(names, p.room.name)
		}
	}
	return names
}

func (m *members) socket(id SocketID) (*Socket, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sockets[id]
	return s, ok
}

func (m *members) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.rooms))
}

// in reports whether s is in a room, or was when it disconnected.
func (m *members) in(s *Socket, name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(s.pendingRooms, name) ||
		slices.ContainsFunc(s.memberships, func(p membership) bool { return p.room != &m.all && p.room.name == name })
}

func (m *members) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.all.sockets)
}

// targets returns the sockets of a broadcast. The slice must not be changed.
func (m *members) targets(rooms, except []string) []*Socket {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []*Socket
	switch len(rooms) {
	case 0:
		list = m.all.share()
	case 1:
		list = m.named(rooms[0])
	default:
		seen := make(map[*Socket]bool)
		for _, name := range rooms {
			for _, s := range m.named(name) {
				if !seen[s] {
					seen[s] = true
					list = append(list, s)
				}
			}
		}
	}
	if len(except) == 0 || len(list) == 0 {
		return list
	}
	excluded := make(map[*Socket]bool)
	for _, name := range except {
		for _, s := range m.named(name) {
			excluded[s] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(s *Socket) bool { return excluded[s] })
}

// named returns the sockets in a room and the socket whose id is the name: the id
// of a socket works as a room without taking memory for one. mu is held.
func (m *members) named(name string) []*Socket {
	r := m.rooms[name]
	var owner *Socket
	if len(name) == socketIDLen {
		owner = m.sockets[SocketID(name)]
	}
	switch {
	case r == nil && owner == nil:
		return nil
	case r == nil:
		return []*Socket{owner}
	case owner == nil || owner.indexOf(r) >= 0:
		return r.share()
	default: // another socket has joined a room of that name
		return append(slices.Clone(r.sockets), owner)
	}
}

func (r *room) share() []*Socket {
	r.shared = true
	return r.sockets
}

// own makes the slice safe to change.
func (r *room) own() {
	if r.shared {
		r.sockets = append(make([]*Socket, 0, len(r.sockets)+len(r.sockets)/4+1), r.sockets...)
		r.shared = false
	}
}

func (r *room) add(s *Socket) {
	r.own()
	s.memberships = append(s.memberships, membership{r, len(r.sockets)})
	r.sockets = append(r.sockets, s)
}

// remove moves the last socket to the index of the removed one.
func (r *room) remove(index int) {
	r.own()
	last := len(r.sockets) - 1
	if index != last {
		moved := r.sockets[last]
		r.sockets[index] = moved
		moved.memberships[moved.indexOf(r)].index = index
	}
	r.sockets[last] = nil
	r.sockets = r.sockets[:last]
}

// indexOf returns the index of r in s.memberships, or -1.
func (s *Socket) indexOf(r *room) int {
	return slices.IndexFunc(s.memberships, func(p membership) bool { return p.room == r })
}
