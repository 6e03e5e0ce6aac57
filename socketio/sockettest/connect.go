package sockettest

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Dial opens a connection to a server and connects to a namespace. It ends the
// test if the server refuses the client; see DialError. The server is a
// *socketio.Server, or a router or middleware in front of it.
//
// The connection is closed at the end of the test. The test closes the server
// itself, with t.Cleanup before Dial or with defer.
func Dial(t testing.TB, server http.Handler, namespace string, options ...Option) *Client {
	t.Helper()
	c := dial(t, server, namespace, options)
	if err := c.connect(); err != nil {
		t.Fatalf("Dial: namespace %s: %v", c.namespace, err)
	}
	return c
}

// DialError is Dial for a client that the server has to refuse. It returns the
// refusal and ends the test if the client can connect.
func DialError(t testing.TB, server http.Handler, namespace string, options ...Option) *ConnectError {
	t.Helper()
	c := dial(t, server, namespace, options)
	return c.refusal("DialError")
}

// dial returns a client that has not connected yet.
func dial(t testing.TB, server http.Handler, namespace string, options []Option) *Client {
	shared := new([]*link)
	t.Cleanup(func() {
		for _, l := range *shared {
			l.close()
			if l.broken != nil {
				t.Errorf("connection: %v", l.broken)
			}
		}
	})
	return newClient(t, server, withSlash(namespace), newSettings(options), shared)
}

func withSlash(namespace string) string {
	if namespace == "" || namespace[0] != '/' {
		return "/" + namespace
	}
	return namespace
}

// Connect connects to one more namespace over the connection of c. The options
// Auth and Timeout have an effect; the others belong to the handshake. The
// default of Timeout is that of c. Connect ends the test if the server refuses.
func (c *Client) Connect(namespace string, options ...Option) *Client {
	c.t.Helper()
	settings := c.settings
	settings.auth = nil
	settings = settings.with(options)
	other := newClient(c.t, c.server, withSlash(namespace), settings, c.shared)
	if err := other.connect(); err != nil {
		c.t.Fatalf("Connect: namespace %s: %v", other.namespace, err)
	}
	return other
}

// Disconnect leaves the namespace, as socket.disconnect() in JavaScript. The
// disconnect handlers of the server run with ReasonClientDisconnect; Disconnect
// does not wait for them. The connection stays open.
func (c *Client) Disconnect() {
	c.t.Helper()
	if !c.isConnected() {
		c.t.Fatal("Disconnect: the client is disconnected")
	}
	c.link.remove(c)
	c.disconnected("")
	c.link.send(message(header(string(packetDisconnect), c.namespace)))
}

// Lose cuts the connection without a goodbye, like a network failure. It waits
// until the server has noticed, but not for the disconnect handlers, which run
// with ReasonTransportClose. Clients in other namespaces lose their connection
// too.
func (c *Client) Lose() {
	c.t.Helper()
	if !c.link.isOpen() {
		c.t.Fatal("Lose: the connection has ended")
	}
	c.link.close()
	timer := time.NewTimer(c.settings.timeout)
	defer timer.Stop()
	select {
	case <-c.link.left:
	case <-timer.C:
		c.t.Fatalf("Lose: the server has not closed the connection in %v", c.settings.timeout)
	}
}

// Suspend makes the client neither read nor answer any more, like a computer
// that sleeps. The server closes the connection with ReasonPingTimeout after
// Config.PingInterval and Config.PingTimeout, or earlier with ReasonTooSlow if
// more is queued than 64 KiB. After Lose, Reconnect makes the client work again.
func (c *Client) Suspend() { c.link.conn.in.pause() }

// Reconnect connects the client again after Lose, Disconnect or
// ExpectDisconnect, over a new connection if the old one has ended. As in stock
// clients, the session resumes if the server has socketio.Recovery and still
// keeps the session; see Recovered. Missed events are the next events of Expect.
//
// Options replace those of Dial: Auth for example, or a Header with a new
// Cookie. Reconnect ends the test if the server refuses the client.
func (c *Client) Reconnect(options ...Option) {
	c.t.Helper()
	c.prepare("Reconnect", options)
	if err := c.connect(); err != nil {
		c.t.Fatalf("Reconnect: namespace %s: %v", c.namespace, err)
	}
}

// ReconnectError is Reconnect for a client that the server has to refuse. It
// returns the refusal and ends the test if the client can connect.
func (c *Client) ReconnectError(options ...Option) *ConnectError {
	c.t.Helper()
	c.prepare("ReconnectError", options)
	return c.refusal("ReconnectError")
}

// prepare applies the options of Reconnect.
func (c *Client) prepare(method string, options []Option) {
	c.t.Helper()
	if c.isConnected() {
		c.t.Fatalf("%s: the client is connected", method)
	}
	c.settings = c.settings.with(options)
}

// refusal connects and returns the refusal.
func (c *Client) refusal(method string) *ConnectError {
	c.t.Helper()
	err := c.connect()
	refused, ok := errors.AsType[*ConnectError](err)
	switch {
	case err == nil:
		c.t.Fatalf("%s: namespace %s: got a connected client, want a refusal", method, c.namespace)
	case !ok:
		c.t.Fatalf("%s: namespace %s: %v", method, c.namespace, err)
	}
	return refused
}

// connect opens a connection if there is none, and connects to the namespace. A
// connection that was open may be about to close, for example after
// Socket.DisconnectClient. Then a new one replaces it, as in stock clients.
func (c *Client) connect() error {
	auth, err := c.auth()
	if err != nil {
		return fmt.Errorf("auth: %w", err)
	}
	for {
		reused, err := c.openLink()
		if err != nil {
			return err
		}
		if err = c.enter(auth); !reused || !errors.Is(err, errEnded) {
			return err
		}
	}
}

// openLink sets c.link to the open connection, or to a new one.
func (c *Client) openLink() (reused bool, err error) {
	links := *c.shared
	if n := len(links); n > 0 && links[n-1].isOpen() {
		c.link = links[n-1]
		return true, nil
	}
	opened, err := open(c.server, &c.settings)
	if err != nil {
		return false, err
	}
	c.link, *c.shared = opened, append(links, opened)
	return false, nil
}

// enter sends CONNECT and waits for the answer.
func (c *Client) enter(auth string) error {
	if err := c.link.add(c); err != nil {
		return err
	}
	c.link.send(message(header(string(packetConnect), c.namespace) + auth))
	timer := time.NewTimer(c.settings.timeout)
	defer timer.Stop()
	select {
	case answer := <-c.answers:
		return connectErrorOf(answer)
	case <-timer.C:
		return fmt.Errorf("no answer in %v", c.settings.timeout)
	case <-c.link.done:
	}
	select {
	case answer := <-c.answers: // the last packet before the end
		return connectErrorOf(answer)
	default:
		return errEnded
	}
}
