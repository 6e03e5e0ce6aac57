package engineio_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

func TestUpgrade_ends_the_poll_and_continues_over_WebSocket(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	waiting := waitingPoll(t, f, sid, p)
	w := f.Probe(sid)
	siotest.Receive(t, waiting).Want(t, 200, "6")
	if got := p.Conn.Transport(); got != "polling" {
		t.Errorf("Transport before the upgrade packet: got %q, want polling", got)
	}
	w.Send("5")
	w.Send("4over the WebSocket")
	p.WantMessage(t, "over the WebSocket")
	if got := p.Conn.Transport(); got != "websocket" {
		t.Errorf("Transport after the upgrade packet: got %q, want websocket", got)
	}
	p.Send(t, "and back")
	w.WantText("4and back")
	f.Call("GET", "&sid="+sid, "").Want(t, 400, `{"code":3,"message":"Bad request"}`)
	f.Call("POST", "&sid="+sid, "4late").Want(t, 400, `{"code":3,"message":"Bad request"}`)
	p.WantOpen(t)
}

func TestUpgrade_delivers_queued_messages_once_and_in_order(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	w := f.Probe(sid)
	for i := range 50 {
		p.Send(t, fmt.Sprint(i))
	}
	w.Send("5")
	for i := range 50 {
		w.WantText(fmt.Sprintf("4%d", i))
	}
}

// The deadline of a write ends with the write.
func TestUpgrade_leaves_no_write_deadline(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{
		PingInterval: 300 * time.Millisecond,
		Limits:       engineio.Limits{StallTimeout: 20 * time.Millisecond},
	}, nil)
	sid, p := f.Open()
	w := f.Probe(sid)
	w.Send("5")
	w.WantText("2") // sent long after that deadline
	w.Send("3")
	w.Send("4still here")
	p.WantMessage(t, "still here")
	p.WantOpen(t)
}

func TestUpgrade_abandons_a_probe_after_its_timeout(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{UpgradeTimeout: 50 * time.Millisecond}, nil)
	sid, p := f.Open()
	f.Probe(sid).WantClose(ws.StatusNormalClosure)
	if p.Conn.Probing() {
		t.Error("Probing: got true, want false")
	}
	p.Send(t, "polling goes on")
	f.Call("GET", "&sid="+sid, "").Want(t, 200, "4polling goes on")

	w := f.Probe(sid) // a second attempt succeeds
	w.Send("5")
	w.Send("4upgraded")
	p.WantMessage(t, "upgraded")
}

func TestUpgrade_abandons_a_silent_WebSocket(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{UpgradeTimeout: 50 * time.Millisecond}, nil)
	sid, p := f.Open()
	w, _ := f.Dial("EIO=4&transport=websocket&sid=" + sid)
	w.WantClose(ws.StatusNormalClosure)
	p.WantOpen(t)
}

// Before its probe is answered, a client continues polling. It would poll again at once
// after an empty response, in a loop.
func TestUpgrade_ends_the_poll_only_after_the_probe(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	w, _ := f.Dial("EIO=4&transport=websocket&sid=" + sid)
	siotest.Eventually(t, p.Conn.Probing)
	waiting := waitingPoll(t, f, sid, p)
	w.Send("2probe")
	w.WantText("3probe")
	siotest.Receive(t, waiting).Want(t, 200, "6")
	f.Call("GET", "&sid="+sid, "").Want(t, 200, "6")
}

func TestUpgrade_answers_a_WebSocket_ping_over_WebSocket(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	waiting := waitingPoll(t, f, sid, p)
	w, _ := f.Dial("EIO=4&transport=websocket&sid=" + sid)
	w.Write(ws.NewPingFrame([]byte("are you there")))
	if fr := w.Next(); fr.Header.OpCode != ws.OpPong || string(fr.Payload) != "are you there" {
		t.Errorf("frame: got %v %q, want a pong", fr.Header, fr.Payload)
	}
	p.Send(t, "for the poll")
	siotest.Receive(t, waiting).Want(t, 200, "4for the poll")
}

func TestUpgrade_closes_only_the_WebSocket_without_a_probe(t *testing.T) {
	for name, first := range map[string]ws.Frame{
		"a message":      ws.NewTextFrame([]byte("4hello")),
		"a bare ping":    ws.NewTextFrame([]byte("2")),
		"an upgrade":     ws.NewTextFrame([]byte("5")),
		"nothing":        ws.NewTextFrame(nil),
		"garbage":        ws.NewTextFrame([]byte("xyz")),
		"a close frame":  ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")),
		"a wrong probe":  ws.NewTextFrame([]byte("2probes")),
		"a close packet": ws.NewTextFrame([]byte("1")),
	} {
		t.Run(name, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{}, nil)
			sid, p := f.Open()
			w, _ := f.Dial("EIO=4&transport=websocket&sid=" + sid)
			w.Write(first)
			w.WantClose(ws.StatusNormalClosure)
			siotest.Eventually(t, func() bool { return !p.Conn.Probing() })
			p.Send(t, "still polling")
			f.Call("GET", "&sid="+sid, "").Want(t, 200, "4still polling")
			p.WantOpen(t)
		})
	}
}

func TestUpgrade_closes_only_the_WebSocket_without_an_upgrade_packet(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	w := f.Probe(sid)
	w.Send("4too early")
	w.WantClose(ws.StatusNormalClosure)
	p.Send(t, "still polling")
	f.Call("GET", "&sid="+sid, "").Want(t, 200, "4still polling")
	select {
	case m := <-p.Messages:
		t.Errorf("message: got %v, want none", m)
	default:
	}
}

func TestUpgrade_rejects_a_second_WebSocket(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	first := f.Probe(sid)

	second, _ := f.Dial("EIO=4&transport=websocket&sid=" + sid)
	second.WantClose(ws.StatusNormalClosure)

	first.Send("5")
	first.Send("4one")
	p.WantMessage(t, "one")

	third, _ := f.Dial("EIO=4&transport=websocket&sid=" + sid)
	third.WantClose(ws.StatusNormalClosure)
	first.Send("4two")
	p.WantMessage(t, "two")
	p.WantOpen(t)
}

func TestUpgrade_rejects_a_closed_sid(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	p.Conn.Close()
	w, resp := f.Dial("EIO=4&transport=websocket&sid=" + sid)
	if w != nil || resp.StatusCode != 400 {
		t.Errorf("upgrade: got %v, %v, want 400", w, resp)
	}
}

func TestUpgrade_disconnected_probe_keeps_polling(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	for _, cut := range []string{"", "2pro", "2probe"} {
		t.Run("after "+cut, func(t *testing.T) {
			sid, p := f.Open()
			w, _ := f.Dial("EIO=4&transport=websocket&sid=" + sid)
			if cut != "" {
				w.Send(cut)
			}
			if cut == "2probe" {
				w.WantText("3probe")
			}
			w.Close()
			siotest.Eventually(t, func() bool { return !p.Conn.Probing() })
			p.Send(t, "here")
			f.Call("GET", "&sid="+sid, "").Want(t, 200, "4here")
			f.Call("POST", "&sid="+sid, "4there").Want(t, 200, "ok")
			p.WantMessage(t, "there")
		})
	}
}

func TestClose_during_a_probe_ends_both_transports(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, p := f.Open()
	w := f.Probe(sid)
	p.Conn.Close()
	w.WantEnd()
	p.WantClosed(t, engineio.ReasonForcedClose)
	f.Call("GET", "&sid="+sid, "").Want(t, 400, `{"code":1,"message":"Session ID unknown"}`)
}
