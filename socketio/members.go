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
	newest  uint64               // guarded by mu, as is all that follows: the number of the newest event of recovery
	all     room                 // the whole namespace
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
	since uint64 // the number of the newest event when it came
}

// early is the membership of a socket that is not registered yet: what
// middleware joins it to, and what a recovered one was in.
type early struct {
	rooms []stay
	past  []stay // those that are over
}

func newMembers() *members {
	return &members{rooms: make(map[string]*room), sockets: make(map[SocketID]*Socket)}
}

// add registers s, and puts it into the rooms that middleware chose.
func (m *members) add(s *Socket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sockets[s.id] = s
	s.registered = true
	m.all.add(s, m.newest)
	for _, st := range s.early.rooms {
		m.make(st.room).add(s, st.since)
	}
	s.early = early{}
}

// remove takes s out of the namespace and all its rooms. The socket keeps the
// list of what it was in, for its disconnect handlers and for recovery.
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

// make returns the room of that name.
func (m *members) make(name string) *room {
	r := m.rooms[name]
	if r == nil {
		r = &room{name: name}
		m.rooms[name] = r
	}
	return r
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
	switch {
	case m.sockets[s.id] == s:
		for _, name := range names {
			if s.placeIn(m.rooms[name]) < 0 {
				m.make(name).add(s, m.newest)
			}
		}
	case !s.registered:
		for _, name := range names {
			if !slices.ContainsFunc(s.early.rooms, func(st stay) bool { return st.room == name }) {
				s.early.rooms = append(s.early.rooms, stay{room: name, since: m.newest})
			}
		}
	}
}

// leave reports whether s was there to leave.
func (m *members) leave(s *Socket, names []string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !s.registered {
		left := func(st stay) bool { return slices.Contains(names, st.room) }
		s.early.rooms = slices.DeleteFunc(s.early.rooms, left)
		s.early.past = slices.DeleteFunc(s.early.past, left)
		return true
	}
	if m.sockets[s.id] != s {
		return false
	}
	for _, name := range names {
		i := s.placeIn(m.rooms[name])
		if i < 0 {
			continue
		}
		p := s.places[i]
		s.places = slices.Delete(s.places, i, i+1)
		m.take(p)
		if s.session != nil {
			s.session.leave(stay{room: name, since: p.since, until: m.newest})
		}
	}
	return true
}

// staysOf returns the rooms that s will be in, is in, or was in when it ended,
// in the order of joining.
func (m *members) staysOf(s *Socket) []stay {
	m.mu.Lock()
	defer m.mu.Unlock()
	stays := slices.Clone(s.early.rooms)
	for i, p := range s.places {
		if i > 0 { // the first one is the namespace
			stays = append(stays, stay{room: p.room.name, since: p.since})
		}
	}
	return stays
}

func (m *members) roomsOf(s *Socket) []string {
	var names []string
	for _, st := range m.staysOf(s) {
		names = append(names, st.room)
	}
	return names
}

// earlyOf returns a copy of what s will be in.
func (m *members) earlyOf(s *Socket) early {
	m.mu.Lock()
	defer m.mu.Unlock()
	return early{slices.Clone(s.early.rooms), slices.Clone(s.early.past)}
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

// number numbers an event, as the next one if it is to be kept, else as the one
// before it, and returns who gets it. A join or leave comes before both or
// after both.
func (m *members) number(rooms, except []string, kept bool) (targets []*Socket, number uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if kept {
		m.newest++
	}
	return m.find(rooms, except), m.newest
}

// targets returns the sockets of a broadcast. The slice must not be changed.
func (m *members) targets(rooms, except []string) []*Socket {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.find(rooms, except)
}

// find is targets; mu is held.
func (m *members) find(rooms, except []string) []*Socket {
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

func (r *room) add(s *Socket, since uint64) {
	r.own()
	s.places = append(s.places, place{r, len(r.sockets), since})
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
