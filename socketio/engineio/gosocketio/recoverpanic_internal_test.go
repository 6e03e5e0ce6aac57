package gosocketio

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/googollee/go-socket.io/engineio/frame"
	"github.com/googollee/go-socket.io/engineio/packet"
	"github.com/googollee/go-socket.io/engineio/transport"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/carrier"
	"gifchat/socketio/internal/siotest"
)

// faulty is a transport that panics in the first read or the second write.
type faulty struct {
	transport.Conn

	reads  bool
	writes int // only one goroutine writes before the panic
}

func (f *faulty) NextReader() (frame.Type, packet.Type, io.ReadCloser, error) {
	if f.reads {
		panic("faulty reader")
	}
	return f.Conn.NextReader()
}

func (f *faulty) NextWriter(kind frame.Type, typ packet.Type) (io.WriteCloser, error) {
	if f.writes++; f.writes == 2 && !f.reads {
		panic("faulty writer")
	}
	return f.Conn.NextWriter(kind, typ)
}

// faultyCarrier is a carrier.Carrier with faulty transports.
type faultyCarrier struct {
	*transports

	reads bool
}

func (c *faultyCarrier) WebSocket(w http.ResponseWriter, r *http.Request, carrierConn carrier.Conn) (carrier.Transport, error) {
	conn, err := c.webSocket.Accept(w, r)
	if err != nil {
		return nil, err
	}
	lib := newWebSocketConn(&faulty{Conn: conn, reads: c.reads}, carrierConn, false)
	s, err := c.newSession(lib, carrierConn, c.webSocket.Name())
	if err != nil {
		return nil, err
	}
	return &carrierTransport{log: c.log, carrierConn: carrierConn, session: s, lib: lib}, nil
}

// faultyPayload is a payload that panics when it reads a body.
type faultyPayload struct{ payload }

func (faultyPayload) FeedIn(io.Reader, bool) error { panic("faulty payload") }

// Polling returns a transport with a faulty payload.
func (c *faultyCarrier) Polling(carrierConn carrier.Conn) (carrier.Polling, error) {
	p, err := c.transports.Polling(carrierConn)
	if err == nil {
		lib := p.(*carrierPolling).polling
		lib.payload = faultyPayload{lib.payload}
	}
	return p, err
}

// ended is a Receiver that receives the reason of the end.
type ended chan engineio.Reason

func (ended) Opened()                         {}
func (ended) Message([]byte, bool)            {}
func (e ended) Closed(reason engineio.Reason) { e <- reason }

func TestPanic_ends_one_connection(t *testing.T) {
	for _, tt := range []struct {
		name  string
		reads bool
	}{{"faulty reader", true}, {"faulty writer", false}} {
		t.Run(tt.name, func(t *testing.T) {
			var logs bytes.Buffer
			closed := make(ended, 1)
			s := engineio.NewServer(engineio.Config{
				Accept: func(c *engineio.Conn) engineio.Receiver {
					_ = c.Send(engineio.Prepare([]byte("hello"))) // the second write
					return closed
				},
			})
			faulty := &faultyCarrier{newTransports(slog.New(slog.NewTextHandler(&logs, nil))), tt.reads}
			web := httptest.NewServer(handler(s, faulty))
			defer web.Close()
			conn, _, _, err := ws.Dial(t.Context(), strings.Replace(web.URL, "http", "ws", 1)+"/?EIO=3&transport=websocket")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got := <-closed; got != engineio.ReasonTransportError {
				t.Errorf("closed with %q, want transport error", got)
			}
			if err := s.Close(context.Background()); err != nil {
				t.Error(err)
			}
			if !strings.Contains(logs.String(), tt.name) {
				t.Errorf("log: got %s, want %q", &logs, tt.name)
			}
		})
	}
}

// The messages of the body are lost, so the client must not receive "ok".
func TestPost_returns_an_error_after_a_panic(t *testing.T) {
	closed := make(ended, 1)
	s := engineio.NewServer(engineio.Config{
		Accept: func(*engineio.Conn) engineio.Receiver { return closed },
	})
	f := siotest.Listen(t, handler(s, &faultyCarrier{transports: newTransports(slog.New(slog.DiscardHandler))}), s)
	call := func(method, query, body string) siotest.Response {
		t.Helper()
		r, err := siotest.Request(t.Context(), f.Client(), method, f.URL+"/?EIO=3&transport=polling"+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	sid := siotest.ParseOpen(t, call("GET", "", "").Body).SID
	call("POST", "&sid="+sid, "6:4hello").Want(t, 400, `{"code":3,"message":"Bad request"}`)
	if got := siotest.Receive(t, closed); got != engineio.ReasonTransportError {
		t.Errorf("closed with %q, want transport error", got)
	}
}
