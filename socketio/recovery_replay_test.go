package socketio_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

// poller is a stock client over polling, in a bubble. It receives only when
// the test polls, so the test controls the pace of a replay.
type poller struct {
	*bubble
	n        *socketio.Namespace
	sid      socketio.SocketID
	pid      string
	offset   string
	events   []int    // the numbers of the received events e
	received []string // the other packets, without their offsets

	onPacket func(packet string) // called for each of the other packets, unless nil
}

// withPoller runs a test with a connected client.
func withPoller(t *testing.T, r socketio.Recovery, test func(*poller)) {
	t.Helper()
	if r.MaxAbsence == 0 {
		r.MaxAbsence = time.Minute
	}
	cfg := socketio.Config{
		PingInterval: 24 * time.Hour,
		Recovery:     func(string) socketio.Recovery { return r },
	}
	inBubble(t, cfg, func(b *bubble) { test(newPoller(b)) })
}

// newPoller returns a connected client in the room "room".
func newPoller(b *bubble) *poller {
	p := &poller{bubble: b, n: b.server.Of("/chat")}
	p.n.Use(func(s *socketio.Socket) error {
		if !s.Recovered() {
			s.Join("room")
		}
		return nil
	})
	p.connect()
	p.poll()
	return p
}

// connect sends CONNECT, like a stock client that connects or resumes.
func (p *poller) connect() {
	auth, _ := json.Marshal(map[string]string{"pid": p.pid, "offset": p.offset})
	p.send("40/chat," + string(auth))
}

func (p *poller) send(packet string) {
	p.request("POST", packet)
	synctest.Wait()
}

// lose closes the connection like a network failure, and opens another one.
func (p *poller) lose() {
	s, _ := p.n.Socket(p.sid)
	s.CloseConn()
	synctest.Wait()
	p.open()
}

// poll handles the packets of one poll.
func (p *poller) poll() {
	for packet := range strings.SplitSeq(p.request("GET", ""), "\x1e") {
		var answer struct {
			SID socketio.SocketID
			PID string
		}
		if text, ok := strings.CutPrefix(packet, "40/chat,"); ok && json.Unmarshal([]byte(text), &answer) == nil {
			p.sid, p.pid = answer.SID, answer.PID
			packet = "40"
		}
		if end := len(packet) - 18; end > 0 && strings.HasPrefix(packet, "42/chat,[") && strings.HasPrefix(packet[end:], `,"`) {
			p.offset, packet = packet[end+2:len(packet)-2], packet[:end]+"]"
		}
		var number int
		if _, err := fmt.Sscanf(packet, `42/chat,["e",%d,`, &number); err == nil {
			p.events = append(p.events, number)
			continue
		}
		p.received = append(p.received, packet)
		if p.onPacket != nil {
			p.onPacket(packet)
		}
	}
	synctest.Wait()
}

// pollUntil polls until the client has received the event with that number.
func (p *poller) pollUntil(number int) {
	p.t.Helper()
	for polls := 0; !slices.Contains(p.events, number); polls++ {
		if polls > 20_000 {
			p.t.Fatalf("events: got %d, want them up to %d", len(p.events), number)
		}
		p.poll()
	}
}

// emit emits the events e with the numbers from first to last, with a text of
// that size.
func (p *poller) emit(first, last, size int) {
	p.t.Helper()
	text := strings.Repeat("x", size)
	for i := first; i <= last; i++ {
		if err := p.n.To("room").Emit("e", i, text); err != nil {
			p.t.Fatal(err)
		}
	}
}

// wantEvents expects the events from 1 to last, each once and in order.
func (p *poller) wantEvents(last int) {
	p.t.Helper()
	for i, number := range p.events {
		if number != i+1 {
			p.t.Fatalf("event at index %d: got %d, want %d", i, number, i+1)
		}
	}
	if len(p.events) != last {
		p.t.Fatalf("events: got %d, want %d", len(p.events), last)
	}
}

// wantReceived expects these packets, apart from the events e.
func (p *poller) wantReceived(packets ...string) {
	p.t.Helper()
	if !slices.Equal(p.received, packets) {
		p.t.Errorf("packets: got %q, want %q", p.received, packets)
	}
}

