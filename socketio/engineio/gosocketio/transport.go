package gosocketio

import (
	"errors"
	"io"
	"log/slog"
	"net"

	"github.com/googollee/go-socket.io/engineio/session"

	"gifchat/socketio/internal/carrier"
)

// checkedConn is the library's transport with the checks of this package.
type checkedConn interface {
	// announce is called before packets are written.
	announce(packets []carrier.Packet)

	// stopReading is called when the session reads no more.
	stopReading()

	Close() error
}

// carrierTransport is one connection: a session of the library, a goroutine that reads
// it and a goroutine that writes it.
type carrierTransport struct {
	// Immutable.
	log         *slog.Logger
	carrierConn carrier.Conn
	session     *session.Session
	lib         checkedConn
}

// Carry writes the queued packets of the client (carrier.Transport).
func (c *carrierTransport) Carry() {
	defer c.Close()
	defer recoverPanic(c.log, c.carrierConn)
	if err := c.session.InitSession(); err != nil {
		c.carrierConn.End(carrier.TransportError)
		return
	}
	c.carrierConn.Opened()
	if !c.carrierConn.Go(c.read) {
		c.carrierConn.End(carrier.Shutdown)
		return
	}
	for {
		packets, ok := c.carrierConn.Next()
		if !ok {
			return
		}
		c.lib.announce(packets)
		for _, p := range packets {
			if err := c.write(p); err != nil {
				// A write fails only after its deadline or at the end, so no further write can succeed.
				c.carrierConn.End(carrier.TransportClose)
				return
			}
		}
	}
}

// Close ends the transport at once (carrier.Transport).
func (c *carrierTransport) Close() { _ = c.lib.Close() } // an error changes nothing

func (c *carrierTransport) write(p carrier.Packet) error {
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

// read passes the client's messages to the CarrierConn. The session answers pings.
func (c *carrierTransport) read() {
	defer c.stopReading()
	defer recoverPanic(c.log, c.carrierConn)
	for {
		kind, r, err := c.session.NextReader()
		if err != nil {
			c.carrierConn.End(closeReason(err))
			return
		}
		data, err := io.ReadAll(r)
		if err == nil {
			c.carrierConn.Receive(carrier.Packet{Type: carrier.Message, Binary: kind == session.BINARY, Data: data})
		}
		if err := errors.Join(err, r.Close()); err != nil {
			c.carrierConn.End(closeReason(err))
			return
		}
	}
}

// stopReading is called after read, even if read panicked.
func (c *carrierTransport) stopReading() {
	defer recoverPanic(c.log, c.carrierConn)
	c.lib.stopReading()
}

// closeReason returns the reason for an error of reading.
func closeReason(err error) carrier.Reason {
	var network *net.OpError
	switch {
	case errors.Is(err, errTooLarge):
		return carrier.TooLarge
	case errors.Is(err, errInvalid):
		return carrier.ParseError
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF):
		return carrier.TransportError
	default:
		return carrier.TransportClose
	}
}
