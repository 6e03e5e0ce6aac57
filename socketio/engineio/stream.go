package engineio

import (
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// stream is a network connection for the WebSocket transport. It can be read without
// a buffer while no data arrives, and written without blocking.
type stream interface {
	// read waits for data and returns it in a pooled buffer, which the caller releases
	// with putBuffer.
	read() (buf *buffer, n int, err error)

	// readInto waits for data and reads it into b.
	readInto(b []byte) (int, error)

	// tryWrite writes the bytes that the socket accepts at once. n < len(b) without an
	// error means that the socket is full. At most one goroutine may write at a time.
	tryWrite(b []byte) (n int, err error)

	// write blocks until b, or a part of it, is written. It returns errStalled when d
	// detects no progress. At most one goroutine may write at a time.
	write(b []byte, d *stallDetector) (n int, err error)

	// progress returns the acknowledged bytes and the bytes in flight. It may be called
	// from any goroutine.
	progress() (acked, inFlight int64)

	// state returns the TCP state for the heartbeat. Bytes that the stream cannot count
	// are not in flight.
	state() tcpState

	// closeWrite closes the sending direction, so that a client that is still sending
	// can read all data before the end.
	closeWrite() error

	setReadDeadline(time.Time) error

	aborter // only close may be called afterwards

	// close closes the socket. It must not be called while another goroutine is in
	// tryWrite.
	close() error
}

// buffer holds the data of one read, or several small packets joined for one write.
// 16 KiB hold about a hundred chat messages.
type buffer [16 << 10]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func getBuffer() *buffer  { return buffers.Get().(*buffer) }
func putBuffer(b *buffer) { buffers.Put(b) }

// blockingStream is a stream over any net.Conn whose socket is not accessible, such as
// TLS. Its tryWrite writes nothing, so that every write uses the blocking write, unless
// the connection has a method TryWrite. Connections in memory have it, so that their
// clients receive volatile events as over TCP.
type blockingStream struct {
	conn    net.Conn
	written atomic.Int64 // bytes
	wrote   atomic.Int64 // Unix time in nanoseconds when the last write returned
}

func (s *blockingStream) read() (*buffer, int, error) {
	b := getBuffer()
	n, err := s.conn.Read(b[:])
	if n == 0 && err != nil {
		putBuffer(b)
		return nil, 0, err
	}
	return b, n, nil
}

func (s *blockingStream) readInto(b []byte) (int, error) { return s.conn.Read(b) }

func (s *blockingStream) tryWrite(b []byte) (int, error) {
	memory, ok := s.conn.(interface{ TryWrite([]byte) (int, error) })
	if !ok {
		return 0, nil
	}
	n, err := memory.TryWrite(b)
	s.written.Add(int64(n))
	s.wrote.Store(time.Now().UnixNano())
	return n, err
}

// writeChunk is the size of each write where only returned writes show progress.
const writeChunk = 4 << 10

func (s *blockingStream) write(b []byte, d *stallDetector) (n int, err error) {
	stop := d.watch(s.progress, s.expire)
	defer stop()
	for len(b) > 0 && err == nil {
		var k int
		k, err = s.conn.Write(b[:min(writeChunk, len(b))])
		s.written.Add(int64(k))
		s.wrote.Store(time.Now().UnixNano())
		n += k
		b = b[k:]
	}
	return n, stallError(err)
}

// expire ends a waiting write. No further write is possible.
func (s *blockingStream) expire() { _ = s.conn.SetWriteDeadline(pastDeadline) }

var pastDeadline = time.Unix(1, 0)

func (s *blockingStream) progress() (acked, inFlight int64) {
	if state, ok := tcpStateOf(s.conn); ok {
		return state.acked, state.inFlight
	}
	return s.written.Load(), math.MaxInt64
}

func (s *blockingStream) state() tcpState {
	state, ok := tcpStateOf(s.conn)
	if !ok {
		state = tcpState{acked: s.written.Load(), sinceAck: time.Since(time.Unix(0, s.wrote.Load()))}
	}
	return state
}

func (s *blockingStream) closeWrite() error {
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return s.conn.Close()
}

func (s *blockingStream) setReadDeadline(t time.Time) error { return s.conn.SetReadDeadline(t) }
func (s *blockingStream) abort()                            { _ = s.conn.Close() } // makes the waiting call return an error
func (s *blockingStream) close() error                      { return s.conn.Close() }
