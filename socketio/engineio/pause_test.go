package engineio_test

import (
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// The ping timeout is suspended while the receiver accepts no messages. After Resume the
// client has the whole time for its heartbeat.
func TestPause_suspends_the_ping_timeout(t *testing.T) {
	for name, test := range map[string]struct {
		query string
		post  func(b *bubble, sid string)
		ends  time.Duration // since the start
	}{
		"revision 4 polling":   {"EIO=4&transport=polling", func(b *bubble, sid string) { b.request("POST", "&sid="+sid, "4x") }, 80 * time.Second},
		"revision 3 polling":   {"EIO=3&transport=polling", func(b *bubble, sid string) { b.request3("POST", "&sid="+sid, "2:4x") }, 105 * time.Second},
		"revision 4 WebSocket": {"EIO=4&transport=websocket", nil, 80 * time.Second},
		"revision 3 WebSocket": {"EIO=3&transport=websocket", nil, 105 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, engineio.Config{}, func(b *bubble) {
				pause := func(p *siotest.Peer, _ []byte, _ bool) {
					p.Conn.Pause()
					time.Sleep(60 * time.Second)
					p.Conn.Resume()
				}
				var p *siotest.Peer
				if test.post == nil {
					w := b.dialAs(test.query)
					w.Text()
					p = <-b.peers
					p.OnMessage = pause
					w.Send("4x")
					go func() { // a client that reads and sends nothing
						buf := make([]byte, 100)
						for {
							if _, err := w.Conn.Read(buf); err != nil {
								return
							}
						}
					}()
				} else {
					sid := siotest.ParseOpen(t, <-b.requestOf(test.query[4:5], "GET", "", "")).SID
					p = <-b.peers
					p.OnMessage = pause
					test.post(b, sid)
				}
				b.at(test.ends - time.Nanosecond)
				p.WantOpen(t)
				b.at(test.ends)
				p.WantClosed(t, engineio.ReasonPingTimeout)
			})
		})
	}
}

// A client that reads nothing is disconnected during a Pause too.
func TestPause_does_not_keep_a_client_that_reads_nothing(t *testing.T) {
	inBubble(t, engineio.Config{}, func(b *bubble) {
		w := b.dial("")
		w.Text()
		p := <-b.peers
		p.OnMessage = func(p *siotest.Peer, _ []byte, _ bool) {
			p.Conn.Pause()
			time.Sleep(time.Hour)
			p.Conn.Resume()
		}
		w.Send("4x")
		b.at(35*time.Second - time.Nanosecond) // the ping comes after 25 s
		p.WantOpen(t)
		b.at(35 * time.Second)
		p.WantClosed(t, engineio.ReasonTooSlow)
		w.Close()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
	})
}