// resume makes the client miss events of 20 KB and connect again. It has not
// received the answer yet.
func (p *poller) resume(missed int) *socketio.Socket {
	p.t.Helper()
	p.lose()
	p.emit(1, missed, 20_000)
	p.received = nil
	p.connect()
	s, ok := p.n.Socket(p.sid)
	if !ok || !s.Recovered() {
		p.t.Fatalf("socket %s: got recovered %v, want true", p.sid, ok && s.Recovered())
	}
	if p.n.Replays() != 1 {
		p.t.Fatalf("replays: got %d, want 1", p.n.Replays())
	}
	return s
}

func TestReplay_brings_what_is_promised_over_polling(t *testing.T) {
	for name, tt := range map[string]struct{ events, size int }{
		"10,000 events": {9_999, 10}, // and one that the client has received
		"16 MiB":        {1_600, 10_300},
	} {
		t.Run(name, func(t *testing.T) {
			withPoller(t, socketio.Recovery{}, func(p *poller) {
				p.emit(1, 1, tt.size)
				p.poll()
				p.lose()
				p.emit(2, tt.events, tt.size)
				p.connect()
				s, _ := p.n.Socket(p.sid)
				last := tt.events
				for p.n.Replays() > 0 {
					if _, bytes := s.Queued(); bytes > 300<<10 {
						t.Fatalf("queue of a client that resumes: got %d bytes, want at most 300 KiB", bytes)
					}
					p.poll()
					if last < tt.events+20 {
						last++
						p.emit(last, last, 10)
					}
				}
				last++
				p.emit(last, last, 10)
				p.pollUntil(last)
				p.wantEvents(last)
				if !s.Recovered() || !s.Connected() {
					t.Errorf("socket: got recovered %v, connected %v, want both", s.Recovered(), s.Connected())
				}
			})
		})
	}
}

func TestReplay_brings_what_is_promised_over_websocket(t *testing.T) {
	for name, tt := range map[string]struct{ events, size int }{
		"10,000 events": {10_000, 10},
		"16 MiB":        {1_600, 10_300},
	} {
		t.Run(name, func(t *testing.T) {
			f := recovering(t, socketio.Recovery{})
			n := f.Of("/chat")
			r := &stockClient{}
			f.connectTo(r)
			f.lose(r)
			text := strings.Repeat("x", tt.size)
			emit := func(i int) {
				if err := n.Emit("e", i, text); err != nil {
					t.Error(err)
				}
			}
			for i := range tt.events {
				emit(i)
			}
			missed := f.resume(r)
			live := make(chan struct{})
			go func() {
				defer close(live)
				for i := range 50 {
					emit(tt.events + i)
				}
			}()
			for i := range tt.events + 50 {
				var packet string
				if i < len(missed) {
					packet = missed[i]
				} else {
					packet = r.next()
				}
				if want := fmt.Sprintf(`42/chat,["e",%d,"%s"]`, i, text); packet != want {
					t.Fatalf("packet %d: got %.40q, want %.40q", i, packet, want)
				}
			}
			receive(t, live)
			r.wantAlive()
		})
	}
}

// The events are older than MaxAbsence before the client has received them.
func TestReplay_survives_a_slow_client(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		p.resume(700) // 14 MB
		last := 700
		for p.n.Replays() > 0 {
			time.Sleep(5 * time.Second)
			last++
			p.emit(last, last, 10)
			p.poll()
		}
		p.pollUntil(last)
		p.wantEvents(last)
	})
}

func TestReplay_continues_in_a_later_recovery(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		p.resume(300)
		for _, number := range []int{5, 50, 100} {
			p.pollUntil(number)
			if p.n.Replays() != 1 {
				t.Fatalf("replays after event %d: got %d, want 1", number, p.n.Replays())
			}
			p.lose()
			if p.n.Replays() != 0 {
				t.Fatalf("replays after the disconnect: got %d, want 0", p.n.Replays())
			}
			p.connect()
		}
		p.emit(301, 301, 10)
		p.pollUntil(301)
		p.wantEvents(301)
		s, _ := p.n.Socket(p.sid)
		if s == nil || !s.Recovered() {
			t.Error("socket: got a new one, want the recovered one")
		}
	})
}

