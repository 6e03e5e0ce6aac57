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

	"gifchat/socketio/internal/carrier"
)

// payload is the payload type of the library, embedded in its transport. FeedIn reads a
// request body, and FlushOut writes a response body.
type payload interface {
	FeedIn(body io.Reader, binary bool) error
	FlushOut(w io.Writer) error
}

// pollingConn prevents the library's payload from being closed while a goroutine feeds
// or flushes it, since that goroutine would block forever.
//
// A packet is written only while a poll waits, by one goroutine at a time, because the
// encoder of the payload supports only one writer.
type pollingConn struct {
	transport.Conn

	// Immutable.
	payload     payload
	log         *slog.Logger
	carrierConn carrier.Conn
	done        chan struct{} // closed by Close

	pollReady       chan struct{} // has an element while a poll can receive a packet
	pongPending     chan struct{} // has an element while a pong waits for a poll
	pendingMessages atomic.Int64  // announced and not yet written

	mu     sync.Mutex
	closed bool // mu guards this and all following fields
	active int  // bodies and packets in progress
}

func newPollingConn(conn transport.Conn, carrierConn carrier.Conn, log *slog.Logger) (*pollingConn, error) {
	p, ok := conn.(payload)
	if !ok {
		return nil, errors.New("gosocketio: the polling transport has no payload")
	}
	return &pollingConn{
		Conn: conn, payload: p, log: log, carrierConn: carrierConn,
		done: make(chan struct{}), pollReady: make(chan struct{}, 1), pongPending: make(chan struct{}, 1),
	}, nil
}

// acquire marks a body or packet as in progress. It returns false after Close.
func (c *pollingConn) acquire() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.active++
	return true
}

func (c *pollingConn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active--; c.active == 0 && c.closed {
		_ = c.Conn.Close()
	}
}

// Close closes the payload as soon as nothing is in progress.
func (c *pollingConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	close(c.done)
	if c.active == 0 {
		_ = c.Conn.Close()
	}
	return nil
}

// poll returns at least one packet, and all announced packets up to MaxPayload.
func (c *pollingConn) poll() []byte {
	var body bytes.Buffer
	for {
		select {
		case c.pollReady <- struct{}{}:
		default: // a poll that ended early has left its element
		}
		if c.payload.FlushOut(&body) != nil || c.pendingMessages.Load() <= 0 || body.Len() >= c.carrierConn.MaxPayload() {
			return body.Bytes()
		}
	}
}

// post feeds a body to the reading goroutine and returns when it has been read.
func (c *pollingConn) post(body []byte) error {
	if !c.acquire() {
		return io.EOF
	}
	defer c.release()
	return c.payload.FeedIn(&abortableReader{r: bytes.NewReader(body), done: c.done}, false)
}

// abortableReader is a body that ends when the connection ends.
type abortableReader struct {
	r    *bytes.Reader
	done <-chan struct{}
}

func (a *abortableReader) Read(p []byte) (int, error) {
	select {
	case <-a.done:
		return 0, io.EOF
	default:
		return a.r.Read(p)
	}
}

// NextReader returns the next packet of a body that engineio has checked.
func (c *pollingConn) NextReader() (frame.Type, packet.Type, io.ReadCloser, error) {
	select {
	case <-c.done:
		return 0, 0, nil, io.EOF // stopReading reads the rest
	default:
	}
	kind, typ, r, err := c.Conn.NextReader()
	// The session closes this connection after an error and a close packet. The waiting poll
	// then ends, and can only have the final packet if the end is known before.
	switch {
	case err != nil:
		c.carrierConn.End(closeReason(err))
	case typ == packet.CLOSE:
		c.carrierConn.End(carrier.TransportClose)
	case typ == packet.PING:
		c.carrierConn.Receive(carrier.Packet{Type: carrier.Ping})
	}
	return kind, typ, r, err
}

// stopReading reads a body in progress to its end, so that the goroutine that feeds it
// does not block forever.
func (c *pollingConn) stopReading() {
	_ = c.Close()
	for {
		_, _, r, err := c.Conn.NextReader()
		if err != nil {
			return
		}
		if r.Close() != nil {
			return // the feeding goroutine has received the error
		}
	}
}

// NextWriter waits for a poll, except for a pong. The session writes pongs while it
// reads, and a client may send its next poll only after the response to its POST.
func (c *pollingConn) NextWriter(kind frame.Type, typ packet.Type) (io.WriteCloser, error) {
	if typ != packet.PONG {
		return c.write(kind, typ)
	}
	select {
	case c.pongPending <- struct{}{}:
		return &deferredPong{conn: c}, nil
	case <-c.done:
		return nil, io.EOF
	}
}

func (c *pollingConn) write(kind frame.Type, typ packet.Type) (io.WriteCloser, error) {
	select {
	case <-c.pollReady:
	case <-c.done:
		return nil, io.EOF
	}
	if !c.acquire() {
		return nil, io.EOF
	}
	w, err := c.Conn.NextWriter(kind, typ)
	if err != nil {
		c.release()
		return nil, err
	}
	return &pollWriter{WriteCloser: w, conn: c, message: typ == packet.MESSAGE}, nil
}

// pollWriter writes one packet.
type pollWriter struct {
	io.WriteCloser

	conn    *pollingConn
	message bool
}

func (w *pollWriter) Close() error {
	defer w.conn.release()
	if w.message {
		w.conn.pendingMessages.Add(-1) // decremented before poll checks for more packets
	}
	return w.WriteCloser.Close()
}

// deferredPong is a pong that is written without blocking the session.
type deferredPong struct {
	bytes.Buffer

	conn *pollingConn
}

// Close writes the pong in its own goroutine.
func (p *deferredPong) Close() error {
	if !p.conn.carrierConn.Go(p.send) {
		return io.EOF
	}
	return nil
}

func (p *deferredPong) send() {
	defer recoverPanic(p.conn.log, p.conn.carrierConn)
	defer func() { <-p.conn.pongPending }()
	w, err := p.conn.write(frame.String, packet.PONG)
	if err != nil {
		return // the connection has ended
	}
	_, err = w.Write(p.Bytes())
	if errors.Join(err, w.Close()) != nil {
		p.conn.carrierConn.End(carrier.TransportError)
	}
}

func (c *pollingConn) announce(packets []carrier.Packet) { c.pendingMessages.Add(int64(len(packets))) }

// SetReadDeadline does nothing: engineio knows when a client is late.
func (c *pollingConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: engineio limits the time of a response.
func (c *pollingConn) SetWriteDeadline(time.Time) error { return nil }

// carrierPolling is an carrier.Polling.
type carrierPolling struct {
	carrierTransport

	polling *pollingConn
}

// Poll waits for packets (carrier.Polling).
func (c *carrierPolling) Poll() []byte {
	defer recoverPanic(c.log, c.carrierConn)
	return c.polling.poll()
}

// Post handles a body (carrier.Polling).
func (c *carrierPolling) Post(body []byte) error {
	err := errPanic // the result if post panics
	func() {
		defer recoverPanic(c.log, c.carrierConn)
		err = c.polling.post(body)
	}()
	return err
}

// errPanic is the error of a body whose packets were lost in a panic.
var errPanic = errors.New("gosocketio: the library panicked")
