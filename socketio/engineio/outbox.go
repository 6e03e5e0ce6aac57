package engineio

import (
	"errors"
	"sync"
	"time"
)

// errTooSlow ends a connection whose client does not take what is sent to it.
var errTooSlow = errors.New("engineio: the client is too slow")

// entryCost is what a queued packet costs beside its bytes.
const entryCost = 64

// outbox is the queue of packets for one client. It has a lock of its own, so that
// a sender does not wait for a writer: with one lock, a broadcast that follows
// another one through the same connections goes at the pace of its writes, and
// there is nothing for the next write to take along.
//
// While the queue is blocked, because the socket is full or no poll waits, all of its
// packets count in the server's backlog. A queue that is not blocked is about to be
// flushed.
type outbox struct {
	server *Server // immutable

	mu      sync.Mutex // nothing else is locked under it
	sealed  bool       // guarded by mu, as is all that follows: nothing more is accepted
	blocked bool
	items   []*Prepared
	head    int       // items[:head] have been written
	sent    int       // bytes of the first packet's frames that have been written
	cost    int       // of items[head:], see cost
	since   time.Time // while blocked and not empty: when the client last took something
	taken   chan struct{}
}

// cost returns how many bytes a packet counts in a queue.
func (p *Prepared) cost() int { return p.size() + entryCost }

// maxHeartbeat is the size of a WebSocket pong with all the data it may have. A ping of
// revision 3 may bring more, and its pong then counts as a message does.
const maxHeartbeat = 2 + 125

// isHeartbeat reports whether p is a small packet of the engine's own.
func (p *Prepared) isHeartbeat() bool {
	message := len(p.binary) > 0 || len(p.text) > 0 && p.text[0] == byte(PacketMessage)
	return !message && p.size() <= maxHeartbeat
}

// empty reports whether there is nothing to write.
func (o *outbox) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.items) == o.head
}

// push appends p. It returns errTooSlow if the queue is full; a message that is
// larger than the limit may wait alone, and heartbeats always: they are small, and
// MaxControls bounds the client's. flush reports that the caller has to flush the queue.
func (o *outbox) push(p *Prepared) (flush bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		return false, ErrClosed
	}
	first := len(o.items) == o.head
	limits := &o.server.cfg.Limits
	if !first && o.cost+p.cost() > limits.MaxQueueBytes && !p.isHeartbeat() {
		return false, errTooSlow
	}
	o.items = append(o.items, p)
	o.cost += p.cost()
	if !o.blocked {
		return first, nil
	}
	o.server.backlog.add(p)
	now := time.Now()
	if first {
		o.since = now
	}
	// Who flushes a queue that is stalled ends the connection.
	return first || now.Sub(o.since) > limits.StallTimeout, nil
}

// wrote forgets n bytes that have been written.
func (o *outbox) wrote(n int, k codec) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.advance(n, k)
}

// next forgets n bytes that have been written and returns what to write next: the
// rest of a packet, or several small ones joined in a pooled buffer; nothing if the
// queue is empty. Only who may write calls it.
func (o *outbox) next(n int, k codec) (b []byte, joined *buffer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.advance(n, k)
	waiting := o.items[o.head:]
	if len(waiting) == 0 {
		return nil, nil
	}
	first := k.frames(waiting[0])[o.sent:]
	if len(waiting) == 1 || len(first)+waiting[1].size() > len(buffer{}) {
		return first, nil
	}
	joined = getBuffer()
	b = append(joined[:0], first...)
	for _, p := range waiting[1:] {
		frames := k.frames(p)
		if len(b)+len(frames) > len(joined) {
			break
		}
		b = append(b, frames...)
	}
	return b, joined
}

// advance forgets n bytes that have been written. mu is held.
func (o *outbox) advance(n int, k codec) {
	o.sent += n
	dropped := 0
	for _, p := range o.items[o.head:] {
		size := len(k.frames(p))
		if o.sent < size {
			break
		}
		o.sent -= size
		dropped++
	}
	o.drop(dropped)
}

// drop forgets the first n packets. mu is held.
func (o *outbox) drop(n int) {
	if n == 0 {
		return
	}
	for i, p := range o.items[o.head : o.head+n] {
		o.cost -= p.cost()
		if o.blocked {
			o.server.backlog.remove(p)
		}
		o.items[o.head+i] = nil
	}
	o.head += n
	if o.blocked {
		o.since = time.Now()
	}
	// Packets move only when at least as many have gone, so that taking them from a
	// long queue takes linear time.
	if o.head >= len(o.items)-o.head {
		kept := copy(o.items, o.items[o.head:])
		clear(o.items[kept:])
		o.items, o.head = o.items[:kept], 0
	}
	o.wake()
}

// wake tells those who wait for room. mu is held.
func (o *outbox) wake() {
	if o.taken != nil {
		close(o.taken)
		o.taken = nil
	}
}

// take removes what fits into a polling body of about limit bytes, at least one
// packet if there is any.
func (o *outbox) take(limit int) []*Prepared {
	o.mu.Lock()
	defer o.mu.Unlock()
	var taken []*Prepared
	size := 0
	for _, p := range o.items[o.head:] {
		if size += p.size(); len(taken) > 0 && size > limit {
			break
		}
		taken = append(taken, p)
	}
	o.drop(len(taken))
	return taken
}

// setBlocked says whether the client can take nothing now.
func (o *outbox) setBlocked(blocked bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.blocked == blocked {
		return
	}
	o.blocked = blocked
	o.since = time.Now()
	for _, p := range o.items[o.head:] {
		if blocked {
			o.server.backlog.add(p)
		} else {
			o.server.backlog.remove(p)
		}
	}
}

// touch notes that the client could take nothing until now.
func (o *outbox) touch() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.since = time.Now()
}

// stalled reports whether packets have waited for so long without the client's
// taking any.
func (o *outbox) stalled(limit time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.blocked && len(o.items) > o.head && time.Since(o.since) > limit
}

// idle returns for how long the client of a blocked queue has taken nothing. Unlike
// stalled it also judges an empty queue, whose client has to come for its end.
func (o *outbox) idle() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Since(o.since)
}

// trim gives the queue's memory back, so that an idle connection holds none.
func (o *outbox) trim() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.items) == 0 {
		o.items = nil
	}
}

// waiting returns what is queued, in packets and bytes. The bytes of a packet that
// is being written count until all of it is.
func (o *outbox) waiting() (packets, bytes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.items) - o.head, o.bytes()
}

// bytes returns what is queued without the cost of places in the queue. mu is held.
func (o *outbox) bytes() int { return o.cost - (len(o.items)-o.head)*entryCost }

// unwritten returns how many bytes come before the next packet on the wire.
func (o *outbox) unwritten(k codec) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	bytes := -int64(o.sent)
	for _, p := range o.items[o.head:] {
		bytes += int64(len(k.frames(p)))
	}
	return bytes
}

// below returns nil if at most so many bytes wait, or else a channel that is closed
// when some have been taken or the queue has ended.
func (o *outbox) below(bytes int) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed || o.bytes() <= bytes {
		return nil
	}
	if o.taken == nil {
		o.taken = make(chan struct{})
	}
	return o.taken
}

// seal makes push fail from now on. What is queued stays.
func (o *outbox) seal() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sealed = true
}

// close forgets everything, for good.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sealed = true
	o.drop(len(o.items) - o.head)
	o.items, o.head, o.sent = nil, 0, 0
	o.wake()
}

// blockedCost returns what the queue counts while it is blocked, and else 0.
func (o *outbox) blockedCost() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.blocked {
		return 0
	}
	return o.cost
}
