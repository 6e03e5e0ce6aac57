package socketio

import (
	"fmt"
	"slices"
)

// ConsistencyCheck compares the rooms with what the sockets know of them.
func (n *Namespace) ConsistencyCheck() error {
	m := n.members
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all.sockets) != len(m.sockets) {
		return fmt.Errorf("%d sockets in the list, %d by id", len(m.all.sockets), len(m.sockets))
	}
	places := 0
	for name, r := range m.rooms {
		if r.name != name || len(r.sockets) == 0 {
			return fmt.Errorf("room %q is called %q and has %d sockets", name, r.name, len(r.sockets))
		}
		places += len(r.sockets)
	}
	for i, s := range m.all.sockets {
		if m.sockets[s.id] != s {
			return fmt.Errorf("socket %s is not to be found by its id", s.id)
		}
		if len(s.places) == 0 || s.places[0].room != &m.all || s.places[0].index != i {
			return fmt.Errorf("socket %s does not begin with its namespace", s.id)
		}
		var names []string
		for _, p := range s.places[1:] {
			names = append(names, p.room.name)
			if m.rooms[p.room.name] != p.room {
				return fmt.Errorf("socket %s is in room %q, which is gone", s.id, p.room.name)
			}
			if p.index >= len(p.room.sockets) || p.room.sockets[p.index] != s {
				return fmt.Errorf("socket %s is not number %d of room %q", s.id, p.index, p.room.name)
			}
			places--
		}
		if slices.Sort(names); len(slices.Compact(names)) != len(s.places)-1 {
			return fmt.Errorf("socket %s is in a room twice: %q", s.id, names)
		}
	}
	if places != 0 {
		return fmt.Errorf("%d places that no socket knows of", places)
	}
	return nil
}

// Waiting returns how many acknowledgements the socket waits for.
func (s *Socket) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acks)
}

// Inbox returns how many packets wait for the socket's client's handlers.
func (s *Socket) Inbox() (packets, bytes int) {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	for j := s.client.inbox.first; j != nil; j = j.next {
		bytes += j.packet.size()
	}
	return s.client.inbox.packets, bytes
}

// Kept returns how much is kept for clients that come back.
func (n *Namespace) Kept() (events, sessions int) {
	n.recovery.mu.Lock()
	defer n.recovery.mu.Unlock()
	return len(n.recovery.log.entries), len(n.recovery.sessions)
}

// OnTheirWay returns how many sockets have claimed what they come back to and are
// not connected yet.
func (n *Namespace) OnTheirWay() int {
	n.recovery.mu.Lock()
	defer n.recovery.mu.Unlock()
	return len(n.recovery.returning)
}
