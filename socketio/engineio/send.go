package engineio

import (
	"context"
	"errors"
)

// Send queues p for the client and writes as much as the client's socket takes
// at once.
//
//  1. It never blocks.
//  2. Packets leave in the order of the calls, also across an upgrade.
//  3. If too much is waiting, the connection ends with ReasonTooSlow; no packet is
//     ever left out of the middle. See Limits for what is too much.
func (c *Conn) Send(p *Prepared) error {
	c.mu.Lock()
	err := c.sendLocked(p)
	if err == nil {
		err = c.judgeLocked()
	}
	c.mu.Unlock()
	c.sent(err)
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
	c.sent(err)
	return err == nil, err
}

func (c *Conn) writableLocked() bool {
	return !c.closed && c.out.empty() && c.writableNowLocked()
}

// writableNowLocked reports whether a flush would write something.
func (c *Conn) writableNowLocked() bool {
	if c.ws != nil {
		return !c.ws.draining
	}
	return c.poll != nil && !c.answering
}

// Queue is the first half of Send, for a broadcast: it queues p, and reports
// true if the caller has to call Flush. Where another goroutine is about to
// flush this connection, p leaves with the same write, and the answer is false.
func (c *Conn) Queue(p *Prepared) (flush bool) {
	flush, err := c.out.push(p)
	if errors.Is(err, errTooSlow) {
		c.mu.Lock()
		flush, err = c.pushLocked(p)
		c.mu.Unlock()
	}
	c.sent(err)
	return flush
}

// QueueVolatile is Queue for what may be dropped: it is, if the client cannot
// take it now, since its socket is full, no poll waits or too much is queued.
func (c *Conn) QueueVolatile(p *Prepared) (flush bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.writableNowLocked() {
		return false
	}
	flush, err := c.out.push(p)
	return flush && err == nil
}

// Flush writes what is queued, as far as the client's socket takes it at once.
func (c *Conn) Flush() {
	c.mu.Lock()
	err := c.flushLocked()
	if err == nil {
		err = c.judgeLocked()
	}
	c.mu.Unlock()
	c.sent(err)
}

// Queued returns what waits for the client, in packets and bytes. What its socket
// has taken does not wait any more.
func (c *Conn) Queued() (packets, bytes int) { return c.out.waiting() }

// WaitQueue waits until at most so many bytes wait for the client. It returns the
// cause of ctx's end, or ErrClosed if the connection has ended or ends.
func (c *Conn) WaitQueue(ctx context.Context, bytes int) error {
	for {
		taken := c.out.below(bytes)
		if taken == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.closed || c.finishing {
				return ErrClosed
			}
			return nil
		}
		select {
		case <-taken:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (c *Conn) sendLocked(p *Prepared) error {
	if _, err := c.pushLocked(p); err != nil {
		return err
	}
	return c.flushLocked()
}

// pushLocked queues p. What fills the queue may wait for a Flush that has not
// come yet, and not for the client; then it is flushed first.
func (c *Conn) pushLocked(p *Prepared) (flush bool, err error) {
	flush, err = c.out.push(p)
	if !errors.Is(err, errTooSlow) || !c.writableNowLocked() {
		return flush, err
	}
	if err := c.flushLocked(); err != nil {
		return false, err
	}
	return c.out.push(p)
}

func (c *Conn) flushLocked() error {
	switch {
	case c.closed:
		return ErrClosed
	case c.out.empty():
		return nil
	case c.ws != nil:
		return c.ws.flush(&c.out)
	case c.writableNowLocked():
		c.answerPollLocked(c.takeAnswerLocked())
	}
	return nil
}

// judgeLocked returns errTooSlow for a polling client that could have polled for
// StallTimeout and has not. A WebSocket is judged by the goroutine that drains it, and
// a silent client by its heartbeat.
func (c *Conn) judgeLocked() error {
	canPoll := c.ws == nil && c.poll == nil && c.carried == nil && c.probing == nil && !c.answering
	if canPoll && c.out.stalled(c.server.cfg.Limits.StallTimeout) && !c.downloadsLocked() {
		return errTooSlow
	}
	return nil
}

// downloadsLocked reports whether the client's TCP has taken more of the last answer
// since this was asked last. The kernel's send buffer holds an answer long after it has
// been written.
func (c *Conn) downloadsLocked() bool {
	state, ok := tcpStateOf(c.polled)
	more := state.acked - c.polledAcked
	if !ok || more <= 0 || state.underWay > 0 && more < c.server.cfg.Limits.pace().least {
		return false
	}
	c.polledAcked = state.acked
	c.out.touch()
	return true
}

// takeAnswerLocked takes what is queued for a poll.
func (c *Conn) takeAnswerLocked() answer {
	return c.payload(c.out.take(c.server.cfg.Limits.MaxPayload)...)
}

// payload encodes packets for a poll of this client.
func (c *Conn) payload(items ...*Prepared) answer {
	return c.codec.payload(c.server.cfg.ASCII, items...)
}

// sent sees to what a send may have caused: too much that waits, for this client or
// for all together. mu is not held.
func (c *Conn) sent(err error) {
	c.server.relieve()
	c.sendFailed(err)
}

// sendFailed ends a connection that could not be sent to. mu is not held.
func (c *Conn) sendFailed(err error) {
	switch {
	case err == nil, errors.Is(err, ErrClosed):
	case errors.Is(err, errTooSlow):
		packets, bytes := c.out.waiting()
		c.server.cfg.Log.Warn("closing a slow client", "transport", c.Transport(), "packets", packets, "bytes", bytes)
		c.close(ReasonTooSlow)
	default:
		c.close(ReasonTransportError)
	}
}
