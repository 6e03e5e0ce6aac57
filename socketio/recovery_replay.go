package socketio

import (
	"context"
	"errors"
	"math"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/eventlog"
)

const (
	// maxBeforeAnswer bounds the missed events that are sent before the answer
	// to CONNECT, in bytes. Stock clients buffer them until the answer comes and
	// keep that buffer if the connection breaks first, so that the next recovery
	// would bring the events twice. A small number makes that unlikely.
	maxBeforeAnswer = 64 << 10

	// maxReplayQueue bounds what a replay puts into the queue of a connection,
	// in bytes. It keeps a fast link busy between two polls. The next events are
	// queued when at most a quarter of it is left.
	maxReplayQueue = 256 << 10

	// maxHeld bounds the packets that wait for the end of a replay, in bytes.
	maxHeld = 1 << 20

	// replayAfterDisconnect is how long a replay continues after the server has
	// disconnected the socket. Then the rest is dropped, so that a slow link does
	// not delay the DISCONNECT.
	replayAfterDisconnect = time.Second
)

// replay sends a recovered socket the events that it missed, as its client
// takes them. Until the replay reaches the end of the log, the socket is
// behind: broadcasts skip it, since it reads their events from the log, and
// other packets are held. The events are shared, so a replay uses little
// memory of its own.
type replay struct {
	// Immutable.
	socket *Socket
	ctx    context.Context // done when the rest has to be dropped
	drop   context.CancelFunc

	// Guarded by recovery.mu.
	last      uint64 // the number of the last event that was queued or skipped
	until     uint64 // the number of the last event to send
	held      []heldPacket
	heldBytes int
	stopped   bool
	events    int  // number of events that were queued
	whole     bool // all missed events were queued
}

func newReplay(s *Socket, last uint64) *replay {
	p := &replay{socket: s, last: last, until: math.MaxUint64}
	p.ctx, p.drop = context.WithCancel(context.Background())
	return p
}

// heldPacket is a packet that follows the event with the given number.
type heldPacket struct {
	after  uint64
	packet *engineio.Prepared
}

// batch is a part of the missed events.
type batch struct {
	packets  []*engineio.Prepared
	events   int    // the number of events in packets
	bytes    int    // the sizes of the events in packets
	last     uint64 // the number of the last event that was examined
	complete bool   // there are no more missed events
}

func (b *batch) queue(c *client) {
	for _, p := range b.packets {
		c.queue(p)
	}
}

// beforeAnswer reports whether the batch can be sent before the answer to
// CONNECT: it contains all missed events, and they are small.
func (b *batch) beforeAnswer() bool { return b.complete && b.bytes <= maxBeforeAnswer }

// missed returns what is sent with the answer to CONNECT, or why that is not
// known any more. mu and the client's refilling are held.
func (r *recovery) missed(s *Socket) (b batch, why RecoveryFailure) {
	if !s.recovered {
		return batch{complete: true}, ""
	}
	size := min(maxBeforeAnswer, r.queueRoom(s.client))
	return r.read(&replay{socket: s, last: s.session.position, until: math.MaxUint64}, size)
}

// read returns the next events of a replay and the packets held between them,
// up to a size in bytes. It returns at least one event unless size is 0 or
// less. why is not "" if the events, or the rooms that the socket was in, are
// not known any more. mu is held.
func (r *recovery) read(p *replay, size int) (b batch, why RecoveryFailure) {
	s := p.socket
	entries, why := r.after(s.session, p.last)
	if why != "" {
		return batch{}, why
	}
	b.last = p.last
	covers := s.session.memberships.Index()
	for i := range entries {
		e := &entries[i]
		if e.Number > p.until {
			break
		}
		if e.Packet != nil && e.Reaches(string(s.id), covers) {
			if b.bytes+e.Size() > size && (len(b.packets) > 0 || size <= 0) {
				return b, ""
			}
			b.events++
			b.bytes += e.Size()
			b.packets = append(p.takeHeld(b.packets, e.Number), e.Packet)
		}
		b.last = e.Number
	}
	b.packets = p.takeHeld(b.packets, math.MaxUint64)
	b.complete = true
	return b, ""
}

// takeHeld removes the packets that come before the event with the given
// number, and appends them to packets.
func (p *replay) takeHeld(packets []*engineio.Prepared, number uint64) []*engineio.Prepared {
	for len(p.held) > 0 && p.held[0].after < number {
		packets = append(packets, p.held[0].packet)
		p.heldBytes -= heldSize(p.held[0].packet)
		p.held = p.held[1:]
	}
	return packets
}

// heldSize returns the memory that a held packet uses, in bytes.
func heldSize(p *engineio.Prepared) int { return (&eventlog.Entry{Packet: p}).Size() }

