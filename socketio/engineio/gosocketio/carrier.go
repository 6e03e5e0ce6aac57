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

// New returns a carrier. A nil log discards.
func New(log *slog.Logger) *Carrier {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Carrier{
		log: log,
		webSocket: websocket.Transport{
			CheckOrigin: func(*http.Request) bool { return true }, // engineio has checked it
		},
	}
}

// Polling returns the transport of a new polling client (engineio.Carrier).
func (c *Carrier) Polling(carried *engineio.Carried) (engineio.CarriedPolling, error) {
	// Whatever the client takes, it gets text payloads with binary as base64:
	// every client reads them, and in binary ones the library miscounts lengths.
	request := &http.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: "b64=1"}, Header: http.Header{}}
	conn, err := c.polling.Accept(nil, request)
	if err != nil {
		return nil, err
	}
	guard, err := newPollingConn(conn, carried, c.log)
	if err != nil {
		return nil, err
	}
	s, err := c.newSession(guard, carried, c.polling.Name())
	if err != nil {
		return nil, err
	}
	return &pollingCarriage{carriage: carriage{log: c.log, carried: carried, session: s, conn: guard}, conn: guard}, nil
}

// WebSocket answers a handshake (engineio.Carrier).
func (c *Carrier) WebSocket(w http.ResponseWriter, r *http.Request, carried *engineio.Carried) (engineio.CarriedTransport, error) {
	conn, err := c.webSocket.Accept(w, r)
	if err != nil {
		return nil, err // it has answered the request
	}
	guard := newWebSocketConn(conn, carried, r.URL.Query().Get("b64") != "")
	s, err := c.newSession(guard, carried, c.webSocket.Name())
	if err != nil {
		return nil, err
	}
	return &carriage{log: c.log, carried: carried, session: s, conn: guard}, nil
}

// newSession makes a session without a session manager: that the client is
// there, and when it is gone, engineio knows.
func (c *Carrier) newSession(conn transport.Conn, carried *engineio.Carried, name string) (*session.Session, error) {
	interval, timeout := carried.Heartbeat()
	return session.New(conn, string(carried.SID()), name, transport.ConnParameters{
		PingInterval: interval,
		PingTimeout:  timeout,
		Upgrades:     []string{}, // an upgrade would cost most clients that talk meanwhile
	})
}

// contain survives a panic of the library, or of ours, at the cost of one
// connection.
func contain(log *slog.Logger, carried *engineio.Carried) {
	if v := recover(); v != nil {
		log.Error("panic in a carried connection", "panic", v, "stack", string(debug.Stack()))
		carried.End(engineio.ReasonTransportError)
	}
}
