package engineio_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

// Over a stream whose socket cannot be reached, such as TLS or a pipe, writing
// waits; what was sent before Close has to be written all the same.
func TestCloseSaysTheLastWordsOverAnyStream(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		p.send(t, "last")
		p.send(t, "words", []byte{1})
		p.conn.Close()
		p.wantClosed(t, engineio.ReasonForcedClose)
		w.wantText("4last")
		w.wantText("4words")
		w.wantClose(ws.StatusNormalClosure)
	})
}

func TestBrokenRulesAreNamedOverAnyStream(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		w.say("4\xff")
		p.wantClosed(t, engineio.ReasonTransportError)
		w.wantClose(ws.StatusInvalidFramePayloadData)
	})
}

func TestCloseDoesNotWaitForAClientThatDoesNotRead(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		p.send(t, strings.Repeat("x", 100))
		p.conn.Close()
		p.wantClosed(t, engineio.ReasonForcedClose)
		if b.engine.Len() != 0 {
			t.Error("the connection was kept")
		}
		time.Sleep(6 * time.Second) // the write timeout is 5 s
		synctest.Wait()
		w.wantEnd()
	})
}

// A full socket takes the last words when its client reads again.
func TestCloseSaysTheLastWordsToAFullSocket(t *testing.T) {
	f := serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 64 << 20}}, nil)
	w, p := f.websocket()
	text := strings.Repeat("x", 64<<10)
	const messages = 200 // 12 MB: more than the kernel's buffers take
	for range messages {
		p.send(t, text)
	}
	if packets, _ := p.conn.Queued(); packets == 0 {
		t.Fatal("the socket took everything: the test tests nothing")
	}
	p.conn.Close()
	p.wantClosed(t, engineio.ReasonForcedClose)
	for range messages {
		w.wantText("4" + text)
	}
	w.wantClose(ws.StatusNormalClosure)
}

// A socket that is closed with unread input is reset, and at the client the
// reset overtakes the close frame. So what it sends is taken, and dropped.
func TestAClientThatSendsTooMuchHearsWhy(t *testing.T) {
	f := serve(t, engineio.Config{}, nil)
	w, p := f.websocket()
	frame := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("4" + strings.Repeat("x", 8<<20)))))
	if _, err := w.conn.Write(frame); err != nil {
		t.Errorf("the socket was reset while the client was sending: %v", err)
	}
	w.wantClose(ws.StatusMessageTooBig)
	p.wantClosed(t, engineio.ReasonTooLarge)
}

// A WebSocket that did not become the transport may break while it is told so,
// and polling goes on. Over TLS, as over this pipe, that breaks later than over
// TCP: in another goroutine.
func TestACutProbeLeavesPollingAliveOverAnyStream(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		sid, p := b.poll()
		w := b.dial("&sid=" + sid)
		synctest.Wait()
		w.close()
		synctest.Wait()
		p.wantOpen(t)
		p.send(t, "still polling")
		if got := <-b.request("GET", "&sid="+sid, ""); got != "4still polling" {
			t.Errorf("got %q", got)
		}
	})
}

// A client whose socket is full costs the end of the server little time,
// whether it was connected until then or closed before.
func TestServerClose_cuts_clients_that_do_not_read(t *testing.T) {
	for _, closedBefore := range []bool{false, true} {
		t.Run(fmt.Sprintf("closed_before_%t", closedBefore), func(t *testing.T) {
			inBubble(t, engineio.Config{}, func(b *bubble) {
				w := b.dial("")
				w.text()
				p := <-b.peers
				p.send(t, strings.Repeat("x", 100))
				synctest.Wait()
				if closedBefore {
					p.conn.Close()
				}
				begun := time.Now()
				if err := b.engine.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begun); took > 500*time.Millisecond {
					t.Errorf("Close took %v, want at most 0.5 s", took)
				}
			})
		})
	}
}
