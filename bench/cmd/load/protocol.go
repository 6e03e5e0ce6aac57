package main

import (
	"bytes"
	"fmt"
)

// protocol is the benchmark's contract on the wire of one family of servers.
type protocol interface {
	path() string
	hello(c *conn) []byte                                            // first message after the upgrade; may be empty
	message(l *loader, c *conn, isBinary bool, payload []byte) error // handles a complete message
	broadcast(room, text string) []byte
	echo(text string) []byte
}

func newProtocol(c config) (protocol, error) {
	if c.workload == "chat" {
		return chatProtocol{}, nil
	}
	joins := c.workload == "fanout" || c.workload == "gif" || c.workload == "slow"
	switch c.protocol {
	case "sio4", "sio3":
		event := "chat"
		if c.workload == "gif" {
			event = "gif"
		}
		return socketIO{old: c.protocol == "sio3", joins: joins, event: event}, nil
	case "centrifuge":
		return centrifuge{joins: joins}, nil
	case "raw":
		return raw{}, nil
	}
	return nil, fmt.Errorf("unknown protocol %q", c.protocol)
}

// socketIO is Socket.IO 5 over Engine.IO 4. With old it is Socket.IO 4 over
// Engine.IO 3, where the server connects the namespace by itself.
type socketIO struct {
	old, joins bool
	event      string
}

// gifBytes is the size of the attachment of a gif event.
const gifBytes = 32 << 10

func (s socketIO) path() string {
	if s.old {
		return "/socket.io/?EIO=3&transport=websocket"
	}
	return "/socket.io/?EIO=4&transport=websocket"
}

func (s socketIO) hello(*conn) []byte { return nil }

func (s socketIO) message(l *loader, c *conn, isBinary bool, p []byte) error {
	switch {
	case isBinary:
		if n := len(p); n != gifBytes || !c.gif {
			return fmt.Errorf("unexpected binary message of %d bytes", n)
		}
		c.gif = false
		l.countDeliveries(c, c.stampOfGIF)
	case bytes.HasPrefix(p, []byte(`42["chat",`)):
		l.countDeliveries(c, p)
	case bytes.HasPrefix(p, []byte(`451-["gif",`)):
		c.gif, c.stampOfGIF = true, append(c.stampOfGIF[:0], p...)
	case bytes.HasPrefix(p, []byte("43")):
		l.countDeliveries(c, p)
		l.joined(c)
	case bytes.HasPrefix(p, []byte("40")):
		if !s.joins {
			l.joined(c)
		} else if !c.joining {
			c.joining = true
			l.send(c, []byte(`421["join","`+c.room()+`"]`))
		}
	case len(p) > 0 && p[0] == '0':
		if !s.old {
			l.send(c, []byte("40"))
		}
	case string(p) == "2":
		l.send(c, []byte("3"))
	case string(p) == "3", string(p) == "6":
	default:
		return fmt.Errorf("unexpected %.120q", p)
	}
	return nil
}

func (s socketIO) broadcast(_, text string) []byte {
	return []byte(`42["` + s.event + `","` + text + `"]`)
}

func (s socketIO) echo(text string) []byte { return []byte(`421["echo","` + text + `"]`) }

// centrifuge is the JSON protocol of github.com/centrifugal/centrifuge.
type centrifuge struct{ joins bool }

func (centrifuge) path() string { return "/connection/websocket" }

func (centrifuge) hello(*conn) []byte { return []byte(`{"id":1,"connect":{}}`) }

func (s centrifuge) message(l *loader, c *conn, _ bool, p []byte) error {
	for m := range bytes.SplitSeq(p, []byte("\n")) {
		switch {
		case bytes.HasPrefix(m, []byte(`{"push"`)), bytes.HasPrefix(m, []byte(`{"id":4,"rpc"`)):
			l.countDeliveries(c, m)
		case bytes.HasPrefix(m, []byte(`{"id":1,"connect"`)):
			if s.joins {
				l.send(c, []byte(`{"id":2,"subscribe":{"channel":"`+c.room()+`"}}`))
			} else {
				l.joined(c)
			}
		case bytes.HasPrefix(m, []byte(`{"id":2,"subscribe"`)):
			l.joined(c)
		case string(m) == "{}":
			l.send(c, m)
		case len(m) == 0, bytes.HasPrefix(m, []byte(`{"id":3,"publish"`)):
		default:
			return fmt.Errorf("unexpected %.120q", m)
		}
	}
	return nil
}

func (centrifuge) broadcast(room, text string) []byte {
	return []byte(`{"id":3,"publish":{"channel":"` + room + `","data":{"user":"u1","chat":"` + text + `","ts":1700000000000}}}`)
}

func (centrifuge) echo(text string) []byte {
	return []byte(`{"id":4,"rpc":{"method":"echo","data":"` + text + `"}}`)
}

// raw is the bare hub of peers/gorilla.
type raw struct{}

func (raw) path() string { return "/ws" }

func (raw) hello(c *conn) []byte { return []byte("j" + c.room()) }

func (raw) message(l *loader, c *conn, _ bool, p []byte) error {
	if string(p) == "j" {
		l.joined(c)
	} else {
		l.countDeliveries(c, p)
	}
	return nil
}

func (raw) broadcast(_, text string) []byte { return []byte("c" + text) }

func (raw) echo(text string) []byte { return []byte("e" + text) }
