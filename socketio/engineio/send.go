package engineio

import (
	"context"
	"errors"
)

// Send queues p for the client and writes as much of the queue as the client's
// socket accepts at once.
//
//  1. It never blocks.
//  2. Packets are written in the order of the calls, also across an upgrade.
//  3. If the queue is full, the connection ends with ReasonTooSlow. No packet is
//     ever skipped. See Limits for the size of the queue.
//
// An error means that the connection has ended: ErrClosed if it had ended before or
// CloseWhenSent was called, and otherwise the cause. A message that ConnOptions.Outgoing
// drops is no error.
func (c *Conn) Send(p *Prepared) error {
	if p = c.filterOutgoing(p); p == nil {
		return nil
	}
	c.mu.Lock()
	err := c.sendLocked(p)
	if err == nil {
		err = c.checkStalledLocked()
	}
	c.mu.Unlock()
	c.afterSend(err)
	return err
}

// SendVolatile sends p if the client can receive it now: over a WebSocket with an
// empty queue or into a waiting poll. Otherwise it drops p and returns false.
func (c *Conn) SendVolatile(p *Prepared) (sent bool, err error) {
	if p = c.filterOutgoing(p); p == nil {
		return false, nil
	}
	c.mu.Lock()
	if !c.writableNowLocked() {
		c.mu.Unlock()
		return false, nil
	}
	err = c.sendLocked(p)
	c.mu.Unlock()
	c.afterSend(err)
	return err == nil, err
}

func (c *Conn) writableNowLocked() bool {
	return !c.closed && c.out.empty() && c.canFlushLocked()
}

// canFlushLocked reports whether the transport accepts packets now: the socket is not
// full, or a poll waits.
func (c *Conn) canFlushLocked() bool {
	if c.ws != nil {
		return !c.ws.draining
	}
	return c.poll != nil && !c.writingPoll
}

// Queue is the first half of Send, for a broadcast. It queues p and reports whether
// the caller must call Flush. It returns false if another goroutine is about to flush
// the connection, and p will be part of the same write.
func (c *Conn) Queue(p *Prepared) (flush bool) {
	if p = c.filterOutgoing(p); p == nil {
		return false
	}
	flush, err := c.out.push(p)
	if errors.Is(err, errTooSlow) {
		c.mu.Lock()
		flush, err = c.pushLocked(p)
		c.mu.Unlock()
	}
	c.afterSend(err)
	return flush
}

// QueueVolatile is Queue for packets that may be dropped. It drops p if the client
// cannot receive now, because its socket is full or no poll waits, or if the queue
// is full.
func (c *Conn) QueueVolatile(p *Prepared) (flush bool) {
	if p = c.filterOutgoing(p); p == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.canFlushLocked() {
		return false
	}
	flush, err := c.out.push(p)
	return flush && err == nil
}

// Flush writes as much of the queue as the client's socket accepts at once.
func (c *Conn) Flush() {
	c.mu.Lock()
	err := c.flushLocked()
	if err == nil {
		err = c.checkStalledLocked()
	}
	c.mu.Unlock()
	c.afterSend(err)
}

// Queued returns the queued packets and bytes. Bytes that the client's socket has
// accepted are no longer queued.
func (c *Conn) Queued() (packets, bytes int) { return c.out.waiting() }

// WaitQueue blocks until at most the given number of bytes is queued. It returns the
// cause of ctx if ctx is done, and ErrClosed if the connection has ended or is about
// to end.
func (c *Conn) WaitQueue(ctx context.Context, bytes int) error {
	for {
		progressed := c.out.below(bytes)
		if progressed == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.closed || c.closeWhenSent {
				return ErrClosed
			}
			return nil
		}
		select {
		case <-progressed:
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

// pushLocked queues p. If the queue is full only because no Flush has come yet, it
// flushes the queue first.
func (c *Conn) pushLocked(p *Prepared) (flush bool, err error) {
	flush, err = c.out.push(p)
	if !errors.Is(err, errTooSlow) || !c.canFlushLocked() {
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
		return c.ws.flushLocked()
	case c.canFlushLocked():
		c.respondPollLocked(c.takeResponseLocked())
	}
	return nil
}

// checkStalledLocked returns errNoProgress for a polling client that has not polled for
// StallTimeout although packets were queued. For a WebSocket the draining goroutine
// detects this, and for a silent client the heartbeat does.
func (c *Conn) checkStalledLocked() error {
	canPoll := c.ws == nil && c.poll == nil && c.external == nil && c.probing == nil && !c.writingPoll
	if canPoll && c.out.stalled(c.server.cfg.Limits.StallTimeout) && !c.pollProgressLocked() {
		return errNoProgress
	}
	return nil
}

// pollProgressLocked reports whether the client's TCP has acknowledged more of the
// last poll response since the previous call. The kernel's send buffer holds a
// response long after the handler has written it.
func (c *Conn) pollProgressLocked() bool {
	state, ok := tcpStateOf(c.pollConn)
	newlyAcked := state.acked - c.pollAcked
	if !ok || newlyAcked <= 0 || state.inFlight > 0 && newlyAcked < c.server.cfg.Limits.minProgress().bytes {
		return false
	}
	c.pollAcked = state.acked
	c.out.markProgress()
	return true
}

// takeResponseLocked removes packets from the queue and encodes them for a poll.
func (c *Conn) takeResponseLocked() pollResponse {
	return c.encodePoll(c.out.take(c.server.cfg.Limits.MaxPayload)...)
}

// encodePoll encodes packets for a poll of this client.
func (c *Conn) encodePoll(items ...*Prepared) pollResponse {
	resp := c.codec.encodePayload(c.server.cfg.ASCII, items...)
	if c.external != nil {
		c.countCarried(items)
	} else {
		c.countPoll(items, len(resp.body))
	}
	return resp
}

// afterSend handles the consequences of a send: a failed connection, or a backlog
// above its limit. mu is not held.
func (c *Conn) afterSend(err error) {
	c.server.evictSlowest()
	c.closeOnSendError(err)
}

// closeOnSendError ends the connection if a send failed. mu is not held.
func (c *Conn) closeOnSendError(err error) {
	switch {
	case err == nil, errors.Is(err, ErrClosed):
	case errors.Is(err, errTooSlow):
		packets, bytes := c.out.waiting()
		c.server.cfg.Log.Warn("closing a slow client", "transport", c.Transport(), "packets", packets, "bytes", bytes)
		c.closeSlow(slowCause(err))
	default:
		c.close(ReasonTransportError)
	}
}

// slowCause returns the limit that err, which is errTooSlow or wraps it, stands for.
func slowCause(err error) SlowCause {
	switch {
	case errors.Is(err, errNoProgress):
		return SlowNoProgress
	case errors.Is(err, errEvicted):
		return SlowBacklogFull
	default:
		return SlowQueueFull
	}
}
