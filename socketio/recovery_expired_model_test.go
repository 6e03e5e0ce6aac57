package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

// lossModel performs random actions on clients that lose their connections, and
// checks that each lost socket is followed by a recovered one or by Expired.
type lossModel struct {
	t       *testing.T
	random  *rand.Rand
	n       *socketio.Namespace
	clients []*lossClient
	resume  func(*socketio.Socket) error // what middleware does with the next recovered socket

	mu        sync.Mutex
	lost      map[socketio.SocketID]bool // guarded by mu, as are the next fields: neither recovered nor expired
	recovered int
	expired   map[socketio.RecoveryFailure]int
}

type lossClient struct {
	*poller

	last *socketio.Socket // may have disconnected
}

func TestExpired_agrees_with_a_model(t *testing.T) {
	for range 10 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := &lossModel{
				t: t, random: rand.New(rand.NewPCG(seed, 0)),
				lost: map[socketio.SocketID]bool{}, expired: map[socketio.RecoveryFailure]int{},
			}
			r := socketio.Recovery{MaxSessions: 3, MaxEvents: 8, Expired: m.noteExpired}
			withPoller(t, r, func(p *poller) {
				m.start(p)
				for range 500 {
					m.act(m.clients[m.random.IntN(len(m.clients))])
					synctest.Wait()
				}
				_ = p.server.Close(context.Background())
				if len(m.lost) > 0 {
					t.Errorf("lost sockets: got %v after Close, want none", m.lost)
				}
				if m.recovered == 0 || len(m.expired) < 2 {
					t.Errorf("got %d recoveries and expiries %v, want some", m.recovered, m.expired)
				}
			})
		})
	}
}

func (m *lossModel) start(p *poller) {
	m.n = p.n
	m.n.Use(func(s *socketio.Socket) error {
		if !s.Recovered() || m.resume == nil {
			return nil
		}
		return m.resume(s)
	})
	m.n.OnConnect(m.noteConnect)
	m.n.OnDisconnect(m.noteDisconnect)
	s, _ := p.n.Socket(p.sid)
	m.clients = append(m.clients, &lossClient{p, s})
	for range 5 {
		c := &lossClient{poller: &poller{bubble: &bubble{t: p.t, server: p.server}, n: p.n}}
		c.open()
		m.clients = append(m.clients, c)
	}
}

func (m *lossModel) noteConnect(s *socketio.Socket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !s.Recovered() {
		return
	}
	if !m.lost[s.ID()] {
		m.t.Errorf("socket %s: recovered, but it is not lost", s.ID())
	}
	delete(m.lost, s.ID())
	m.recovered++
}

func (m *lossModel) noteDisconnect(s *socketio.Socket, _ socketio.Reason) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Lost() {
		m.lost[s.ID()] = true
	}
}

func (m *lossModel) noteExpired(lost socketio.LostSession) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.lost[lost.ID] {
		m.t.Errorf("socket %s: expired (%s), but it is not lost", lost.ID, lost.Failure)
	}
	delete(m.lost, lost.ID)
	m.expired[lost.Failure]++
}

func (m *lossModel) act(c *lossClient) {
	s, connected := m.n.Socket(c.sid)
	switch action := m.random.IntN(12); {
	case action < 1:
		time.Sleep(time.Duration(m.random.IntN(40)) * time.Second)
	case action < 2:
		c.emit(1, 1+m.random.IntN(4), 0)
	case action < 3 && c.last != nil:
		c.last.Disconnect() // connected, lost, or neither
	case action < 4 && connected:
		c.send("41/chat,")
	case action < 7 && connected:
		s.CloseConn()
	case action < 8:
		c.offset = "" // as after no event
	case action < 11 || !connected:
		m.connect(c)
	}
}

// connect opens another connection. The server may not have noticed the loss of
// the last one yet.
func (m *lossModel) connect(c *lossClient) {
	switch m.random.IntN(10) {
	case 0:
		m.resume = func(*socketio.Socket) error { return errors.New("refused") }
	case 1:
		m.resume = func(s *socketio.Socket) error { s.StartOver(); return nil }
	case 2:
		m.resume = func(s *socketio.Socket) error { s.CloseConn(); return nil }
	case 3:
		m.resume = func(s *socketio.Socket) error { s.Disconnect(); return nil }
	case 4:
		m.resume = func(*socketio.Socket) error { c.emit(1, 9, 0); return nil }
	default:
		m.resume = nil
	}
	c.open()
	c.connect()
	c.poll()
	if s, ok := m.n.Socket(c.sid); ok {
		c.last = s
	}
}
