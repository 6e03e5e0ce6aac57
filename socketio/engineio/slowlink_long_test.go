//go:build long && linux

package engineio_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

func serveTLS(t testing.TB, cfg engineio.Config, onMessage func(*siotest.Peer, []byte, bool)) *siotest.Engine {
	t.Helper()
	return siotest.ServeWith(t, cfg, onMessage, (*httptest.Server).StartTLS)
}

func TestSlowLink_keeps_the_connection_over_TLS(t *testing.T) {
	t.Parallel()
	for name, test := range slowLinkTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serveTLS(t, shortTimeouts(), nil)
			test(t, f, slowLink{rate: 40_000, bytes: 120_000})
		})
	}
}

// The links are those of phones on slow networks.
func TestSlowLink_keeps_the_connection_with_default_limits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		run  func(*testing.T, *siotest.Engine, slowLink)
		link slowLink
		tls  bool
	}{
		"60 KB from a client at 5 KB/s":      {slowLinkTests["a large message of the client"], slowLink{5_000, 60_000}, false},
		"600 KB from a client at 50 KB/s":    {slowLinkTests["a large message of the client"], slowLink{50_000, 600_000}, false},
		"a body of 300 KB at 20 KB/s":        {slowLinkTests["a large body"], slowLink{20_000, 300_000}, false},
		"a response of 900 KB at 20 KB/s":    {slowLinkTests["the response of a poll"], slowLink{20_000, 900_000}, false},
		"3 MB at 100 KB/s":                   {largeMessageArrives, slowLink{100_000, 3_000_000}, false},
		"20 messages of 20 KB at 20 KB/s":    {queueArrives, slowLink{20_000, 400_000}, false},
		"12 MB at 1 MB/s over TLS":           {largeMessageArrives, slowLink{1_000_000, 12_000_000}, true},
		"a reader of 160 bytes per second":   {slowReaderIsClosed, slowLink{40_000, 0}, false},
		"a reader of 160 bytes/s behind TLS": {slowReaderIsClosed, slowLink{40_000, 0}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := siotest.Serve
			if test.tls {
				start = serveTLS
			}
			test.run(t, start(t, engineio.Config{}, nil), test.link)
		})
	}
}

// A volatile message is sent only to a client that has received what precedes it. The
// socket's send buffer holds only a fraction of a second of a slow link.
func TestSlowLink_sends_only_recent_volatile_messages(t *testing.T) {
	t.Parallel()
	const rate, size = 40_000, 10_000
	f := siotest.Serve(t, engineio.Config{}, nil)
	w, p := webSocketOver(t, f, throttle(t, f, rate), "4")
	done := make(chan struct{})
	go func() { // twice the rate of the link
		defer close(done)
		for range 5 * 2 * rate / size {
			_, _ = p.Conn.SendVolatile(engineio.Prepare(fmt.Appendf(nil, "%020d%s", time.Now().UnixNano(), bytes.Repeat([]byte("x"), size))))
			time.Sleep(time.Second * size / (2 * rate))
		}
		p.Send(t, "end")
	}()
	var worst time.Duration
	received := 0
	for {
		text := texts(t, w, 1)[0]
		if text == "end" {
			break
		}
		var sent int64
		if _, err := fmt.Sscanf(text[:20], "%d", &sent); err != nil {
			t.Fatal(err)
		}
		worst = max(worst, time.Since(time.Unix(0, sent)))
		received++
	}
	<-done
	// The socket holds notSentLimit and the bytes that TCP has sent, and the link 32 KiB:
	// 3 s together. Without TCP_NOTSENT_LOWAT all 400 KB fit into the socket's buffer,
	// which is 5 s or more.
	if worst > 4*time.Second || received < 10 {
		t.Errorf("got %d messages, the oldest after %v, want at least 10 and at most 4 s", received, worst)
	}
	p.WantOpen(t)
}
