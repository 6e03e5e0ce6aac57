package gosocketio

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/googollee/go-socket.io/engineio/frame"
	"github.com/googollee/go-socket.io/engineio/packet"
	"github.com/googollee/go-socket.io/engineio/transport"

	"gifchat/socketio/engineio"
)

// payload is the library's payload, which the transport has within it: bodies
// go in, and answers come out.
type payload interface {
	FeedIn(body io.Reader, binary bool) error
	FlushOut(w io.Writer) error
}

// pollingConn keeps the library's payload from being closed in the middle of
// anything: who feeds it, or takes from it, would wait for ever.
//
// A packet is written only while a poll is there to take it, by one goroutine
// at a time: the payload's encoder is not made for two.
type pollingConn struct {
	transport.Conn

	// Immutable.
	payload payload
	log     *slog.Logger
	carried *engineio.Carried
	limits  engineio.Limits
	done    chan struct{} // closed by Close

	polls    chan struct{} // holds one if a poll can take a packet
	pongs    chan struct{} // holds one while a pong waits for a poll
	expected atomic.Int64  // messages that are about to be written

	mu     sync.Mutex
	closed bool // guarded by mu, as is all that follows
	busy   int  // bodies and packets under way
}

func newPollingConn(conn transport.Conn, carried *engineio.Carried, log *slog.Logger) (*pollingConn, error) {
	p, ok := conn.(payload)
	if !ok {
		return nil, errors.New("gosocketio: the polling transport has no payload")
	}
	return &pollingConn{
		Conn: conn, payload: p, log: log, carried: carried, limits: carried.Limits(),
		done: make(chan struct{}), polls: make(chan struct{}, 1), pongs: make(chan struct{}, 1),
	}, nil
}

// begin marks something as under way, and is false after Close.
func (g *pollingConn) begin() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.busy++
	return true
}

func (g *pollingConn) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy--; g.busy == 0 && g.closed {
		_ = g.Conn.Close()
	}
}

// Close ends the payload as soon as nothing is under way.
func (g *pollingConn) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	g.closed = true
	close(g.done)
	if g.busy == 0 {
		_ = g.Conn.Close()
	}
	return nil
}

// poll returns at least one packet, and all that the writer has at hand.
func (g *pollingConn) poll() []byte {
	var body bytes.Buffer
	for {
		select {
		case g.polls <- struct{}{}:
		default: // of a poll that the end has overtaken
		}
		if g.payload.FlushOut(&body) != nil || g.expected.Load() <= 0 || body.Len() >= g.limits.MaxPayload {
			return body.Bytes()
		}
	}
}

// post feeds a body to the reading goroutine and waits until it was read.
func (g *pollingConn) post(body []byte) error {
	if !g.begin() {
		return io.EOF
	}
	defer g.end()
	return g.payload.FeedIn(&abortable{r: bytes.NewReader(body), done: g.done}, false)
}

// abortable is a body that ends when the connection does.
type abortable struct {
	r    *bytes.Reader
	done <-chan struct{}
}

func (a *abortable) Read(p []byte) (int, error) {
	select {
	case <-a.done:
		return 0, io.EOF
	default:
		return a.r.Read(p)
	}
}

// NextReader returns a packet of a body, all of which engineio has checked.
func (g *pollingConn) NextReader() (frame.Type, packet.Type, io.ReadCloser, error) {
	select {
	case <-g.done:
		return 0, 0, nil, io.EOF // what is left, finish takes
	default:
	}
	kind, typ, r, err := g.Conn.NextReader()
	if err == nil && typ == packet.PING {
		g.carried.Receive(engineio.Packet{Type: engineio.PacketPing})
	}
	return kind, typ, r, err
}

// finish reads a body that is under way to its end, so that who feeds it does
// not wait for ever.
func (g *pollingConn) finish() {
	_ = g.Close()
	for {
		_, _, r, err := g.Conn.NextReader()
		if err != nil {
			return
		}
		if r.Close() != nil {
			return // who feeds it has been told
		}
	}
}

// NextWriter waits for a poll, unless it is for a pong: the session writes that
// while it reads, and the client may want its POST answered before it polls.
func (g *pollingConn) NextWriter(kind frame.Type, typ packet.Type) (io.WriteCloser, error) {
	if typ != packet.PONG {
		return g.write(kind, typ)
	}
	select {
	case g.pongs <- struct{}{}:
		return &pong{conn: g}, nil
	case <-g.done:
		return nil, io.EOF
	}
}

func (g *pollingConn) write(kind frame.Type, typ packet.Type) (io.WriteCloser, error) {
	select {
	case <-g.polls:
	case <-g.done:
		return nil, io.EOF
	}
	if !g.begin() {
		return nil, io.EOF
	}
	w, err := g.Conn.NextWriter(kind, typ)
	if err != nil {
		g.end()
		return nil, err
	}
	return &pollWriter{WriteCloser: w, conn: g, message: typ == packet.MESSAGE}, nil
}

// pollWriter writes one packet.
type pollWriter struct {
	io.WriteCloser

	conn    *pollingConn
	message bool
}

func (w *pollWriter) Close() error {
	defer w.conn.end()
	if w.message {
		w.conn.expected.Add(-1) // before the poll looks whether there is more
	}
	return w.WriteCloser.Close()
}

// pong is a pong that does not wait.
type pong struct {
	bytes.Buffer

	conn *pollingConn
}

// Close leaves the pong to a goroutine of its own.
func (p *pong) Close() error {
	if !p.conn.carried.Go(p.send) {
		return io.EOF
	}
	return nil
}

func (p *pong) send() {
	defer contain(p.conn.log, p.conn.carried)
	defer func() { <-p.conn.pongs }()
	w, err := p.conn.write(frame.String, packet.PONG)
	if err != nil {
		return // the connection has ended
	}
	_, err = w.Write(p.Bytes())
	if errors.Join(err, w.Close()) != nil {
		p.conn.carried.End(engineio.ReasonTransportError)
	}
}

func (g *pollingConn) expect(packets []engineio.Packet) { g.expected.Add(int64(len(packets))) }

// SetReadDeadline does nothing: engineio knows when a client is late.
func (g *pollingConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing either.
func (g *pollingConn) SetWriteDeadline(time.Time) error { return nil }

// pollingCarriage is an engineio.CarriedPolling.
type pollingCarriage struct {
	carriage

	conn *pollingConn
}

// Poll waits for packets (engineio.CarriedPolling).
func (c *pollingCarriage) Poll() []byte {
	defer contain(c.log, c.carried)
	return c.conn.poll()
}

// Post hands over a body (engineio.CarriedPolling).
func (c *pollingCarriage) Post(body []byte) error {
	defer contain(c.log, c.carried)
	return c.conn.post(body)
}
