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
		w.Send("2")
		w.WantText("3")
		w.Send("4hello")
		p.WantMessage(t, "hello")
		p.Send(t, "answer")
		w.WantText("4answer")
		p.Conn.Close()
		siotest.Receive(t, o.closed)
		got := f.Server.Stats()
		if want := (engineio.Traffic{PacketsSent: 1, BytesSent: 2 + 7, PacketsReceived: 2, BytesReceived: 1 + 6}); got.Traffic != want {
			t.Errorf("Traffic: got %+v, want %+v", got.Traffic, want)
		}
	})
}

func TestReceived_counts_the_messages_of_a_carrier(t *testing.T) {
	f := serve(t, engineio.Config{})
	query, polling := open(f)
	w, direct := f.WebSocket()
	for i := range int64(3) {
		f.Call("POST", query, "1:26:4hello").Want(t, 200, "ok")
		f.Call("GET", query, "").Want(t, 200, "1:3")
		polling.WantMessage(t, "hello")
		w.Send("2")
		w.WantText("3")
		w.Send("4hello")
		direct.WantMessage(t, "hello")
		if got, want := polling.Conn.Received(), (i+1)*int64(len("6:4hello")); got != want {
			t.Errorf("Received over polling: got %d, want %d", got, want)
		}
		if got, want := direct.Conn.Received(), (i+1)*int64(len("4hello")); got != want {
			t.Errorf("Received over WebSocket: got %d, want %d", got, want)
		}
	}
}
