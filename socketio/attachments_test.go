package socketio_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

// Packets that say nothing are no progress.
func TestAttachments_noops_are_no_progress(t *testing.T) {
	inBubble(t, socketio.Config{}, func(b *bubble) {
		reasons := make(chan socketio.Reason, 1)
		b.server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
		b.request("POST", "40")
		b.request("POST", `451-["bin",{"_placeholder":true,"num":0}]`)
		// a noop with data; one each 5 s
		for i := range 60 {
			b.request("POST", "6"+strings.Repeat("x", 6000))
			b.request("POST", "3")
			time.Sleep(5 * time.Second)
			synctest.Wait()
			select {
			case r := <-reasons:
				if i > 4 {
					t.Errorf("%q after %d s", r, i*5)
				}
				return
			default:
			}
		}
		t.Error("open after 300 s")
	})
}
