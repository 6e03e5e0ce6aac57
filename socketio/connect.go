package socketio

import (
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"gifchat/socketio/engineio"
)

// old reports whether the client uses revision 4 of the protocol, that of
// Socket.IO 1.x and 2.x.
func (c *client) old() bool { return c.conn.Revision() == 3 }

// connect handles a CONNECT packet (section "Connection to a namespace").
func (c *client) connect(p decoded) {
	if !c.allowConnect() {
		c.reject(errors.New("too many CONNECTs in a minute"))
		return
	}
	if c.socket(p.namespace) != nil {
		c.reject(errors.New("a second CONNECT to one namespace"))
		return
	}
	n, err := c.server.enter(p.namespace)
	if err != nil {
		c.refuse(p.namespace, err)
		return
	}
	s := newSocket(n, c, c.authOf(&p))
	if err := c.open(n, s); err != nil {
		c.server.leave(n)
		if !errors.Is(err, engineio.ErrClosed) {
			c.refuse(p.namespace, err)
		}
		return
	}
	if c.server.cfg.Observer != nil {
		c.server.notify(SocketConnected{Conn: c.conn.Number(), Namespace: n.name, Socket: s.id, Recovered: s.recovered})
	}
	n.connected(s)
}

// open connects a socket. After an error no handler has seen the socket, and
// the namespace has to be left. engineio.ErrClosed means that the connection
// has ended; other errors are for the client.
func (c *client) open(n *Namespace, s *Socket) error {
	n.delivery.prepare(s)
	c.check(s)
	err := n.admit(s)
	c.check(nil)
	if err == nil {
		err = c.add(s)
	}
	if err != nil {
		n.delivery.abandon(s, err)
		s.endWaits(ReasonServerDisconnect)
		return err
	}
	if err := n.delivery.begin(s); err != nil && c.remove(s) {
		n.delivery.abandon(s, err)
		s.endWaits(ReasonServerDisconnect)
		return err
	}
	return nil // also if kick has removed s: its disconnect handlers follow
}

// check notes the socket that middleware is checking, so that its context ends with
// the connection, and with the grace of handlers. s is nil after the check.
func (c *client) check(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.checking = s; s != nil && c.ended != "" {
		c.callLocked(s.dropWaits(Reason(c.ended)))
	}
	if s != nil && c.expired {
		s.expireContext()
	}
}

// allowConnect counts a CONNECT. Connecting and disconnecting costs the
// server's handlers far more than it costs the client.
func (c *client) allowConnect() bool {
	if now := time.Now(); now.Sub(c.connectsSince) >= time.Minute {
		c.connects, c.connectsSince = 0, now
	}
	c.connects++
	return c.connects <= c.server.cfg.Limits.MaxConnects
}

// authOf returns the payload of a CONNECT packet. Clients of the old protocol
// revision send none; the query of the namespace is used instead, as one
// object.
func (c *client) authOf(p *decoded) Value {
	if !c.old() || p.query == "" {
		return p.auth
	}
	query, err := url.ParseQuery(p.query)
	if err != nil {
		return p.auth
	}
	auth := make(map[string]string, len(query))
	for name := range query {
		auth[name] = query.Get(name)
	}
	text, err := json.Marshal(auth)
	if err != nil {
		panic(err) // strings only
	}
	return Value{json: text}
}

// connectAnswer is the payload of the server's CONNECT packet.
type connectAnswer struct {
	SID SocketID `json:"sid"`
	PID string   `json:"pid,omitempty"` // names the session, if the client can resume it
}

// encode returns the packet. It has no payload for clients of the old protocol
// revision, which use the sid of the connection as the socket id.
func (a connectAnswer) encode(s *Socket) *engineio.Prepared {
	var payload any
	if !s.client.old() {
		payload = a
	}
	answer, err := encodeObject(packetConnect, s.namespace.name, payload)
	if err != nil {
		panic(err) // two strings
	}
	return answer
}

// refuse answers a CONNECT packet with CONNECT_ERROR. The error of the program may
// panic while it is examined or encoded.
func (c *client) refuse(namespace string, err error) {
	var shown *Error
	if !c.server.protect(origin{handler: "connect error"}, func() { shown = c.sendRefusal(namespace, err) }) {
		shown = c.sendRefusal(namespace, errInternal)
	}
	c.server.observe(ConnectRefused{Conn: c.conn.Number(), Namespace: namespace, Message: shown.Message})
}

// sendRefusal returns what the client was sent.
func (c *client) sendRefusal(namespace string, err error) (shown *Error) {
	shown, hidden := public(err, nil)
	if hidden {
		c.server.cfg.Log.Error("middleware failed", "namespace", namespace, "err", err)
	}
	answer, encodeErr := encodeObject(packetConnectError, namespace, shown.connectErrorPayload(c.old()))
	if encodeErr != nil {
		panic(encodeErr) // a string and valid JSON
	}
	_ = c.send(answer) // fails only if the connection has ended
	return shown
}
