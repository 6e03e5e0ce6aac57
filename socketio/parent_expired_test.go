package socketio_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gifchat/socketio"
)

// Expired takes long for the lost session of another client, whose namespace is removed
// with its last socket.
func TestExpired_delays_no_client_that_leaves_the_namespace(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	f := serve(t, socketio.Config{Recovery: func(string) socketio.Recovery {
		return socketio.Recovery{MaxAbsence: time.Hour, Expired: func(socketio.LostSession) { close(entered); <-release }}
	}})
	rooms := f.OfFunc(func(name string) bool { return strings.HasPrefix(name, "/room-") })
	disconnected := make(chan struct{}, 2)
	rooms.OnDisconnect(func(*socketio.Socket, socketio.Reason) { disconnected <- struct{}{} })
	socketio.On(f.Of("/"), "e", func(_ context.Context, _ *socketio.Socket, _ struct{}) error { return nil })
	lost, c := f.dial(), f.dial()
	f.join(c, "/")
	for _, client := range []*client{lost, c} {
		client.send("40/room-1,")
		client.receive()
	}
	lost.close()
	receive(t, disconnected)
	c.send("41/room-1,")
	receive(t, entered)
	c.send(`421["e"]`)
	c.want("431[]")
	close(release)
	f.close()
}
