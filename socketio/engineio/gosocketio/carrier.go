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

	"gifchat/socketio/engineio"
)

// Carrier is an engineio.Carrier.
type Carrier struct {
	log       *slog.Logger
	polling   polling.Transport
	webSocket websocket.Transport
}

var _ engineio.Carrier = (*Carrier)(nil)

// New returns a Carrier. A nil log discards all records.
func New(log *slog.Logger) *Carrier {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Carrier{
		log: log,
		webSocket: websocket.Transport{
			CheckOrigin: func(*http.Request) bool { return true }, // engineio has checked the origin
		},
	}
}

// Polling returns the transport of a new polling client (engineio.Carrier).
func (c *Carrier) Polling(carrierConn *engineio.CarrierConn) (engineio.CarrierPolling, error) {
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

// WebSocket answers a handshake (engineio.Carrier).
func (c *Carrier) WebSocket(w http.ResponseWriter, r *http.Request, carrierConn *engineio.CarrierConn) (engineio.CarrierTransport, error) {
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
func (c *Carrier) newSession(conn transport.Conn, carrierConn *engineio.CarrierConn, name string) (*session.Session, error) {
	interval, timeout := carrierConn.Heartbeat()
	return session.New(conn, string(carrierConn.SID()), name, transport.ConnParameters{
		PingInterval: interval,
		PingTimeout:  timeout,
		Upgrades:     []string{}, // an upgrade would lose packets that are sent during it
	})
}

// recoverPanic is deferred to recover from a panic of the library or this package. It
// ends one connection.
func recoverPanic(log *slog.Logger, carrierConn *engineio.CarrierConn) {
	if v := recover(); v != nil {
		log.Error("panic in a connection of go-socket.io", "panic", v, "stack", string(debug.Stack()))
		carrierConn.End(engineio.ReasonTransportError)
	}
}
