package gosocketio_test

import (
	"net/http"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// ends is an engineio.Observer that reports the end of each connection.
type ends struct {
	opened chan string
	closed chan engineio.Reason
}

func (e ends) ConnOpened(c *engineio.Conn)                      { e.opened <- c.Transport() }
func (e ends) ConnClosed(_ *engineio.Conn, r engineio.Reason)   { e.closed <- r }
func (ends) SlowClient(_ *engineio.Conn, _ engineio.SlowClient) {}
func (ends) Refused(_ *http.Request, _ engineio.Refusal)        {}

// For a carrier, messages and polling bodies from the client count.
func TestObserver_counts_the_messages_of_a_carrier(t *testing.T) {
	t.Run("polling", func(t *testing.T) {
		o := ends{make(chan string, 1), make(chan engineio.Reason, 1)}
		f := serve(t, engineio.Config{Observer: o})
		sid, p := f.Open()
		if got := siotest.Receive(t, o.opened); got != "polling" {
			t.Errorf("transport: got %s, want polling", got)
		}
		f.Call("POST", "&sid="+sid, "6:4hello2:4x")
		p.WantMessage(t, "hello")
		p.Send(t, "answer")
		f.Call("GET", "&sid="+sid, "").Want(t, 200, "7:4answer")
		p.Conn.Close()
		siotest.Receive(t, o.closed)
		got := f.Server.Stats()
		if want := (engineio.Traffic{PacketsSent: 1, BytesSent: 2 + 7, PacketsReceived: 2, BytesReceived: 12}); got.Traffic != want {
			t.Errorf("Traffic: got %+v, want %+v", got.Traffic, want)
		}
	})
	t.Run("websocket", func(t *testing.T) {
		o := ends{make(chan string, 1), make(chan engineio.Reason, 1)}
		f := serve(t, engineio.Config{Observer: o})
		w, p := f.WebSocket()
		if got := siotest.Receive(t, o.opened); got != "websocket" {
			t.Errorf("transport: got %s, want websocket", got)
		}
		w.Send("4hello")
		p.WantMessage(t, "hello")
		p.Send(t, "answer")
		w.WantText("4answer")
		p.Conn.Close()
		siotest.Receive(t, o.closed)
		got := f.Server.Stats()
		if want := (engineio.Traffic{PacketsSent: 1, BytesSent: 2 + 7, PacketsReceived: 1, BytesReceived: 6}); got.Traffic != want {
			t.Errorf("Traffic: got %+v, want %+v", got.Traffic, want)
		}
	})
}
