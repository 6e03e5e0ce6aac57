package adaptertest

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/internal/siotest"
)

// patience is how long a test waits for an event.
const patience = siotest.Patience

// separator separates the packets of a polling payload.
const separator = "\x1e"

// node is a server of a cluster with one client.
type node struct {
	*socketio.Server
	client *client
	socket *socketio.Socket
}

// cluster starts three servers with a client each.
func cluster(t *testing.T, factories Factories) []*node {
	t.Helper()
	var nodes []*node
	for _, adapter := range factories(t, 3) {
		n := &node{Server: socketio.NewServer(socketio.Config{Adapter: adapter, PingInterval: time.Hour})}
		t.Cleanup(n.close)
		nodes = append(nodes, n)
	}
	for _, n := range nodes {
		n.Of("/other") // a second adapter
		n.client = newClient(t, n.Server)
		n.socket = n.client.connect(n.Of("/"))
	}
	eventually(t, func() bool { // until the servers are connected
		for _, n := range nodes {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			list, err := n.Of("/").FetchSockets(ctx)
			cancel()
			if err != nil || len(list) != len(nodes) {
				return false
			}
		}
		return true
	})
	return nodes
}

func (n *node) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = n.Close(ctx) // the leak check of the caller finds what is left
}

// client is a polling client without a network.
type client struct {
	t       testing.TB
	server  *socketio.Server
	url     string
	packets []string // received and not read yet
}

// newClient opens a connection to the server.
func newClient(t testing.TB, server *socketio.Server) *client {
	t.Helper()
	c := &client{t: t, server: server, url: "/socket.io/?EIO=4&transport=polling"}
	_, after, ok := strings.Cut(c.request("GET", ""), `"sid":"`)
	if !ok {
		t.Fatal("handshake: got no sid, want one")
	}
	sid, _, _ := strings.Cut(after, `"`)
	c.url += "&sid=" + sid
	return c
}

func (c *client) request(method, body string) string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, httptest.NewRequestWithContext(ctx, method, c.url, strings.NewReader(body)))
	return w.Body.String()
}

func (c *client) connect(n *socketio.Namespace) *socketio.Socket {
	c.t.Helper()
	c.send("40" + n.Name() + ",")
	answer := c.receive()
	_, after, _ := strings.Cut(answer, `{"sid":"`)
	id := socketio.SocketID(strings.TrimSuffix(after, `"}`))
	var s *socketio.Socket
	eventually(c.t, func() (ok bool) { s, ok = n.Socket(id); return ok })
	return s
}

func (c *client) send(packet string) { c.request("POST", packet) }

// receive returns the next packet.
func (c *client) receive() string {
	if len(c.packets) == 0 {
		c.packets = strings.Split(c.request("GET", ""), separator)
	}
	next := c.packets[0]
	c.packets = c.packets[1:]
	return next
}

func (c *client) want(packets ...string) {
	c.t.Helper()
	for _, want := range packets {
		if got := c.receive(); got != want {
			c.t.Fatalf("packet: got %.100q, want %q", got, want)
		}
	}
}

// eventually waits for a state that causes no event.
func eventually(t testing.TB, ok func() bool) {
	t.Helper()
	siotest.Eventually(t, ok)
}
