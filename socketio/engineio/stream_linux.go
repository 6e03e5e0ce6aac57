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

// newStream reaches for the socket under conn, where there is one.
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
	s.receive = s.recvOnce
	if err := raw.Control(func(fd uintptr) { s.fd = int(fd) }); err != nil {
		return &blockingStream{conn: conn}
	}
	return s
}

// socketStream calls the kernel itself. What may wait goes through
// syscall.RawConn, which keeps the descriptor from being closed and used again
// meanwhile. What does not wait takes the descriptor as it is: nobody but close
// closes it, and that never runs beside tryWrite. RawConn's own lock and its
// question to the poller were a fifteenth of what a delivery cost.
//
// The calls are RawSyscalls: they cannot wait, since the socket is
// non-blocking, so the scheduler need not hear of them. That, and send instead
// of write, saves about a tenth of what a delivery costs.
type socketStream struct {
	conn *net.TCPConn
	raw  syscall.RawConn
	fd   int // for tryWrite; closedFD after close

	// Owned by the reading goroutine. They stand here so that a read allocates
	// nothing, and a connection that waits holds little.
	receive func(fd uintptr) bool // s.recvOnce, made once instead of for every read
	in      *buffer
	inN     int
	inErr   error
}

const closedFD = -1

func (s *socketStream) read() (*buffer, int, error) {
	waitErr := s.raw.Read(s.receive)
	buf, n, err := s.in, s.inN, s.inErr
	s.in, s.inN, s.inErr = nil, 0, nil
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

// recvOnce reads into a pooled buffer; false asks to be called again when
// there is something.
func (s *socketStream) recvOnce(fd uintptr) bool {
	s.in = getBuffer()
	s.inN, s.inErr = recv(fd, s.in[:])
	if s.inN > 0 || s.inErr != nil {
		return true
	}
	putBuffer(s.in) // wait without it
	s.in = nil
	return false
}

func (s *socketStream) readInto(b []byte) (n int, err error) {
	waitErr := s.raw.Read(func(fd uintptr) bool {
		n, err = recv(fd, b)
		return n > 0 || err != nil
	})
	return n, errors.Join(err, waitErr)
}

// recv reads once; 0 and no error mean that nothing is there.
func recv(fd uintptr, b []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MSG_DONTWAIT, 0, 0) //nolint:gosec // the kernel fills b, which lives on
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

// send writes once; 0 and no error mean that the socket is full.
func send(fd uintptr, b []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0) //nolint:gosec // the kernel reads b, which lives on
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

func (s *socketStream) write(b []byte, m *meter) (n int, err error) {
	for {
		if err := s.conn.SetWriteDeadline(m.deadline()); err != nil {
			return 0, err
		}
		waitErr := s.raw.Write(func(fd uintptr) bool {
			n, err = send(fd, b)
			return n > 0 || err != nil
		})
		switch {
		case !errors.Is(waitErr, os.ErrDeadlineExceeded):
			return n, errors.Join(err, waitErr)
		case !m.check(s.progress):
			return 0, errStalled
		}
	}
}

func (s *socketStream) progress() (taken, underWay int64) {
	state, _ := tcpStateOf(s.conn)
	return state.acked, state.underWay
}

func (s *socketStream) state() tcpState {
	state, _ := tcpStateOf(s.conn)
	return state
}

func (s *socketStream) closeWrite() error                 { return s.conn.CloseWrite() }
func (s *socketStream) setReadDeadline(t time.Time) error { return s.conn.SetReadDeadline(t) }

// abort leaves fd to close: another goroutine may be reading it.
func (s *socketStream) abort() { _ = s.conn.Close() } // the waiting call returns an error

func (s *socketStream) close() error {
	s.fd = closedFD
	return s.conn.Close()
}
