package socketio_test

import (
	"context"
	"testing"

	"gifchat/socketio"
)

// nilError is the mistake of a function that returns a nil *Error as an error.
func nilError() error {
	var err *socketio.Error
	return err
}

// unencodable is a value whose encoding panics.
type unencodable struct{}

func (unencodable) MarshalJSON() ([]byte, error) { panic("in MarshalJSON") }

// Faults of the program in an error or in a value cost one event or one CONNECT, not
// the process.
func TestServer_survives_faulty_errors_and_values_of_the_program(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/chat")
	faults := map[string]func() error{
		"":          func() error { return nil },
		"nil":       nilError,
		"panic":     func() error { return &socketio.Error{Message: "no", Data: unencodable{}} },
		"unencoded": func() error { return &socketio.Error{Message: "no", Data: make(chan int)} },
	}
	n.Use(func(s *socketio.Socket) error {
		var auth struct{ Fault string }
		_ = s.Handshake().Auth.Bind(&auth)
		return faults[auth.Fault]()
	})
	n.UseEvents(func(e *socketio.Event, next func() error) error {
		if e.Name == "middleware" {
			return nilError()
		}
		return next()
	})
	socketio.On(n, "error", func(_ context.Context, _ *socketio.Socket, name string) error { return faults[name]() })
	socketio.Handle(n, "value", func(context.Context, *socketio.Socket, struct{}) (any, error) { return unencodable{}, nil })
	const internal = `{"message":"Internal server error"}`
	for _, tt := range []struct{ fault, want string }{
		{"nil", internal},
		{"panic", internal},
		{"unencoded", `{"message":"no"}`},
	} {
		c := f.dial()
		c.send(`40/chat,{"fault":"` + tt.fault + `"}`)
		c.want("44/chat," + tt.want)
		c.close()
	}
	c, _ := f.connect("/chat")
	for _, event := range []string{`["error","nil"]`, `["error","panic"]`, `["error","unencoded"]`, `["middleware"]`, `["value"]`} {
		c.send("42/chat,1" + event)
		c.want(`43/chat,1[{"error":"Internal server error"}]`)
	}
}
