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
		return blockingStream{conn}
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return blockingStream{conn}
	}
	s := &socketStream{conn: tcp, raw: raw}
	s.sendOnce = s.send
	return s
}

// socketStream calls the kernel itself, through syscall.RawConn, which keeps
// the descriptor from being closed and used again meanwhile.
//
// The calls are RawSyscalls: they cannot wait, since the socket is
// non-blocking, so the scheduler need not hear of them. That, and send instead
// of write, saves about a tenth of what a delivery costs.
type socketStream struct {
	conn *net.TCPConn
	raw  syscall.RawConn

	sendOnce func(fd uintptr) bool // s.send, made once instead of for every write
	out      []byte                // what send writes
	outN     int                   // how much of it was written
	outErr   error
}

func (s *socketStream) read() (*buffer, int, error) {
	var (
		buf *buffer
		n   int
		err error
	)
	waitErr := s.raw.Read(func(fd uintptr) bool {
		buf = getBuffer()
		n, err = recv(fd, buf[:])
		if n == 0 && err == nil {
			putBuffer(buf) // wait without it
			return false
		}
		return true
	})
	if err == nil {
		err = waitErr
	}
	if err != nil {
		if buf != nil && waitErr == nil {
			putBuffer(buf)
		}
		return nil, 0, err
	}
	return buf, n, nil
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
	if len(b) == 0 {
		return 0, nil
	}
	s.out = b
	err := s.raw.Write(s.sendOnce)
	n := s.outN
	if err == nil {
		err = s.outErr
	}
	s.out, s.outN, s.outErr = nil, 0, nil
	return n, err
}

// send writes s.out once and never asks to be called again.
func (s *socketStream) send(fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&s.out[0])), uintptr(len(s.out)), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0) //nolint:gosec // the kernel reads s.out, which lives on
		switch errno {
		case 0:
			s.outN = int(n)
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
		default:
			s.outErr = os.NewSyscallError("sendto", errno)
		}
		return true
	}
}

func (s *socketStream) write(b []byte, deadline time.Time) (n int, err error) {
	if err := s.conn.SetWriteDeadline(deadline); err != nil {
		return 0, err
	}
	waitErr := s.raw.Write(func(fd uintptr) bool {
		s.out = b
		s.send(fd)
		n, err = s.outN, s.outErr
		s.out, s.outN, s.outErr = nil, 0, nil
		return n > 0 || err != nil
	})
	if errors.Is(waitErr, os.ErrDeadlineExceeded) {
		waitErr = errWriteTimeout
	}
	// A deadline that has passed would fail every later tryWrite.
	return n, errors.Join(err, waitErr, s.conn.SetWriteDeadline(time.Time{}))
}

func (s *socketStream) closeWrite() error                 { return s.conn.CloseWrite() }
func (s *socketStream) setReadDeadline(t time.Time) error { return s.conn.SetReadDeadline(t) }
func (s *socketStream) close() error                      { return s.conn.Close() }
