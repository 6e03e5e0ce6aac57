package socketio_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

// A noop counts as no progress, even with data.
func TestAttachments_noops_are_no_progress(t *testing.T) {
	inBubble(t, socketio.Config{}, func(b *bubble) {
		reasons := make(chan socketio.Reason, 1)
		b.server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
		b.request("POST", "40")
		b.request("POST", `451-["bin",{"_placeholder":true,"num":0}]`)
		for i := range 60 {
			b.request("POST", "6"+strings.Repeat("x", 6000))
			b.request("POST", "3")
			time.Sleep(5 * time.Second)
			synctest.Wait()
			select {
			case r := <-reasons:
				if i > 4 {
					t.Errorf("ended with %q after %d s, want at most 20 s", r, i*5)
				}
				return
			default:
			}
		}
		t.Error("connection after 300 s: got open, want closed")
	})
}

// Attachments can take any time while they come at Engine.MinRate.
func TestAttachments_that_make_progress_arrive(t *testing.T) {
	for name, test := range map[string]struct {
		piece int // bytes each second
		ok    bool
	}{"5 KB/s": {5_000, true}, "500 bytes/s": {500, false}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, socketio.Config{PingInterval: time.Hour}, func(b *bubble) {
				got := make(chan int, 1)
				b.server.Of("/").On("photo", func(e *socketio.Event) {
					var photo [][]byte
					for i := range e.Args {
						var part []byte
						if err := e.Args[i].Bind(&part); err != nil {
							t.Error(err)
						}
						photo = append(photo, part)
					}
					got <- len(photo)
				})
				ended := make(chan socketio.Reason, 1)
				b.server.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { ended <- r })
				b.request("POST", "40")
				const parts = 10
				placeholders := make([]string, parts)
				for i := range placeholders {
					placeholders[i] = `{"_placeholder":true,"num":` + string(rune('0'+i)) + `}`
				}
				b.request("POST", `4510-["photo",`+strings.Join(placeholders, ",")+`]`)
				for range parts { // in 40 s
					time.Sleep(4 * time.Second)
					b.request("POST", "b"+strings.Repeat("AAAA", 4*test.piece/3))
				}
				synctest.Wait()
				select {
				case n := <-got:
					if !test.ok || n != parts {
						t.Errorf("got an event with %d attachments, want %v with %d", n, test.ok, parts)
					}
				case r := <-ended:
					if test.ok || r != socketio.ReasonParseError {
						t.Errorf("got the end of the connection, %q, want %v", r, !test.ok)
					}
				default:
					t.Error("got neither an event nor the end of the connection")
				}
			})
		})
	}
}
