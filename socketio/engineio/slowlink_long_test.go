//go:build long && linux

package engineio_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"gifchat/socketio/engineio"
)

func TestSlowLink_over_TLS(t *testing.T) {
	t.Parallel()
	for name, test := range slowLinkTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serveTLS(t, impatient(), nil)
			test(t, f, slowLink{rate: 40_000, bytes: 120_000})
		})
	}
}

// TestSlowLink_with_the_default_limits has phones on bad networks.
func TestSlowLink_with_the_default_limits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		run  func(*testing.T, *fixture, slowLink)
		link slowLink
		tls  bool
	}{
		"60_KB_from_a_client_at_5_KB/s":      {slowLinkTests["a_large_message_of_the_client"], slowLink{5_000, 60_000}, false},
		"600_KB_from_a_client_at_50_KB/s":    {slowLinkTests["a_large_message_of_the_client"], slowLink{50_000, 600_000}, false},
		"a_body_of_300_KB_at_20_KB/s":        {slowLinkTests["a_large_body"], slowLink{20_000, 300_000}, false},
		"an_answer_of_900_KB_at_20_KB/s":     {slowLinkTests["the_answer_of_a_poll"], slowLink{20_000, 900_000}, false},
		"3_MB_at_100_KB/s":                   {largeMessageArrives, slowLink{100_000, 3_000_000}, false},
		"20_messages_of_20_KB_at_20_KB/s":    {queueArrives, slowLink{20_000, 400_000}, false},
		"12_MB_at_1_MB/s_over_TLS":           {largeMessageArrives, slowLink{1_000_000, 12_000_000}, true},
		"a_reader_of_160_bytes_per_second":   {tricklingReaderIsCut, slowLink{40_000, 0}, false},
		"a_reader_of_160_bytes/s_behind_TLS": {tricklingReaderIsCut, slowLink{40_000, 0}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := serve
			if test.tls {
				start = serveTLS
			}
			test.run(t, start(t, engineio.Config{}, nil), test.link)
		})
	}
}

// A volatile message is sent only to who has taken what came before: the socket's send
// buffer holds no more than a fraction of a second of a slow link.
func TestSlowLink_volatile_messages_are_fresh(t *testing.T) {
	t.Parallel()
	const rate, size = 40_000, 10_000
	f := serve(t, engineio.Config{}, nil)
	w, p := f.socketOver(t, f.throttle(rate), "4")
	done := make(chan struct{})
	go func() { // twice as much as the link carries
		defer close(done)
		for range 5 * 2 * rate / size {
			_, _ = p.conn.SendVolatile(engineio.Prepare(fmt.Appendf(nil, "%020d%s", time.Now().UnixNano(), bytes.Repeat([]byte("x"), size))))
			time.Sleep(time.Second * size / (2 * rate))
		}
		p.send(t, "end")
	}()
	var worst time.Duration
	received := 0
	for {
		text := w.texts(1)[0]
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
	// The socket holds notSentLimit and what TCP has sent, the link 32 KiB: 3 s of it.
	// Without TCP_NOTSENT_LOWAT all 400 KB fit into the socket's buffer: 5 s and more.
	if worst > 4*time.Second || received < 10 {
		t.Errorf("the oldest of %d messages was %v old", received, worst)
	}
	p.wantOpen(t)
}
