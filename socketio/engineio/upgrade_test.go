package engineio_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

func TestUpgradeEndsTheWaitingPollAndMovesToTheWebSocket(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	waiting := f.waitingPoll(sid, p)
	w := f.probe(sid)
	receive(t, waiting).want(t, 200, "6")
	if got := p.conn.Transport(); got != "polling" {
		t.Errorf("before the upgrade packet the transport is %q", got)
	}
	w.say("5")
	w.say("4over the WebSocket")
	p.wantMessage(t, "over the WebSocket")
	if got := p.conn.Transport(); got != "websocket" {
		t.Errorf("after the upgrade packet the transport is %q", got)
	}
	p.send(t, "and back")
	w.wantText("4and back")
	f.call("GET", "&sid="+sid, "").want(t, 400, `{"code":3,"message":"Bad request"}`)
	f.call("POST", "&sid="+sid, "4late").want(t, 400, `{"code":3,"message":"Bad request"}`)
	p.wantOpen(t)
}

func TestMessagesQueuedWhileUpgradingArriveOnceAndInOrder(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	w := f.probe(sid)
	for i := range 50 {
		p.send(t, fmt.Sprint(i))
	}
	w.say("5")
	for i := range 50 {
		w.wantText(fmt.Sprintf("4%d", i))
	}
}

// The deadline of one write must not outlive it.
func TestAnUpgradedConnectionOutlivesTheWriteTimeout(t *testing.T) {
	f := serve(t, engineio.Config{
		PingInterval: 300 * time.Millisecond,
		Limits:       engineio.Limits{StallTimeout: 20 * time.Millisecond},
	}, nil)
	sid, p := f.poll()
	w := f.probe(sid)
	w.say("5")
	w.wantText("2") // comes when the deadline is long over
	w.say("3")
	w.say("4still here")
	p.wantMessage(t, "still here")
	p.wantOpen(t)
}

func TestAProbeWithoutAnUpgradeIsFreed(t *testing.T) {
	f := serve(t, engineio.Config{UpgradeTimeout: 50 * time.Millisecond}, nil)
	sid, p := f.poll()
	f.probe(sid).wantClose(ws.StatusNormalClosure)
	if p.conn.Probing() {
		t.Error("it is still probing")
	}
	p.send(t, "polling goes on")
	f.call("GET", "&sid="+sid, "").want(t, 200, "4polling goes on")

	w := f.probe(sid) // and a second try may succeed
	w.say("5")
	w.say("4upgraded")
	p.wantMessage(t, "upgraded")
}

func TestASilentWebSocketIsFreed(t *testing.T) {
	f := serve(t, engineio.Config{UpgradeTimeout: 50 * time.Millisecond}, nil)
	sid, p := f.poll()
	w, _ := f.dial("EIO=4&transport=websocket&sid=" + sid)
	w.wantClose(ws.StatusNormalClosure)
	p.wantOpen(t)
}

// Until a probe was answered the client has no reason to leave polling, and
// may poll again at once: an empty answer would make it do so for ever.
func TestAPollWaitsUntilTheProbeIsAnswered(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	w, _ := f.dial("EIO=4&transport=websocket&sid=" + sid)
	f.eventually(p.conn.Probing)
	waiting := f.waitingPoll(sid, p)
	w.say("2probe")
	w.wantText("3probe")
	receive(t, waiting).want(t, 200, "6")
	f.call("GET", "&sid="+sid, "").want(t, 200, "6")
}

func TestAWebSocketPingWhileProbingIsAnsweredThere(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	waiting := f.waitingPoll(sid, p)
	w, _ := f.dial("EIO=4&transport=websocket&sid=" + sid)
	w.write(ws.NewPingFrame([]byte("are you there")))
	if fr := w.next(); fr.Header.OpCode != ws.OpPong || string(fr.Payload) != "are you there" {
		t.Errorf("got %v %q, want a pong", fr.Header, fr.Payload)
	}
	p.send(t, "for the poll")
	receive(t, waiting).want(t, 200, "4for the poll")
}

func TestWhatIsNotAProbeEndsOnlyTheWebSocket(t *testing.T) {
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
			f := serve(t, engineio.Config{}, nil)
			sid, p := f.poll()
			w, _ := f.dial("EIO=4&transport=websocket&sid=" + sid)
			w.write(first)
			w.wantClose(ws.StatusNormalClosure)
			f.eventually(func() bool { return !p.conn.Probing() })
			p.send(t, "still polling")
			f.call("GET", "&sid="+sid, "").want(t, 200, "4still polling")
			p.wantOpen(t)
		})
	}
}

func TestAfterTheProbeOnlyAnUpgradeIsTaken(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	w := f.probe(sid)
	w.say("4too early")
	w.wantClose(ws.StatusNormalClosure)
	p.send(t, "still polling")
	f.call("GET", "&sid="+sid, "").want(t, 200, "4still polling")
	select {
	case m := <-p.messages:
		t.Errorf("heard %v", m)
	default:
	}
}

func TestASecondWebSocketChangesNothing(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	first := f.probe(sid)

	second, _ := f.dial("EIO=4&transport=websocket&sid=" + sid)
	second.wantClose(ws.StatusNormalClosure)

	first.say("5")
	first.say("4one")
	p.wantMessage(t, "one")

	third, _ := f.dial("EIO=4&transport=websocket&sid=" + sid)
	third.wantClose(ws.StatusNormalClosure)
	first.say("4two")
	p.wantMessage(t, "two")
	p.wantOpen(t)
}

func TestAClosedSIDCannotBeUpgraded(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	p.conn.Close()
	w, resp := f.dial("EIO=4&transport=websocket&sid=" + sid)
	if w != nil || resp.StatusCode != 400 {
		t.Errorf("got %v %v, want 400", w, resp)
	}
}

func TestACutProbeLeavesPollingAlive(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	for _, cut := range []string{"", "2pro", "2probe"} {
		t.Run("after "+cut, func(t *testing.T) {
			sid, p := f.poll()
			w, _ := f.dial("EIO=4&transport=websocket&sid=" + sid)
			if cut != "" {
				w.say(cut)
			}
			if cut == "2probe" {
				w.wantText("3probe")
			}
			w.close()
			f.eventually(func() bool { return !p.conn.Probing() })
			p.send(t, "here")
			f.call("GET", "&sid="+sid, "").want(t, 200, "4here")
			f.call("POST", "&sid="+sid, "4there").want(t, 200, "ok")
			p.wantMessage(t, "there")
		})
	}
}

func TestClosingWhileProbingEndsBoth(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	w := f.probe(sid)
	p.conn.Close()
	w.wantEnd()
	p.wantClosed(t, engineio.ReasonForcedClose)
	f.call("GET", "&sid="+sid, "").want(t, 400, `{"code":1,"message":"Session ID unknown"}`)
}
