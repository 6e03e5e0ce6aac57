package main

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"gifchat/bench/internal/wire"
)

// registry holds the rooms of gonet by name.
type registry struct {
	mu    sync.Mutex
	rooms map[string]*room // guarded by mu
}

type room struct {
	mu      sync.Mutex
	members []*member // guarded by mu
}

// member is one connection with its reader.
type member struct {
	registry *registry
	conn     net.Conn
	room     *room
}

func serveNet(listen string) error {
	rooms := &registry{rooms: make(map[string]*room)}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		m := &member{registry: rooms, conn: conn}
		m.Reply(wire.Switching(r.Header.Get("Sec-WebSocket-Key")))
		go m.serve()
	})
	return http.ListenAndServe(listen, nil) //nolint:gosec // a floor has no timeouts
}

func (m *member) serve() {
	ping := time.AfterFunc(pingSlots*time.Second, m.ping)
	defer ping.Stop()
	defer m.leave()
	m.Reply(wire.Open())
	buf := make([]byte, 0, 4096) // larger than any message from the generator
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

// ping is called once per connection: no measurement lasts for two intervals.
func (m *member) ping() { m.Reply(wire.Ping()) }

func (m *member) leave() {
	_ = m.conn.Close() // the connection is over, whatever Close returns
	if m.room == nil {
		return
	}
	m.room.mu.Lock()
	defer m.room.mu.Unlock()
	if i := slices.Index(m.room.members, m); i >= 0 {
		m.room.members = slices.Delete(m.room.members, i, i+1)
	}
}

// Reply writes frames to m. The reader notices a closed connection.
func (m *member) Reply(frames []byte) { _, _ = m.conn.Write(frames) }

// Join puts m into a room.
func (m *member) Join(name string) {
	m.registry.mu.Lock()
	r := m.registry.rooms[name]
	if r == nil {
		r = &room{}
		m.registry.rooms[name] = r
	}
	m.registry.mu.Unlock()
	m.room = r
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = append(r.members, m)
}

// Broadcast writes frames to every member of m's room.
func (m *member) Broadcast(frames []byte) {
	m.room.mu.Lock()
	defer m.room.mu.Unlock()
	for _, other := range m.room.members {
		other.Reply(frames)
	}
}
