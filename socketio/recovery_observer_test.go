package socketio_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/socketio"
)

func TestObserver_sees_recoveries(t *testing.T) {
	o := observing()
	f := serve(t, socketio.Config{Observer: o, Recovery: func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} }})
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	_ = f.Of("/chat").Emit("one")
	_ = f.Of("/chat").Emit("two")
	f.resume(r)
	want := socketio.Recovered{Conn: 2, Namespace: "/chat", Socket: r.sid, Missed: 2}
	if got := seen[socketio.Recovered](t, o); got != want {
		t.Errorf("Recovered: got %+v, want %+v", got, want)
	}
	if got := seen[socketio.SocketConnected](t, o); !got.Recovered || got.Socket != r.sid {
		t.Errorf("SocketConnected: got %+v, want the recovered socket", got)
	}
	if s := f.Stats(); s.Recovered != 1 || len(s.RecoveriesRefused) != 0 {
		t.Errorf("Stats: got %+v, want one recovery", s)
	}
}

func TestObserver_sees_why_a_recovery_is_refused(t *testing.T) {
	for _, tt := range []struct {
		name    socketio.RecoveryFailure
		cfg     socketio.Recovery
		prepare func(*fixture, *stockClient)
	}{
		{socketio.FailureUnknownSession, socketio.Recovery{}, func(_ *fixture, r *stockClient) { r.pid = "unknown" }},
		{socketio.FailureOtherClient, socketio.Recovery{Identify: oneByOne()}, nil},
		{socketio.FailureInvalidOffset, socketio.Recovery{}, func(_ *fixture, r *stockClient) { r.offset = "?" }},
		{socketio.FailureEventsEvicted, socketio.Recovery{MaxEvents: 1}, func(f *fixture, _ *stockClient) {
			_ = f.Of("/chat").Emit("evicted")
			_ = f.Of("/chat").Emit("kept")
		}},
	} {
		t.Run(string(tt.name), func(t *testing.T) {
			o := observing()
			tt.cfg.MaxAbsence = time.Minute
			f := serve(t, socketio.Config{Observer: o, Recovery: func(string) socketio.Recovery { return tt.cfg }})
			r := &stockClient{}
			f.connectTo(r)
			f.lose(r)
			if tt.prepare != nil {
				tt.prepare(f, r)
			}
			f.connectTo(r)
			want := socketio.RecoveryRefused{Conn: 2, Namespace: "/chat", Failure: tt.name}
			if got := seen[socketio.RecoveryRefused](t, o); got != want {
				t.Errorf("RecoveryRefused: got %+v, want %+v", got, want)
			}
			if s := f.Stats(); s.Recovered != 0 || s.RecoveriesRefused[tt.name] != 1 {
				t.Errorf("Stats: got %+v, want one refused recovery", s)
			}
		})
	}
}

// More events are emitted during the middleware than the log keeps.
func TestObserver_sees_events_evicted_while_a_client_resumes(t *testing.T) {
	o := observing()
	f := serve(t, socketio.Config{Observer: o, Recovery: func(string) socketio.Recovery {
		return socketio.Recovery{MaxAbsence: time.Minute, MaxEvents: 1}
	}})
	n := f.Of("/chat")
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	n.Use(func(*socketio.Socket) error {
		_ = n.Emit("evicted")
		return n.Emit("kept")
	})
	c := f.dial()
	c.send(`40/chat,{"pid":"` + r.pid + `"}`)
	c.wantEnd()
	if got := seen[socketio.RecoveryRefused](t, o); got.Failure != socketio.FailureEventsEvicted {
		t.Errorf("RecoveryRefused: got %+v, want %q", got, socketio.FailureEventsEvicted)
	}
}

// Events that follow the answer to CONNECT count when all are queued.
func TestStats_count_a_long_recovery_at_its_end(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		p.resume(90) // 1.8 MB
		if got := p.server.Stats().Recovered; got != 0 {
			t.Errorf("Recovered during the replay: got %d, want 0", got)
		}
		p.pollUntil(90)
		if got := p.server.Stats(); got.Recovered != 1 || len(got.RecoveriesRefused) > 0 {
			t.Errorf("Stats after the replay: got %+v, want one recovery", got)
		}
	})
	withPoller(t, socketio.Recovery{MaxBytes: 2 << 20}, func(p *poller) {
		p.resume(90)
		p.emit(91, 200, 20_000)
		for p.n.Len() > 0 {
			p.poll()
		}
		if got := p.server.Stats(); got.Recovered != 0 || got.RecoveriesRefused[socketio.FailureEventsEvicted] != 1 {
			t.Errorf("Stats after evicted events: got %+v, want one refused recovery", got)
		}
	})
}

// oneByOne returns a Recovery.Identify for which no two sockets have the same client.
func oneByOne() func(*socketio.Handshake) any {
	var n atomic.Int64
	return func(*socketio.Handshake) any { return n.Add(1) }
}

// A client whose identity cannot be determined gets a socket without a session.
func TestObserver_sees_a_client_without_identity(t *testing.T) {
	o := observing()
	f := serve(t, socketio.Config{Observer: o, Recovery: func(string) socketio.Recovery {
		return socketio.Recovery{MaxAbsence: time.Minute, Identify: onlyOnce()}
	}})
	f.Of("/chat")
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	c := f.dial()
	c.send(`40/chat,{"pid":"` + r.pid + `"}`)
	if got := c.receive(); strings.Contains(got, "pid") {
		t.Errorf("got %s, want a socket without a session", got)
	}
	want := socketio.RecoveryRefused{Conn: 2, Namespace: "/chat", Failure: socketio.FailureNoIdentity}
	if got := seen[socketio.RecoveryRefused](t, o); got != want {
		t.Errorf("RecoveryRefused: got %+v, want %+v", got, want)
	}
}

// onlyOnce returns a Recovery.Identify that panics for all sockets but the first.
func onlyOnce() func(*socketio.Handshake) any {
	var n atomic.Int64
	return func(*socketio.Handshake) any {
		if n.Add(1) > 1 {
			panic("no identity")
		}
		return "ann"
	}
}
