package socketio

import (
	"fmt"
	"slices"
	"time"
)

// ConsistencyCheck returns an error if the rooms and the memberships of the
// sockets contradict each other.
func (n *Namespace) ConsistencyCheck() error {
	m := n.members
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all.sockets) != len(m.sockets) {
		return fmt.Errorf("%d sockets in the list, %d by id", len(m.all.sockets), len(m.sockets))
	}
	unaccounted := 0
	for name, r := range m.rooms {
		if r.name != name || len(r.sockets) == 0 {
			return fmt.Errorf("room %q is named %q and has %d sockets", name, r.name, len(r.sockets))
		}
		unaccounted += len(r.sockets)
	}
	for i, s := range m.all.sockets {
		if m.sockets[s.id] != s {
			return fmt.Errorf("socket %s is not found by its id", s.id)
		}
		if len(s.memberships) == 0 || s.memberships[0].room != &m.all || s.memberships[0].index != i {
			return fmt.Errorf("the first membership of socket %s is not the namespace", s.id)
		}
		if err := m.checkRooms(s); err != nil {
			return err
		}
		unaccounted -= len(s.memberships) - 1
	}
	if unaccounted != 0 {
		return fmt.Errorf("%d entries in rooms without a membership", unaccounted)
	}
	return nil
}

func (m *members) checkRooms(s *Socket) error {
	var names []string
	for _, p := range s.memberships[1:] {
		names = append(names, p.room.name)
		if m.rooms[p.room.name] != p.room {
			return fmt.Errorf("socket %s is in room %q, which was removed", s.id, p.room.name)
		}
		if p.index >= len(p.room.sockets) || p.room.sockets[p.index] != s {
			return fmt.Errorf("socket %s is not number %d of room %q", s.id, p.index, p.room.name)
		}
	}
	if slices.Sort(names); len(slices.Compact(names)) != len(s.memberships)-1 {
		return fmt.Errorf("socket %s is in a room twice: %q", s.id, names)
	}
	return nil
}

// PendingAcks returns how many acknowledgements the server expects from the
// socket.
func (s *Socket) PendingAcks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acks)
}

// Inbox returns how many packets and bytes are in the inbox of the socket's
// client.
func (s *Socket) Inbox() (packets, bytes int) {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	for j := s.client.inbox.first; j != nil; j = j.next {
		bytes += j.packet.size()
	}
	return s.client.inbox.packets, bytes
}

// Calls returns how many calls of the program wait in the inbox of the socket's client.
func (s *Socket) Calls() (n int) {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	for j := s.client.inbox.first; j != nil; j = j.next {
		if j.call != nil {
			n++
		}
	}
	return n
}

// Kept returns how many events and sessions the namespace keeps for recovery.
func (n *Namespace) Kept() (events, sessions int) {
	r := n.delivery.(*recovery)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Len(), len(r.sessions)
}

// Resuming returns how many recovered sockets middleware is checking.
func (n *Namespace) Resuming() int {
	r := n.delivery.(*recovery)
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.resuming)
}

// Replays returns how many sockets are behind.
func (n *Namespace) Replays() int {
	r := n.delivery.(*recovery)
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.replays)
}

// DelaysOfClose returns how many replays delay the end of a connection that
// closes when everything has been sent.
func (s *Socket) DelaysOfClose() int {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	return s.client.holds
}

// Dismiss is the first step of Disconnect.
func (s *Socket) Dismiss() { s.namespace.delivery.dismiss(s) }

// BeforeBegin calls fn for each socket between its middleware and its
// registration.
func (n *Namespace) BeforeBegin(fn func(*Socket)) { n.delivery = hookedDelivery{n.delivery, fn} }

type hookedDelivery struct {
	delivery

	beforeBegin func(*Socket)
}

func (d hookedDelivery) begin(s *Socket) error {
	d.beforeBegin(s)
	return d.delivery.begin(s)
}

// NewEvent returns an event of a socket that has only an id.
func NewEvent(id SocketID) *Event { return &Event{Socket: &Socket{id: id}} }

// RateLimitSize returns how many sockets a new rate limit remembers after
// events of n sockets, one each interval.
func RateLimitSize(n int) int {
	l := newRateLimit(1000, 1)
	for i := range n {
		_ = l.admit(SocketID(fmt.Sprint(i)))
		time.Sleep(time.Millisecond)
	}
	return len(l.due)
}

// IgnoresEvents reports whether the server closes and ignores the events of all
// sockets in the namespace "/".
func (s *Server) IgnoresEvents() bool {
	for _, socket := range s.Of("/").Sockets() {
		c := socket.client
		c.mu.Lock()
		quiet := c.quiet
		c.mu.Unlock()
		if !quiet {
			return false
		}
	}
	return true
}
