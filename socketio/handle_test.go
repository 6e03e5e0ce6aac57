package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gifchat/socketio"
)

// say is an argument that checks itself.
type say struct {
	Text string `json:"text"`
	Loud *bool  `json:"loud"`
}

func (s *say) Validate() error {
	switch s.Text {
	case "":
		return errors.New("the text is empty") // hidden
	case "spam":
		return &socketio.Error{Message: "no spam", Data: map[string]int{"left": 2}}
	}
	return nil
}

// move has several arguments. The second one is optional.
type move struct {
	Piece string `arg:"0"`
	Say   *say   `arg:"2"`
	To    [2]int `arg:"1"`
	Count int    // no argument
}

func (m move) Validate() error {
	if m.To == [2]int{0, 0} {
		return errors.New("a corner")
	}
	return nil
}

// raw decodes itself.
type raw string

func (r *raw) UnmarshalJSON(text []byte) error {
	*r = raw(text)
	return nil
}

func TestHandle_binds_arguments_and_acknowledges(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	socketio.Handle(n, "say", func(_ context.Context, s *socketio.Socket, in say) (string, error) {
		if s.Namespace() != n {
			t.Errorf("socket: got %v, want one of %v", s.Namespace(), n)
		}
		return strings.ToUpper(in.Text), nil
	})
	socketio.Handle(n, "move", func(_ context.Context, _ *socketio.Socket, in move) (any, error) {
		if in.Say == nil {
			return fmt.Sprint(in.Piece, in.To), nil
		}
		return fmt.Sprint(in.Piece, in.To, in.Say.Text), nil
	})
	socketio.Handle(n, "optional", func(_ context.Context, _ *socketio.Socket, in *say) (bool, error) { return in != nil, nil })
	socketio.Handle(n, "number", func(_ context.Context, _ *socketio.Socket, in int) (int, error) { return in + 1, nil })
	socketio.Handle(n, "list", func(_ context.Context, _ *socketio.Socket, in []string) (int, error) { return len(in), nil })
	socketio.Handle(n, "value", func(_ context.Context, _ *socketio.Socket, in socketio.Value) (string, error) {
		return string(in.JSON()), nil
	})
	socketio.Handle(n, "custom", func(_ context.Context, _ *socketio.Socket, in raw) (string, error) { return string(in), nil })
	socketio.Handle(n, "binary", func(_ context.Context, _ *socketio.Socket, in []byte) ([]byte, error) { return append(in, '!'), nil })
	socketio.Handle(n, "optional binary", func(_ context.Context, _ *socketio.Socket, in *[]byte) (any, error) {
		if in == nil {
			return "none", nil
		}
		return socketio.Binary(*in), nil
	})
	socketio.Handle(n, "optional any", func(_ context.Context, _ *socketio.Socket, in *any) (any, error) { return in, nil })
	socketio.Handle(n, "all", func(_ context.Context, _ *socketio.Socket, in socketio.Args) (socketio.Args, error) { return in, nil })
	socketio.Handle(n, "none", func(context.Context, *socketio.Socket, struct{}) (struct{}, error) { return struct{}{}, nil })
	socketio.Handle(n, "nil", func(context.Context, *socketio.Socket, struct{}) (any, error) { return nil, nil })
	socketio.On(n, "listen", func(_ context.Context, _ *socketio.Socket, in say) error { return nil })

	c, _ := f.connect("/")
	for _, tt := range []struct{ event, want string }{
		{`["say",{"text":"hi","loud":true},"ignored"]`, `["HI"]`},
		{`["say",{"text":7}]`, `[{"error":"Invalid argument 1"}]`},
		{`["say"]`, `[{"error":"Invalid argument 1"}]`},
		{`["say",{"text":""}]`, `[{"error":"Invalid argument 1"}]`},
		{`["say",{"text":"spam"}]`, `[{"error":"no spam","data":{"left":2}}]`},
		{`["move","king",[3,4]]`, `["king[3 4]"]`},
		{`["move","king",[3,4],null]`, `["king[3 4]"]`},
		{`["move","king",[3,4],{"text":"hi"}]`, `["king[3 4]hi"]`},
		{`["move","king",[3,4],{"text":"spam"}]`, `[{"error":"no spam","data":{"left":2}}]`},
		{`["move","king",[3,4],7]`, `[{"error":"Invalid argument 3"}]`},
		{`["move","king"]`, `[{"error":"Invalid argument 2"}]`},
		{`["move","king",[0,0]]`, `[{"error":"Invalid arguments"}]`},
		{`["optional"]`, `[false]`},
		{`["optional",null]`, `[false]`},
		{`["optional",{"text":"x"}]`, `[true]`},
		{`["optional",{"text":""}]`, `[{"error":"Invalid argument 1"}]`},
		{`["optional binary"]`, `["none"]`},
		{`["optional binary",null]`, `["none"]`},
		{`["number",41]`, `[42]`},
		{`["number",null]`, `[{"error":"Invalid argument 1"}]`},
		{`["number", null]`, `[{"error":"Invalid argument 1"}]`},
		{`["say",null]`, `[{"error":"Invalid argument 1"}]`},
		{`["move",null,[3,4]]`, `[{"error":"Invalid argument 1"}]`},
		{`["list",null]`, `[0]`},
		{`["value",null]`, `["null"]`},
		{`["custom",null]`, `["null"]`},
		{`["all",1,"two",[3]]`, `[1,"two",[3]]`},
		{`["all"]`, `[]`},
		{`["none",1]`, `[]`},
		{`["nil"]`, `[null]`},
		{`["listen",{"text":"x"}]`, `[]`},
		{`["listen",{"text":""}]`, `[{"error":"Invalid argument 1"}]`},
	} {
		c.send("421" + tt.event)
		if got := c.receive(); got != "431"+tt.want {
			t.Errorf("%s: got %s, want 431%s", tt.event, got, tt.want)
		}
	}
	c.send(`451-7["binary",{"_placeholder":true,"num":0}]`, []byte("x"))
	c.want(`461-7[{"_placeholder":true,"num":0}]`, "binary x!")
	c.send(`451-8["optional binary",{"_placeholder":true,"num":0}]`, []byte("x"))
	c.want(`461-8[{"_placeholder":true,"num":0}]`, "binary x")
	c.send(`451-9["optional any",{"in":{"_placeholder":true,"num":0}}]`, []byte("x"))
	c.want(`461-9[{"in":{"_placeholder":true,"num":0}}]`, "binary x")
	c.send(`42["say",7]`) // without an acknowledgement nothing is sent
	c.send(`421["none"]`)
	c.want(`431[]`)
}

