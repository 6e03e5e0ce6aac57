package engineio

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// poll is a client's GET that waits for packets (section "HTTP long-polling",
// "Receiving data"). Only the goroutine of its handler writes the response, so
// nothing is written to a request that has ended.
type poll struct{ response chan pollResponse }

func newPoll() *poll { return &poll{response: make(chan pollResponse, 1)} }

// respond passes the response to the handler. The goroutine that removes the poll
// from Conn.poll calls it, once.
func (p *poll) respond(resp pollResponse) { p.response <- resp }

var noopPacket = prepareControl(PacketNoop, "")

// servePoll answers a GET with the queued packets, or with the next ones to be sent
// (section "HTTP long-polling", "Receiving data").
func (c *Conn) servePoll(w http.ResponseWriter, r *http.Request) *requestError {
	p, err := c.beginPoll()
	if err != nil {
		return err
	}
	c.closeIfSent()
	select {
	case resp := <-p.response:
		if resp.err != nil {
			return resp.err
		}
		if c.writePollResponse(w, r, resp) != nil {
			c.close(ReasonTransportError) // packets taken from the queue are lost, so the client must reconnect
		}
	case <-r.Context().Done():
		// A client that cancels its poll has disconnected, as for the reference server.
		c.close(ReasonTransportError)
	}
	return nil
}

// writePollResponse writes the response of a poll. It disconnects a client that makes
// no progress in reading it, since the heartbeat waits during that time.
func (c *Conn) writePollResponse(w http.ResponseWriter, r *http.Request, resp pollResponse) error {
	defer c.pollWritten(r)
	return writePoll(w, r, resp, &c.server.cfg.Limits, func() { c.closeSlow(SlowNoProgress) })
}

// beginPoll returns a poll that waits or that has its response already. A second
// concurrent GET is an error (section "HTTP long-polling", "Receiving data").
func (c *Conn) beginPoll() (*poll, *requestError) {
	c.mu.Lock()
	switch {
	case c.closed:
		c.mu.Unlock()
		return nil, errUnknownSID
	case c.pongOverdueLocked():
		c.mu.Unlock()
		c.close(ReasonPingTimeout)
		return nil, errUnknownSID
	case c.ws != nil:
		c.mu.Unlock()
		return nil, errBadRequest // after an upgrade, polling is no longer the transport
	case c.poll != nil:
		c.mu.Unlock()
		c.close(ReasonTransportError) // two concurrent polls would race for the packets
		return nil, errBadRequest
	}
	defer c.mu.Unlock()
	p := newPoll()
	switch {
	case c.writingPoll:
		c.poll = p // the previous response is still being written; see pollWritten
	case !c.out.empty():
		c.poll = p
		c.respondPollLocked(c.takeResponseLocked())
	case c.probing != nil && c.probing.probed:
		c.setPollLocked(p)
		time.AfterFunc(reorderWindow, func() { c.endPollWithNoop(p) })
	default:
		c.setPollLocked(p)
	}
	return p, nil
}

// setPollLocked makes p the poll that receives the next packets.
func (c *Conn) setPollLocked(p *poll) {
	c.poll = p
	c.out.setBlocked(false)
}

// respondPollLocked answers the waiting poll. The queue is blocked until the next one.
func (c *Conn) respondPollLocked(resp pollResponse) {
	c.poll.respond(resp)
	c.poll = nil
	c.writingPoll = c.external == nil
	c.out.setBlocked(true)
}

// pollWritten records that a poll response has been written or has failed. From now
// on the client can poll again and answer a ping in that response, except for bytes
// that its connection still has in flight.
func (c *Conn) pollWritten(r *http.Request) {
	c.mu.Lock()
	if c.closed || c.ws != nil {
		c.mu.Unlock()
		return
	}
	c.writingPoll, c.pollConn, c.pollAcked = false, connFromRequest(r), 0
	c.out.markProgress()
	if c.awaitingPong {
		c.restartPongTimeoutLocked()
	}
	if c.poll != nil {
		c.out.setBlocked(false)
	}
	err := c.flushLocked()
	c.mu.Unlock()
	c.afterSend(err)
	c.closeIfSent()
}

// reorderWindow is the time within which the server receives requests of two
// connections in another order than the client sent them.
//
// A poll during a probe waits for that time, and then ends with a noop so that the
// client can switch (section "Upgrade"). A client that has switched sent its upgrade
// packet before the poll.
const reorderWindow = 10 * time.Millisecond

// waitForPoll waits for the poll of a client that has sent a close packet, so that the
// poll receives a response and not an error: they arrive over two connections.
func (c *Conn) waitForPoll() {
	c.mu.Lock()
	missing := c.poll == nil
	c.mu.Unlock()
	if missing {
		time.Sleep(reorderWindow)
	}
}

// endPollWithNoop ends p with a noop if it is still waiting.
func (c *Conn) endPollWithNoop(p *poll) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.poll == p {
		c.endPollWithNoopLocked()
	}
}

// end answers the poll of a connection that has ended. After a POST above the limit it
// waits for reorderWindow: the two responses arrive over two connections, and only the
// response to the POST has the reason, so the POST's should arrive first. Stock clients
// handle that response a timer tick after its arrival.
func (p *poll) end(final pollResponse, reason Reason) {
	if reason != ReasonTooLarge {
		p.respond(final)
		return
	}
	time.AfterFunc(reorderWindow, func() { p.respond(final) })
}

const octetStream = "application/octet-stream"

// Header values of poll responses, allocated once and never changed.
var (
	contentTypeText   = []string{"text/plain; charset=UTF-8"}
	contentTypeBinary = []string{octetStream}
	noStore           = []string{"no-store"}
)

// writePoll writes a poll response while the client makes progress. It calls stalled
// if the client makes no progress.
func writePoll(w http.ResponseWriter, r *http.Request, resp pollResponse, limits *Limits, stalled func()) error {
	control := http.NewResponseController(w)
	h := w.Header()
	h["Content-Type"] = contentTypeText
	if resp.binary {
		h["Content-Type"] = contentTypeBinary
	}
	h["Cache-Control"] = noStore
	h["Content-Length"] = []string{strconv.Itoa(len(resp.body))}
	stop := watchPollWrite(r, len(resp.body), limits, func() {
		_ = control.SetWriteDeadline(pastDeadline) // ends the write, if the writer supports deadlines
		stalled()
	})
	_, err := w.Write(resp.body)
	if err == nil {
		if err = control.Flush(); errors.Is(err, http.ErrNotSupported) {
			err = nil // net/http flushes when the handler returns
		}
	}
	stop()
	return err
}

// watchPollWrite calls expire when the client of a response makes no progress, until
// stop is called. The streams of HTTP/2 share one connection, so its progress does not
// show that of a stream.
func watchPollWrite(r *http.Request, size int, limits *Limits, expire func()) (stop func()) {
	conn := connFromRequest(r)
	state, ok := tcpStateOf(conn)
	if !ok || r.ProtoMajor != 1 {
		timer := time.AfterFunc(limits.writeTimeout(size), expire)
		return func() { timer.Stop() }
	}
	d := &stallDetector{minimum: limits.minProgress()}
	d.beginWindowLocked(state.acked, state.inFlight)
	return d.watch(func() (int64, int64) {
		state, _ := tcpStateOf(conn)
		return state.acked, state.inFlight
	}, expire)
}
