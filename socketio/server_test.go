package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/socketio"
)

func TestConnecting(t *testing.T) {
	f := serve(t, socketio.Config{Identify: func(r *http.Request) (any, error) { return "ann", nil }})
	chat := f.Of("chat") // the slash may be left out
	var order journal
	connected := make(chan *socketio.Socket, 1)
	chat.Use(func(s *socketio.Socket) error {
		order.note("first")
		if s.Connected() || s.Emit("too early") == nil {
			t.Error("a socket can be sent to before it is connected")
		}
		return nil
	})
	chat.Use(func(s *socketio.Socket) error { order.note("second"); return nil })
	chat.OnConnect(func(s *socketio.Socket) {
		order.note("connect")
		_ = s.Emit("welcome", s.ID())
		connected <- s
	})
	chat.On("hello", func(e *socketio.Event) { order.note("event"); _ = e.Ack() })

	c := f.dial()
	c.say(`40/chat,{"token":"secret"}`)
	c.say(`42/chat,1["hello"]`) // clients need not wait
	answer := c.hear()
	s := receive(t, connected)
	if answer != fmt.Sprintf(`40/chat,{"sid":"%s"}`, s.ID()) {
		t.Errorf("got %s", answer)
	}
	c.want(fmt.Sprintf(`42/chat,["welcome","%s"]`, s.ID()), `43/chat,1[]`)
	order.want(t, "first", "second", "connect", "event")
	var auth struct{ Token string }
	if err := s.Handshake().Auth.Bind(&auth); err != nil || auth.Token != "secret" || s.Handshake().Identity != "ann" {
		t.Errorf("handshake is %+v, %v", s.Handshake(), err)
	}
	if s.Namespace() != chat || chat.Name() != "/chat" || s.Transport() != "websocket" || !s.Connected() {
		t.Error("the socket does not know where it is")
	}
	if found, ok := chat.Socket(s.ID()); !ok || found != s || chat.Count() != 1 || !slices.Contains(chat.Sockets(), s) || f.Len() != 1 {
		t.Error("the socket is not to be found")
	}
	s.SetData(7)
	if s.Data() != 7 {
		t.Errorf("data is %v", s.Data())
	}
	if f.Of("/").Count() != 0 {
		t.Error("it is in the main namespace too")
	}
}

func TestRefusals(t *testing.T) {
	f := serve(t, socketio.Config{})
	for _, tt := range []struct {
		namespace string
		use       func(*socketio.Socket) error
		want      string
	}{
		{"/plain", func(*socketio.Socket) error { return errors.New("not you") }, `{"message":"not you"}`},
		{"/data", func(*socketio.Socket) error {
			return &socketio.ConnectError{Message: "no", Data: map[string]int{"code": 7}}
		}, `{"message":"no","data":{"code":7}}`},
		{"/wrapped", func(*socketio.Socket) error {
			return fmt.Errorf("outer: %w", &socketio.ConnectError{Message: "inner"})
		}, `{"message":"inner"}`},
		{"/odd", func(*socketio.Socket) error {
			return &socketio.ConnectError{Message: "no", Data: make(chan int)}
		}, `{"message":"no"}`},
		{"/panic", func(*socketio.Socket) error { panic("oops") }, `{"message":"Internal server error"}`},
		{"/unknown", nil, `{"message":"Invalid namespace"}`},
	} {
		t.Run(tt.namespace, func(t *testing.T) {
			if tt.use != nil {
				n := f.Of(tt.namespace)
				n.Use(tt.use)
				n.Use(func(*socketio.Socket) error { t.Error("the next one was asked too"); return nil })
				n.OnConnect(func(*socketio.Socket) { t.Error("connected") })
				n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { t.Error("disconnected") })
			}
			c := f.dial()
			c.say("40" + tt.namespace + ",")
			c.want("44" + tt.namespace + "," + tt.want)
			c.connect("/") // the connection stays open
			if tt.use != nil && f.Of(tt.namespace).Count() != 0 {
				t.Error("it was counted")
			}
		})
	}
}

func TestARefusedIdentityIsAnsweredWith403(t *testing.T) {
	f := serve(t, socketio.Config{Identify: func(*http.Request) (any, error) { return nil, errors.New("no") }})
	if got := status(t, f.http.URL+"/socket.io/?EIO=4&transport=polling"); got != 403 {
		t.Errorf("got %d", got)
	}
}

