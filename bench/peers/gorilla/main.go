// Command gorilla is a bare WebSocket hub in the style of the chat example of
// github.com/gorilla/websocket. It has a goroutine for each room, and a reader,
// a writer and a channel for each connection. The writer joins queued messages
// with newlines. Messages are not Socket.IO: "j"+room joins, "c"+text is
// broadcast as JSON, "e"+text is echoed.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	pingEvery = 25 * time.Second
	readWait  = 60 * time.Second
	writeWait = 10 * time.Second
	queue     = 256 // messages for a slow client, as in the example
	readLimit = 1 << 20
)

type message struct {
	User string `json:"user"`
	Chat string `json:"chat"`
	TS   int64  `json:"ts"`
}

type hub struct {
	register, unregister chan *client
	broadcast            chan []byte
}

func (h *hub) run() {
	clients := make(map[*client]bool)
	for {
		select {
		case c := <-h.register:
			clients[c] = true
			c.send <- []byte("j")
		case c := <-h.unregister:
			if clients[c] {
				delete(clients, c)
				close(c.send)
			}
		case m := <-h.broadcast:
			for c := range clients {
				select {
				case c.send <- m:
				default:
					delete(clients, c)
					close(c.send)
				}
			}
		}
	}
}

// registry holds the hubs by the name of their room.
type registry struct {
	mu   sync.Mutex
	hubs map[string]*hub // guarded by mu
}

func (r *registry) hub(name string) *hub {
	r.mu.Lock()
	defer r.mu.Unlock()
	room := r.hubs[name]
	if room == nil {
		room = &hub{make(chan *client), make(chan *client), make(chan []byte)}
		r.hubs[name] = room
		go room.run()
	}
	return room
}

type client struct {
	hubs *registry
	conn *websocket.Conn
	send chan []byte
}

func (c *client) read() {
	var room *hub
	defer func() {
		if room != nil {
			room.unregister <- c
		}
		_ = c.conn.Close()
	}()
	c.conn.SetReadLimit(readLimit)
	_ = c.conn.SetReadDeadline(time.Now().Add(readWait))
	c.conn.SetPongHandler(func(string) error { return c.conn.SetReadDeadline(time.Now().Add(readWait)) })
	for {
		_, m, err := c.conn.ReadMessage()
		if err != nil || len(m) == 0 {
			return
		}
		switch m[0] {
		case 'j':
			room = c.hubs.hub(string(m[1:]))
			room.register <- c
		case 'c':
			text, err := json.Marshal(message{"u1", string(m[1:]), time.Now().UnixMilli()})
			if err != nil || room == nil {
				return
			}
			room.broadcast <- text
		case 'e':
			c.send <- m
		}
	}
}

func (c *client) write() {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	defer func() { _ = c.conn.Close() }() // the connection is over, whatever Close returns
	for {
		select {
		case m, ok := <-c.send:
			if !ok || c.flush(m) != nil {
				return
			}
		case <-tick.C:
			if c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait)) != nil {
				return
			}
		}
	}
}

// flush writes m and the queued messages as one message.
func (c *client) flush(m []byte) error {
	_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
	w, err := c.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	_, _ = w.Write(m) // Close returns its error
	for range len(c.send) {
		_, _ = w.Write([]byte{'\n'})
		_, _ = w.Write(<-c.send)
	}
	return w.Close()
}

func main() {
	listen := flag.String("listen", "127.0.0.1:4100", "address to listen on")
	flag.Parse()
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
	hubs := &registry{hubs: make(map[string]*hub)}
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		c := &client{hubs: hubs, conn: conn, send: make(chan []byte, queue)}
		go c.write()
		go c.read()
	})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(*listen, nil)) //nolint:gosec // the benchmark needs no timeouts
	os.Exit(1)
}
