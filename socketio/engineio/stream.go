package engineio

import (
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// stream is a network connection as the WebSocket transport uses it: read
// without holding a buffer while nothing comes, written without waiting.
type stream interface {
	// read waits for data and returns it in a pooled buffer, which the caller
	// gives back with putBuffer.
	read() (buf *buffer, n int, err error)

	// readInto waits for data and puts it into b.
	readInto(b []byte) (int, error)

	// tryWrite writes what the socket takes at once; n < len(b) without an
	// error means that it is full. At most one goroutine writes at a time.
	tryWrite(b []byte) (n int, err error)

	// write waits until b, or a part of it, is written. It returns errStalled when the
	// peer makes no progress by m. At most one goroutine writes at a time.
	write(b []byte, m *meter) (n int, err error)

	// progress may be called from any goroutine.
	progress() (taken, underWay int64)

	// state is progress for the heartbeat. What the stream cannot see is not under way.
	state() tcpState

	// closeWrite closes the sending half, so that the client reads to the end
	// of what was sent while it is still sending itself.
	closeWrite() error

	setReadDeadline(time.Time) error

	aborter // nothing but close may follow

	// close must not be called while another goroutine is in tryWrite.
	close() error
}

// buffer is what one read may fill, and what several small writes are joined
// in. 16 KiB hold about a hundred chat messages.
type buffer [16 << 10]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func getBuffer() *buffer  { return buffers.Get().(*buffer) }
func putBuffer(b *buffer) { buffers.Put(b) }

// blockingStream is a stream over any net.Conn, such as TLS, whose socket
// cannot be written to directly: all writes are left to write, which may wait.
type blockingStream struct {
	conn    net.Conn
	written atomic.Int64 // bytes
	wrote   atomic.Int64 // when the last write returned, in ns since 1970
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

func (s *blockingStream) tryWrite([]byte) (int, error) { return 0, nil }

// chunk is how much is written at a time where progress is known only from writes
// that have returned.
const chunk = 4 << 10

func (s *blockingStream) write(b []byte, m *meter) (n int, err error) {
	stop := m.watch(s.progress, s.expire)
	defer stop()
	for len(b) > 0 && err == nil {
		var k int
		k, err = s.conn.Write(b[:min(chunk, len(b))])
		s.written.Add(int64(k))
		s.wrote.Store(time.Now().UnixNano())
		n += k
		b = b[k:]
	}
	return n, expired(err)
}

// expire ends a write that waits. Nothing can be written after it.
func (s *blockingStream) expire() { _ = s.conn.SetWriteDeadline(longAgo) }

var longAgo = time.Unix(1, 0)

func (s *blockingStream) progress() (taken, underWay int64) {
	if state, ok := tcpStateOf(s.conn); ok {
		return state.acked, state.underWay
	}
	return s.written.Load(), math.MaxInt64
}

func (s *blockingStream) state() tcpState {
	state, ok := tcpStateOf(s.conn)
	if !ok {
		state = tcpState{acked: s.written.Load(), quiet: time.Since(time.Unix(0, s.wrote.Load()))}
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
func (s *blockingStream) abort()                            { _ = s.conn.Close() } // the waiting call returns an error
func (s *blockingStream) close() error                      { return s.conn.Close() }
