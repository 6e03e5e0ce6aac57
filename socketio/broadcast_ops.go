package socketio

import (
	"context"
	"slices"
)

// Join adds the sockets of the broadcast to rooms. With Recovery, it does not
// reach clients that are offline.
func (b Broadcast) Join(rooms ...string) {
	if b.reachesNobody() {
		return
	}
	for _, s := range b.Sockets() {
		s.Join(rooms...)
	}
	if adapter := b.remote(); adapter != nil {
		adapter.Join(b.target(), rooms)
	}
}

// Leave removes the sockets of the broadcast from rooms. With Recovery, it also
// removes the rooms that clients would resume.
func (b Broadcast) Leave(rooms ...string) {
	if b.reachesNobody() {
		return
	}
	b.namespace.delivery.leaveAll(b, rooms)
	if adapter := b.remote(); adapter != nil {
		adapter.Leave(b.target(), rooms)
	}
}

// Disconnect disconnects the sockets of the broadcast, as Socket.Disconnect
// does.
func (b Broadcast) Disconnect() {
	if b.reachesNobody() {
		return
	}
	for _, s := range b.namespace.delivery.dismissAll(b) {
		s.Disconnect()
	}
	if adapter := b.remote(); adapter != nil {
		adapter.Disconnect(b.target())
	}
}

// DisconnectClients disconnects the clients of the broadcast's sockets, as
// Socket.DisconnectClient does.
func (b Broadcast) DisconnectClients() {
	if b.reachesNobody() {
		return
	}
	for _, s := range b.namespace.delivery.dismissAll(b) {
		s.DisconnectClient()
	}
	if adapter := b.remote(); adapter != nil {
		adapter.DisconnectClients(b.target())
	}
}

// CloseConns closes the connections of the sockets of the broadcast, as
// Socket.CloseConn does.
func (b Broadcast) CloseConns() {
	if b.reachesNobody() {
		return
	}
	for _, s := range b.Sockets() {
		s.CloseConn()
	}
	if adapter := b.remote(); adapter != nil {
		adapter.CloseConns(b.target())
	}
}

// SocketInfo describes a socket to other servers. To act on the socket, use a
// broadcast to the room that is its id.
type SocketInfo struct {
	ID    SocketID
	Rooms []string // in the order of joining
	Data  Value    // Socket.Data as JSON; zero if it cannot be encoded
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

// FetchSockets describes the sockets that an Emit would reach now, on all
// servers. If a server has not answered when ctx is done, it returns the
// sockets of the others and an error.
func (b Broadcast) FetchSockets(ctx context.Context) ([]SocketInfo, error) {
	var list []SocketInfo
	for _, s := range b.Sockets() {
		list = append(list, s.Info())
	}
	adapter := b.remote()
	if adapter == nil {
		return list, nil
	}
	remote, err := adapter.Sockets(ctx, b.target())
	return append(list, remote...), err
}

// remote returns the adapter that takes the broadcast to other servers, or nil
// if it stays in this process.
func (b Broadcast) remote() Adapter {
	if b.local || b.reachesNobody() {
		return nil
	}
	return b.namespace.adapter
}

// target is the broadcast as other servers see it: its sender becomes an
// exception.
func (b Broadcast) target() Target {
	t := Target{Rooms: slices.Clone(b.rooms), Except: slices.Clone(b.except), Volatile: b.volatile, Key: b.key}
	if b.sender != nil {
		t.Except = append(t.Except, string(b.sender.id))
	}
	return t
}

// In returns the broadcast to the sockets of t that are in n, in this process.
func (t Target) In(n *Namespace) Broadcast {
	b := n.Local().Except(t.Except...)
	if len(t.Rooms) > 0 {
		b = b.To(t.Rooms...)
	}
	b.volatile, b.key = t.Volatile, t.Key
	return b
}
