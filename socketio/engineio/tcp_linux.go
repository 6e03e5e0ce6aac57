package engineio

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// notSentLimit is how many bytes a socket accepts beyond what TCP has sent
// (TCP_NOTSENT_LOWAT). Without it a slow link has megabytes in the kernel's send
// buffer: a volatile event that the socket takes at once arrives seconds later, and
// the queue cannot tell a slow client from a quick one.
const notSentLimit = 64 << 10

// tune sets the socket options of a WebSocket's connection.
func tune(conn net.Conn) {
	tcp, ok := underlyingTCP(conn)
	if !ok {
		return
	}
	_ = tcp.SetKeepAlive(false) // the heartbeat finds dead peers sooner
	control(tcp, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, notSentLimit)
	})
}

func tcpStateOf(conn net.Conn) (state tcpState, ok bool) {
	tcp, isTCP := underlyingTCP(conn)
	if !isTCP {
		return tcpState{}, false
	}
	ok = control(tcp, func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return err
		}
		waiting, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		if err != nil {
			return err
		}
		state = tcpState{
			acked:    int64(info.Bytes_acked), //nolint:gosec // fewer than 2^63
			underWay: int64(waiting),
			quiet:    time.Duration(info.Last_ack_recv) * time.Millisecond,
		}
		return nil
	})
	return state, ok
}

func control(conn syscall.Conn, f func(fd int) error) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	var inner error
	err = raw.Control(func(fd uintptr) { inner = f(int(fd)) })
	return err == nil && inner == nil
}