func TestReplay_ends_the_session_if_the_log_evicts_events(t *testing.T) {
	withPoller(t, socketio.Recovery{MaxBytes: 2 << 20}, func(p *poller) {
		p.resume(90) // 1.8 MB
		p.pollUntil(5)
		first := p.sid
		p.emit(91, 200, 20_000)
		var reason socketio.Reason
		p.n.OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reason = r })
		for p.n.Len() > 0 {
			p.poll()
		}
		if received := len(p.events); received < 5 || received >= 90 {
			t.Errorf("events before the end: got %d, want a part of 90", received)
		}
		p.wantEvents(len(p.events)) // without a gap
		if reason != socketio.ReasonForcedClose {
			t.Errorf("reason: got %q, want %q", reason, socketio.ReasonForcedClose)
		}
		p.open()
		p.events = nil
		p.connect()
		p.poll()
		if p.sid == first || len(p.events) > 0 {
			t.Errorf("after the end: got sid %s and %d events, want a new sid and none", p.sid, len(p.events))
		}
	})
}

func TestReplay_follows_rooms_and_private_events(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		s := p.resume(50)
		for _, emit := range []func() error{
			func() error { s.Leave("room"); return p.n.To("room").Emit("not for it") },
			func() error { return s.Emit("private") },
			func() error { return p.n.To("other").Emit("too early") },
			func() error { s.Join("other"); return p.n.To("other").Emit("in time") },
			func() error { return s.Broadcast().Emit("its own") },
			func() error { s.Leave("other"); s.Join("room"); return p.n.To("other").Emit("too late") },
			func() error { return p.n.To("room").Except("other").Emit("again") },
			func() error { return p.n.Volatile().Emit("volatile") },
		} {
			if err := emit(); err != nil {
				t.Fatal(err)
			}
		}
		p.emit(51, 51, 10)
		p.pollUntil(51)
		p.wantEvents(51)
		p.wantReceived("40", `42/chat,["private"]`, `42/chat,["in time"]`, `42/chat,["again"]`)
	})
}

func TestReplay_keeps_the_order_of_acknowledgements(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		p.n.On("ask", func(e *socketio.Event) {
			_ = p.n.To("room").Emit("before the ack")
			_ = e.Ack("answer")
		})
		s := p.resume(50)
		p.send(`42/chat,7["ask"]`)
		answered := make(chan error, 2)
		go func() { _, err := s.EmitWithAck(p.t.Context(), "question"); answered <- err }()
		synctest.Wait()
		go func() { _, err := p.n.To("room").EmitWithAck(p.t.Context(), "to all"); answered <- err }()
		synctest.Wait()
		p.emit(51, 51, 10)
		p.pollUntil(51)
		p.wantEvents(51)
		p.wantReceived("40", `42/chat,["before the ack"]`, `43/chat,7["answer"]`, `42/chat,1["question"]`, `42/chat,2["to all"]`)
		p.send(`43/chat,1[]`)
		p.send(`43/chat,2[]`)
		if err := errors.Join(<-answered, <-answered); err != nil {
			t.Error(err)
		}
	})
}

func TestReplay_closes_the_connection_if_too_much_is_held(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		answer := strings.Repeat("x", 100_000)
		p.n.On("ask", func(e *socketio.Event) { _ = e.Ack(answer) })
		reasons := make(chan socketio.Reason, 1)
		p.n.OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
		p.resume(50)
		<-reasons      // of the lost connection
		for range 11 { // 1.1 MB
			p.send(`42/chat,7["ask"]`)
		}
		if reason := <-reasons; reason != socketio.ReasonForcedClose || p.n.Replays() != 0 {
			t.Errorf("got reason %q and %d replays, want %q and none", reason, p.n.Replays(), socketio.ReasonForcedClose)
		}
	})
}

func TestReplay_ends_with_a_disconnect_by_the_server(t *testing.T) {
	for name, disconnect := range map[string]func(*poller, *socketio.Socket){
		"of the socket": func(_ *poller, s *socketio.Socket) { s.Disconnect() },
		"of the room":   func(p *poller, _ *socketio.Socket) { p.n.To("room").Disconnect() },
		"of the client": func(_ *poller, s *socketio.Socket) { s.DisconnectClient() },
	} {
		t.Run(name, func(t *testing.T) {
			withPoller(t, socketio.Recovery{}, func(p *poller) {
				s := p.resume(50)
				_ = s.Emit("goodbye")
				disconnect(p, s)
				p.emit(51, 60, 10) // after the end
				for !slices.Contains(p.received, "41/chat,") {
					p.poll()
				}
				p.wantEvents(50)
				p.wantReceived("40", `42/chat,["goodbye"]`, "41/chat,")
				if s.Connected() || p.n.Len() != 0 || p.n.Replays() != 0 {
					t.Errorf("got connected %v, %d sockets, %d replays, want none", s.Connected(), p.n.Len(), p.n.Replays())
				}
				if name == "of the client" {
					p.poll()
					if open := p.server.Len(); open != 0 {
						t.Errorf("connections: got %d, want 0", open)
					}
				}
			})
		})
	}
}

