package engineio

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// errTooSlow ends a connection whose client receives its data too slowly. It alone means
// that the queue is full. The other two errors wrap it.
var (
	errTooSlow    = errors.New("engineio: the client is too slow")
	errNoProgress = fmt.Errorf("%w: no progress", errTooSlow)
	errEvicted    = fmt.Errorf("%w: evicted from the backlog", errTooSlow)
)

// entryCost is the cost of a queued packet in addition to its bytes.
const entryCost = 64

// outbox is the queue of packets for one client. It has its own lock, so that a
// sender does not wait for a writer. With one lock for both, a broadcast would wait
// for each write of the broadcast before it, and no write could carry packets of
// both.
//
// A queue is blocked while the socket is full or no poll waits. The packets of a
// blocked queue count in the server's backlog. A queue that is not blocked is
// about to be flushed.
type outbox struct {
	server *Server // immutable

	mu         sync.Mutex // no other lock is acquired while mu is held
	sealed     bool       // push fails; mu guards this and all following fields
	blocked    bool
	packets    uint32 // sent since the connection opened, see Traffic; here, because it fits beside the flags
	items      []*Prepared
	head       int       // items[:head] have been written
	sent       int       // bytes of the first packet's frames that have been written
	cost       int       // sum of cost() over items[head:]
	progressAt time.Time // when a blocked queue that is not empty last shrank
	progressed chan struct{}

	bytes int64 // sent since the connection opened, see Traffic
}

// cost returns the number of bytes that p counts in a queue.
func (p *Prepared) cost() int { return p.size() + entryCost }

// maxHeartbeat is the size of a WebSocket pong with the maximum of data. A ping of
// revision 3 may carry more data, and its pong then counts as a message does.
const maxHeartbeat = 2 + 125

// isHeartbeat reports whether p is a small packet that is not a message.
func (p *Prepared) isHeartbeat() bool { return !p.isMessage() && p.size() <= maxHeartbeat }

func (p *Prepared) isMessage() bool {
	return len(p.binary) > 0 || len(p.text) > 0 && p.text[0] == byte(PacketMessage)
}

// empty reports whether the queue has nothing to write.
func (o *outbox) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.items) == o.head
}

// push appends p. It returns errTooSlow if the queue is full. A message that is
// larger than the limit may be queued alone. Heartbeats are always accepted, because
// they are small and MaxControls limits those that a client causes. flush reports
// that the caller must flush the queue: it was empty, or it has stalled, and the flush
// ends the connection.
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
		o.progressAt = now
	}
	return first || now.Sub(o.progressAt) > limits.StallTimeout, nil
}

// advance removes n bytes that have been written.
func (o *outbox) advance(n int, k codec) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.advanceLocked(n, k)
}

// next removes n bytes that have been written and returns the bytes to write next:
// the rest of a packet, or several small packets joined in a pooled buffer. b is
// empty if the queue is. Only the goroutine that may write calls it.
func (o *outbox) next(n int, k codec) (b []byte, joined *buffer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.advanceLocked(n, k)
	queued := o.items[o.head:]
	if len(queued) == 0 {
		return nil, nil
	}
	first := k.frames(queued[0])[o.sent:]
	if len(queued) == 1 || len(first)+queued[1].size() > len(buffer{}) {
		return first, nil
	}
	joined = getBuffer()
	b = append(joined[:0], first...)
	for _, p := range queued[1:] {
		frames := k.frames(p)
		if len(b)+len(frames) > len(joined) {
			break
		}
		b = append(b, frames...)
	}
	return b, joined
}

// advanceLocked removes n bytes that have been written.
func (o *outbox) advanceLocked(n int, k codec) {
	o.sent += n
	o.bytes += int64(n)
	written, packets := 0, 0
	for _, p := range o.items[o.head:] {
		size := len(k.frames(p))
		if o.sent < size {
			break
		}
		o.sent -= size
		packets += p.packets()
		written++
	}
	o.packets += uint32(packets)
	o.dropLocked(written)
}

