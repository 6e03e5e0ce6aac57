package engineio_test

import (
	"context"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gifchat/socketio/internal/siotest"
)

// link is a network path with a limited rate and small buffers. The large buffers of
// loopback hide the effects of a slow mobile network.
type link struct {
	listener net.Listener
	target   string
	rate     int
	pumps    sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

const linkBuffer = 8 << 10

// throttle puts a link in front of the server. rate is in bytes per second, in each
// direction.
func throttle(t testing.TB, f *siotest.Engine, rate int) *link {
	t.Helper()
	listener, err := (&net.ListenConfig{Control: smallBuffers}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{listener: listener, target: f.Address(), rate: rate}
	l.pumps.Go(l.accept)
	t.Cleanup(l.close)
	return l
}

// smallBuffers must be called before a socket is connected, because the window that
// TCP announces depends on the buffer size at that time.
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

// pump copies bytes at the rate of the link. It does not catch up after a late timer.
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

// dial connects a client with small buffers to the link.
func (l *link) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{Control: smallBuffers}).DialContext(t.Context(), "tcp", l.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
