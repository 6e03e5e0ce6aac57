package engineio

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// newStream returns a stream that uses the socket of conn directly, if conn is plain
// TCP.
func newStream(conn net.Conn) stream {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return &blockingStream{conn: conn}
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return &blockingStream{conn: conn}
	}
	s := &socketStream{conn: tcp, raw: raw, fd: closedFD}
	s.recv = s.recvOnce
	if err := raw.Control(func(fd uintptr) { s.fd = int(fd) }); err != nil {
		return &blockingStream{conn: conn}
	}
	return s
}

// socketStream makes system calls on the socket itself. Blocking operations use
// syscall.RawConn, which prevents that the descriptor is closed and reused during the
// call. tryWrite uses the descriptor without it: only close closes the descriptor,
// and close never runs during tryWrite. The lock of RawConn and its check of the
// poller were a fifteenth of the cost of a delivery.
//
// The calls are RawSyscalls. The socket is non-blocking, so they never block and the
// scheduler need not be notified. That, and send(2) instead of write(2), saves about a
// tenth of the cost of a delivery.
type socketStream struct {
	conn *net.TCPConn
	raw  syscall.RawConn
	fd   int // for tryWrite; closedFD after close

	// Owned by the reading goroutine. They are fields so that a read allocates nothing
	// and a waiting connection holds little memory.
	recv    func(fd uintptr) bool // s.recvOnce as a value, allocated once instead of for every read
	recvBuf *buffer
	recvN   int
	recvErr error
}

const closedFD = -1

func (s *socketStream) read() (*buffer, int, error) {
	waitErr := s.raw.Read(s.recv)
	buf, n, err := s.recvBuf, s.recvN, s.recvErr
	s.recvBuf, s.recvN, s.recvErr = nil, 0, nil
	if err == nil {
		err = waitErr
	}
	if err != nil {
		if buf != nil {
			putBuffer(buf)
		}
		return nil, 0, err
	}
	return buf, n, nil
}

// recvOnce reads into a pooled buffer. It returns false to be called again when data
// is available.
func (s *socketStream) recvOnce(fd uintptr) bool {
	s.recvBuf = getBuffer()
	s.recvN, s.recvErr = recv(fd, s.recvBuf[:])
	if s.recvN > 0 || s.recvErr != nil {
		return true
	}
	putBuffer(s.recvBuf) // wait without a buffer
	s.recvBuf = nil
	return false
}

func (s *socketStream) readInto(b []byte) (n int, err error) {
	waitErr := s.raw.Read(func(fd uintptr) bool {
		n, err = recv(fd, b)
		return n > 0 || err != nil
	})
	return n, errors.Join(err, waitErr)
}

// recv reads once. It returns 0 and no error if no data is available.
func recv(fd uintptr, b []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MSG_DONTWAIT, 0, 0) //nolint:gosec // the kernel fills b, which stays reachable
		switch {
		case errno == syscall.EINTR:
		case errno == syscall.EAGAIN:
			return 0, nil
		case errno != 0:
			return 0, os.NewSyscallError("recvfrom", errno)
		case n == 0:
			return 0, io.EOF
		default:
			return int(n), nil
		}
	}
}

func (s *socketStream) tryWrite(b []byte) (int, error) {
	switch {
	case s.fd == closedFD:
		return 0, net.ErrClosed
	case len(b) == 0:
		return 0, nil
	default:
		return send(uintptr(s.fd), b)
	}
}

// send writes once. It returns 0 and no error if the socket is full.
func send(fd uintptr, b []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0) //nolint:gosec // the kernel reads b, which stays reachable
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, nil
		default:
			return 0, os.NewSyscallError("sendto", errno)
		}
	}
}

func (s *socketStream) write(b []byte, d *stallDetector) (n int, err error) {
	for {
		if err := s.conn.SetWriteDeadline(d.deadline()); err != nil {
			return 0, err
		}
		waitErr := s.raw.Write(func(fd uintptr) bool {
			n, err = send(fd, b)
			return n > 0 || err != nil
		})
		switch {
		case !errors.Is(waitErr, os.ErrDeadlineExceeded):
			return n, errors.Join(err, waitErr)
		case !d.progressing(s.progress):
			return 0, errStalled
		}
	}
}

func (s *socketStream) progress() (acked, inFlight int64) {
	state, _ := tcpStateOf(s.conn)
	return state.acked, state.inFlight
}

func (s *socketStream) state() tcpState {
	state, _ := tcpStateOf(s.conn)
	return state
}

func (s *socketStream) closeWrite() error                 { return s.conn.CloseWrite() }
func (s *socketStream) setReadDeadline(t time.Time) error { return s.conn.SetReadDeadline(t) }

// abort does not change fd, which another goroutine may be reading. Only close does.
func (s *socketStream) abort() { _ = s.conn.Close() } // makes the waiting call return an error

func (s *socketStream) close() error {
	s.fd = closedFD
	return s.conn.Close()
}
