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
	"gifchat/socketio/internal/siotest"
)

// Over a stream without an accessible socket, such as TLS or a pipe, every write may
// block. Packets that were queued before Close are written nevertheless.
func TestClose_writes_queued_packets_over_any_stream(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		p.Send(t, "last")
		p.Send(t, "words", []byte{1})
		p.Conn.Close()
		p.WantClosed(t, engineio.ReasonForcedClose)
		w.WantText("4last")
		w.WantText("4words")
		w.WantClose(ws.StatusNormalClosure)
	})
}

func TestWebSocket_sends_the_close_code_over_any_stream(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		w.Send("4\xff")
		p.WantClosed(t, engineio.ReasonTransportError)
		w.WantClose(ws.StatusInvalidFramePayloadData)
	})
}

func TestClose_does_not_wait_for_a_client_that_does_not_read(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		p.Send(t, strings.Repeat("x", 100))
		p.Conn.Close()
		p.WantClosed(t, engineio.ReasonForcedClose)
		if b.engine.Len() != 0 {
			t.Error("Len: got a connection, want none")
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		w.WantEnd()
	})
}

// A full socket accepts the queued packets when its client reads again.
func TestClose_writes_queued_packets_to_a_full_socket(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{Limits: engineio.Limits{MaxQueueBytes: 64 << 20}}, nil)
	w, p := f.WebSocket()
	text := strings.Repeat("x", 64<<10)
	const messages = 200 // 12 MB: more than the kernel's buffers hold
	for range messages {
		p.Send(t, text)
	}
	if packets, _ := p.Conn.Queued(); packets == 0 {
		t.Fatal("Queued: got 0 packets, want some: the socket has accepted everything")
	}
	p.Conn.Close()
	p.WantClosed(t, engineio.ReasonForcedClose)
	for range messages {
		w.WantText("4" + text)
	}
	w.WantClose(ws.StatusNormalClosure)
}

// A socket that is closed with unread input is reset, and the reset discards the close
// frame. So the server reads and drops the input.
func TestWebSocket_sends_the_close_code_during_a_large_message(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	w, p := f.WebSocket()
	frame := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("4" + strings.Repeat("x", 8<<20)))))
	if _, err := w.Conn.Write(frame); err != nil {
		t.Errorf("write of a large message: got %v, want no error", err)
	}
	w.WantClose(ws.StatusMessageTooBig)
	p.WantClosed(t, engineio.ReasonTooLarge)
}

// Polling continues when a probing WebSocket fails while the server closes it. Over
// TLS, as over this pipe, that failure occurs later than over TCP, in another goroutine.
func TestUpgrade_disconnected_probe_keeps_polling_over_any_stream(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		sid, p := b.poll()
		w := b.dial("&sid=" + sid)
		synctest.Wait()
		w.Close()
		synctest.Wait()
		p.WantOpen(t)
		p.Send(t, "still polling")
		if got := <-b.request("GET", "&sid="+sid, ""); got != "4still polling" {
			t.Errorf("poll: got %q, want %q", got, "4still polling")
		}
	})
}

// A client with a full socket delays Server.Close only briefly, whether its connection
// was open or closed before.
func TestServerClose_disconnects_clients_that_do_not_read(t *testing.T) {
	for _, closedBefore := range []bool{false, true} {
		t.Run(fmt.Sprintf("closed before %t", closedBefore), func(t *testing.T) {
			inBubble(t, engineio.Config{}, func(b *bubble) {
				w := b.dial("")
				w.Text()
				p := <-b.peers
				p.Send(t, strings.Repeat("x", 100))
				synctest.Wait()
				if closedBefore {
					p.Conn.Close()
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
