package engineio

import (
	"errors"
	"sync"
	"time"
)

// errSlow ends a connection whose client does not take what is sent to it.
var errSlow = errors.New("engineio: the client is too slow")

// outbox is what waits for one client. It has a lock of its own, so that who
// queues does not wait for who writes: with one lock, a broadcast that follows
// another one through the same connections goes at the pace of its writes, and
// there is nothing for the next write to take along.
type outbox struct {
	rest []byte // guarded by Conn.mu: the part of a write that the socket did not take; goes first

	mu     sync.Mutex // nothing else is locked under it
	closed bool       // guarded by mu, as is all that follows
	full   bool       // the socket is: what comes now has to wait
	items  []queued
	bytes  int
}

type queued struct {
	*Prepared
	since time.Time // zero unless the item had to wait for a full socket
}

// empty tells whether there is nothing to write. Conn.mu is held.
func (o *outbox) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.rest) == 0 && len(o.items) == 0
}

// push appends p, or says that the client is too slow. A message that is
// larger than the limit may wait alone. first tells that nothing was queued.
func (o *outbox) push(p *Prepared, limits *Limits) (first bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, ErrClosed
	}
	if len(o.items) > 0 && o.bytes+p.size() > limits.MaxQueueBytes || len(o.items) >= limits.MaxQueuePackets {
		return false, errSlow
	}
	var since time.Time
	if o.full {
		since = time.Now()
	}
	o.items = append(o.items, queued{p, since})
	o.bytes += p.size()
	return len(o.items) == 1, nil
}

// next returns what to write next: the leftover, a large message, or several
// small ones joined in a pooled buffer; nothing if the outbox is empty. What it
// returns is out of the queue; what is not written has to be kept in rest.
// Conn.mu is held.
func (o *outbox) next(k codec) (b []byte, joined *buffer) {
	if len(o.rest) > 0 {
		return o.rest, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.items) == 0 {
		return nil, nil
	}
	first := o.items[0]
	if len(o.items) == 1 || len(k.frames(first.Prepared))+o.items[1].size() > len(buffer{}) {
		o.drop(1)
		return k.frames(first.Prepared), nil
	}
	joined = getBuffer()
	b = joined[:0]
	n := 0
	for n < len(o.items) && len(b)+len(k.frames(o.items[n].Prepared)) <= len(joined) {
		b = append(b, k.frames(o.items[n].Prepared)...)
		n++
	}
	o.drop(n)
	return b, joined
}

// all empties the outbox and returns its frames. Conn.mu is held.
func (o *outbox) all(k codec) []byte {
	var frames []byte
	for {
		b, joined := o.next(k)
		if len(b) == 0 {
			return frames
		}
		frames = append(frames, b...)
		o.rest = nil
		if joined != nil {
			putBuffer(joined)
		}
	}
}

// drop forgets the first n items. mu is held.
func (o *outbox) drop(n int) {
	for _, it := range o.items[:n] {
		o.bytes -= it.size()
	}
	kept := copy(o.items, o.items[n:])
	clear(o.items[kept:])
	o.items = o.items[:kept]
}

// take removes what fits into a polling body of about limit bytes, at least
// one item if there is any.
func (o *outbox) take(limit int) []*Prepared {
	o.mu.Lock()
	defer o.mu.Unlock()
	var taken []*Prepared
	size := 0
	for _, it := range o.items {
		if size += it.size(); len(taken) > 0 && size > limit {
			break
		}
		taken = append(taken, it.Prepared)
	}
	o.drop(len(taken))
	return taken
}

// trim gives the queue's memory back, so that an idle connection holds none.
func (o *outbox) trim() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.items) == 0 {
		o.items = nil
	}
}

// setFull says whether the socket is full.
func (o *outbox) setFull(full bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.full = full
}

// late tells whether something has waited for longer than a client may take.
func (o *outbox) late(maxAge time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.items) > 0 && !o.items[0].since.IsZero() && time.Since(o.items[0].since) > maxAge
}

// close forgets everything, for good. Conn.mu is held.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest, o.items, o.bytes, o.closed = nil, nil, 0, true
}