// startReplay sends s the events after those of its first batch. mu is held.
func (r *recovery) startReplay(s *Socket, first *batch) {
	p := newReplay(s, first.last)
	p.events = first.events
	r.replays[s.client] = p
	s.state.CompareAndSwap(socketLive, socketBehind) // the connection may have ended
	s.client.holdClose()
	r.namespace.server.stay(r.namespace) // so that the next connect to it stops the replay
	r.namespace.server.workers.tasks.Go(func() { r.run(p) })
}

// end makes the event with the given number the last one, because the server
// disconnects the socket or is closed. The rest is dropped after the timeout. mu is
// held.
func (p *replay) end(last uint64, timeout time.Duration) {
	if !p.ending() {
		p.until = last
		time.AfterFunc(timeout, p.drop)
	}
}

// ending reports whether end was called.
func (p *replay) ending() bool { return p.until != math.MaxUint64 }

// shareOfQueue returns a limit for replays in bytes: size, or half of what can
// be queued for a client if that is less.
func (r *recovery) shareOfQueue(size int) int {
	return min(size, r.namespace.server.engine.Limits().MaxQueueBytes/2)
}

// refillAt returns at how many queued bytes the next events are queued.
func (r *recovery) refillAt() int { return r.shareOfQueue(maxReplayQueue) / 4 }

// queueRoom returns how many bytes of missed events can be queued for a client
// now. It is 0 or less if other packets fill the queue. c.refilling is held.
func (r *recovery) queueRoom(c *client) int {
	packets, bytes := c.conn.Queued()
	room := r.shareOfQueue(maxReplayQueue) - bytes - packets*eventlog.Overhead
	if bytes <= r.refillAt() {
		return max(room, 1) // run does not wait, so it has to queue an event
	}
	return room
}

// run continues a replay each time the client has taken most of its queue. It
// ends with the replay or with the connection.
func (r *recovery) run(p *replay) {
	defer p.drop()
	conn := p.socket.client.conn
	for more := true; more; {
		if err := conn.WaitQueue(p.ctx, r.refillAt()); errors.Is(err, engineio.ErrClosed) {
			break
		}
		var why RecoveryFailure
		more, why = r.next(p)
		if why != "" {
			r.namespace.server.cfg.Log.Warn("replay of missed events ended: the rest is unknown",
				"namespace", r.namespace.name, "socket", p.socket.id, "why", why)
			conn.Close()
			r.observeRefused(p.socket, why)
		}
		conn.Flush()
	}
	if p.whole {
		r.observeRecovered(p.socket, p.events)
	}
	r.stopReplay(p)
	p.socket.client.releaseClose()
	r.namespace.server.leave(r.namespace)
}

// next queues as many events of a replay as the queue has room for, and makes
// the socket live after the last one. more is false if the replay has ended.
// why is not "" if an event was missing; then the session is dropped.
func (r *recovery) next(p *replay) (more bool, why RecoveryFailure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.stopped {
		return false, ""
	}
	c := p.socket.client
	c.refilling.Lock()
	defer c.refilling.Unlock()
	var b batch
	if why = FailureDisconnected; p.ctx.Err() == nil {
		b, why = r.read(p, r.queueRoom(c))
	}
	switch {
	case why == "":
		p.last = b.last
		p.events += b.events
	case p.ending(): // the rest is dropped, except the DISCONNECT and what was held before it
		b = batch{packets: p.takeHeld(nil, math.MaxUint64), complete: true}
	default:
		r.drop(p.socket.session, why)
		return false, why
	}
	b.queue(c)
	if !b.complete {
		return true, ""
	}
	p.stopped = true
	delete(r.replays, c)
	if !p.ending() { // otherwise events after the last one are not sent
		p.whole = true
		p.socket.state.CompareAndSwap(socketBehind, socketLive) // not if it has disconnected
	}
	return false, ""
}

// hold stores a packet until the replay of s reaches the events that were
// emitted before it. A client for which too much is held is disconnected.
func (r *recovery) hold(s *Socket, packet *engineio.Prepared) bool {
	r.mu.Lock()
	p := r.replayOf(s)
	if p == nil {
		r.mu.Unlock()
		return false
	}
	p.held = append(p.held, heldPacket{after: r.log.Last(), packet: packet})
	p.heldBytes += heldSize(packet)
	tooMuch := p.heldBytes > r.shareOfQueue(maxHeld)
	r.mu.Unlock()
	if tooMuch {
		s.client.conn.Close()
	}
	return true
}

// replayOf returns the replay of s, or nil. mu is held.
func (r *recovery) replayOf(s *Socket) *replay {
	if p := r.replays[s.client]; p != nil && p.socket == s {
		return p
	}
	return nil
}

// stopReplayOf ends the replay to a client without sending the rest. mu is
// held.
func (r *recovery) stopReplayOf(c *client) {
	if p := r.replays[c]; p != nil {
		p.stopped, p.held = true, nil
		p.drop() // ends the goroutine, which may wait for the queue
		delete(r.replays, c)
	}
}

func (r *recovery) stopReplay(p *replay) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.replays[p.socket.client] == p {
		r.stopReplayOf(p.socket.client)
	}
}
