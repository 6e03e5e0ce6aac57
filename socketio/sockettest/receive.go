package sockettest

import (
	"encoding/json"
	"strconv"

	"gifchat/socketio"
)

// The methods in this file run on the reading goroutine of the connection.

// receive handles a packet of the server.
func (c *Client) receive(p *packet) error {
	switch p.typ {
	case packetConnect:
		return c.welcome(p)
	case packetConnectError:
		return c.answered(p)
	case packetDisconnect:
		c.disconnected(ServerDisconnect)
		return nil
	case packetEvent, packetBinaryEvent:
		return c.receiveEvent(p)
	case packetAck, packetBinaryAck:
		return c.receiveAck(p)
	default:
		return errPacket
	}
}

// welcome handles the answer to CONNECT.
func (c *Client) welcome(p *packet) error {
	var answer struct {
		SID socketio.SocketID
		PID string
	}
	if err := json.Unmarshal([]byte(p.data), &answer); err != nil {
		return err
	}
	c.mu.Lock()
	c.recovered = answer.PID != "" && answer.PID == c.pid
	c.id, c.pid, c.connected = answer.SID, answer.PID, true
	c.mu.Unlock()
	return c.answered(p)
}

// answered passes the answer to CONNECT to the test.
func (c *Client) answered(p *packet) error {
	select {
	case c.answers <- p:
		return nil
	default:
		return errPacket // a second answer
	}
}

// receiveEvent answers an event or adds it to the inbox.
func (c *Client) receiveEvent(p *packet) error {
	name, args, err := p.event()
	if err != nil {
		return err
	}
	e := &Event{Name: name, Args: args, client: c}
	if p.hasID {
		e.id = ackID(p)
	}
	c.mu.Lock()
	if n := len(args); !p.hasID && c.pid != "" && n > 0 && args[n-1].IsString() {
		_ = args[n-1].Bind(&c.offset) // a string
	}
	reply := c.replies[name]
	c.mu.Unlock()
	if reply == nil || e.id == "" {
		c.mu.Lock()
		c.inbox = append(c.inbox, item{event: e})
		c.mu.Unlock()
		c.wake()
		return nil
	}
	frames, err := encode(packetAck, c.namespace, e.id, reply(args)...)
	if err != nil {
		return err
	}
	c.link.send(frames...)
	return nil
}

func (c *Client) receiveAck(p *packet) error {
	args, err := p.args()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if answer, ok := c.acks[ackID(p)]; ok {
		delete(c.acks, ackID(p))
		answer <- args
	}
	return nil
}

// disconnected ends the wait for all acknowledgements. The test has to expect a
// disconnect with a reason; "" means that it has caused the disconnect itself.
func (c *Client) disconnected(reason string) {
	c.mu.Lock()
	if c.connected && reason != "" {
		c.inbox = append(c.inbox, item{reason: reason})
	}
	c.connected = false
	for _, answer := range c.acks {
		close(answer)
	}
	clear(c.acks)
	c.mu.Unlock()
	c.wake()
}

// wake makes next look at the inbox.
func (c *Client) wake() {
	select {
	case c.signal <- struct{}{}:
	default: // it will look
	}
}

func ackID(p *packet) string { return strconv.FormatUint(p.id, 10) }
