package engineio_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// A client may send MaxControls control packets in an interval, 1,000 by default.
func TestMaxControls_ends_a_flood_over_WebSocket(t *testing.T) {
	text := func(s string) ws.Frame { return ws.NewTextFrame([]byte(s)) }
	for name, tt := range map[string]struct {
		revision string
		frame    ws.Frame
	}{
		"pongs":                          {"4", text("3")},
		"noops":                          {"4", text("6")},
		"upgrades":                       {"4", text("5")},
		"WebSocket pings":                {"4", ws.NewPingFrame([]byte("are you there"))},
		"WebSocket pongs":                {"4", ws.NewPongFrame(nil)},
		"pings of old clients":           {"3", text("2")},
		"noops of old clients":           {"3", text("6")},
		"WebSocket pings of old clients": {"3", ws.NewPingFrame(nil)},
		"pings that carry a probe":       {"3", text("2probe")},
	} {
		t.Run(name, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{}, nil)
			w, _ := f.Dial("EIO=" + tt.revision + "&transport=websocket")
			w.Text()
			p := f.Peer()
			for range 1000 {
				w.Write(tt.frame)
			}
			w.Send("4still here")
			p.WantMessage(t, "still here")
			w.Write(tt.frame)
			w.WantClose(ws.StatusPolicyViolation)
			p.WantClosed(t, engineio.ReasonTransportError)
		})
	}
}

func TestMaxControls_ends_a_flood_over_polling(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	f.Call("POST", "&sid="+sid, strings.Repeat("3\x1e", 999)+"3").Want(t, 200, "ok")
	p.WantOpen(t)
	f.Call("POST", "&sid="+sid, "3").Want(t, 400, `{"code":3,"message":"Bad request"}`)
	p.WantClosed(t, engineio.ReasonTransportError)

	sid, p = f.As("3").Open()
	f.As("3").Call("POST", "&sid="+sid, strings.Repeat("1:2", 1001)).Want(t, 400, `{"code":3,"message":"Bad request"}`)
	p.WantClosed(t, engineio.ReasonTransportError)
}

func TestMaxControls_ends_a_flood_of_a_probe(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxControls: 3}}, nil)
	sid, p := f.Open()
	w, _ := f.Dial("EIO=4&transport=websocket&sid=" + sid)
	for range 4 {
		w.Write(ws.NewPingFrame(nil))
	}
	w.WantClose(ws.StatusPolicyViolation)
	p.Send(t, "still polling")
	f.Call("GET", "&sid="+sid, "").Want(t, 200, "4still polling")
}

// The limit is per interval, so a client below it is never rejected.
func TestMaxControls_starts_again_in_each_interval(t *testing.T) {
	inBubble(t, engineio.Config{Limits: engineio.Limits{MaxControls: 10}}, func(b *bubble) {
		sid, p := b.poll()
		for i := range 20 {
			b.at(time.Duration(i)*25*time.Second + time.Second)
			<-b.request("POST", "&sid="+sid, strings.Repeat("3\x1e", 9)+"3") // one of these pongs answers the ping
			b.at(time.Duration(i+1)*25*time.Second - time.Second)
			if i > 0 {
				<-b.request("GET", "&sid="+sid, "")
			}
			p.WantOpen(t)
		}
	})
}

func TestReceived_counts_messages_without_control_packets(t *testing.T) {
	wantReceived := func(t *testing.T, p *siotest.Peer, want int64) {
		t.Helper()
		if got := p.Conn.Received(); got != want {
			t.Errorf("Received: got %d, want %d", got, want)
		}
	}
	t.Run("polling", func(t *testing.T) {
		for revision, bodies := range map[string][2]string{"4": {"3\x1e6\x1e6data", "4hello"}, "3": {"1:21:65:6data", "6:4hello"}} {
			f := siotest.Serve(t, engineio.Config{}, nil).As(revision)
			sid, p := f.Open()
			for range 3 {
				f.Call("POST", "&sid="+sid, bodies[0]).Want(t, 200, "ok")
				wantReceived(t, p, 0)
			}
			f.Call("POST", "&sid="+sid, bodies[1]).Want(t, 200, "ok")
			wantReceived(t, p, int64(len(bodies[1])))
		}
	})
	t.Run("websocket", func(t *testing.T) {
		f := siotest.Serve(t, engineio.Config{}, nil)
		w, p := f.WebSocket()
		hello := siotest.Masked(ws.NewTextFrame([]byte("4hello")))
		for i := range int64(3) {
			w.Write(ws.NewPingFrame(nil), ws.NewPongFrame([]byte("data")), ws.NewTextFrame([]byte("3")), ws.NewTextFrame([]byte("6data")))
			w.WriteRaw(hello)
			p.WantMessage(t, "hello")
			wantReceived(t, p, (i+1)*int64(len(hello)))
		}
	})
}
