package socketio

import (
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"gifchat/socketio/engineio"
)

// connect answers a CONNECT packet (section "Connection to a namespace").
func (c *client) connect(p decoded) {
	if !c.mayConnect() {
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
	if n.recovery != nil {
		n.recovery.claim(s)
	}
	if err = n.admit(s); err == nil {
		err = c.add(s)
	}
	if err != nil {
		if n.recovery != nil {
			n.recovery.turnBack(s)
		}
	} else if err = n.begin(s); err != nil {
		c.remove(s) // before any handler knew of it
	}
	if err != nil {
		c.server.leave(n)
		if !errors.Is(err, engineio.ErrClosed) {
			c.refuse(p.namespace, err)
		}
		return
	}
	n.connected(s)
}

// mayConnect counts a CONNECT. To come and to go costs the program's handlers far
// more than it costs the client.
func (c *client) mayConnect() bool {
	if now := time.Now(); now.Sub(c.connectsSince) >= time.Minute {
		c.connects, c.connectsSince = 0, now
	}
	c.connects++
	return c.connects <= c.server.cfg.Limits.MaxConnects
}

// authOf returns the payload of a CONNECT packet. Old clients have none; what
// they put into the query of the namespace stands for it, as one object.
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
	PID string   `json:"pid,omitempty"` // of the session, if there is recovery
}

// encode makes the packet. Old clients are not told the id of their socket:
// they take the sid for it.
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

func (c *client) refuse(namespace string, err error) {
	connectErr := &ConnectError{Message: err.Error()}
	errors.As(err, &connectErr)
	answer, encodeErr := encodeObject(packetConnectError, namespace, connectErr.payload(c.old()))
	if encodeErr != nil {
		panic(encodeErr) // a string and valid JSON
	}
	_ = c.send(answer) // the client may have gone
}
