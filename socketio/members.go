package socketio

import (
	"slices"
	"sync"
)

// members knows which sockets are in a namespace and in its rooms.
//
// A broadcast walks a slice of sockets without a lock: whoever takes one marks
// it as shared, and a join or leave copies a shared slice before it changes it.
type members struct {
	mu      sync.Mutex
	all     room                 // guarded by mu, as is all that follows
	rooms   map[string]*room     // those with sockets in them
	sockets map[SocketID]*Socket // the same sockets as in all
}

// room is a set of sockets. A socket knows its index in each of its rooms, so
// that leaving needs no search.
type room struct {
	name    string
	sockets []*Socket
	shared  bool // a broadcast may be walking sockets
}

// place is one socket's membership in one room.
type place struct {
	room  *room
	index int
}

func newMembers() *members {
	return &members{rooms: make(map[string]*room), sockets: make(map[SocketID]*Socket)}
}

func (m *members) add(s *Socket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sockets[s.id] = s
	m.all.add(s)
}

// remove takes s out of the namespace and all its rooms. The socket keeps the
// list of what it was in, for its disconnect handlers.
func (m *members) remove(s *Socket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sockets[s.id] != s {
		return
	}
	delete(m.sockets, s.id)
	for _, p := range s.places {
		m.take(p)
	}
}

// take empties a place.
func (m *members) take(p place) {
	p.room.remove(p.index)
	if len(p.room.sockets) == 0 && p.room != &m.all {
		delete(m.rooms, p.room.name)
	}
}

func (m *members) join(s *Socket, names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sockets[s.id] != s {
		return
	}
	for _, name := range names {
		r := m.rooms[name]
		if r == nil {
			r = &room{name: name}
			m.rooms[name] = r
		}
		if s.placeIn(r) < 0 {
			r.add(s)
		}
	}
}

func (m *members) leave(s *Socket, names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sockets[s.id] != s {
		return
	}
	for _, name := range names {
		i := s.placeIn(m.rooms[name])
		if i < 0 {
			continue
		}
		p := s.places[i]
		s.places = slices.Delete(s.places, i, i+1)
		m.take(p)
	}
}

func (m *members) roomsOf(s *Socket) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(s.places) == 0 {
		return nil
	}
	return roomNames(s.places[1:]) // the first one is the namespace
}

func (m *members) socket(id SocketID) (*Socket, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sockets[id]
	return s, ok
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
	out := make(map[*Socket]bool)
	for _, name := range except {
		for _, s := range m.named(name) {
			out[s] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(s *Socket) bool { return out[s] })
}

// named returns the sockets in a room, or the one socket whose id it is: each
// socket has a room of its own without a room being kept for it. mu is held.
func (m *members) named(name string) []*Socket {
	if r := m.rooms[name]; r != nil {
		return r.share()
	}
	if s := m.sockets[SocketID(name)]; s != nil {
		return []*Socket{s}
	}
	return nil
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
	s.places = append(s.places, place{r, len(r.sockets)})
	r.sockets = append(r.sockets, s)
}

// remove puts the last socket where the removed one was.
func (r *room) remove(index int) {
	r.own()
	last := len(r.sockets) - 1
	if index != last {
		moved := r.sockets[last]
		r.sockets[index] = moved
		moved.places[moved.placeIn(r)].index = index
	}
	r.sockets[last] = nil
	r.sockets = r.sockets[:last]
}

// placeIn returns the index of r in s.places, or -1.
func (s *Socket) placeIn(r *room) int {
	return slices.IndexFunc(s.places, func(p place) bool { return p.room == r })
}
