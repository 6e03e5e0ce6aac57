package main

import (
	"context"
	"log"
	"slices"
	"sync"

	"gifchat/socketio"
)

// club has private rooms.
type club struct {
	io      *socketio.Namespace
	members map[string][]string // names by room; immutable

	mu sync.Mutex // held from counting the names of a room until they are queued
}

// message is the argument of the events "say" and "said".
type message struct {
	Room string `json:"room"`
	From string `json:"from"` // set by the server
	Text string `json:"text"`
}

// presence is the argument of the event "present".
type presence struct {
	Room  string   `json:"room"`
	Names []string `json:"names"`
}

// enter adds the socket to a room and answers with the names in it.
func (c *club) enter(_ context.Context, s *socketio.Socket, room string) ([]string, error) {
	name, _ := socketio.Data[string](s)
	if !slices.Contains(c.members[room], name) {
		return nil, &socketio.Error{Message: "this room is private"}
	}
	s.Join(room)
	return c.announce(room)
}

func (c *club) leave(_ context.Context, s *socketio.Socket, room string) error {
	if !s.InRoom(room) {
		return nil
	}
	s.Leave(room)
	_, err := c.announce(room)
	return err
}

// say sends a message to a room that the sender has entered.
func (c *club) say(_ context.Context, s *socketio.Socket, m message) error {
	if !s.InRoom(m.Room) {
		return &socketio.Error{Message: "enter the room first"}
	}
	m.From, _ = socketio.Data[string](s)
	return c.io.To(m.Room).Emit("said", m)
}

// disconnect runs after the socket has left its rooms.
func (c *club) disconnect(s *socketio.Socket, _ socketio.Reason) {
	for _, room := range s.Rooms() {
		if _, err := c.announce(room); err != nil {
			log.Printf("announce %s: %v", room, err)
		}
	}
}

// announce sends a room the names of those in it and returns them. A person with
// several pages is listed once.
func (c *club) announce(room string) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := []string{}
	for _, s := range c.io.To(room).Sockets() {
		if name, ok := socketio.Data[string](s); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names, c.io.To(room).Emit("present", presence{room, names})
}