func TestHandle_hides_errors_of_the_program(t *testing.T) {
	var log logBuffer
	f := serve(t, socketio.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	n := f.Of("/")
	socketio.Handle(n, "hidden", func(context.Context, *socketio.Socket, struct{}) (int, error) {
		return 1, errors.New("password of the database")
	})
	socketio.Handle(n, "wrapped", func(context.Context, *socketio.Socket, struct{}) (int, error) {
		return 1, fmt.Errorf("secret: %w", &socketio.Error{Message: "not now"})
	})
	socketio.Handle(n, "panic", func(context.Context, *socketio.Socket, struct{}) (int, error) { panic("of the handler") })
	socketio.Handle(n, "result", func(context.Context, *socketio.Socket, struct{}) (chan int, error) { return nil, nil })
	c, _ := f.connect("/")
	const internal = `[{"error":"Internal server error"}]`
	for _, tt := range []struct{ event, want, logged string }{
		{"hidden", internal, "password of the database"},
		{"wrapped", `[{"error":"not now"}]`, ""},
		{"panic", internal, "of the handler"},
		{"result", internal, "unsupported type"},
	} {
		c.send(`421["` + tt.event + `"]`)
		if got := c.receive(); got != "431"+tt.want {
			t.Errorf("%s: got %s, want 431%s", tt.event, got, tt.want)
		}
		logged := log.take()
		eventually(t, func() bool { // a panic is logged after the refusal is sent
			logged += log.take()
			return strings.Contains(logged, tt.logged)
		})
		if tt.logged == "" && logged != "" {
			t.Errorf("%s: log: got %q, want nothing", tt.event, logged)
		}
	}
}

func TestEncodeError_chooses_the_refusal(t *testing.T) {
	f := serve(t, socketio.Config{EncodeError: func(e *socketio.Event, err error) any {
		if err.Error() == "encoder" {
			panic("in the encoder")
		}
		if !e.WantsAck() {
			_ = e.Socket.Emit("refused", e.Name)
		}
		return map[string]any{"ok": false, "reason": err.Error()}
	}})
	n := f.Of("/")
	n.UseEvents(func(e *socketio.Event, next func() error) error {
		if e.Name == "unwanted" {
			return errors.New("unwanted")
		}
		return next()
	})
	socketio.On(n, "e", func(_ context.Context, _ *socketio.Socket, text string) error { return errors.New(text) })
	c, _ := f.connect("/")
	c.send(`421["e","why"]`)
	c.send(`422["unwanted"]`)
	c.send(`42["e","why"]`)
	c.send(`423["e","encoder"]`)
	c.want(`431[{"ok":false,"reason":"why"}]`, `432[{"ok":false,"reason":"unwanted"}]`, `42["refused","e"]`,
		`433[{"error":"Internal server error"}]`)
}

func TestHandle_panics_for_malformed_tags(t *testing.T) {
	f := serve(t, socketio.Config{})
	type text struct {
		A string `arg:"one"`
	}
	type negative struct {
		A string `arg:"-1"`
	}
	type private struct {
		a string `arg:"0"` //nolint:unused // a mistake that Handle reports
	}
	type twice struct {
		A string `arg:"0"`
		B string `arg:"0"`
	}
	type inner struct {
		A string `arg:"0"`
	}
	type outer struct{ inner }
	for name, register := range map[string]func(){
		"twice": func() {
			socketio.On(f.Of("/"), "e", func(context.Context, *socketio.Socket, twice) error { return nil })
		},
		"pointer": func() {
			socketio.On(f.Of("/"), "e", func(context.Context, *socketio.Socket, *inner) error { return nil })
		},
		"embedded": func() {
			socketio.On(f.Of("/"), "e", func(context.Context, *socketio.Socket, outer) error { return nil })
		},
		"text": func() {
			socketio.On(f.Of("/"), "e", func(context.Context, *socketio.Socket, text) error { return nil })
		},
		"negative": func() {
			socketio.On(f.Of("/"), "e", func(context.Context, *socketio.Socket, negative) error { return nil })
		},
		"private": func() {
			socketio.On(f.Of("/"), "e", func(context.Context, *socketio.Socket, private) error { return nil })
		},
	} {
		if !panics(register) {
			t.Errorf("tag %s: got no panic, want one", name)
		}
	}
}

func panics(fn func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	fn()
	return false
}

// A client that sends the event again gets no answer that ends its retries.
func TestHandle_leaves_an_event_without_answer(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	calls := 0
	socketio.Handle(n, "e", func(context.Context, *socketio.Socket, struct{}) (int, error) {
		if calls++; calls == 1 {
			return 0, fmt.Errorf("store: %w", socketio.ErrNoAck)
		}
		return calls, nil
	})
	c, _ := f.connect("/")
	c.send(`421["e"]`)
	c.send(`422["e"]`)
	c.want(`432[2]`)
}

// The client whose acknowledgement is malformed is not the one whose event fails.
func TestHandle_does_not_blame_the_sender_for_an_acknowledgement(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	other, s := f.connect("/")
	socketio.Handle(n, "ask", func(ctx context.Context, _ *socketio.Socket, _ struct{}) (int, error) {
		return socketio.Request[int](ctx, s, "question")
	})
	c, _ := f.connect("/")
	for i, tt := range []struct{ answer, want string }{
		{`["x"]`, `[{"error":"Internal server error"}]`},
		{`[]`, `[{"error":"Internal server error"}]`},
		{`[7]`, `[7]`},
	} {
		c.send(fmt.Sprintf(`42%d["ask"]`, i))
		other.want(fmt.Sprintf(`42%d["question"]`, i+1))
		other.send(fmt.Sprintf(`43%d%s`, i+1, tt.answer))
		c.want(fmt.Sprintf(`43%d%s`, i, tt.want))
	}
}

func TestEventBind_names_the_argument_to_the_client(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("e", func(e *socketio.Event) {
		var a, b string
		if err := e.Bind(&a, &b); err != nil {
			e.Refuse(err)
		}
	})
	c, _ := f.connect("/")
	c.send(`421["e","x",2]`)
	c.want(`431[{"error":"Invalid argument 2"}]`)
}
