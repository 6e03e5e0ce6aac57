package engineio_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

// What says nothing is taken a thousand times in an interval, and then no more.
func TestAFloodOfControlsIsCut(t *testing.T) {
	text := func(s string) ws.Frame { return ws.NewTextFrame([]byte(s)) }
	for name, tt := range map[string]struct {
		revision string
		frame    ws.Frame
	}{
		"pongs":                    {"4", text("3")},
		"noops":                    {"4", text("6")},
		"upgrades":                 {"4", text("5")},
		"WebSocket pings":          {"4", ws.NewPingFrame([]byte("are you there"))},
		"WebSocket pongs":          {"4", ws.NewPongFrame(nil)},
		"pings of old clients":     {"3", text("2")},
		"noops of old clients":     {"3", text("6")},
		"their WebSocket pings":    {"3", ws.NewPingFrame(nil)},
		"pings that carry a probe": {"3", text("2probe")},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, engineio.Config{}, nil)
			w, _ := f.dial("EIO=" + tt.revision + "&transport=websocket")
			w.text()
			p := f.peer()
			for range 1000 {
				w.write(tt.frame)
			}
			w.say("4still here")
			p.wantMessage(t, "still here")
			w.write(tt.frame)
			w.wantClose(ws.StatusPolicyViolation)
			p.wantClosed(t, engineio.ReasonTransportError)
		})
	}
}

func TestAFloodOfControlsIsCutOverPolling(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	sid, p := f.poll()
	f.call("POST", "&sid="+sid, strings.Repeat("3\x1e", 999)+"3").want(t, 200, "ok")
	p.wantOpen(t)
	f.call("POST", "&sid="+sid, "3").want(t, 400, `{"code":3,"message":"Bad request"}`)
	p.wantClosed(t, engineio.ReasonTransportError)

	sid, p = f.poll3("")
	f.call3("POST", "&sid="+sid, strings.Repeat("1:2", 1001)).want(t, 400, `{"code":3,"message":"Bad request"}`)
	p.wantClosed(t, engineio.ReasonTransportError)
}

func TestAFloodOfPingsWhileProbingEndsTheProbe(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxControls: 3}}, nil)
	sid, p := f.poll()
	w, _ := f.dial("EIO=4&transport=websocket&sid=" + sid)
	for range 4 {
		w.write(ws.NewPingFrame(nil))
	}
	w.wantClose(ws.StatusPolicyViolation)
	p.send(t, "still polling")
	f.call("GET", "&sid="+sid, "").want(t, 200, "4still polling")
}

// The budget is of each interval, and a busy client stays below it for ever.
func TestEachIntervalHasItsBudgetOfControls(t *testing.T) {
	inBubble(t, engineio.Config{Limits: engineio.Limits{MaxControls: 10}}, func(b *bubble) {
		sid, p := b.poll()
		for i := range 20 {
			b.at(time.Duration(i)*25*time.Second + time.Second)
			<-b.request("POST", "&sid="+sid, strings.Repeat("3\x1e", 9)+"3") // one of them answers the ping
			b.at(time.Duration(i+1)*25*time.Second - time.Second)
			if i > 0 {
				<-b.request("GET", "&sid="+sid, "")
			}
			p.wantOpen(t)
		}
	})
}

// Silence is found within the interval and the timeout, whatever they are and
// however the client is connected.
func TestADeadClientIsFoundInTime(t *testing.T) {
	for _, revision := range []string{"3", "4"} {
		for _, alive := range []time.Duration{0, 24 * time.Second} {
			t.Run(revision+" after "+alive.String(), func(t *testing.T) {
				inBubble(t, engineio.Config{}, func(b *bubble) {
					body := <-b.requestOf(revision, "GET", "", "")
					sid := parseOpen(t, body[strings.Index(body, "0{"):]).SID
					p := <-b.peers
					last := time.Duration(0)
					if alive > 0 && revision == "3" { // of the fourth, only an answer to a ping counts
						b.at(alive)
						<-b.request3("POST", "&sid="+sid, "1:2")
						last = alive
					}
					b.at(last + 10*time.Second)
					noop := map[string]string{"3": "1:6", "4": "6"}[revision]
					<-b.requestOf(revision, "POST", "&sid="+sid, noop) // never counts
					b.at(last + 44*time.Second)
					p.wantOpen(t)
					b.at(last + 46*time.Second)
					p.wantClosed(t, engineio.ReasonPingTimeout)
				})
			})
		}
	}
}
