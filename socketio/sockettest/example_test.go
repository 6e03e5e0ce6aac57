package sockettest_test

import (
	"context"
	"fmt"
	"testing"

	"gifchat/socketio"
	"gifchat/socketio/sockettest"
)

// Say and Said are what the clients of the chat send and receive.
type (
	Say  struct{ Text string }
	Said struct{ From, Text string }
)

// newChat returns the server to test. A token is the name of a user.
func newChat() *socketio.Server {
	server := socketio.NewServer(socketio.Config{})
	chat := server.Of("/chat")
	chat.Use(func(s *socketio.Socket) error {
		var auth struct{ Token string }
		if err := s.Handshake().Auth.Bind(&auth); err != nil || auth.Token == "" {
			return &socketio.Error{Message: "not authorized"}
		}
		s.SetData(auth.Token)
		return nil
	})
	socketio.Handle(chat, "say", func(_ context.Context, s *socketio.Socket, in Say) (Said, error) {
		name, _ := socketio.Data[string](s)
		said := Said{From: name, Text: in.Text}
		return said, s.Broadcast().Emit("said", said)
	})
	return server
}

// A test dials the server with one client for each user. Replace t by the
// parameter of the test.
func Example() {
	t := &exampleT{}
	defer t.end()

	server := newChat()
	t.Cleanup(func() { server.Close(context.Background()) })
	ann := sockettest.Dial(t, server, "/chat", sockettest.Auth(map[string]string{"token": "ann"}))
	bob := sockettest.Dial(t, server, "/chat", sockettest.Auth(map[string]string{"token": "bob"}))

	var answer, said Said
	ann.Call("say", Say{Text: "hi"}).Bind(&answer)
	bob.Expect("said").Bind(&said)
	ann.ExpectNone()
	fmt.Println(answer, said)

	refused := sockettest.DialError(t, server, "/chat")
	fmt.Println(refused.Message)
	// Output:
	// {ann hi} {ann hi}
	// not authorized
}

// exampleT stands for the *testing.T of a test, which examples do not have.
type exampleT struct {
	testing.TB

	cleanups []func()
}

func (*exampleT) Helper()                           {}
func (t *exampleT) Cleanup(fn func())               { t.cleanups = append(t.cleanups, fn) }
func (*exampleT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (t *exampleT) end() {
	for i := range t.cleanups {
		t.cleanups[len(t.cleanups)-1-i]()
	}
}
