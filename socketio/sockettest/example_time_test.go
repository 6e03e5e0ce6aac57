package sockettest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/sockettest"
)

// In a bubble of testing/synctest a test sees two minutes pass at once.
func Example_virtualTime() {
	var t *testing.T // the parameter of the test
	synctest.Test(t, testExpiry)
}

func testExpiry(t *testing.T) {
	server := socketio.NewServer(socketio.Config{
		Recovery: func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: 2 * time.Minute} },
	})
	defer server.Close(context.Background())
	ann := sockettest.Dial(t, server, "/")

	ann.Lose()
	time.Sleep(119 * time.Second)
	_ = server.Of("/").Emit("headline")
	ann.Reconnect()
	ann.Expect("headline")
	if !ann.Recovered() {
		t.Error("Recovered after 119 s: got false, want true")
	}

	ann.Lose()
	time.Sleep(121 * time.Second)
	ann.Reconnect()
	if ann.Recovered() {
		t.Error("Recovered after 121 s: got true, want false")
	}
}
