package main

import (
	"bufio"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gifchat/bench/internal/wire"
)

// roomServer serves the benchmark's contract to one room.
type roomServer struct {
	mu      sync.Mutex
	members []net.Conn
	cut     int  // number of the broadcast at which the server ends the last member's connection; 0 for never
	frame   bool // the server ends it by a close frame, and keeps the socket
	sent    int
}

func (s *roomServer) broadcast(frames []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	if s.sent == s.cut {
		last := len(s.members) - 1
		if s.frame {
			_, _ = s.members[last].Write(wire.AppendFrame(nil, wire.OpClose))
		} else {
			_ = s.members[last].Close()
		}
		s.members = s.members[:last]
	}
	for _, c := range s.members {
		_, _ = c.Write(frames) // fails if the client has disconnected
	}
}

// member implements wire.Peer for one connection.
type member struct {
	net.Conn
	server *roomServer
}

func (m member) Reply(frames []byte)     { _, _ = m.Write(frames) }
func (m member) Broadcast(frames []byte) { m.server.broadcast(frames) }

func (m member) Join(string) {
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	m.server.members = append(m.server.members, m.Conn)
}

func (s *roomServer) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	request, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	_, _ = c.Write(append(wire.Switching(request.Header.Get("Sec-WebSocket-Key")), wire.Open()...))
	var b []byte
	for chunk := make([]byte, 4096); ; {
		n, err := in.Read(chunk)
		if err != nil {
			return
		}
		b = append(b, chunk[:n]...)
		for {
			_, payload, size, err := wire.Next(b)
			if err != nil || size > 0 && wire.Handle(member{c, s}, payload) != nil {
				return
			}
			if size == 0 {
				break
			}
			b = b[size:]
		}
	}
}

// measureSlow runs the workload "slow" with three clients. The last to connect
// is slow.
func measureSlow(t *testing.T, s *roomServer, c config) *loader {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	c.addr, c.protocol, c.workload = listener.Addr().String(), "sio4", "slow"
	c.pid, c.conns, c.rooms, c.window, c.handshakes = os.Getpid(), 3, 1, 1, 1
	c.slow, c.rcvbuf, c.mss, c.nap = 1, 4096, 1460, 100*time.Microsecond
	l, err := newLoader(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.run(); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestSlow_counts_cuts_and_losses(t *testing.T) {
	steady := config{text: 1000, stream: 20_000, rate: 40_000, duration: 500 * time.Millisecond, drain: 10 * time.Second}

	t.Run("client_within_its_rate_gets_everything", func(t *testing.T) {
		got := measureSlow(t, new(roomServer), steady).sample.Slow
		if got.Cut != 0 || got.Lost != 0 || got.OthersLost != 0 || got.OthersCut != 0 {
			t.Errorf("got %+v, want no cuts and no losses", *got)
		}
	})

	t.Run("burst_arrives_at_the_rate_of_the_link", func(t *testing.T) {
		c := steady
		c.burst, c.every = 40_000, 200*time.Millisecond // two bursts, 80 KB, take 2 s
		l := measureSlow(t, new(roomServer), c)
		got := l.sample.Slow
		if got.Lost != 0 || got.LagP99 < 0.5 {
			t.Errorf("got lag %.2f s and %d lost, want more than 0.5 s and 0", got.LagP99, got.Lost)
		}
		if lag := l.latency.quantile(.99) / 1e6; lag > got.LagP99/2 {
			t.Errorf("got a lag of %.2f s for clients that read at full speed, want less than half of %.2f s", lag, got.LagP99)
		}
	})

	t.Run("cut_client_is_counted_and_not_lost", func(t *testing.T) {
		c := steady
		got := measureSlow(t, &roomServer{cut: 5}, c).sample.Slow
		if got.Cut != 1 || got.Cause != errClosed.Error() || got.Lost != 0 || got.OthersLost != 0 {
			t.Errorf("got %+v, want one cut, closed by the server", *got)
		}
	})

	t.Run("cut_client_is_counted_before_it_has_read_what_was_sent", func(t *testing.T) {
		c := steady
		c.rate, c.drain = 1000, time.Millisecond
		if got := measureSlow(t, &roomServer{cut: 8}, c).sample.Slow; got.Cut != 1 {
			t.Errorf("got %+v, want one cut", *got)
		}
	})

	t.Run("close_frame_behind_what_was_sent_is_a_cut", func(t *testing.T) {
		c := steady
		c.rate, c.drain = 1000, time.Millisecond
		got := measureSlow(t, &roomServer{cut: 8, frame: true}, c).sample.Slow
		if got.Cut != 1 || !strings.HasPrefix(got.Cause, "close frame") {
			t.Errorf("got %+v, want one cut", *got)
		}
	})
}
