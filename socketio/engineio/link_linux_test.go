package engineio_test

import (
	"context"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// link is a network path of so many bytes per second in each direction, with small
// buffers: those of loopback hide what a phone on a bad network meets.
type link struct {
	listener net.Listener
	target   string
	rate     int
	pumps    sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

const linkBuffer = 8 << 10

// throttle puts a link in front of the server.
func (f *fixture) throttle(rate int) *link {
	f.t.Helper()
	listener, err := (&net.ListenConfig{Control: smallBuffers}).Listen(f.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	l := &link{listener: listener, target: f.address(), rate: rate}
	l.pumps.Go(l.accept)
	f.t.Cleanup(l.close)
	return l
}

// smallBuffers has to be called before a socket is connected: the window that TCP
// announces then depends on it.
func smallBuffers(_, _ string, c syscall.RawConn) error {
	var err error
	outer := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, linkBuffer)
		if err == nil {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, linkBuffer)
		}
	})
	if outer != nil {
		return outer
	}
	return err
}

func (l *link) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{Control: smallBuffers}).DialContext(context.Background(), "tcp", l.target)
		if err != nil {
			_ = client.Close()
			return
		}
		l.mu.Lock()
		l.conns = append(l.conns, client, server)
		l.mu.Unlock()
		l.pumps.Go(func() { l.pump(client, server) })
		l.pumps.Go(func() { l.pump(server, client) })
	}
}

// pump carries bytes at the link's rate. What a late timer has missed is not made up
// for at once.
func (l *link) pump(from, to net.Conn) {
	const step = 20 * time.Millisecond
	defer from.Close()
	defer to.Close()
	buf := make([]byte, max(1, l.rate*int(step)/int(time.Second)))
	for tick := time.NewTicker(step); ; <-tick.C {
		n, err := from.Read(buf)
		if err != nil {
			tick.Stop()
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			tick.Stop()
			return
		}
	}
}

func (l *link) close() {
	_ = l.listener.Close()
	l.mu.Lock()
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.pumps.Wait()
}

// dial connects a client with small buffers to the other end of the link.
func (l *link) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", l.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
