package socketio_test

import (
	"runtime"
	"testing"

	"gifchat/socketio"
)

// Tests of a program call t.FailNow in handlers, which ends the goroutine.
func TestServer_survives_handlers_that_end_their_goroutine(t *testing.T) {
	f := serve(t, socketio.Config{})
	for _, name := range []string{"/", "/chat"} {
		f.Of(name).On("exit", func(*socketio.Event) { runtime.Goexit() })
		f.Of(name).On("next", func(e *socketio.Event) { _ = e.Ack() })
		f.Of(name).OnDisconnect(func(*socketio.Socket, socketio.Reason) { runtime.Goexit() })
	}
	c, _ := f.connect("/")
	f.join(c, "/chat")
	c.send(`42["exit"]`)
	c.send(`421["next"]`)
	c.want(`431[]`)
	c.close()
	eventually(t, func() bool { return f.Of("/").Len()+f.Of("/chat").Len() == 0 })
	f.close()
}
