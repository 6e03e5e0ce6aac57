// Command conformance is the server that the official, language-neutral
// protocol suites expect to find:
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

// What the suites are written for.
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
			listener = unhurried{listener}
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		err = server.Serve(listener)
	}
	fmt.Fprintln(os.Stderr, "conformance:", err)
	os.Exit(1)
}

// unhurried gives the suite of revision 3 time. Over WebSocket one of its cases
// begins to listen for the open packet only after it has seen the connection
// open, and misses a packet that comes along with the answer to the upgrade.
type unhurried struct{ net.Listener }

func (u unhurried) Accept() (net.Conn, error) {
	conn, err := u.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return patient{conn}, nil
}

type patient struct{ net.Conn }

func (p patient) Write(b []byte) (int, error) {
	time.Sleep(3 * time.Millisecond)
	return p.Conn.Write(b)
}

// engine echoes every message.
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
	_ = e.conn.Send(p) // the suite notices
}

func (echo) Opened() {}

func (echo) Closed(engineio.Reason) {}

// sockets tells each socket its auth payload and sends back what it hears.
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
			_ = s.Emit("auth", auth) // the suite notices
		})
		n.On("message", func(e *socketio.Event) {
			_ = e.Socket.Emit("message-back", e.Args.Any()...) // the suite notices
		})
		n.On("message-with-ack", func(e *socketio.Event) {
			_ = e.Ack(e.Args.Any()...) // the suite notices
		})
	}
	return server
}