// dropLocked removes the first n packets.
func (o *outbox) dropLocked(n int) {
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
		o.progressAt = time.Now()
	}
	// Packets move only when at least as many have been removed, so that removing
	// packets one by one from a long queue takes linear time.
	if o.head >= len(o.items)-o.head {
		kept := copy(o.items, o.items[o.head:])
		clear(o.items[kept:])
		o.items, o.head = o.items[:kept], 0
	}
	o.wakeLocked()
}

// wakeLocked wakes the callers of WaitQueue.
func (o *outbox) wakeLocked() {
	if o.progressed != nil {
		close(o.progressed)
		o.progressed = nil
	}
}

// take removes and returns the packets that fit into a polling body of about limit
// bytes, at least one packet if the queue is not empty.
func (o *outbox) take(limit int) []*Prepared {
	o.mu.Lock()
	defer o.mu.Unlock()
	var items []*Prepared
	size := 0
	for _, p := range o.items[o.head:] {
		if size += p.size(); len(items) > 0 && size > limit {
			break
		}
		items = append(items, p)
	}
	o.dropLocked(len(items))
	return items
}

// setBlocked sets whether the client cannot receive now.
func (o *outbox) setBlocked(blocked bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.blocked == blocked {
		return
	}
	o.blocked = blocked
	o.progressAt = time.Now()
	for _, p := range o.items[o.head:] {
		if blocked {
			o.server.backlog.add(p)
		} else {
			o.server.backlog.remove(p)
		}
	}
}

// markProgress restarts the time for which the client may make no progress.
func (o *outbox) markProgress() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.progressAt = time.Now()
}

// stalled reports whether the queue is blocked and has not shrunk for limit.
func (o *outbox) stalled(limit time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.blocked && len(o.items) > o.head && time.Since(o.progressAt) > limit
}

// sinceProgress returns the time since the client of a blocked queue last made
// progress. In contrast to stalled it covers an empty queue, whose client has to
// fetch its close packet.
func (o *outbox) sinceProgress() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Since(o.progressAt)
}

// release frees the memory of an empty queue, so that an idle connection holds none.
func (o *outbox) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.items) == 0 {
		o.items = nil
	}
}

// waiting returns the queued packets and bytes. The bytes of a packet that is being
// written count until all of it is written.
func (o *outbox) waiting() (packets, bytes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.items) - o.head, o.bytesLocked()
}

// bytesLocked returns the queued bytes without entryCost.
func (o *outbox) bytesLocked() int { return o.cost - (len(o.items)-o.head)*entryCost }

// unwritten returns the queued bytes that have not been written, as k encodes them.
func (o *outbox) unwritten(k codec) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	bytes := -int64(o.sent)
	for _, p := range o.items[o.head:] {
		bytes += int64(len(k.frames(p)))
	}
	return bytes
}

// below returns nil if at most the given number of bytes is queued or the queue is
// sealed. Otherwise it returns a channel that is closed when the queue has shrunk or
// ended.
func (o *outbox) below(bytes int) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed || o.bytesLocked() <= bytes {
		return nil
	}
	if o.progressed == nil {
		o.progressed = make(chan struct{})
	}
	return o.progressed
}

// seal makes push fail from now on. Queued packets stay. The callers of WaitQueue learn
// that the connection is about to end.
func (o *outbox) seal() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sealed = true
	o.wakeLocked()
}

// close removes all packets and makes push fail from now on.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sealed = true
	o.dropLocked(len(o.items) - o.head)
	o.items, o.head, o.sent = nil, 0, 0
	o.wakeLocked()
}

// blockedCost returns the cost of the queue while it is blocked, and otherwise 0.
func (o *outbox) blockedCost() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.blocked {
		return 0
	}
	return o.cost
}
