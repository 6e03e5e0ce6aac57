package socketio

import (
	"context"
	"slices"
)

// Join puts the sockets of the broadcast into rooms.
func (b Broadcast) Join(rooms ...string) {
	for _, s := range b.Sockets() {
		s.Join(rooms...)
	}
	if adapter := b.elsewhere(); adapter != nil {
		adapter.Join(b.target(), rooms)
	}
}

// Leave takes the sockets of the broadcast out of rooms.
func (b Broadcast) Leave(rooms ...string) {
	if r := b.namespace.recovery; r != nil {
		r.leaveAll(b, rooms)
	} else {
		for _, s := range b.Sockets() {
			s.Leave(rooms...)
		}
	}
	if adapter := b.elsewhere(); adapter != nil {
		adapter.Leave(b.target(), rooms)
	}
}

// Disconnect takes the sockets of the broadcast out of the namespace, as
// Socket.Disconnect does.
func (b Broadcast) Disconnect() {
	var there []*Socket
	if r := b.namespace.recovery; r != nil {
		there = r.dismissAll(b)
	} else {
		there = b.Sockets()
	}
	for _, s := range there {
		s.Disconnect()
	}
	if adapter := b.elsewhere(); adapter != nil {
		adapter.Disconnect(b.target())
	}
}

// CloseConns ends the whole connections of the sockets of the broadcast, as
// Socket.CloseConn does.
func (b Broadcast) CloseConns() {
	for _, s := range b.Sockets() {
		s.CloseConn()
	}
	if adapter := b.elsewhere(); adapter != nil {
		adapter.CloseConns(b.target())
	}
}

// SocketInfo is what every server may know of a socket. To do something to it,
// begin a broadcast to the room that is its id.
type SocketInfo struct {
	ID    SocketID
	Rooms []string // in the order of joining
	Data  Value    // what Socket.SetData was given, as JSON; zero if it cannot be
}

// Info describes the socket to other servers.
func (s *Socket) Info() SocketInfo {
	info := SocketInfo{ID: s.id, Rooms: s.Rooms()}
	if data := s.Data(); data != nil {
		if values, err := NewArgs(data); err == nil {
			info.Data = values[0]
		}
	}
	return info
}

// FetchSockets describes the sockets that an Emit would reach now, whichever
// server they are on. It waits for the other servers at most until ctx is
// done, and returns what it has with an error if one has not answered.
func (b Broadcast) FetchSockets(ctx context.Context) ([]SocketInfo, error) {
	var list []SocketInfo
	for _, s := range b.Sockets() {
		list = append(list, s.Info())
	}
	adapter := b.elsewhere()
	if adapter == nil {
		return list, nil
	}
	theirs, err := adapter.Sockets(ctx, b.target())
	return append(list, theirs...), err
}

// elsewhere returns who takes the broadcast to other servers; nil for nobody.
func (b Broadcast) elsewhere() Adapter {
	if b.local {
		return nil
	}
	return b.namespace.adapter
}

// target is the broadcast as other servers see it: its sender is one more
// exception.
func (b Broadcast) target() Target {
	t := Target{Rooms: slices.Clone(b.rooms), Except: slices.Clone(b.except), Volatile: b.volatile}
	if b.sender != nil {
		t.Except = append(t.Except, string(b.sender.id))
	}
	return t
}

// In returns the broadcast to the sockets of t that are in n, in this process.
func (t Target) In(n *Namespace) Broadcast {
	b := n.Local().To(t.Rooms...).Except(t.Except...)
	b.volatile = t.Volatile
	return b
}