func TestNamespacesAreLimited(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxNamespaces: 2}})
	f.Of("/a")
	c := f.dial()
	c.connect("/")
	c.connect("/a")
	f.Of("/b")
	c.say("40/b,")
	c.want(`44/b,{"message":"Too many namespaces"}`)
	c.say("41/a,")
	c.connect("/b")
}

// What the reference server closes the connection for, and what it lets pass.
func TestProtocolProbes(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("echo", func(e *socketio.Event) { _ = e.Ack(e.Args.Any()...) })
	type probe struct {
		packet string
		parts  int
	}
	for name, p := range map[string]probe{
		"truncated JSON":              {`42["a"`, 0},
		"an object for an event":      {`42{}`, 0},
		"an empty array":              {`42[]`, 0},
		"the name null":               {`42[null]`, 0},
		"the name an object":          {`42[{}]`, 0},
		"the name true":               {`42[true]`, 0},
		"the name connect":            {`42["connect"]`, 0},
		"the name disconnect":         {`42["disconnect"]`, 0},
		"the name newListener":        {`42["newListener"]`, 0},
		"type 9":                      {`49`, 0},
		"nothing":                     {`4`, 0},
		"no engine packet":            {``, 0},
		"engine type 9":               {`9`, 0},
		"a ping":                      {`2`, 0},
		"ack id -1":                   {`42-1["a"]`, 0},
		"ack id 1.5":                  {`421.5["a"]`, 0},
		"ack id 10^23-1":              {`4299999999999999999999999["a"]`, 0},
		"no count":                    {`45-["a"]`, 0},
		"no dash":                     {`451["a"]`, 0},
		"11 attachments":              {`4511-["a"]`, 0},
		"10^20 attachments":           {`45100000000000000000000-["a"]`, 0},
		"2^64-1 attachments":          {`4518446744073709551615-["a"]`, 0},
		"a binary without a header":   {`42["a"]`, 1},
		"a placeholder too far":       {`451-["a",{"_placeholder":true,"num":5}]`, 1},
		"a negative placeholder":      {`451-["a",{"_placeholder":true,"num":-1}]`, 1},
		"a placeholder with a word":   {`451-["a",{"_placeholder":true,"num":"splice"}]`, 1},
		"a second CONNECT":            {`40`, 0},
		"a CONNECT with a string":     {`40/x,"y"`, 0},
		"an event to another one":     {`42/other,["a"]`, 0},
		"a CONNECT_ERROR":             {`44{"message":"no"}`, 0},
		"an ack to another one":       {`43/other,1[]`, 0},
		"a disconnect of another one": {`41/other,`, 0},
		"a name of 257 bytes":         {`40/` + strings.Repeat("n", 256) + `,`, 0},
	} {
		t.Run("closes for "+name, func(t *testing.T) {
			c, s := f.connect("/")
			ended := make(chan socketio.Reason, 1)
			f.Of("/").OnDisconnect(func(gone *socketio.Socket, reason socketio.Reason) {
				if gone == s {
					ended <- reason
				}
			})
			c.say(p.packet, make([][]byte, p.parts)...)
			c.wantEnd()
			if reason := receive(t, ended); reason != socketio.ReasonParseError && reason != socketio.ReasonTransportError {
				t.Errorf("reason is %q", reason)
			}
		})
	}
	t.Run("closes for an event before CONNECT", func(t *testing.T) {
		c := f.dial()
		c.say(`42["a"]`)
		c.wantEnd()
	})
	t.Run("closes for text while an attachment is awaited", func(t *testing.T) {
		c, _ := f.connect("/")
		c.say(`451-["a",{"_placeholder":true,"num":0}]`)
		c.say(`42["b"]`)
		c.wantEnd()
	})
	for name, packet := range map[string]string{
		"an event without a payload": `42`,
		"a numeric name":             `42[1,2]`,
		"the name error":             `42["error"]`,
		"the name __proto__":         `42["__proto__"]`,
		"the name constructor":       `42["constructor"]`,
		"an engine upgrade":          `5`,
		"an engine pong":             `3`,
		"an engine noop":             `6`,
		"an engine open":             `0{}`,
		"an ack of nothing":          `43`,
		"an ack nobody waits for":    `4399[]`,
		"U+0000":                     "42[\"a\",\"\\u0000\"]",
		"a lone surrogate":           `42["a","\ud800"]`,
		"depth 3,000":                `42["a",` + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + `]`,
		"an unhandled event":         `42["nobody listens"]`,
	} {
		t.Run("stays open for "+name, func(t *testing.T) {
			c, _ := f.connect("/")
			c.say(packet)
			c.say(`427["echo",1]`)
			c.want(`437[1]`)
		})
	}
}

