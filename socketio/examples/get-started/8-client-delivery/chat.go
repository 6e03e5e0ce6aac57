package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"sync"
	"time"

	"gifchat/socketio"
)

const schema = `CREATE TABLE IF NOT EXISTS messages (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	client_offset TEXT NOT NULL UNIQUE,
	content       TEXT NOT NULL
)`

// upToDate is the room of the sockets that have all stored messages.
const upToDate = "up to date"

// chat stores messages and sends them in the order of their ids.
type chat struct {
	io *socketio.Namespace
	db *sql.DB
	mu sync.Mutex // held from the query until its messages are queued
}

// newServer returns a server for the chat whose messages are in db.
func newServer(db *sql.DB) *socketio.Server {
	server := socketio.NewServer(socketio.Config{
		Recovery: func(string) socketio.Recovery {
			return socketio.Recovery{
				MaxAbsence: 2 * time.Minute,
				Identify:   func(h *socketio.Handshake) any { return h.Identity }, // ignore the offset in Auth
			}
		},
	})
	c := &chat{io: server.Of("/"), db: db}
	c.io.OnConnect(c.connect)
	socketio.On(c.io, "chat message", c.say)
	return server
}

// message has the arguments of a "chat message".
type message struct {
	Text         string `arg:"0"`
	ClientOffset string `arg:"1"` // chosen by the client, which repeats it with the message
}

// say stores a message and sends it with its id. It acknowledges the event when
// the message is stored, and leaves it without an answer if that fails: then the
// client sends it again.
func (c *chat) say(ctx context.Context, _ *socketio.Socket, m message) error {
	if err := c.store(ctx, m.Text, m.ClientOffset); err != nil {
		return fmt.Errorf("store message: %w: %w", socketio.ErrNoAck, err)
	}
	return nil
}

func (c *chat) store(ctx context.Context, text, clientOffset string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var id int64
	ctx = context.WithoutCancel(ctx) // also if the sender disconnects now
	err := c.db.QueryRowContext(ctx, `INSERT INTO messages (client_offset, content) VALUES (?, ?)
		ON CONFLICT DO NOTHING RETURNING id`, clientOffset, text).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // stored already, but the client did not receive the acknowledgement
	}
	if err != nil {
		return err
	}
	return c.io.To(upToDate).Emit("chat message", text, id)
}

// connect sends a new socket the messages that its client does not have.
func (c *chat) connect(s *socketio.Socket) {
	if s.InRoom(upToDate) {
		return // the session was recovered, with the messages that it missed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.sendMissed(s); err != nil {
		log.Printf("send missed messages: %v", err)
		s.CloseConn() // the client connects again
		return
	}
	s.Join(upToDate)
}

func (c *chat) sendMissed(s *socketio.Socket) error {
	var auth struct {
		ServerOffset int64 `json:"serverOffset"` // id of the last message that the client has
	}
	_ = s.Handshake().Auth.Bind(&auth) // a client without an offset has no message
	rows, err := c.db.QueryContext(s.Context(), `SELECT id, content FROM messages WHERE id > ? ORDER BY id`, auth.ServerOffset)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		if err := s.Emit("chat message", text, id); err != nil {
			return err
		}
	}
	return rows.Err()
}
