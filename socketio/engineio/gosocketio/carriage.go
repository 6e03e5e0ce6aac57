package gosocketio

import (
	"errors"
	"io"
	"log/slog"
	"net"

	"github.com/googollee/go-socket.io/engineio/session"

	"gifchat/socketio/engineio"
)

// guard is what stands between the library's session and its transport.
type guard interface {
	// expect says how many messages are about to be written.
	expect(packets []engineio.Packet)

	// finish is called when the session reads no more.
	finish()

	Close() error
}

// carriage is one connection: a session of the library, a goroutine that reads
// it and one that writes it.
type carriage struct {
	// Immutable.
	log     *slog.Logger
	carried *engineio.Carried
	session *session.Session
	conn    guard
}

// Carry writes what is queued for the client (engineio.CarriedTransport).
func (c *carriage) Carry() {
	defer c.Close()
	defer contain(c.log, c.carried)
	if err := c.session.InitSession(); err != nil {
		c.carried.End(engineio.ReasonTransportError)
		return
	}
	c.carried.Opened()
	if !c.carried.Go(c.read) {
		c.carried.End(engineio.ReasonShutdown)
		return
	}
	for {
		packets, ok := c.carried.Next()
		if !ok {
			return
		}
		c.conn.expect(packets)
		for _, p := range packets {
			if err := c.write(p); err != nil {
				// The client took nothing for as long as it may: it will not take more.
				c.carried.End(engineio.ReasonTransportClose)
				return
			}
		}
	}
}

// Close ends the transport at once (engineio.CarriedTransport).
func (c *carriage) Close() { _ = c.conn.Close() } // nothing can be done about an error

func (c *carriage) write(p engineio.Packet) error {
	kind := session.TEXT
	if p.Binary {
		kind = session.BINARY
	}
	w, err := c.session.NextWriter(kind)
	if err != nil {
		return err
	}
	_, err = w.Write(p.Data)
	return errors.Join(err, w.Close())
}

// read hands the client's messages over. The session answers pings.
func (c *carriage) read() {
	defer c.finish()
	defer contain(c.log, c.carried)
	for {
		kind, r, err := c.session.NextReader()
		if err != nil {
			c.carried.End(reason(err))
			return
		}
		data, err := io.ReadAll(r)
		if err == nil {
			c.carried.Receive(engineio.Packet{Type: engineio.PacketMessage, Binary: kind == session.BINARY, Data: data})
		}
		if err := errors.Join(err, r.Close()); err != nil {
			c.carried.End(reason(err))
			return
		}
	}
}

// finish follows read also when that panicked.
func (c *carriage) finish() {
	defer contain(c.log, c.carried)
	c.conn.finish()
}

// reason tells what an error of reading means.
func reason(err error) engineio.Reason {
	var network *net.OpError
	switch {
	case errors.Is(err, errTooLarge):
		return engineio.ReasonTooLarge
	case errors.Is(err, errRefused):
		return engineio.ReasonParseError
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF):
		return engineio.ReasonTransportError
	default:
		return engineio.ReasonTransportClose
	}
}
