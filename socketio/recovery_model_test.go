package socketio_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"gifchat/socketio"
)

// replayModel performs random actions on a poller whose replays are interrupted,
// and predicts which events it receives.
type replayModel struct {
	*poller
	random  *rand.Rand
	large   string
	rooms   map[string]bool
	emitted int   // the number of the last event
	want    []int // the numbers of the events that the client must receive
	asks    []int // by the number of an ack: how many events come before it
	replays int   // how many connections needed one
	acks    int   // how many acknowledgements have come
}

// The client joins and leaves rooms, asks for acknowledgements, loses its
// connection with and without the server noticing, and polls now and then, while
// large and small events are emitted.
func TestReplay_agrees_with_a_model(t *testing.T) {
	for range 10 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			withPoller(t, socketio.Recovery{MaxBytes: 64 << 20}, func(p *poller) {
				m := &replayModel{
					poller: p, random: rand.New(rand.NewPCG(seed, 0)),
					large: strings.Repeat("x", 20_000), rooms: map[string]bool{"room": true},
				}
				p.n.On("ask", func(e *socketio.Event) { _ = e.Ack() })
				p.onPacket = m.checkAck
				for range 400 {
					m.act()
					m.check()
				}
				for m.waiting() {
					m.poll()
					m.check()
				}
				if !slices.Equal(p.events, m.want) {
					t.Errorf("events: got %v, want %v", p.events, m.want)
				}
				if m.replays == 0 || m.acks == 0 {
					t.Errorf("got %d replays and %d acknowledgements, want some", m.replays, m.acks)
				}
			})
		})
	}
}

func (m *replayModel) socket() *socketio.Socket {
	m.t.Helper()
	s, ok := m.n.Socket(m.sid)
	if !ok {
		m.t.Fatal("socket: got none, want the recovered one")
	}
	return s
}

func (m *replayModel) waiting() bool {
	packets, _ := m.socket().Queued()
	return packets > 0
}

func (m *replayModel) act() {
	room, other := m.room(), m.room()
	in := m.rooms[room]
	switch action := m.random.IntN(20); {
	case action < 1:
		m.socket().Join(room)
		m.rooms[room] = true
	case action < 2:
		m.n.Leave(room)
		m.rooms[room] = false
	case action < 7:
		m.emit(m.n.To(room), in)
	case action < 8:
		m.emit(m.n.To(room).Except(other), in && !m.rooms[other])
	case action < 9:
		m.emit(m.n.To(string(m.sid)), true)
	case action < 10:
		m.emit(m.socket().To(room), false)
	case action < 12:
		m.asks = append(m.asks, len(m.want))
		m.send(fmt.Sprintf(`42/chat,%d["ask"]`, len(m.asks)-1))
	case action < 13:
		m.reconnect()
	case m.waiting():
		m.poll()
	}
}

func (m *replayModel) room() string { return []string{"room", "a", "b"}[m.random.IntN(3)] }

func (m *replayModel) emit(to socketio.Broadcast, expected bool) {
	text := ""
	if m.random.IntN(2) == 0 {
		text = m.large
	}
	m.emitted++
	if err := to.Emit("e", m.emitted, text); err != nil {
		m.t.Fatal(err)
	}
	if expected {
		m.want = append(m.want, m.emitted)
	}
}

// reconnect resumes after more events than are sent before the answer. The
// server may notice the loss of the connection only then.
func (m *replayModel) reconnect() {
	if m.random.IntN(2) == 0 {
		m.open()
	} else {
		m.lose()
	}
	for range m.random.IntN(100) {
		m.emit(m.n.Except(), true)
	}
	m.connect()
	synctest.Wait()
	m.replays += m.n.Replays()
	if !m.socket().Recovered() {
		m.t.Fatal("socket: got a new one, want the recovered one")
	}
}

// check compares what the client has received until now.
func (m *replayModel) check() {
	m.t.Helper()
	if got := len(m.events); got > len(m.want) || !slices.Equal(m.events, m.want[:got]) {
		m.t.Fatalf("events: got %v, want the beginning of %v", m.events, m.want)
	}
}

// checkAck expects that an acknowledgement follows exactly the events that were
// emitted before it.
func (m *replayModel) checkAck(packet string) {
	m.t.Helper()
	var id int
	if _, err := fmt.Sscanf(packet, "43/chat,%d[]", &id); err != nil {
		return
	}
	m.acks++
	if got := len(m.events); got != m.asks[id] {
		m.t.Fatalf("acknowledgement %d: got it after %d events, want %d", id, got, m.asks[id])
	}
}