func TestHandlersRunInOrder(t *testing.T) {
	f := serve(t, socketio.Config{})
	var order journal
	note := func(s string) func(*socketio.Event) {
		return func(*socketio.Event) { order.note(s) }
	}
	n := f.Of("/")
	n.On("e", note("one"))
	n.On("e", note("two"))
	n.OnConnect(func(s *socketio.Socket) {
		s.On("e", note("three"))
		s.On("e", note("four"))
		s.On("e", func(e *socketio.Event) { _ = e.Ack() })
	})
	c, _ := f.connect("/")
	for i := range 50 {
		c.say(fmt.Sprintf(`42%d["e"]`, i))
	}
	for i := range 50 {
		c.want(fmt.Sprintf(`43%d[]`, i))
	}
	order.want(t, slices.Repeat([]string{"one", "two", "three", "four"}, 50)...)
}

func TestTypedEvents(t *testing.T) {
	f := serve(t, socketio.Config{})
	type say struct{ Text string }
	socketio.On(f.Of("/"), "say", func(e *socketio.Event, s say) {
		if !e.WantsAck() || e.Name != "say" {
			t.Errorf("event is %+v", e)
		}
		_ = e.Ack("heard", s.Text)
		if err := e.Ack("again"); !errors.Is(err, socketio.ErrAcked) {
			t.Errorf("a second ack: %v", err)
		}
	})
	c, _ := f.connect("/")
	c.say(`421["say",{"text":"hello"}]`)
	c.want(`431["heard","hello"]`)
	c.say(`422["say",5]`)
	if got := c.hear(); !strings.HasPrefix(got, `432[{"error":"`) {
		t.Errorf("got %s", got)
	}
	c.say(`423["say"]`)
	if got := c.hear(); !strings.HasPrefix(got, `433[{"error":"`) {
		t.Errorf("got %s", got)
	}
}

func TestAnAckNobodyAskedForIsNotSent(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("e", func(e *socketio.Event) {
		if e.WantsAck() {
			t.Error("it wants an ack")
		}
		if err := e.Ack("x"); err != nil {
			t.Error(err)
		}
		_ = e.Socket.Emit("done")
	})
	c, _ := f.connect("/")
	c.say(`42["e"]`)
	c.want(`42["done"]`)
}

func TestAnAckMayComeLater(t *testing.T) {
	f := serve(t, socketio.Config{})
	events := make(chan *socketio.Event, 2)
	f.Of("/").On("e", func(e *socketio.Event) { events <- e })
	c, s := f.connect("/")
	c.say(`421["e"]`)
	c.say(`422["e"]`)
	first, second := receive(t, events), receive(t, events)
	if err := second.Ack(2); err != nil {
		t.Error(err)
	}
	if err := first.Ack(1); err != nil {
		t.Error(err)
	}
	c.want(`432[2]`, `431[1]`)
	c.say(`423["e"]`)
	third := receive(t, events)
	s.Disconnect()
	if err := third.Ack(3); !errors.Is(err, socketio.ErrDisconnected) {
		t.Errorf("an ack after the end: %v", err)
	}
}

func TestASlowHandlerSlowsItsOwnClientOnly(t *testing.T) {
	f := serve(t, socketio.Config{})
	hold := make(chan struct{})
	f.Of("/").On("slow", func(e *socketio.Event) { <-hold; _ = e.Ack() })
	f.Of("/").On("quick", func(e *socketio.Event) { _ = e.Ack() })
	slow, s := f.connect("/")
	other, _ := f.connect("/")
	slow.say(`421["slow"]`)
	slow.say(`422["quick"]`)
	other.say(`421["quick"]`)
	other.want(`431[]`)
	if err := s.Emit("meanwhile"); err != nil {
		t.Error(err)
	}
	slow.want(`42["meanwhile"]`)
	slow.wantAlive()
	close(hold)
	slow.want(`431[]`, `432[]`)
}

func TestAPanicCostsOneEvent(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	gone := make(chan struct{})
	n.OnConnect(func(*socketio.Socket) { panic("on connect") })
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { panic("on disconnect") })
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { close(gone) })
	n.On("panic", func(*socketio.Event) { panic("in an event") })
	n.On("panic", func(e *socketio.Event) { _ = e.Ack("the next handler runs") })
	c, _ := f.connect("/")
	c.say(`421["panic"]`)
	c.want(`431["the next handler runs"]`)
	c.say(`422["panic"]`)
	c.want(`432["the next handler runs"]`)
	c.close()
	receive(t, gone)
}

