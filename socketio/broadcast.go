package socketio

import (
	"context"
	"fmt"
	"slices"

	"gifchat/socketio/engineio"
)

// Broadcast is an emit to many sockets: those in any of its rooms, or all of
// the namespace if it has none, minus exceptions. It is a value: each method
// returns a changed copy, so one may be kept and used again.
type Broadcast struct {
	namespace *Namespace
	sender    *Socket // left out; nil for none
	rooms     []string
	except    []string
	volatile  bool
	local     bool
}

// To adds rooms.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.rooms = append(b.rooms[:len(b.rooms):len(b.rooms)], rooms...)
	return b
}

// Except adds rooms whose sockets are left out.
func (b Broadcast) Except(rooms ...string) Broadcast {
	b.except = append(b.except[:len(b.except):len(b.except)], rooms...)
	return b
}

// Local keeps the broadcast within this process.
func (b Broadcast) Local() Broadcast {
	b.local = true
	return b
}

// Volatile leaves out clients that cannot take the event now.
func (b Broadcast) Volatile() Broadcast {
	b.volatile = true
	return b
}

// Sockets returns the sockets that an Emit would reach now, in no order.
func (b Broadcast) Sockets() []*Socket {
	list := b.targets()
	if b.sender == nil {
		return slices.Clone(list)
	}
	return slices.DeleteFunc(slices.Clone(list), func(s *Socket) bool { return s == b.sender })
}

// Join puts the sockets of the broadcast into rooms.
func (b Broadcast) Join(rooms ...string) {
	for _, s := range b.targets() {
		if s != b.sender {
			s.Join(rooms...)
		}
	}
}

// Leave takes the sockets of the broadcast out of rooms.
func (b Broadcast) Leave(rooms ...string) {
	for _, s := range b.targets() {
		if s != b.sender {
			s.Leave(rooms...)
		}
	}
}

// Disconnect takes the sockets of the broadcast out of the namespace, as
// Socket.Disconnect does.
func (b Broadcast) Disconnect() {
	for _, s := range b.targets() {
		if s != b.sender {
			s.Disconnect()
		}
	}
}

// CloseConns ends the whole connections of the sockets of the broadcast, as
// Socket.CloseConn does.
func (b Broadcast) CloseConns() {
	for _, s := range b.targets() {
		if s != b.sender {
			s.CloseConn()
		}
	}
}

// targets returns the sockets of the broadcast, perhaps with its sender. The
// slice must not be changed.
func (b Broadcast) targets() []*Socket { return b.namespace.members.targets(b.rooms, b.except) }

// Emit encodes the event once and sends it to every socket of the broadcast.
// It never waits for a client. The error is one of encoding: what becomes of
// a single client is that client's matter.
func (b Broadcast) Emit(event string, args ...any) error {
	p, err := encodeEvent(b.namespace.name, 0, false, event, args)
	if err != nil {
		return err
	}
	b.deliver(b.targets(), p)
	return nil
}

// EmitWithAck sends the event and waits for the answer of every socket, at
// most until ctx is done. It returns the answers that came, in no order, and
// an error if any is missing.
func (b Broadcast) EmitWithAck(ctx context.Context, event string, args ...any) ([]Args, error) {
	id := b.namespace.ackIDs.Add(1)
	p, err := encodeEvent(b.namespace.name, id, true, event, args)
	if err != nil {
		return nil, err
	}
	var waiting []*Socket
	var channels []chan Args
	for _, s := range b.Sockets() {
		answers := make(chan Args, 1)
		if s.await(id, answers) {
			waiting = append(waiting, s)
			channels = append(channels, answers)
		}
	}
	b.deliver(waiting, p)
	answers := collect(ctx, channels)
	for _, s := range waiting {
		s.forget(id)
	}
	if missing := len(waiting) - len(answers); missing > 0 {
		return answers, fmt.Errorf("socketio: %d of %d clients did not answer", missing, len(waiting))
	}
	return answers, nil
}

func collect(ctx context.Context, channels []chan Args) []Args {
	answers := make([]Args, 0, len(channels))
	for _, c := range channels {
		select {
		case answer, ok := <-c:
			if ok {
				answers = append(answers, answer)
			}
			continue
		default:
		}
		select {
		case answer, ok := <-c:
			if ok {
				answers = append(answers, answer)
			}
		case <-ctx.Done():
		}
	}
	return answers
}

const (
	// joinFrom is the size from which a fan-out is done in two rounds, first
	// queue then flush. What other broadcasts queue between them leaves with the
	// same write, which is the only way to be cheaper than a write for each.
	joinFrom = 16

	// flushersFrom is the size from which the second round is left to the
	// flushers, so that the sender's goroutine is free to handle the next event.
	flushersFrom = 64
)

// deliver puts p on every socket's connection. Nothing here may wait, allocate
// for a single socket or look anything up: it is where the time goes.
func (b Broadcast) deliver(targets []*Socket, p *engineio.Prepared) {
	if b.volatile {
		for _, s := range targets {
			if s != b.sender && s.connected.Load() {
				_, _ = s.client.conn.SendVolatile(p) // dropping is what was asked for
			}
		}
		return
	}
	if len(targets) < joinFrom {
		for _, s := range targets {
			if s != b.sender && s.connected.Load() {
				_ = s.client.conn.Send(p) // a client that cannot be sent to is closed by that
			}
		}
		return
	}
	list := flushLists.Get().(*[]*engineio.Conn)
	for _, s := range targets {
		if s != b.sender && s.connected.Load() && s.client.conn.Queue(p) {
			*list = append(*list, s.client.conn)
		}
	}
	if len(*list) < flushersFrom {
		flushAll(list)
		return
	}
	b.namespace.server.flushers.flush(list)
}
