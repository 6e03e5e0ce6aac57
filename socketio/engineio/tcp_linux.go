package engineio

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// notSentLimit is the number of bytes that a socket accepts beyond the bytes that TCP
// has sent (TCP_NOTSENT_LOWAT). Without it the kernel's send buffer holds megabytes
// for a slow link. A volatile event in that buffer arrives seconds later, and the
// server cannot distinguish a slow client from a fast one.
const notSentLimit = 64 << 10

// setSocketOptions sets the socket options for a WebSocket.
func setSocketOptions(conn net.Conn) {
	tcp, ok := underlyingTCP(conn)
	if !ok {
		return
	}
	_ = tcp.SetKeepAlive(false) // the heartbeat detects dead peers sooner
	controlFD(tcp, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, notSentLimit)
	})
}

func tcpStateOf(conn net.Conn) (state tcpState, ok bool) {
	tcp, isTCP := underlyingTCP(conn)
	if !isTCP {
		return tcpState{}, false
	}
	ok = controlFD(tcp, func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return err
		}
		waiting, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		if err != nil {
			return err
		}
		state = tcpState{
			acked:    int64(info.Bytes_acked), //nolint:gosec // less than 2^63
			inFlight: int64(waiting),
			sinceAck: time.Duration(info.Last_ack_recv) * time.Millisecond,
		}
		return nil
	})
	return state, ok
}

func controlFD(conn syscall.Conn, f func(fd int) error) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	var inner error
	err = raw.Control(func(fd uintptr) { inner = f(int(fd)) })
	return err == nil && inner == nil
}