func TestReplay_drops_the_rest_one_second_after_a_disconnect(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		s := p.resume(100)
		s.Disconnect()
		time.Sleep(time.Second)
		for !slices.Contains(p.received, "41/chat,") {
			p.poll()
		}
		if received := len(p.events); received == 0 || received > 30 {
			t.Errorf("events: got %d, want those that were queued before", received)
		}
		p.wantEvents(len(p.events))
		p.wantReceived("40", "41/chat,")
	})
}

func TestReplay_of_a_disconnected_socket_stops_at_the_next_connect(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		s := p.resume(50)
		s.Disconnect()
		p.send("41/chat,")
		p.pid, p.offset = "", ""
		p.connect()
		_ = p.n.Emit("end")
		for p.received == nil || !strings.Contains(p.received[len(p.received)-1], "end") {
			p.poll()
		}
		p.wantEvents(len(p.events))
		p.wantReceived("40", "40", `42/chat,["end"]`)
	})
}

// The deadline comes while a part of the queue is empty.
func TestReplay_queues_no_event_after_the_deadline_of_a_disconnect(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		s := p.resume(100)
		p.poll()
		s.Disconnect()
		_, before := s.Queued()
		time.Sleep(time.Second)
		synctest.Wait()
		if _, after := s.Queued(); after > before+100 {
			t.Errorf("queue after the deadline: got %d bytes, want the %d before it and a DISCONNECT", after, before)
		}
	})
}

// The namespace of a disconnected socket is removed, and its client connects
// again before the replay has ended.
func TestReplay_of_a_removed_namespace_stops_at_the_next_connect(t *testing.T) {
	cfg := socketio.Config{
		PingInterval: 24 * time.Hour,
		Recovery:     func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} },
	}
	inBubble(t, cfg, func(b *bubble) {
		parent := b.server.OfFunc(func(string) bool { return true })
		parent.Use(func(s *socketio.Socket) error { s.Join("room"); return nil })
		p := &poller{bubble: b}
		p.connect()
		p.poll()
		p.n, _ = b.server.Lookup("/chat")
		other := &poller{bubble: &bubble{t: t, server: b.server}, n: p.n} // keeps the namespace
		other.open()
		other.connect()
		s := p.resume(50)
		other.send("41/chat,")
		s.Disconnect()
		synctest.Wait()
		p.send("41/chat,")
		p.pid, p.offset = "", ""
		p.connect()
		time.Sleep(2 * time.Second)
		for range 10 {
			_ = b.server.Of("/chat").Emit("poll")
			p.poll()
		}
		for _, packet := range p.received {
			if packet == "41/chat," {
				b.t.Fatal("got the DISCONNECT of the earlier socket")
			}
		}
	})
}

// The replay ends while Disconnect is under way.
func TestReplay_of_a_dismissed_socket_is_not_followed_by_live_events(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		s := p.resume(20)
		s.Dismiss()
		p.emit(21, 21, 10) // after the end
		for p.n.Replays() > 0 {
			p.poll()
		}
		p.emit(22, 22, 10)
		s.Disconnect()
		for p.received[len(p.received)-1] != "41/chat," {
			p.poll()
		}
		p.wantEvents(20)
	})
}

// The client leaves the namespace and does not poll, so the queue stays full.
func TestReplay_ends_when_the_client_disconnects(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		s := p.resume(50)
		if got := s.DelaysOfClose(); got != 1 {
			t.Fatalf("replays of the connection: got %d, want 1", got)
		}
		p.send("41/chat,")
		if got := s.DelaysOfClose(); got != 0 || p.n.Replays() != 0 {
			t.Errorf("replays of the connection: got %d, and %d in the namespace, want none", got, p.n.Replays())
		}
	})
}
