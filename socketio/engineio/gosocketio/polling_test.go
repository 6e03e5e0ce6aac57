package gosocketio_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/engineio/gosocketio"
	"gifchat/socketio/internal/siotest"
)

// bubble is a server in a synctest bubble. Requests reach it without a network.
type bubble struct {
	handler http.Handler
	query   string
	peer    *siotest.Peer
}

// inBubble calls test with a server that has one polling client.
func inBubble(t *testing.T, cfg engineio.Config, test func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{}
		cfg.Accept = func(c *engineio.Conn) engineio.Receiver {
			b.peer = siotest.NewPeer(c, nil)
			return b.peer
		}
		s := engineio.NewServer(cfg)
		b.handler = gosocketio.Handler(s, nil)
		opened := b.request("GET", "")
		b.query = "&sid=" + siotest.ParseOpen(t, (<-opened).Body.String()).SID
		defer func() {
			if err := s.Close(context.Background()); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}()
		test(b)
	})
}

// request makes a polling request in its own goroutine.
func (b *bubble) request(method, body string) <-chan *httptest.ResponseRecorder {
	c := make(chan *httptest.ResponseRecorder, 1)
	go func() {
		w := httptest.NewRecorder()
		b.serve(w, method, body)
		c <- w
	}()
	return c
}

func (b *bubble) serve(w http.ResponseWriter, method, body string) {
	b.handler.ServeHTTP(w, httptest.NewRequest(method, "/?"+polling+b.query, strings.NewReader(body)))
}

// slowWriter blocks each Write until resume is closed.
type slowWriter struct {
	*httptest.ResponseRecorder
	resume chan struct{}
}

func (w slowWriter) Write(b []byte) (int, error) {
	<-w.resume
	return w.ResponseRecorder.Write(b)
}

// A client that reads its first response slowly makes progress, so it may also fetch the
// responses after it.
func TestCloseWhenSent_waits_for_a_slow_poll_response(t *testing.T) {
	limits := engineio.Limits{MaxPayload: 200_000, StallTimeout: time.Second} // the write of a response may take 24 s
	inBubble(t, engineio.Config{Limits: limits}, func(b *bubble) {
		var want strings.Builder
		for _, letter := range []string{"a", "b", "c", "d"} {
			text := strings.Repeat(letter, 190_000)
			b.peer.Send(t, text)
			want.WriteString("190001:4" + text)
		}
		b.peer.Conn.CloseWhenSent()
		for got := ""; got != want.String() && got != want.String()+"1:1"; { // a response has one message or two
			w := slowWriter{httptest.NewRecorder(), make(chan struct{})}
			answered := make(chan struct{})
			go func() {
				b.serve(w, "GET", "")
				close(answered)
			}()
			time.Sleep(10 * time.Second)
			close(w.resume)
			<-answered
			got += w.Body.String()
			if w.Code != http.StatusOK {
				t.Fatalf("poll after %d bytes: got %d %.60q, want all %d bytes", len(got), w.Code, w.Body, len(want.String()))
			}
		}
		b.request("GET", "") // the client learns of the end in one more poll
		b.peer.WantClosed(t, engineio.ReasonForcedClose)
	})
}

// The POST with the close packet and the client's last poll use two TCP connections, so
// the poll may arrive later.
func TestClosePacket_waits_for_the_last_poll(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		posted := b.request("POST", "6:4hello1:1")
		synctest.Wait()
		polled := b.request("GET", "")
		if w := <-polled; w.Code != http.StatusOK || w.Body.String() != "1:6" {
			t.Errorf("last poll: got %d %q, want 200 1:6", w.Code, w.Body)
		}
		if w := <-posted; w.Code != http.StatusOK || w.Body.String() != "ok" {
			t.Errorf("POST: got %d %q, want 200 ok", w.Code, w.Body)
		}
		b.peer.WantMessage(t, "hello")
		b.peer.WantClosed(t, engineio.ReasonTransportClose)
	})
}