func TestReasons(t *testing.T) {
	for _, tt := range []struct {
		do   func(*fixture, *client, *socketio.Socket)
		want socketio.Reason
	}{
		{func(_ *fixture, c *client, _ *socketio.Socket) { c.say("41") }, socketio.ReasonClientDisconnect},
		{func(_ *fixture, _ *client, s *socketio.Socket) { s.Disconnect() }, socketio.ReasonServerDisconnect},
		{func(_ *fixture, c *client, _ *socketio.Socket) { c.close() }, socketio.ReasonTransportClose},
		{func(_ *fixture, _ *client, s *socketio.Socket) { s.CloseConn() }, socketio.ReasonForcedClose},
		{func(_ *fixture, c *client, _ *socketio.Socket) { c.say("42[]") }, socketio.ReasonParseError},
		{func(f *fixture, _ *client, _ *socketio.Socket) { f.close() }, socketio.ReasonServerShutdown},
	} {
		t.Run(string(tt.want), func(t *testing.T) {
			f := serve(t, socketio.Config{})
			type end struct {
				reason    socketio.Reason
				rooms     []string
				connected bool
				count     int
			}
			ends := make(chan end, 10)
			f.Of("/").OnDisconnect(func(s *socketio.Socket, reason socketio.Reason) {
				s.Join("too late")
				ends <- end{reason, s.Rooms(), s.Connected(), f.Of("/").Count()}
			})
			c, s := f.connect("/")
			s.Join("a", "b")
			tt.do(f, c, s)
			got := receive(t, ends)
			if got.reason != tt.want || got.connected || got.count != 0 || !slices.Equal(got.rooms, []string{"a", "b"}) {
				t.Errorf("got %+v, want %q", got, tt.want)
			}
			if err := s.Emit("x"); !errors.Is(err, socketio.ErrDisconnected) {
				t.Errorf("Emit afterwards: %v", err)
			}
			if err := s.EmitVolatile("x"); !errors.Is(err, socketio.ErrDisconnected) {
				t.Errorf("EmitVolatile afterwards: %v", err)
			}
			if _, err := s.EmitWithAck(t.Context(), "x"); !errors.Is(err, socketio.ErrDisconnected) {
				t.Errorf("EmitWithAck afterwards: %v", err)
			}
			s.Disconnect() // changes nothing
			f.close()
			if len(ends) != 0 {
				t.Errorf("the end was told again: %+v", receive(t, ends))
			}
		})
	}
}

func TestEndingOneNamespaceLeavesTheOthers(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/chat").On("e", func(e *socketio.Event) { _ = e.Ack() })
	c, main := f.connect("/")
	f.join(c, "/chat")
	main.Disconnect()
	c.want("41")
	c.say(`42/chat,1["e"]`)
	c.want(`43/chat,1[]`)
	c.say("41/chat,")
	eventually(t, func() bool { return f.Of("/chat").Count() == 0 })
	c.connect("/chat")
	c.connect("/")
}

func TestWhatIsUnderWayWhenKickedIsNoOffence(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("e", func(*socketio.Event) { t.Error("the kicked one was heard") })
	c, s := f.connect("/")
	f.Of("/chat")
	f.join(c, "/chat")
	s.Disconnect()
	c.want("41")
	c.say(`42["e"]`)
	c.say(`421["e"]`)
	c.say(`439[]`)
	c.say(`41`)
	c.say(`451-["e",{"_placeholder":true,"num":0}]`, []byte("x"))
	c.connect("/") // and it may come back
	c.say("41")
	eventually(t, func() bool { return f.Of("/").Count() == 0 })
	c.say(`42["e"]`) // but this is an offence again
	c.wantEnd()
}

func TestDisconnectInAHandler(t *testing.T) {
	f := serve(t, socketio.Config{})
	var order journal
	done := make(chan struct{})
	n := f.Of("/")
	n.On("leave", func(e *socketio.Event) { e.Socket.Disconnect(); order.note("handled") })
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { order.note("disconnected"); close(done) })
	c, _ := f.connect("/")
	c.say(`42["leave"]`)
	c.want("41")
	receive(t, done)
	order.want(t, "handled", "disconnected")
}

