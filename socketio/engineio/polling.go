package engineio

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// poll is a client's GET that waits for something to be said (section "HTTP
// long-polling"). Only its own handler writes the answer, so nothing is ever
// written to a request that has ended.
type poll struct{ answer chan answer }

func newPoll() *poll { return &poll{answer: make(chan answer, 1)} }

// end hands the poll its answer. It is called once: by who takes the poll out
// of Conn.poll.
func (p *poll) end(a answer) { p.answer <- a }

var noopPacket = prepareControl(PacketNoop, "")

// servePoll answers a GET: at once if something is queued, else when
// something is.
func (c *Conn) servePoll(w http.ResponseWriter, r *http.Request) *handshakeError {
	p, err := c.beginPoll()
	if err != nil {
		return err
	}
	c.finish()
	select {
	case a := <-p.answer:
		if a.refusal != nil {
			return a.refusal
		}
		if c.writeAnswer(w, r, a) != nil {
			c.close(ReasonTransportError) // what was taken from the queue is lost: the client has to know
		}
	case <-r.Context().Done():
		// The client has given up its poll: by the protocol it has gone.
		c.close(ReasonTransportError)
	}
	return nil
}

// writeAnswer writes the answer of a poll. A client that makes no progress in reading it
// is ended: the heartbeat leaves that to us meanwhile.
func (c *Conn) writeAnswer(w http.ResponseWriter, r *http.Request, a answer) error {
	defer c.answered(r)
	return writePoll(w, r, a, &c.server.cfg.Limits, func() { c.close(ReasonTooSlow) })
}

// beginPoll returns a poll that either waits or has its answer already.
func (c *Conn) beginPoll() (*poll, *handshakeError) {
	c.mu.Lock()
	switch {
	case c.closed:
		c.mu.Unlock()
		return nil, errUnknownSID
	case c.overdueLocked():
		c.mu.Unlock()
		c.close(ReasonPingTimeout)
		return nil, errUnknownSID
	case c.ws != nil:
		c.mu.Unlock()
		return nil, errBadRequest // upgraded: this transport is not it any more
	case c.poll != nil:
		c.mu.Unlock()
		c.close(ReasonTransportError) // two polls at once would race for the packets
		return nil, errBadRequest
	}
	defer c.mu.Unlock()
	p := newPoll()
	switch {
	case c.answering:
		c.poll = p // the answer before it takes up the client; see answered
	case !c.out.empty():
		c.poll = p
		c.answerPollLocked(c.takeAnswerLocked())
	case c.probing != nil && c.probing.probed:
		c.waitLocked(p)
		time.AfterFunc(grace, func() { c.endPoll(p) })
	default:
		c.waitLocked(p)
	}
	return p, nil
}

// waitLocked makes p the poll that the next packets answer.
func (c *Conn) waitLocked(p *poll) {
	c.poll = p
	c.out.setBlocked(false)
}

// answerPollLocked ends the waiting poll. Until the next one comes, packets wait.
func (c *Conn) answerPollLocked(a answer) {
	c.poll.end(a)
	c.poll = nil
	c.answering = c.carried == nil
	c.out.setBlocked(true)
}

// answered notes that the answer of a poll has been written, or could not be. From now
// on the client can poll again, and answer a ping that was in it, but for what its
// connection still has under way.
func (c *Conn) answered(r *http.Request) {
	c.mu.Lock()
	if c.closed || c.ws != nil {
		c.mu.Unlock()
		return
	}
	c.answering, c.polled, c.polledAcked = false, connOf(r), 0
	c.out.touch()
	if c.pinged {
		c.awaitPongLocked()
	}
	if c.poll != nil {
		c.out.setBlocked(false)
	}
	err := c.flushLocked()
	c.mu.Unlock()
	c.sent(err)
	c.finish()
}

// grace is how long what was sent over one connection may come behind what was
// sent after it over another.
//
// For so long a poll waits when a WebSocket is about to become the transport;
// then it ends with a noop, which lets the client switch (section "Upgrade"). A
// client that has switched has said so before it sent the poll.
const grace = 10 * time.Millisecond

// awaitPoll gives the poll of a client that says goodbye the time to come, so
// that it is answered and not refused: the two come over two connections.
func (c *Conn) awaitPoll() {
	c.mu.Lock()
	missing := c.poll == nil
	c.mu.Unlock()
	if missing {
		time.Sleep(grace)
	}
}

// endPoll ends p with a noop if it still waits.
func (c *Conn) endPoll(p *poll) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.poll == p {
		c.endPollLocked()
	}
}

