// Package sockettest tests the handlers of a socketio.Server without a network:
//
//	func TestSay(t *testing.T) {
//		server := newChat() // the *socketio.Server to test
//		t.Cleanup(func() { server.Close(context.Background()) })
//		ann := sockettest.Dial(t, server, "/chat", sockettest.Auth(map[string]string{"token": "ann"}))
//		bob := sockettest.Dial(t, server, "/chat")
//
//		var said Said
//		ann.Call("say", Say{Text: "hi"}).Bind(&said) // waits for the acknowledgement
//		bob.Expect("said").Bind(&said)               // the next event, which must be "said"
//		ann.ExpectNone()                             // the server has emitted nothing else to ann
//	}
//
// A Client speaks WebSocket with the server over a connection in memory, so that
// handshake, Config.Identify, middleware and limits work as in production. Values
// are encoded and bound as by package socketio: use socketio.Binary or []byte
// for binary data.
//
// What goes wrong ends the test with Fatalf at the line that called this
// package, for example with
//
//	event: got "left" ["ann"], want "said"
//
// No method sleeps. A method that waits ends the test after the time of the
// option Timeout.
//
// # Refusals, acknowledgements, failures
//
// DialError returns the refusal of a client, and Client.CallError that of an event.
// Event.Ack and Client.Reply answer
// the server's EmitWithAck. Client.Lose cuts the connection, and
// Client.Reconnect resumes the session as stock clients do. Client.Suspend lets
// the server run into its timeouts.
//
// # Virtual time
//
// A test in a bubble of testing/synctest waits for heartbeats, timeouts and the
// expiry of sessions without spending the time. The bubble has to contain the
// whole life of the server, from socketio.NewServer to Server.Close:
//
//	synctest.Test(t, func(t *testing.T) {
//		server := newChat()
//		defer server.Close(context.Background())
//		ann := sockettest.Dial(t, server, "/chat")
//		ann.Lose()
//		time.Sleep(3 * time.Minute) // returns at once
//		ann.Reconnect()
//		if ann.Recovered() {
//			t.Error("Recovered after 3 minutes: got true, want false")
//		}
//	})
//
// synctest.Wait waits until all handlers have returned, also disconnect
// handlers.
package sockettest