func TestEmitWithAck(t *testing.T) {
	f := serve(t, socketio.Config{})
	c, s := f.connect("/")
	type result struct {
		args socketio.Args
		err  error
	}
	ask := func(ctx context.Context) <-chan result {
		r := make(chan result, 1)
		go func() {
			args, err := s.EmitWithAck(ctx, "ask", 1)
			r <- result{args, err}
		}()
		return r
	}
	answered := ask(t.Context())
	c.want(`421["ask",1]`)
	c.say(`431["yes",2]`)
	var word string
	var n int
	if r := receive(t, answered); r.err != nil || r.args.Bind(&word, &n) != nil || word != "yes" || n != 2 {
		t.Errorf("got %+v", r)
	}

	binary := ask(t.Context())
	c.want(`422["ask",1]`)
	c.say(`461-2[{"_placeholder":true,"num":0}]`, []byte("raw"))
	var raw []byte
	if r := receive(t, binary); r.err != nil || r.args.Bind(&raw) != nil || string(raw) != "raw" {
		t.Errorf("got %+v", r)
	}

	enough := errors.New("enough")
	limited, cancel := context.WithCancelCause(t.Context())
	late := ask(limited)
	c.want(`423["ask",1]`)
	cancel(enough)
	if r := receive(t, late); !errors.Is(r.err, enough) {
		t.Errorf("got %+v, want the cause", r)
	}
	c.say(`433["too late"]`) // is ignored
	if s.PendingAcks() != 0 {
		t.Errorf("%d are still awaited", s.PendingAcks())
	}

	lost := ask(context.Background())
	c.want(`424["ask",1]`)
	c.close()
	if r := receive(t, lost); !errors.Is(r.err, socketio.ErrDisconnected) {
		t.Errorf("got %+v", r)
	}
	eventually(t, func() bool { return s.PendingAcks() == 0 })
}

func TestEmitWithAckInAHandler(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("e", func(e *socketio.Event) {
		args, err := e.Socket.EmitWithAck(ctx(t), "ask")
		if err != nil {
			t.Error(err)
		}
		_ = e.Ack(args.Any()...)
	})
	c, _ := f.connect("/")
	c.say(`427["e"]`)
	c.want(`421["ask"]`)
	c.say(`431["answer"]`)
	c.want(`437["answer"]`)
}

// A handler that waits without an end must not wait for a client that has gone.
func TestAHandlerThatWaitsHearsOfTheEnd(t *testing.T) {
	for name, end := range map[string]func(*client, *socketio.Socket){
		"the client goes":  func(c *client, _ *socketio.Socket) { c.close() },
		"the server kicks": func(_ *client, s *socketio.Socket) { s.Disconnect() },
		"the server cuts":  func(_ *client, s *socketio.Socket) { s.CloseConn() },
	} {
		for _, broadcast := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, broadcast %v", name, broadcast), func(t *testing.T) {
				f := serve(t, socketio.Config{})
				result := make(chan error, 1)
				f.Of("/").On("e", func(e *socketio.Event) {
					var err error
					if broadcast {
						_, err = f.Of("/").EmitWithAck(context.Background(), "ask")
					} else {
						_, err = e.Socket.EmitWithAck(context.Background(), "ask")
					}
					result <- err
				})
				c, s := f.connect("/")
				c.say(`42["e"]`)
				c.want(`421["ask"]`)
				end(c, s)
				if err := receive(t, result); err == nil {
					t.Error("no error")
				}
				eventually(t, func() bool { return s.PendingAcks() == 0 })
			})
		}
	}
}

// A client that has sent many slow events ahead must not hold the end up. Its
// socket is told of the end all the same.
func TestServerClose_drops_packets_that_wait_too_long(t *testing.T) {
	f := serve(t, socketio.Config{})
	const events = 50
	var handled atomic.Int32
	begun, ended := make(chan struct{}, events), make(chan socketio.Reason, 1)
	f.Of("/").On("slow", func(*socketio.Event) {
		begun <- struct{}{}
		time.Sleep(100 * time.Millisecond)
		handled.Add(1)
	})
	f.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { ended <- r })
	c, _ := f.connect("/")
	for range events {
		c.say(`42["slow"]`)
	}
	for range 3 { // the others have come by then
		receive(t, begun)
	}
	if err := f.Close(ctx(t)); err != nil {
		t.Fatal(err)
	}
	if got := handled.Load(); got > events/2 {
		t.Errorf("%d of %d events were handled, want only those of the first 0.2 s", got, events)
	}
	if got := receive(t, ended); got != socketio.ReasonServerShutdown {
		t.Errorf("the socket ended with %q", got)
	}
}