// servePost takes the packets of a POST.
func (c *Conn) servePost(w http.ResponseWriter, r *http.Request) *handshakeError {
	if err := c.beginPost(); err != nil {
		return err
	}
	defer c.endPost()

	body, binary, err := c.readBody(w, r)
	if err != nil {
		return err
	}
	if err := c.takePayload(body, binary); err != nil {
		if errors.Is(err, errClientClosed) {
			c.awaitPoll()
		}
		c.fail(err)
		if !errors.Is(err, errClientClosed) {
			return errBadRequest
		}
	}
	writeOK(w)
	return nil
}

// writeOK answers a POST whose packets were taken.
func writeOK(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html")
	h.Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok") // if the client has gone, its next poll will not come
}

func (c *Conn) beginPost() *handshakeError {
	c.mu.Lock()
	switch {
	case c.closed:
		c.mu.Unlock()
		return errUnknownSID
	case c.ws != nil:
		c.mu.Unlock()
		return errBadRequest
	case c.posting:
		c.mu.Unlock()
		c.close(ReasonTransportError) // the order of two posts at once is anybody's guess
		return errBadRequest
	}
	c.posting = true
	c.mu.Unlock()
	return nil
}

func (c *Conn) endPost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posting = false
}

const octetStream = "application/octet-stream"

// readBody reads a POST's body within the limits of size and time.
func (c *Conn) readBody(w http.ResponseWriter, r *http.Request) (body []byte, binary bool, refusal *handshakeError) {
	limits := &c.server.cfg.Limits
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil {
		binary = t == octetStream
	}
	if binary && c.codec == revision4 {
		c.close(ReasonTransportError) // revision 4 carries binary as base64
		return nil, false, errBadRequest
	}
	if r.ContentLength > int64(limits.MaxPayload) {
		c.close(ReasonTooLarge) // its packets are lost: the order would have a hole
		return nil, false, errTooLarge
	}
	control := http.NewResponseController(w)
	paced := &pacedBody{ReadCloser: r.Body, pace: limits.pace(), setDeadline: control.SetReadDeadline, received: &c.received}
	body, err := io.ReadAll(http.MaxBytesReader(w, paced, int64(limits.MaxPayload)))
	if err == nil { // else net/http may go on reading what is left: not for ever
		_ = control.SetReadDeadline(time.Time{})
	}

	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		c.close(ReasonTooLarge)
		return nil, false, errTooLarge
	case err != nil:
		c.close(ReasonTransportError)
		return nil, false, errBadRequest
	}
	return body, binary, nil
}

// takePayload handles the packets of a body in their order.
func (c *Conn) takePayload(body []byte, binary bool) error {
	c.in.Lock()
	defer c.in.Unlock()
	return c.codec.decode(body, binary, c.receive)
}

// Headers of polls, made once. Nobody changes them.
var (
	plainText = []string{"text/plain; charset=UTF-8"}
	bytesOnly = []string{octetStream}
	noStore   = []string{"no-store"}
)

// writePoll answers a GET while the client makes progress: one that does not read
// must not hold the request for ever. stalled is called when it makes none.
func writePoll(w http.ResponseWriter, r *http.Request, a answer, limits *Limits, stalled func()) error {
	control := http.NewResponseController(w)
	h := w.Header()
	h["Content-Type"] = plainText
	if a.binary {
		h["Content-Type"] = bytesOnly
	}
	h["Cache-Control"] = noStore
	h["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	stop := watchAnswer(r, len(a.body), limits, func() {
		_ = control.SetWriteDeadline(longAgo) // where there are deadlines, the write ends
		stalled()
	})
	_, err := w.Write(a.body)
	if err == nil {
		if err = control.Flush(); errors.Is(err, http.ErrNotSupported) {
			err = nil // it is flushed when the handler returns
		}
	}
	stop()
	return err
}

// watchAnswer calls expire when the client of an answer of that size makes no progress,
// until stop is called. The streams of HTTP/2 share a connection, whose progress says
// nothing about one of them.
func watchAnswer(r *http.Request, size int, limits *Limits, expire func()) (stop func()) {
	conn := connOf(r)
	first, ok := tcpStateOf(conn)
	if !ok || r.ProtoMajor != 1 {
		timer := time.AfterFunc(limits.TimeFor(size), expire)
		return func() { timer.Stop() }
	}
	m := &meter{pace: limits.pace()}
	m.begin(first.acked, first.underWay)
	return m.watch(func() (int64, int64) {
		state, _ := tcpStateOf(conn)
		return state.acked, state.underWay
	}, expire)
}
