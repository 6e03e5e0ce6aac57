package gosocketio_test

import (
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// ends has an Observer that reports the beginning and the end of each connection.
type ends struct {
	opened chan string
	closed chan engineio.Reason
}

func newEnds() ends { return ends{make(chan string, 1), make(chan engineio.Reason, 1)} }

func (e ends) observer() engineio.Observer {
	return engineio.Observer{
		ConnOpened: func(c *engineio.Conn) { e.opened <- c.Transport() },
		ConnClosed: func(_ *engineio.Conn, r engineio.Reason) { e.closed <- r },
	}
}

// For a carrier, messages and polling bodies from the client count.
func TestObserver_counts_the_messages_of_a_carrier(t *testing.T) {
	t.Run("polling", func(t *testing.T) {
		o := newEnds()
		f := serve(t, engineio.Config{Observer: o.observer()})
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
		o := newEnds()
		f := serve(t, engineio.Config{Observer: o.observer()})
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
