package gosocketio

import (
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"

	"github.com/googollee/go-socket.io/engineio/session"
	"github.com/googollee/go-socket.io/engineio/transport"
	"github.com/googollee/go-socket.io/engineio/transport/polling"
	"github.com/googollee/go-socket.io/engineio/transport/websocket"

	"gifchat/socketio/internal/carrier"
)

// Handler returns a handler that calls next, which is a *socketio.Server or a
// *engineio.Server, or a handler that passes requests on to one. The library carries
// all clients of revision 3 whose handshake passes the returned handler. The server
// must not refuse such clients. A nil log discards all records.
//
//	server := socketio.NewServer(socketio.Config{})
//	http.Handle("/socket.io/", gosocketio.Handler(server, slog.Default()))
func Handler(next http.Handler, log *slog.Logger) http.Handler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return handler(next, newTransports(log))
}

func handler(next http.Handler, c carrier.Carrier) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(carrier.WithCarrier(r.Context(), c)))
	})
}

// transports is a carrier.Carrier over the transports of the library.
type transports struct {
	log       *slog.Logger
	polling   polling.Transport
	webSocket websocket.Transport
}

func newTransports(log *slog.Logger) *transports {
	return &transports{
		log: log,
		webSocket: websocket.Transport{
			CheckOrigin: func(*http.Request) bool { return true }, // engineio has checked the origin
		},
	}
}

// Polling returns the transport of a new polling client (carrier.Carrier).
func (c *transports) Polling(carrierConn carrier.Conn) (carrier.Polling, error) {
	// Every client reads text payloads with binary as base64, and the library
	// miscalculates lengths in binary payloads.
	request := &http.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: "b64=1"}, Header: http.Header{}}
	conn, err := c.polling.Accept(nil, request)
	if err != nil {
		return nil, err
	}
	lib, err := newPollingConn(conn, carrierConn, c.log)
	if err != nil {
		return nil, err
	}
	s, err := c.newSession(lib, carrierConn, c.polling.Name())
	if err != nil {
		return nil, err
	}
	return &carrierPolling{carrierTransport: carrierTransport{log: c.log, carrierConn: carrierConn, session: s, lib: lib}, polling: lib}, nil
}

// WebSocket answers a handshake (carrier.Carrier).
func (c *transports) WebSocket(w http.ResponseWriter, r *http.Request, carrierConn carrier.Conn) (carrier.Transport, error) {
	conn, err := c.webSocket.Accept(w, r)
	if err != nil {
		return nil, err // Accept has answered the request
	}
	lib := newWebSocketConn(conn, carrierConn, r.URL.Query().Get("b64") != "")
	s, err := c.newSession(lib, carrierConn, c.webSocket.Name())
	if err != nil {
		return nil, err
	}
	return &carrierTransport{log: c.log, carrierConn: carrierConn, session: s, lib: lib}, nil
}

// newSession returns a session without a session manager, because engineio tracks the
// connections and their heartbeats.
func (c *transports) newSession(conn transport.Conn, carrierConn carrier.Conn, name string) (*session.Session, error) {
	interval, timeout := carrierConn.Heartbeat()
	return session.New(conn, carrierConn.SID(), name, transport.ConnParameters{
		PingInterval: interval,
		PingTimeout:  timeout,
		Upgrades:     []string{}, // an upgrade would lose packets that are sent during it
	})
}

// recoverPanic is deferred to recover from a panic of the library or this package. It
// ends one connection.
func recoverPanic(log *slog.Logger, carrierConn carrier.Conn) {
	if v := recover(); v != nil {
		log.Error("panic in a connection of go-socket.io", "panic", v, "stack", string(debug.Stack()))
		carrierConn.End(carrier.TransportError)
	}
}
