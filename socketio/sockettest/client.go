package sockettest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"gifchat/socketio"
)

// The reasons of Client.ExpectDisconnect, with the names of the JavaScript
// client.
const (
	ServerDisconnect = "io server disconnect" // Socket.Disconnect; JavaScript clients stay disconnected
	TransportClose   = "transport close"      // the connection was closed; JavaScript clients reconnect
)

// Client is a client in one namespace. Its methods must be called from the
// goroutine of the test, because they end the test if what they wait for does
// not come.
type Client struct {
	// Immutable.
	t         testing.TB
	server    http.Handler
	namespace string

	// Owned by the goroutine of the test.
	settings settings
	link     *link
	shared   *[]*link // the links of all clients of Dial; the last one may be open

	signal  chan struct{} // receives a value when inbox grows
	answers chan *packet  // receives the answer to CONNECT

	mu        sync.Mutex
	id        socketio.SocketID // guarded by mu, as are the next fields
	pid       string            // names the session; "" without recovery
	offset    string            // of the last event
	recovered bool
	connected bool
	inbox     []item
	acks      map[string]chan socketio.Args // by the id of the event
	lastID    int
	replies   map[string]func(socketio.Args) []any // by event
}

// item is an event, or a disconnect if event is nil.
type item struct {
	event  *Event
	reason string
}

func newClient(t testing.TB, server http.Handler, namespace string, s settings, shared *[]*link) *Client {
	return &Client{
		t: t, server: server, namespace: namespace, settings: s, shared: shared,
		signal: make(chan struct{}, 1), answers: make(chan *packet, 1),
		acks: make(map[string]chan socketio.Args), replies: make(map[string]func(socketio.Args) []any),
	}
}

// ID returns the id of the socket on the server.
func (c *Client) ID() socketio.SocketID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// Recovered reports whether Reconnect resumed the session. See
// socketio.Recovery.
func (c *Client) Recovered() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recovered
}

// isConnected reports whether the client can send.
func (c *Client) isConnected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connected
}

// Emit sends an event that wants no acknowledgement. It does not wait for the
// handler; see Call.
func (c *Client) Emit(event string, args ...any) {
	c.t.Helper()
	c.send("Emit", packetEvent, "", append([]any{event}, args...)...)
}

// Call sends an event and returns its acknowledgement. All events that the
// client emitted before have been handled then. A refusal of the server ends the
// test; see CallError.
func (c *Client) Call(event string, args ...any) *Ack {
	c.t.Helper()
	ack := c.call(event, args)
	if r := ack.refusal(); r != nil {
		c.t.Fatalf("Call(%q): got the refusal %q, want an acknowledgement", event, r.Message)
	}
	return ack
}

// CallError sends an event that the server refuses, and returns the refusal. It
// ends the test if the server acknowledges the event otherwise.
//
// A refusal is what socketio.Event.Refuse sends without Config.EncodeError: one
// object with the member error, a string, and perhaps the member data. A program
// with an encoder of its own, or whose results look like that, uses Call and Ack.
func (c *Client) CallError(event string, args ...any) *Refusal {
	c.t.Helper()
	ack := c.call(event, args)
	r := ack.refusal()
	if r == nil {
		c.t.Fatalf("CallError(%q): got %s, want a refusal", event, shown(ack.Args))
	}
	return r
}

func (c *Client) call(event string, args []any) *Ack {
	c.t.Helper()
	c.mu.Lock()
	c.lastID++
	id := strconv.Itoa(c.lastID)
	answer := make(chan socketio.Args, 1)
	c.acks[id] = answer
	c.mu.Unlock()
	c.send("Call", packetEvent, id, append([]any{event}, args...)...)
	timer := time.NewTimer(c.settings.timeout)
	defer timer.Stop()
	select {
	case args, ok := <-answer:
		if !ok {
			c.t.Fatalf("Call(%q): got a disconnect, want an acknowledgement", event)
		}
		return &Ack{Args: args, t: c.t, event: event}
	case <-timer.C:
		c.t.Fatalf("Call(%q): got no acknowledgement in %v, want one", event, c.settings.timeout)
	}
	panic("unreachable")
}

