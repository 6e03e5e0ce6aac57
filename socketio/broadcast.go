package socketio

import (
	"context"
	"errors"
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

// Sockets returns the sockets of this process that an Emit would reach now, in
// no order.
func (b Broadcast) Sockets() []*Socket {
	list := b.targets()
	if b.sender == nil {
		return slices.Clone(list)
	}
	return slices.DeleteFunc(slices.Clone(list), func(s *Socket) bool { return s == b.sender })
}

// targets returns the sockets of the broadcast, perhaps with its sender. The
// slice must not be changed.
func (b Broadcast) targets() []*Socket { return b.namespace.members.targets(b.rooms, b.except) }

// Emit encodes the event once and sends it to every socket of the broadcast.
// It never waits for a client. The error is one of encoding: what becomes of
// a single client is that client's matter.
func (b Broadcast) Emit(event string, args ...any) error {
	if err := b.emitHere(event, args); err != nil {
		return err
	}
	if adapter := b.elsewhere(); adapter != nil {
		values, err := NewArgs(args...)
		if err != nil {
			return err
		}
		adapter.Emit(b.target(), event, values)
	}
	return nil
}

// emitHere sends the event to the sockets of this process.
func (b Broadcast) emitHere(event string, args []any) error {
	if r := b.namespace.recovery; r != nil {
		return r.publish(b, event, args)
	}
	p, err := encodeEvent(b.namespace.name, 0, false, event, args)
	if err != nil {
		return err
	}
	b.deliver(b.targets(), p)
	return nil
}

// EmitWithAck sends the event and waits for the answer of every socket, at
// most until ctx is done. It returns the answers that came, in no order. If any
// is missing, the error wraps the cause of ctx's end, or ErrDisconnected if it
// was not that.
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
	others := b.askElsewhere(ctx, event, args)
	answers := collect(ctx, channels)
	for _, s := range waiting {
		s.forget(id)
	}
	if missing := len(waiting) - len(answers); missing > 0 {
		cause := context.Cause(ctx)
		if cause == nil {
			cause = ErrDisconnected
		}
		err = fmt.Errorf("socketio: %d of %d clients did not answer: %w", missing, len(waiting), cause)
	}
	theirs := <-others
	return append(answers, theirs.answers...), errors.Join(err, theirs.err)
}

// theirAnswers are those of clients of other servers.
type theirAnswers struct {
	answers []Args
	err     error
}

// askElsewhere begins to collect the answers of other servers' clients.
func (b Broadcast) askElsewhere(ctx context.Context, event string, args []any) <-chan theirAnswers {
	theirs := make(chan theirAnswers, 1)
	adapter := b.elsewhere()
	if adapter == nil {
		theirs <- theirAnswers{}
		return theirs
	}
	values, err := NewArgs(args...)
	if err != nil {
		theirs <- theirAnswers{err: err}
		return theirs
	}
	go func() {
		answers, err := adapter.EmitWithAck(ctx, b.target(), event, values)
		theirs <- theirAnswers{answers, err}
	}()
	return theirs
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

// joinFrom is the size from which a fan-out is done in two rounds, first queue
// then flush. What other broadcasts queue between them leaves with the same
// write, which is the only way to be cheaper than a write for each.
const joinFrom = 16

// deliver puts p on every socket's connection.
func (b Broadcast) deliver(targets []*Socket, p *engineio.Prepared) {
	if len(targets) < joinFrom && !b.volatile {
		t := translation{text: p}
		for _, s := range targets {
			if s != b.sender && s.connected.Load() {
				_ = s.client.conn.Send(t.of(s.client)) // a client that cannot be sent to is closed by that
			}
		}
		return
	}
	conns := flushLists.Get().(*[]*engineio.Conn)
	b.queue(targets, p, conns)
	b.namespace.server.flushers.flush(conns)
}

// queue is the first round. It adds the connections that are to be flushed.
// Nothing here may wait, allocate for a single socket or look anything up: it
// is where the time goes.
func (b Broadcast) queue(targets []*Socket, p *engineio.Prepared, conns *[]*engineio.Conn) {
	t := translation{text: p}
	queue := (*engineio.Conn).Queue
	if b.volatile {
		queue = (*engineio.Conn).QueueVolatile
	}
	for _, s := range targets {
		if s != b.sender && s.connected.Load() && queue(s.client.conn, t.of(s.client)) {
			*conns = append(*conns, s.client.conn)
		}
	}
}
