package main

import (
	"net"
	"net/http"
	"time"

	"gifchat/socketio/engineio"
)

// The timeouts that the suites of the protocols require.
const (
	pingInterval = 300 * time.Millisecond
	pingTimeout  = 200 * time.Millisecond
)

// engine is an Engine.IO server that echoes every message.
func engine() http.Handler {
	return engineio.NewServer(engineio.Config{
		PingInterval: pingInterval,
		PingTimeout:  pingTimeout,
		Accept:       func(c *engineio.Conn) engineio.Receiver { return echo{c} },
	})
}

type echo struct{ conn *engineio.Conn }

func (e echo) Message(data []byte, binary bool) {
	p := engineio.PrepareBinary(data)
	if !binary {
		p = engineio.Prepare(data)
	}
	_ = e.conn.Send(p) // the suite detects an error
}

func (echo) Opened() {}

func (echo) Closed(engineio.Reason) {}

// delayedListener delays every write for the suite of revision 3. One of its cases starts
// to listen for the open packet only when its WebSocket is open, and misses a packet that
// arrives together with the response of the handshake.
type delayedListener struct{ net.Listener }

func (l delayedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return delayedConn{conn}, nil
}

type delayedConn struct{ net.Conn }

func (c delayedConn) Write(b []byte) (int, error) {
	time.Sleep(3 * time.Millisecond)
	return c.Conn.Write(b)
}
