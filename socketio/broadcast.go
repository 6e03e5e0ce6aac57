package socketio

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gifchat/socketio/engineio"
)

// Broadcast is an emit to many sockets: those in any of its rooms, or all
// sockets of the namespace if it has no rooms, minus exceptions. It is a value:
// each method returns a changed copy, so a Broadcast can be stored and reused.
type Broadcast struct {
	namespace *Namespace
	sender    *Socket // an exception; may be nil
	rooms     []string
	except    []string
	key       string // see Key
	batch     *Batch // see In
	volatile  bool
	local     bool
	limited   bool // To was called: without rooms the broadcast reaches nobody
}

// To adds rooms. A broadcast to an empty list of rooms reaches no socket.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.limited = true
	b.rooms = append(b.rooms[:len(b.rooms):len(b.rooms)], rooms...)
	return b
}

// Except adds rooms whose sockets are excluded.
func (b Broadcast) Except(rooms ...string) Broadcast {
	b.except = append(b.except[:len(b.except):len(b.except)], rooms...)
	return b
}

// Local restricts the broadcast to this process.
func (b Broadcast) Local() Broadcast {
	b.local = true
	return b
}

// Volatile skips clients that cannot receive the event now.
func (b Broadcast) Volatile() Broadcast {
	b.volatile = true
	return b
}

// Sockets returns the sockets of this process that an Emit would reach now, in
// no particular order.
func (b Broadcast) Sockets() []*Socket {
	list := b.targets()
	if b.sender == nil {
		return slices.Clone(list)
	}
	return slices.DeleteFunc(slices.Clone(list), func(s *Socket) bool { return s == b.sender })
}

// Len returns the number of sockets of this process that an Emit would reach now.
// Clients that are offline do not count, even if they can resume their session.
func (b Broadcast) Len() int {
	list := b.targets()
	if b.sender != nil && slices.Contains(list, b.sender) {
		return len(list) - 1
	}
	return len(list)
}

// targets returns the sockets of the broadcast, perhaps with its sender. The
// slice must not be changed.
func (b Broadcast) targets() []*Socket {
	if b.reachesNobody() {
		return nil
	}
	return b.namespace.members.targets(b.rooms, b.except)
}

func (b Broadcast) reachesNobody() bool { return b.limited && len(b.rooms) == 0 }

// Emit encodes the event once and sends it to every socket of the broadcast.
// It never waits for a client. It returns an error only if the event cannot be
// encoded: a client that cannot be sent to is disconnected.
func (b Broadcast) Emit(event string, args ...any) error {
	if b.reachesNobody() {
		return nil
	}
	delivery := b.namespace.delivery
	e, err := draftEvent(packet{namespace: b.namespace.name}, event, args, delivery.eventEnd())
	if err != nil {
		return err
	}
	delivery.emit(b, e)
	putEncoder(e)
	if adapter := b.remote(); adapter != nil {
		values, err := NewArgs(args...)
		if err != nil {
			return err
		}
		adapter.Emit(b.target(), event, values)
	}
	return nil
}

// EmitWithAck sends the event and waits until every socket has acknowledged it
// or ctx is done. It returns the acknowledgements that came, in no particular
// order. If some are missing, the error wraps the cause of ctx's end, or
// ErrDisconnected if clients disconnected.
func (b Broadcast) EmitWithAck(ctx context.Context, event string, args ...any) ([]Args, error) {
	if b.reachesNobody() {
		return nil, nil
	}
	id := b.namespace.ackIDs.Add(1)
	p, err := encodeEvent(b.namespace.name, id, true, event, args)
	if err != nil {
		return nil, err
	}
	var expected, live []*Socket
	var channels []chan Args
	for _, s := range b.Sockets() {
		answers := make(chan Args, 1)
		if !s.expectAck(id, ackWaiter{answers: answers}) {
			continue
		}
		expected = append(expected, s)
		channels = append(channels, answers)
		if b.volatile || !s.held(p) {
			live = append(live, s)
		}
	}
	b.deliver(live, p)
	others := b.requestRemoteAcks(ctx, event, args)
	answers := collectAcks(ctx, channels)
	for _, s := range expected {
		s.takeWaiter(id)
	}
	if missing := len(expected) - len(answers); missing > 0 {
		cause := context.Cause(ctx)
		if cause == nil {
			cause = ErrDisconnected
		}
		err = fmt.Errorf("socketio: %d of %d clients did not answer: %w", missing, len(expected), cause)
	}
	remote := <-others
	return append(answers, remote.answers...), errors.Join(err, remote.err)
}

// remoteAcks are the acknowledgements of other servers' clients.
type remoteAcks struct {
	answers []Args
	err     error
}

// requestRemoteAcks starts to collect the acknowledgements of other servers'
// clients.
func (b Broadcast) requestRemoteAcks(ctx context.Context, event string, args []any) <-chan remoteAcks {
	result := make(chan remoteAcks, 1)
	adapter := b.remote()
	if adapter == nil {
		result <- remoteAcks{}
		return result
	}
	values, err := NewArgs(args...)
	if err != nil {
		result <- remoteAcks{err: err}
		return result
	}
	go func() {
		answers, err := adapter.EmitWithAck(ctx, b.target(), event, values)
		result <- remoteAcks{answers, err}
	}()
	return result
}

// collectAcks returns the acknowledgements that come until ctx is done. Those
// that have come already count even if ctx is done.
func collectAcks(ctx context.Context, channels []chan Args) []Args {
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

// twoRounds is the number of sockets from which a broadcast first queues the
// packet for all of them and then flushes. Packets that other broadcasts queue
// between the two rounds leave with the same write, which is the only way to
// need less than one write per packet.
const twoRounds = 16

// deliver sends p to the sockets. A client that cannot be sent to is closed by
// the engine.
func (b Broadcast) deliver(targets []*Socket, p *engineio.Prepared) {
	if len(targets) < twoRounds && !b.volatile && b.batch == nil {
		t := translation{text: p}
		for _, s := range targets {
			if s != b.sender && s.state.Load() == socketLive {
				_ = s.client.conn.Send(t.of(s.client))
			}
		}
		return
	}
	conns := b.pending()
	b.queue(targets, p, conns)
	b.flush(conns)
}

// queue is the first round. It appends the connections that need a flush to
// conns. It is the hot path of a broadcast: for each socket it must not wait,
// allocate or look anything up.
func (b Broadcast) queue(targets []*Socket, p *engineio.Prepared, conns *[]*engineio.Conn) {
	t := translation{text: p}
	queue := (*engineio.Conn).Queue
	if b.volatile {
		queue = (*engineio.Conn).QueueVolatile
	}
	for _, s := range targets {
		if s != b.sender && s.state.Load() == socketLive && queue(s.client.conn, t.of(s.client)) {
			*conns = append(*conns, s.client.conn)
		}
	}
}
