package socketio_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gifchat/socketio"
)

// presence counts the users who are here.
type presence struct {
	mu    sync.Mutex
	count int
}

func (p *presence) add(n int) (count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count += n
	return p.count
}

// A list of present users shows a user until they have really gone: a short loss
// of the connection does not count.
func ExampleRecovery_presence() {
	var here presence
	gone := make(chan struct{})
	server := socketio.NewServer(socketio.Config{
		Recovery: func(string) socketio.Recovery {
			return socketio.Recovery{
				MaxAbsence: 10 * time.Millisecond, // in earnest: two minutes
				Expired: func(lost socketio.LostSession) {
					fmt.Println(lost.Data, "has gone,", here.add(-1), "here:", lost.Failure)
					close(gone)
				},
			}
		},
	})
	defer server.Close(context.Background())
	main := server.Of("/")
	main.OnConnect(func(s *socketio.Socket) {
		if !s.Recovered() {
			s.SetData("ann") // her name, from the handshake
			fmt.Println(s.Data(), "has come,", here.add(1), "here")
		}
	})
	main.OnDisconnect(func(s *socketio.Socket, _ socketio.Reason) {
		if s.Lost() {
			fmt.Println(s.Data(), "may come back")
		} else {
			fmt.Println(s.Data(), "has left,", here.add(-1), "here")
		}
	})

	browser := visit(server)
	browser.send(`40`)
	browser.receive()
	browser.leave() // without a disconnect packet, like a broken connection
	<-gone
	// Output:
	// ann has come, 1 here
	// ann may come back
	// ann has gone, 0 here: absent for longer than MaxAbsence
}
