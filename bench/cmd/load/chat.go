package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// chatClient is a member of a chat room: a visitor of the program as
// docs/events.md describes it.
type chatClient struct {
	cookie string        // of its session, as the Cookie header; empty if the server has no sessions
	room   string        // id
	lastID int           // of its latest event
	sentAt map[int]int64 // nanoseconds, by the acknowledgement id of a message that is outstanding
}

const joinID = 0 // acknowledgement id of a client's first event

// createRooms opens a session for every client and creates the rooms over
// HTTP. The first client of each room creates it.
func (l *loader) createRooms() error {
	for range l.config.conns {
		c, err := newChatClient(l.config.addr)
		if err != nil {
			return err
		}
		l.chats = append(l.chats, c)
	}
	for i, c := range l.chats[:l.config.rooms] {
		id, err := c.createRoom(l.config.addr, i)
		if err != nil {
			return err
		}
		for member := i; member < l.config.conns; member += l.config.rooms {
			l.chats[member].room = id
		}
	}
	return nil
}

// newChatClient returns a client with a session of its own.
func newChatClient(addr string) (*chatClient, error) {
	c := &chatClient{sentAt: make(map[int]int64)}
	_, err := c.do(addr, http.MethodGet, "/", nil)
	return c, err
}

// createRoom creates a room without a password and returns its id.
func (c *chatClient) createRoom(addr string, number int) (string, error) {
	form := url.Values{"title": {fmt.Sprintf("room %d", number)}, "max": {"500"}, "password": {""}}
	location, err := c.do(addr, http.MethodPost, "/room", form)
	if err != nil {
		return "", err
	}
	id, ok := strings.CutPrefix(location, "/room/")
	if !ok {
		return "", fmt.Errorf("location: got %q, want /room/ and an id", location)
	}
	return id, nil
}

// do makes one request with the session's cookie, stores the cookie of the
// response, and returns its Location. It does not follow redirects.
func (c *chatClient) do(addr, method, path string, form url.Values) (location string, err error) {
	request, err := http.NewRequest(method, "http://"+addr+path, strings.NewReader(form.Encode())) //nolint:noctx // the suite ends a generator that takes too long
	if err != nil {
		return "", err
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.cookie != "" {
		request.Header.Set("Cookie", c.cookie)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	_ = response.Body.Close() // only the header is used
	if response.StatusCode >= http.StatusBadRequest {
		return "", fmt.Errorf("%s %s: got %s", method, path, response.Status)
	}
	for _, cookie := range response.Cookies() {
		c.cookie = cookie.Name + "=" + cookie.Value
	}
	return response.Header.Get("Location"), nil
}

// chat keeps window messages outstanding on every connection for d, and
// returns when the server has acknowledged each and every member of its room
// has received it.
func (l *loader) chat(d time.Duration) error {
	members := int64(l.config.conns / l.config.rooms)
	l.repeating = true
	for _, c := range l.conns {
		for range l.config.window {
			l.post(c)
		}
	}
	if err := l.pump(d, nil); err != nil {
		return err
	}
	l.repeating = false
	return l.drain(func() int64 { return l.sent - l.acknowledged + l.sent*members - l.delivered })
}

// post sends one message with a client id, as programs do that retry.
func (l *loader) post(c *conn) {
	c.chat.lastID++
	id := c.chat.lastID
	clientID := fmt.Sprintf("%08x-0000-4000-8000-%012x", c.index, id)
	c.chat.sentAt[id] = now()
	l.send(c, fmt.Appendf(nil, `42/chat,%d["chat",{"chat":"%s","clientId":"%s"}]`, id, stamped(now(), l.config.text), clientID))
	l.sent++
}

// chatProtocol is the part of docs/events.md that the chat workload uses.
type chatProtocol struct{}

func (chatProtocol) path() string { return "/socket.io/?EIO=4&transport=websocket" }

func (chatProtocol) hello(*conn) []byte { return nil }

func (chatProtocol) message(l *loader, c *conn, isBinary bool, p []byte) error {
	switch {
	case bytes.HasPrefix(p, []byte(`42/chat,["chat",`)):
		l.delivered++
	case bytes.HasPrefix(p, []byte("43/chat,")):
		return l.acknowledge(c, p[len("43/chat,"):])
	case bytes.HasPrefix(p, []byte("40/chat,")):
		l.send(c, fmt.Appendf(nil, `42/chat,%d["join",{"room":"%s"}]`, joinID, c.chat.room))
	case isRoomEvent(p):
	case len(p) > 0 && p[0] == '0':
		l.send(c, []byte("40/chat,"))
	case string(p) == "2":
		l.send(c, []byte("3"))
	default:
		return fmt.Errorf("unexpected %.200q (binary: %v)", p, isBinary)
	}
	return nil
}

// isRoomEvent reports whether a packet is an event about the room or its other
// members.
func isRoomEvent(p []byte) bool {
	event, ok := bytes.CutPrefix(p, []byte("42/chat,"))
	name, _, _ := bytes.Cut(event, []byte(","))
	return ok && slices.Contains([]string{`["join"`, `["participants"`, `["room"`}, string(name))
}

func (chatProtocol) broadcast(string, string) []byte { return nil }

func (chatProtocol) echo(string) []byte { return nil }

// acknowledge handles an acknowledgement: its id and its arguments as JSON.
func (l *loader) acknowledge(c *conn, packet []byte) error {
	digits, answer, _ := bytes.Cut(packet, []byte("["))
	id, err := strconv.Atoi(string(digits))
	if err != nil || !bytes.Contains(answer, []byte(`"ok":true`)) {
		return fmt.Errorf("refused: %.200q", packet)
	}
	if id == joinID {
		l.joined(c)
		return nil
	}
	at, outstanding := c.chat.sentAt[id]
	if !outstanding {
		return errors.New("acknowledgement " + string(digits) + " of no outstanding message")
	}
	delete(c.chat.sentAt, id)
	l.acknowledged++
	if l.measuring {
		l.latency.add(now() - at)
	}
	if l.repeating {
		l.post(c)
	}
	return nil
}