// Reply makes the client acknowledge each event of that name with the result of
// fn. Expect does not return these events. Use it if a handler waits for an
// acknowledgement while the test waits in Call; elsewhere Event.Ack is simpler.
// Another goroutine calls fn, which must not use the client or end the test.
func (c *Client) Reply(event string, fn func(socketio.Args) []any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replies[event] = fn
}

// Expect returns the next event. It ends the test if that has another name, if
// the client is disconnected first, or if no event comes within the timeout.
func (c *Client) Expect(event string) *Event {
	c.t.Helper()
	next, err := c.next()
	switch {
	case err != nil:
		c.t.Fatalf("event: got none %v, want %q", err, event)
	case next.event == nil:
		c.t.Fatalf("event: got the disconnect %q, want %q", next.reason, event)
	case next.event.Name != event:
		c.t.Fatalf("event: got %v, want %q", next.event, event)
	}
	return next.event
}

// ExpectNone ends the test if the server has emitted an event to the client, or
// disconnected it, that Expect or ExpectDisconnect has not returned. It makes a
// round trip and does not sleep: events that the server emitted before
// ExpectNone count, except missed events of a resumed session if they exceed 64
// KiB together. A handler has emitted its events when Call has returned, also
// those for other clients. After Emit it may still run.
func (c *Client) ExpectNone() {
	c.t.Helper()
	if !c.link.fence(c.settings.timeout) {
		c.t.Fatalf("ExpectNone: the server does not answer in %v", c.settings.timeout)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.inbox) == 0 {
		return
	}
	if next := c.inbox[0]; next.event == nil {
		c.t.Fatalf("event: got the disconnect %q, want none", next.reason)
	} else {
		c.t.Fatalf("event: got %v, want none", next.event)
	}
}

// ExpectDisconnect waits until the server disconnects the client. It ends the
// test if the reason is another one or if an event comes first. See
// ServerDisconnect and TransportClose.
func (c *Client) ExpectDisconnect(reason string) {
	c.t.Helper()
	next, err := c.next()
	switch {
	case err != nil:
		c.t.Fatalf("disconnect: got none %v, want %q", err, reason)
	case next.event != nil:
		c.t.Fatalf("disconnect: got the event %v, want %q", next.event, reason)
	case next.reason != reason:
		c.t.Fatalf("disconnect: got %q, want %q", next.reason, reason)
	}
}

// next removes the next item from the inbox. It returns an error after the
// timeout, and if the client is disconnected.
func (c *Client) next() (item, error) {
	timer := time.NewTimer(c.settings.timeout)
	defer timer.Stop()
	for {
		next, ok, connected := c.pop()
		switch {
		case ok:
			return next, nil
		case !connected:
			return item{}, errors.New("and the client is disconnected")
		}
		select {
		case <-c.signal:
		case <-timer.C:
			return item{}, fmt.Errorf("in %v", c.settings.timeout)
		}
	}
}

// pop removes the next item from the inbox. ok is false if the inbox is empty.
func (c *Client) pop() (next item, ok, connected bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.inbox) == 0 {
		return item{}, false, c.connected
	}
	next, c.inbox = c.inbox[0], c.inbox[1:]
	return next, true, c.connected
}

// send sends an event or an acknowledgement. method is the caller.
func (c *Client) send(method string, typ byte, id string, values ...any) {
	c.t.Helper()
	if !c.isConnected() {
		c.t.Fatalf("%s: the client is disconnected", method)
	}
	frames, err := encode(typ, c.namespace, id, values...)
	if err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	c.link.send(frames...)
}

// auth returns the payload of CONNECT: that of the test, and what a client adds
// that wants to resume its session.
func (c *Client) auth() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	merged := make(map[string]any)
	if c.pid != "" {
		merged["pid"] = c.pid
		if c.offset != "" {
			merged["offset"] = c.offset
		}
	}
	if c.settings.auth != nil {
		own, err := json.Marshal(c.settings.auth)
		if err != nil {
			return "", err
		}
		if len(merged) == 0 {
			return string(own), nil
		}
		if err := json.Unmarshal(own, &merged); err != nil {
			return "", err
		}
	}
	if len(merged) == 0 {
		return "", nil
	}
	text, err := json.Marshal(merged)
	return string(text), err
}