// Send queues p for the client and writes as much as the client's socket takes
// at once.
//
//  1. It never blocks.
//  2. Packets leave in the order of the calls, also across an upgrade.
//  3. If too much is waiting, the connection ends with ReasonTransportClose;
//     no packet is ever left out of the middle.
func (c *Conn) Send(p *Prepared) error {
	c.mu.Lock()
	err := c.sendLocked(p)
	c.mu.Unlock()
	c.sendFailed(err)
	return err
}

// SendVolatile sends p if the client can take it now: on an idle WebSocket or
// into a waiting poll. Otherwise p is dropped, and sent is false.
func (c *Conn) SendVolatile(p *Prepared) (sent bool, err error) {
	c.mu.Lock()
	if !c.writableLocked() {
		c.mu.Unlock()
		return false, nil
	}
	err = c.sendLocked(p)
	c.mu.Unlock()
	c.sendFailed(err)
	return err == nil, err
}

func (c *Conn) writableLocked() bool {
	return !c.closed && c.out.empty() && (c.ws != nil && !c.ws.draining || c.poll != nil)
}

// Queue is the first half of Send, for a broadcast: it queues p, and reports
// true if the caller has to call Flush. Where another goroutine is about to
// flush this connection, p leaves with the same write, and the answer is false.
func (c *Conn) Queue(p *Prepared) (flush bool) {
	first, err := c.out.push(p, &c.server.cfg.Limits)
	if errors.Is(err, errSlow) {
		c.mu.Lock()
		first, err = c.pushLocked(p)
		c.mu.Unlock()
	}
	c.sendFailed(err)
	return first
}

// QueueVolatile is Queue for what may be dropped: it is, if the client cannot
// take it now, since its socket is full, no poll waits or too much is queued.
func (c *Conn) QueueVolatile(p *Prepared) (flush bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ws == nil && c.poll == nil || c.ws != nil && c.ws.draining {
		return false
	}
	first, err := c.out.push(p, &c.server.cfg.Limits)
	return first && err == nil
}

// Flush writes what is queued, as far as the client's socket takes it at once.
func (c *Conn) Flush() {
	c.mu.Lock()
	err := c.flushLocked()
	c.mu.Unlock()
	c.sendFailed(err)
}

func (c *Conn) sendLocked(p *Prepared) error {
	if _, err := c.pushLocked(p); err != nil {
		return err
	}
	return c.flushLocked()
}

// pushLocked queues p. What fills the queue may wait for a Flush that has not
// come yet, and not for the client; then it is flushed first.
func (c *Conn) pushLocked(p *Prepared) (first bool, err error) {
	first, err = c.out.push(p, &c.server.cfg.Limits)
	if !errors.Is(err, errSlow) || c.ws == nil || c.ws.draining {
		return first, err
	}
	if err := c.flushLocked(); err != nil {
		return false, err
	}
	return c.out.push(p, &c.server.cfg.Limits)
}

func (c *Conn) flushLocked() error {
	switch {
	case c.closed:
		return ErrClosed
	case c.out.empty():
		return nil
	case c.ws != nil:
		return c.ws.flush(&c.out)
	case c.poll != nil:
		c.poll.end(c.takeAnswerLocked())
		c.poll = nil
	}
	return nil
}

// takeAnswerLocked takes what is queued for a poll.
func (c *Conn) takeAnswerLocked() answer {
	return c.payload(c.out.take(c.server.cfg.Limits.MaxPayload)...)
}

// payload encodes packets for a poll of this client.
func (c *Conn) payload(items ...*Prepared) answer {
	return c.codec.payload(c.server.cfg.ASCII, items...)
}

// sendFailed ends a connection that could not be sent to. mu is not held.
func (c *Conn) sendFailed(err error) {
	switch {
	case err == nil, errors.Is(err, ErrClosed):
	case errors.Is(err, errSlow):
		c.server.cfg.Log.Warn("closing a slow client", "transport", c.Transport())
		// "transport close", so that the stock client reconnects by itself.
		c.close(ReasonTransportClose)
	default:
		c.close(ReasonTransportError)
	}
}
