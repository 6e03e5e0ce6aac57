package engineio_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
)

// While the receiver takes no messages, the client's silence proves nothing. When it
// takes them again, the client has the whole time for its heartbeat.
func TestPause_suspends_the_ping_timeout(t *testing.T) {
	for name, test := range map[string]struct {
		query string
		talk  func(b *bubble, sid string)
		ends  time.Duration // from the beginning
	}{
		"revision_4_polling":   {"EIO=4&transport=polling", func(b *bubble, sid string) { b.request("POST", "&sid="+sid, "4x") }, 80 * time.Second},
		"revision_3_polling":   {"EIO=3&transport=polling", func(b *bubble, sid string) { b.request3("POST", "&sid="+sid, "2:4x") }, 105 * time.Second},
		"revision_4_WebSocket": {"EIO=4&transport=websocket", nil, 80 * time.Second},
		"revision_3_WebSocket": {"EIO=3&transport=websocket", nil, 105 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, engineio.Config{}, func(b *bubble) {
				pause := func(p *peer, _ []byte, _ bool) {
					p.conn.Pause()
					time.Sleep(60 * time.Second)
					p.conn.Resume()
				}
				var p *peer
				if test.talk == nil {
					w := b.dialAs(test.query)
					w.text()
					p = <-b.peers
					p.onData = pause
					w.say("4x")
					go func() { // it reads, and says nothing
						buf := make([]byte, 100)
						for {
							if _, err := w.conn.Read(buf); err != nil {
								return
							}
						}
					}()
				} else {
					body := <-b.requestOf(test.query[4:5], "GET", "", "")
					_, packet, _ := strings.Cut(body, "0{")
					sid := parseOpen(t, "0{"+packet).SID
					p = <-b.peers
					p.onData = pause
					test.talk(b, sid)
				}
				b.at(test.ends - time.Nanosecond)
				p.wantOpen(t)
				b.at(test.ends)
				p.wantClosed(t, engineio.ReasonPingTimeout)
			})
		})
	}
}

// A client that takes nothing is ended, whatever the receiver does.
func TestPause_does_not_keep_a_client_that_takes_nothing(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.text()
		p := <-b.peers
		p.onData = func(p *peer, _ []byte, _ bool) {
			p.conn.Pause()
			time.Sleep(time.Hour)
			p.conn.Resume()
		}
		w.say("4x")
		b.at(35*time.Second - time.Nanosecond) // the ping comes after 25 s
		p.wantOpen(t)
		b.at(35 * time.Second)
		p.wantClosed(t, engineio.ReasonTooSlow)
		w.close()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
	})
}
