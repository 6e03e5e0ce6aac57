// Command conformance is the server under test for the official, language-neutral
// protocol test suites:
//
//	go run ./test/conformance -suite eio3 -addr 127.0.0.1:3000
//	go run ./test/conformance -suite eio4 -addr 127.0.0.1:3000
//	go run ./test/conformance -suite sio5 -addr 127.0.0.1:3000
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/engineio"
)

// The timeouts that the suites require.
const (
	pingInterval   = 300 * time.Millisecond
	pingTimeout    = 200 * time.Millisecond
	connectTimeout = time.Second
)

func main() {
	suite := flag.String("suite", "sio5", "eio3, eio4 or sio5")
	addr := flag.String("addr", "127.0.0.1:3000", "address to listen on")
	flag.Parse()
	handlers := map[string]http.Handler{"eio3": engine(), "eio4": engine(), "sio5": sockets()}
	handler, ok := handlers[*suite]
	if !ok {
		fmt.Fprintf(os.Stderr, "conformance: unknown suite %q\n", *suite)
		os.Exit(2)
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", *addr)
	if err == nil {
		if *suite == "eio3" {
			listener = delayedListener{listener}
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		err = server.Serve(listener)
	}
	fmt.Fprintln(os.Stderr, "conformance:", err)
	os.Exit(1)
}

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

// sockets is a Socket.IO server that emits the auth payload to each socket on connect and
// returns every message.
func sockets() http.Handler {
	server := socketio.NewServer(socketio.Config{
		PingInterval:   pingInterval,
		PingTimeout:    pingTimeout,
		ConnectTimeout: connectTimeout,
	})
	for _, name := range []string{"/", "/custom"} {
		n := server.Of(name)
		n.OnConnect(func(s *socketio.Socket) {
			auth := any(s.Handshake().Auth)
			if s.Handshake().Auth.IsZero() {
				auth = struct{}{}
			}
			_ = s.Emit("auth", auth) // the suite detects an error
		})
		n.On("message", func(e *socketio.Event) {
			_ = e.Socket.Emit("message-back", e.Args.Any()...) // the suite detects an error
		})
		n.On("message-with-ack", func(e *socketio.Event) {
			_ = e.Ack(e.Args.Any()...) // the suite detects an error
		})
	}
	return server
}
