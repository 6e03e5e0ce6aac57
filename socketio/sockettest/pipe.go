package sockettest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// socketBuffer is how many bytes the server can write before the client reads
// them. Package engineio lets TCP accept as much.
const socketBuffer = 64 << 10

// unlimited is the size of a buffer that never blocks its writer.
const unlimited = 1 << 40

// newPipe returns both ends of a connection in memory. The client can write
// without limit, because the buffer of a browser has none.
func newPipe(address string) (client, server *end) {
	up, down := newBuffer(unlimited), newBuffer(socketBuffer)
	client = &end{in: down, out: up, closed: make(chan struct{})}
	server = &end{in: up, out: down, remote: addr(address), closed: make(chan struct{})}
	return client, server
}

// addr is an address as Handshake.Address shows it.
type addr string

func (addr) Network() string  { return "memory" }
func (a addr) String() string { return string(a) }

// end is one end of a connection in memory. Its methods can be called from any
// goroutine. Unlike the ends of net.Pipe it has buffers, as a socket has.
type end struct {
	in, out *buffer
	remote  addr
	once    sync.Once
	closed  chan struct{} // closed by Close
}

var _ net.Conn = (*end)(nil)

func (e *end) Read(b []byte) (int, error)  { return e.in.read(b) }
func (e *end) Write(b []byte) (int, error) { return e.out.write(b, true) }

// TryWrite writes what fits into the buffer. Package engineio calls it.
func (e *end) TryWrite(b []byte) (int, error) { return e.out.write(b, false) }

// Close lets the peer read what was written before.
func (e *end) Close() error {
	e.once.Do(func() {
		e.in.close(&e.in.readerGone)
		e.out.close(&e.out.writerGone)
		close(e.closed)
	})
	return nil
}

func (e *end) LocalAddr() net.Addr  { return addr("memory") }
func (e *end) RemoteAddr() net.Addr { return e.remote }

func (e *end) SetDeadline(t time.Time) error {
	_ = e.SetReadDeadline(t)
	return e.SetWriteDeadline(t)
}

func (e *end) SetReadDeadline(t time.Time) error {
	e.in.setDeadline(&e.in.readDeadline, t)
	return nil
}

func (e *end) SetWriteDeadline(t time.Time) error {
	e.out.setDeadline(&e.out.writeDeadline, t)
	return nil
}

// buffer is one direction of a connection.
type buffer struct {
	size int // immutable

	mu                          sync.Mutex
	changed                     *sync.Cond // its lock is mu, which guards all following fields
	data                        []byte
	readerGone, writerGone      bool
	paused                      bool // nothing can be read any more
	readDeadline, writeDeadline deadline
}

func newBuffer(size int) *buffer {
	b := &buffer{size: size}
	b.changed = sync.NewCond(&b.mu)
	return b
}

func (b *buffer) read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		switch {
		case b.readerGone:
			return 0, net.ErrClosed
		case b.readDeadline.expired():
			return 0, os.ErrDeadlineExceeded
		case b.paused: // wait for close
		case len(b.data) > 0:
			n := copy(p, b.data)
			b.data = b.data[n:]
			b.changed.Broadcast()
			return n, nil
		case b.writerGone:
			return 0, io.EOF
		}
		b.changed.Wait()
	}
}

// write appends p. While the buffer is full it waits, or returns if it may not
// wait.
func (b *buffer) write(p []byte, wait bool) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		switch {
		case b.writerGone:
			return n, net.ErrClosed
		case b.readerGone:
			return n, io.ErrClosedPipe
		case b.writeDeadline.expired():
			return n, os.ErrDeadlineExceeded
		}
		k := min(len(p), b.size-len(b.data))
		b.data = append(b.data, p[:k]...)
		n, p = n+k, p[k:]
		b.changed.Broadcast()
		if len(p) == 0 || !wait {
			return n, nil
		}
		b.changed.Wait()
	}
}

// close sets one of the flags of b.
func (b *buffer) close(gone *bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*gone = true
	b.readDeadline.stop()
	b.writeDeadline.stop()
	b.changed.Broadcast()
}

// pause makes read wait until the reader has closed its end.
func (b *buffer) pause() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paused = true
}

// setDeadline sets one of the deadlines of b.
func (b *buffer) setDeadline(d *deadline, t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d.stop()
	d.at = t
	if wait := time.Until(t); !t.IsZero() && wait > 0 {
		d.timer = time.AfterFunc(wait, b.wake)
	}
	b.changed.Broadcast()
}

func (b *buffer) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed.Broadcast()
}

// deadline is the time after which a call fails; the zero value is no deadline.
type deadline struct {
	at    time.Time
	timer *time.Timer // wakes the waiting call; nil without one
}

func (d *deadline) expired() bool { return !d.at.IsZero() && time.Until(d.at) <= 0 }

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
